"""What can be measured on a face cut out level: exposure, sharpness, glasses, teeth, how much of it is in the photo."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from photomotion.builtin.cielab import to_lab
from photomotion.data import Face
from photomotion.data.ranks import median, percentile

from .lighting import sample_luminance
from .region import Floats, Pixels, Region, Scales
from .spectacles import Frame, measure_frame

__all__ = ["FaceQuality", "measure_quality"]

SIDE = 160
"""Faces are judged at this size at most, px."""
TEETH = 0.11
"""Height of the upper teeth in distances between the outer eye corners, of about 90 mm."""
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)


@dataclass(frozen=True, kw_only=True)
class FaceQuality:
    """Numbers that suitability is decided by."""

    outside: float
    """Part of the mesh beyond the photo's border, 0..1."""
    brightness: float
    """Median gray level of the face, 0..1."""
    highlight: float
    """Gray level of its brightest twentieth, 0..1: bright on every skin if there was light."""
    clipped: float
    """Part of the face that is pure white, 0..1."""
    contrast: float
    """Gray levels between the 5th and 95th percentile of the face, 0..1."""
    sharpness: float
    """Strength of the finest detail against the next coarser; about 0.2 blurred ... 0.6 sharp."""
    balance: float
    """Light on the darker half of the face over light on the brighter, 0..1."""
    frame: Frame
    """How plainly the frame of glasses is seen."""
    eye_darkness: float
    """Brightness of the eye regions over that of the cheeks; dark glasses give less than 0.35."""
    teeth: float
    """Part of where the upper teeth would be that is bright and pale, 0..1; 0 if the lips are closed."""
    iris_contrast: float
    """Brightness of the irises over that of the white around them: 0.3 to 0.8 in eyes that live, about 1 in stone."""


def measure_quality(scales: Scales, face: Face) -> FaceQuality:
    """Measure one face of the photo."""
    mesh = face.landmarks[:468]
    beyond = (mesh[:, 0] < 0) | (mesh[:, 1] < 0) | (mesh[:, 0] > scales.width - 1) | (mesh[:, 1] > scales.height - 1)
    loose = Region.around(mesh, mesh[33], mesh[263], 1.05)
    side = int(np.clip(loose.size, 32, SIDE))
    cut = loose.cut(scales, side, cv2.BORDER_REPLICATE)
    gray = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    points = loose.from_photo(face.landmarks, side)
    inside = np.zeros(gray.shape, np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(points[:468, :2]).astype(np.int32)), 1)
    here = inside > 0
    skin = gray[here]
    low, high = percentile(skin, [5, 95])
    irises = [_iris(gray, points, *eye) for eye in ((33, 133, 159, 145, 468), (263, 362, 386, 374, 473))]
    contrast = float(high - low)
    return FaceQuality(
        outside=float(beyond.mean()),
        brightness=float(median(skin)),
        highlight=float(high),
        clipped=float((skin > 0.98).mean()),
        contrast=contrast,
        sharpness=_sharpness(gray, here),
        balance=_balance(scales, face.landmarks),
        frame=measure_frame(scales, face.landmarks, contrast),
        eye_darkness=_eye_darkness(gray, points),
        teeth=_teeth(cut, points),
        iris_contrast=min(irises),
    )


def _sharpness(gray: Floats, here: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    fine = gray - cv2.GaussianBlur(gray, (0, 0), 0.8)
    coarse = cv2.GaussianBlur(gray, (0, 0), 1.6) - cv2.GaussianBlur(gray, (0, 0), 3.2)
    return float(fine[here].std() / max(float(coarse[here].std()), 1e-4))


def _balance(scales: Scales, landmarks: Floats) -> float:
    """Median linear light of the cheek and temple on either side of the nose's plane, darker over brighter."""
    light = sample_luminance(scales, landmarks)
    right = float(median(light[[50, 101, 118, 119, 205, 187, 123, 117, 36, 207]]))
    left = float(median(light[[280, 330, 347, 348, 425, 411, 352, 346, 266, 427]]))
    return min(left, right) / max(left, right, 1e-4)


def _eye_darkness(gray: Floats, points: Floats) -> float:
    eyes = []
    for outer, inner in ((33, 133), (263, 362)):
        middle = (points[outer, :2] + points[inner, :2]) / 2
        reach = np.array([0.6, 0.48]) * float(np.linalg.norm(points[outer, :2] - points[inner, :2]))
        x0, y0 = np.floor(np.maximum(middle - reach, 0)).astype(int)
        x1, y1 = np.ceil(middle + reach).astype(int) + 1
        part = gray[y0:y1, x0:x1]
        if part.size:
            eyes.append(float(percentile(part, 75)))
    cheeks = gray[tuple(np.clip(np.round(points[[50, 280], 1::-1]).astype(int), 0, gray.shape[0] - 1).T)]
    return float(np.mean(eyes) / max(float(cheeks.mean()), 0.02)) if eyes else 1.0


def _teeth(cut: Pixels, points: Floats) -> float:
    """Pixels between the lips that are brighter than these, and less red, where lips are redder than cheeks."""
    between = np.zeros(cut.shape[:2], np.uint8)
    cv2.fillPoly(between, [np.round(points[list(INNER_LIPS), :2]).astype(np.int32)], 1)
    lips = np.zeros_like(between)
    cv2.fillPoly(lips, [np.round(points[list(LIPS), :2]).astype(np.int32)], 1)
    lips -= between * lips
    width = float(np.linalg.norm(points[61, :2] - points[291, :2]))
    if between.sum() < 0.03 * width * width or not lips.any():
        return 0.0
    # Upper teeth hang from the lip; in a mouth that is wide open most of what is below them is dark.
    depth = max(2, round(TEETH * float(np.linalg.norm(points[33, :2] - points[263, :2]))))
    between[depth:] &= 1 - between[:-depth]
    lab = to_lab(cut)
    inner, lip = lab[between > 0], median(lab[lips > 0], axis=0)
    at = np.clip(np.round(points[[50, 280], 1::-1]).astype(int), 0, cut.shape[0] - 1)
    redness = float(lip[1] - lab[tuple(at.T)][:, 1].mean())
    pale = inner[:, 1] < lip[1] - 0.5 * redness if redness > 3 else np.ones(len(inner), bool)
    brighter = 0.12 * float(np.ptp(percentile(lab[..., 0], [5, 95])))
    return float((pale & (inner[:, 0] > lip[0] + brighter)).mean())


def _iris(gray: Floats, points: Floats, outer: int, inner: int, top: int, bottom: int, iris: int) -> float:
    """Brightness of an iris over that of the eye beside it."""
    rim = points[iris + 1 : iris + 5, :2]
    radius = float(np.linalg.norm(rim - points[iris, :2], axis=1).mean())
    y, x = np.mgrid[0 : gray.shape[0], 0 : gray.shape[1]].astype(np.float32)
    from_iris = np.hypot(x - points[iris, 0], y - points[iris, 1])
    opening = max(float(np.linalg.norm(points[top, :2] - points[bottom, :2])), 1e-6)
    middle = (points[outer, :2] + points[inner, :2]) / 2
    half = float(np.linalg.norm(points[outer, :2] - points[inner, :2])) / 2
    in_eye = np.hypot((x - middle[0]) / half, (y - middle[1]) / (opening / 2)) < 0.85
    own, white = gray[(from_iris < 0.7 * radius) & in_eye], gray[(from_iris > 1.15 * radius) & in_eye]
    if own.size < 4 or white.size < 4:
        return 0.5
    return float(median(own) / max(float(percentile(white, 70)), 0.02))
