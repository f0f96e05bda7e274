"""Where the people are: selfie segmentation seen from several distances, refined at the photo's own resolution."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .guided import Guide
from .interpreter import Model
from .region import Floats, Region, Scales

__all__ = ["MatteModel"]

SIDE = 256
DISTANCES = (2.4, 3.2)
"""Sides of the squares cut around a head, in face sizes: near enough for hair, far enough to know what is a body."""
CLOSE_UPS = 4
"""How many of the largest faces get squares of their own."""
WORK = 768
"""Long edge, px, at which the filter gathers its statistics."""
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Mesh points around the face."""


class MatteModel:
    """Separates people from the background."""

    def __init__(self) -> None:
        """Nothing is loaded before the first photo."""
        self._model = Model("selfie_segmentation.tflite")

    def cut_out(self, scales: Scales, faces: Sequence[Floats]) -> Floats:
        """float32 (H, W), 0 background ... 1 person, for the people whose landmarks (N, 2 or 3) are given.

        The filter's statistics are gathered at a bounded size and applied to every pixel of the photo.
        """
        shrink = min(1.0, WORK / max(scales.width, scales.height))
        size = (max(1, round(scales.width * shrink)), max(1, round(scales.height * shrink)))
        full = scales.level(0)
        small = full if shrink == 1 else cv2.resize(full, size, interpolation=cv2.INTER_AREA)
        picture = np.asarray(small, np.float32) / 255.0
        meshes = [f[:, :2] * shrink for f in faces]
        rough = self._rough(scales, faces, shrink, size)
        prior = _inside_of(meshes, size)
        rough = np.maximum(_connected(rough, prior), prior)
        unit = max((float(np.ptp(m, axis=0).max()) for m in meshes), default=0.5 * max(size))
        wide, fine = (max(2, round(unit * part)) for part in (0.045, 0.015))
        band = _contrast(Guide(picture, wide, 2e-3).filter(_contrast(rough, 0.2, 0.8)), 0.1, 0.9)
        band = np.maximum(_keep_core(band, rough, wide), prior)
        slope, offset = Guide(picture, fine, 3e-4).steer(band)
        if shrink < 1:
            whole = (scales.width, scales.height)
            slope, offset = (cv2.resize(v, whole, interpolation=cv2.INTER_LINEAR) for v in (slope, offset))
        matte = cv2.transform(full, np.eye(3, dtype=np.float32) / 255.0)
        matte = np.einsum("hwc,hwc->hw", slope, matte) + offset
        return np.asarray(_contrast(matte, 0.06, 0.94), np.float32)

    def _rough(self, scales: Scales, faces: Sequence[Floats], shrink: float, size: tuple[int, int]) -> Floats:
        """Mean of the model's answers for the whole photo and for squares around each head, at working size."""
        whole = Region(scales.width / 2, scales.height / 2, max(scales.width, scales.height))
        total = self._look(scales, whole, shrink, size)
        weight = np.ones_like(total)
        window = np.asarray(np.minimum(np.hanning(SIDE), 0.4) / 0.4, np.float32)
        for face in faces[:CLOSE_UPS]:
            low, high = face[:, :2].min(axis=0), face[:, :2].max(axis=0)
            unit = float((high - low).max())
            middle = (low + high) / 2
            for distance in DISTANCES:
                region = Region(float(middle[0]), float(middle[1]) + 0.15 * unit, unit * distance)
                if region.size > 1.3 * whole.size:
                    continue
                near = _to_photo(2.0 * np.outer(window, window), region, shrink, size)
                total += near * self._look(scales, region, shrink, size)
                weight += near
        return np.asarray(total / weight, np.float32)

    def _look(self, scales: Scales, region: Region, shrink: float, size: tuple[int, int]) -> Floats:
        image = region.cut(scales, SIDE, cv2.BORDER_REPLICATE).astype(np.float32) / 255.0
        return _to_photo(self._model(image)[0][..., 0], region, shrink, size)


def _to_photo(values: Floats, region: Region, shrink: float, size: tuple[int, int]) -> Floats:
    """Lay a cut-out (SIDE, SIDE) back where it came from, in the photo shrunk to ``size``."""
    matrix = region.matrix(SIDE) * shrink
    return np.asarray(cv2.warpAffine(np.asarray(values, np.float32), matrix, size, flags=cv2.INTER_LINEAR), np.float32)


def _inside_of(meshes: Sequence[Floats], size: tuple[int, int]) -> Floats:
    """1 inside the faces' own outlines, soft toward them, 0 outside: a face is never cut, whatever the model says."""
    prior = np.zeros((size[1], size[0]), np.float32)
    for mesh in meshes:
        outline = np.round(cv2.convexHull(mesh[list(OVAL)].astype(np.float32)) * 16).astype(np.int32)
        one = np.zeros_like(prior)
        cv2.fillPoly(one, [outline], 1.0, lineType=cv2.LINE_8, shift=4)
        soft = max(1.0, 0.015 * float(np.ptp(mesh, axis=0).max()))
        inner = cv2.distanceTransform(one.astype(np.uint8), cv2.DIST_L2, 3) / soft - 1.0
        prior = np.maximum(prior, np.clip(inner, 0, 1))
    return prior


def _connected(rough: Floats, prior: Floats) -> Floats:
    """``rough`` without islands that touch no face; all of it if there is no face."""
    if not prior.any():
        return rough
    _, labels = cv2.connectedComponents((np.maximum(rough, prior) > 0.35).astype(np.uint8))
    own = np.zeros(int(labels.max()) + 1, np.uint8)
    own[np.unique(labels[prior > 0.5])] = 1
    own[0] = 0
    near = cv2.dilate(own[labels], np.ones((5, 5), np.uint8))
    return np.asarray(rough * near, np.float32)


def _keep_core(band: Floats, rough: Floats, reach: int) -> Floats:
    """What is deep inside or far outside is certain; only near the edge the filter decides."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    solid = (rough > 0.5).astype(np.uint8)
    inside = cv2.erode(solid, kernel, borderType=cv2.BORDER_REPLICATE) * (rough > 0.85)
    outside = cv2.dilate(solid, kernel)
    return np.asarray(np.where(inside > 0, 1.0, np.where(outside > 0, band, 0.0)), np.float32)


def _contrast(values: Floats, low: float, high: float) -> Floats:
    return np.asarray(np.clip((values - low) / (high - low), 0, 1), np.float32)
