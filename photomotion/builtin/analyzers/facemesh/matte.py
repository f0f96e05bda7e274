"""Where the people are: selfie segmentation seen from several distances, refined at the photo's own resolution."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from .guided import Guide
from .interpreter import Model
from .region import Floats, Pixels, Region, Scales

__all__ = ["WORK", "MatteModel", "inside"]

SIDE = 256
VIEWS = ((2.6, False), (3.2, True), (3.8, False))
"""Squares cut around a head: side in face sizes, and whether seen as in a mirror. Their mistakes differ."""
CLOSE_UPS = 4
"""How many of the largest faces get squares of their own."""
WORK = 640
"""Long edge, px, at which the filter gathers its statistics."""
TILE = 80
"""Side, px at that size, of the tiles that are passed over where the mask is one and the same."""
WIDE, FINE = 0.045, 0.015
"""Radii, in face sizes, of the filter that finds the edge and of the one that draws it."""
DOUBT = 4.0
"""Log-odds against a person where none is likely to be; a raised arm that the model is sure of still counts."""
CRACK = 0.018
"""Widest crack in a print, in its longer sides."""
EARS = 0.15
"""How far ears stand off from a face, in its size."""
HOLE = 0.1
"""Gaps inside a person smaller than this many squared face sizes are the model's mistakes, not windows."""
OVAL = (
    10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150,
    136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109,
)  # fmt: skip
"""Mesh points around the face."""


class MatteModel:
    """Separates people from the background."""

    def __init__(self, segment: Callable[[Floats], Floats] | None = None) -> None:
        """Nothing is loaded before the first photo.

        Args:
            segment: takes a float32 (256, 256, 3) picture in 0..1 and returns float32 (256, 256), 0 background ... 1
                person. None is the shipped model.
        """
        model = Model("selfie_segmentation.tflite")
        self._segment = segment or (lambda image: model(image)[0][..., 0])

    def cut_out(self, scales: Scales, small: Pixels, faces: Sequence[Floats], *, cracked: bool = False) -> Floats:
        """float32 (H, W), 0 background ... 1 person, for the people whose landmarks (N, 2 or 3) are given.

        The filter's statistics are gathered on ``small``, the photo with a long edge of :data:`WORK` px at most, and
        applied to every pixel of the photo. Where a print is ``cracked``, the model takes white cracks for outlines and
        what lies between them for people, so it is shown the photo without them.
        """
        full = scales.level(0)
        size = (small.shape[1], small.shape[0])
        shrink = max(size) / max(scales.width, scales.height)
        meshes = [f[:, :2] * shrink for f in faces]
        prior = _inside_of(meshes, size)
        unit = max((float(np.ptp(m, axis=0).max()) for m in meshes), default=0.5 * max(size))
        if cracked:
            small = _without_cracks(small, meshes)
            found = self._rough(Scales(small), meshes, 1.0, size)
        else:
            found = self._rough(scales, faces, shrink, size)
        rough = np.maximum(_connected(found, prior), prior)
        rough = _filled(rough, HOLE * unit * unit)
        half = (-(-size[0] // 2), -(-size[1] // 2))
        coarse, at_half = (cv2.resize(p, half, interpolation=cv2.INTER_AREA) for p in (small, rough))
        mask = _guided(small, np.asarray(coarse, np.uint8), np.asarray(at_half, np.float32), unit * WIDE / 2, 2e-3)
        mask = np.maximum(_keep_core(_contrast(mask, 0.15, 0.85), rough, round(unit * WIDE)), prior)
        return _contrast(_guided(full, small, mask, unit * FINE, 2e-4), 0.05, 0.95)

    def _rough(self, scales: Scales, faces: Sequence[Floats], shrink: float, size: tuple[int, int]) -> Floats:
        """What the model says of the whole photo and of squares around each head, at working size.

        The answers are averaged as log-odds: a view that is sure outweighs views that are in doubt.
        """
        turn = _turn(faces[0]) if faces else 0.0
        whole = Region(scales.width / 2, scales.height / 2, max(scales.width, scales.height), turn)
        total = self._look(scales, whole, shrink, size)
        weight = np.ones_like(total)
        edge = np.minimum(np.hanning(SIDE), 0.4) / 0.4
        window: Floats = np.outer(edge, edge).astype(np.float32)
        for face in faces[:CLOSE_UPS]:
            low, high = face[:, :2].min(axis=0), face[:, :2].max(axis=0)
            unit = float((high - low).max())
            turn = _turn(face)
            x, y = (float(v) for v in (low + high) / 2)
            x, y = x - 0.15 * unit * math.sin(turn), y + 0.15 * unit * math.cos(turn)
            for distance, mirrored in VIEWS:
                region = Region(x, y, unit * distance, turn, mirrored)
                near = _to_photo(window, region, shrink, size)
                total += near * self._look(scales, region, shrink, size)
                weight += near
        total = total / weight - _far_from([f[:, :2] * shrink for f in faces], size)
        return np.asarray(1.0 / (1.0 + np.exp(-total)), np.float32)

    def _look(self, scales: Scales, region: Region, shrink: float, size: tuple[int, int]) -> Floats:
        """Log-odds of being a person."""
        image = region.cut(scales, SIDE, cv2.BORDER_REPLICATE).astype(np.float32) / 255.0
        chance = np.clip(self._segment(image), 0.002, 0.998)
        return _to_photo(np.asarray(np.log(chance / (1 - chance)), np.float32), region, shrink, size)


def inside(matte: Floats, picture: npt.NDArray[np.bool_], rim: float) -> Floats:
    """A matte, float32 (H, W), without what is not in the picture but on its border: that stays where it is.

    Args:
        matte: of the photo.
        picture: where the picture is, bool, of any size.
        rim: how far from the border people end, px of the photo: what moves there would uncover it.
    """
    height, width = matte.shape
    within = cv2.copyMakeBorder(picture.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    deep = cv2.distanceTransform(within, cv2.DIST_L2, 3)[1:-1, 1:-1] * np.float32(width / picture.shape[1])
    share = np.clip((deep - rim) / max(0.5 * rim, 1.0), 0, 1)
    return np.asarray(matte * cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _without_cracks(picture: Pixels, meshes: Sequence[Floats]) -> Pixels:
    """The picture without what is brighter than both its sides and as thin as cracks are, uint8 (H, W, 3).

    Faces with their ears, which may be as thin, stay as they are.
    """
    wide = 2 * max(1, round(CRACK / 2 * max(picture.shape))) + 1
    mended = cv2.morphologyEx(picture, cv2.MORPH_OPEN, np.ones((wide, wide), np.uint8))
    for mesh in meshes:
        heads = np.zeros(picture.shape[:2], np.uint8)
        cv2.fillConvexPoly(heads, cv2.convexHull(np.round(mesh[list(OVAL)]).astype(np.int32)), 1)
        ears = 2 * round(EARS * float(np.ptp(mesh, axis=0).max())) + 1
        cv2.copyTo(picture, cv2.dilate(heads, np.ones((ears, ears), np.uint8)), mended)
    return np.asarray(mended, np.uint8)


def _turn(face: Floats) -> float:
    """The quarter turn, radians, nearest to how a face lies in the photo: the model knows only upright people."""
    down = face[152, :2] - face[10, :2]
    return round(math.atan2(-float(down[0]), float(down[1])) / (math.pi / 2)) * math.pi / 2


def _guided(picture: Pixels, small: Pixels, mask: Floats, radius: float, smoothness: float) -> Floats:
    """``mask`` (h, w) with the edges of ``picture`` (H, W, 3), at the picture's size.

    Statistics are gathered on ``small`` (h, w, 3), the same picture; ``radius`` is in its px.
    """
    gray = all(np.array_equal(small[..., 0], small[..., c]) for c in (1, 2))
    slopes, offset = _steer([*cv2.split(small)][: 1 if gray else 3], mask, max(1, round(radius)), smoothness)
    whole = (picture.shape[1], picture.shape[0])
    out = np.asarray(cv2.resize(offset, whole, interpolation=cv2.INTER_LINEAR), np.float32)
    step = np.empty_like(out)
    for slope, plane in zip(slopes, cv2.split(picture), strict=False):
        cv2.resize(slope, whole, dst=step, interpolation=cv2.INTER_LINEAR)
        cv2.multiply(step, plane, dst=step, scale=1 / 255.0, dtype=cv2.CV_32F)
        cv2.add(out, step, dst=out)
    return out


def _steer(
    planes: Sequence[npt.NDArray[np.generic]], mask: Floats, radius: int, smoothness: float
) -> tuple[list[Floats], Floats]:
    """What :meth:`Guide.steer` gives, worked out only around edges: anywhere else a mask is explained by itself."""
    height, width = mask.shape
    slopes: list[Floats] = [np.zeros_like(mask) for _ in planes]
    offset = mask.copy()
    margin = 2 * radius  # two windows, one after the other, see so far
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            y0, x0 = max(0, top - margin), max(0, left - margin)
            seen = (slice(y0, top + TILE + margin), slice(x0, left + TILE + margin))
            low, high, _, _ = cv2.minMaxLoc(mask[seen])
            if low == high:
                continue
            parts = [plane[seen].astype(np.float32) / 255.0 for plane in planes]
            found, rest = Guide(parts, radius, smoothness).steer(np.ascontiguousarray(mask[seen]))
            tile = (slice(top, top + TILE), slice(left, left + TILE))
            inner = (slice(top - y0, top - y0 + TILE), slice(left - x0, left - x0 + TILE))
            offset[tile] = rest[inner]
            for slope, one in zip(slopes, found, strict=True):
                slope[tile] = one[inner]
    return slopes, offset


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


def _far_from(meshes: Sequence[Floats], size: tuple[int, int]) -> Floats:
    """Log-odds against a person beside and above heads, where cracks and drapery are easily mistaken for one.

    Zero within reach of hair and hats and everywhere below a chin; a quarter of the resolution is enough.
    """
    y, x = np.mgrid[0 : size[1] : 4, 0 : size[0] : 4].astype(np.float32)
    against = np.full_like(x, DOUBT if meshes else 0.0)
    for mesh in meshes:
        down = mesh[152] - mesh[10]
        unit = max(float(np.linalg.norm(down)), 1.0)
        down = down / unit
        middle = (mesh[10] + mesh[152]) / 2 - 0.12 * unit * down
        right, below = np.array([down[1], -down[0]]), down
        along = ((x - middle[0]) * below[0] + (y - middle[1]) * below[1]) / unit
        across = ((x - middle[0]) * right[0] + (y - middle[1]) * right[1]) / unit
        outside = np.clip((np.hypot(across / 0.75, along / 0.9) - 1.1) / 0.6, 0, 1)
        above = np.clip((0.6 - along) / 0.3, 0, 1)
        against = np.minimum(against, DOUBT * outside * above)
    return np.asarray(cv2.resize(against, size, interpolation=cv2.INTER_LINEAR), np.float32)


def _connected(rough: Floats, prior: Floats) -> Floats:
    """``rough`` without islands that touch no face; all of it if there is no face."""
    if not prior.any():
        return rough
    _, labels = cv2.connectedComponents((np.maximum(rough, prior) > 0.35).astype(np.uint8))
    own = np.zeros(int(labels.max()) + 1, np.uint8)
    own[labels[prior > 0.5]] = 1
    own[0] = 0
    near = cv2.dilate(own[labels], np.ones((5, 5), np.uint8))
    return np.asarray(rough * near, np.float32)


def _filled(rough: Floats, largest: float) -> Floats:
    """``rough`` with gaps of up to ``largest`` px closed that do not reach the border of the photo."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((rough < 0.5).astype(np.uint8), connectivity=4)
    if count < 3:
        return rough
    left, top, width, height, area = stats.T
    inner = (left > 0) & (top > 0) & (left + width < rough.shape[1]) & (top + height < rough.shape[0])
    close = inner & (area <= largest)
    close[0] = False
    return np.asarray(np.where(close[labels], 0.95, rough), np.float32)


def _keep_core(band: Floats, rough: Floats, reach: int) -> Floats:
    """What is deep inside or far outside is certain; only near the edge the filter decides."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    solid = (rough > 0.5).astype(np.uint8)
    inside = cv2.erode(solid, kernel, borderType=cv2.BORDER_REPLICATE) * (rough > 0.85)
    outside = cv2.dilate(solid, kernel)
    return np.asarray(np.where(inside > 0, 1.0, np.where(outside > 0, band, 0.0)), np.float32)


def _contrast(values: Floats, low: float, high: float) -> Floats:
    """``values`` stretched in place from low ... high to 0 ... 1."""
    values -= low
    values *= 1 / (high - low)
    return np.clip(values, 0, 1, out=values)
