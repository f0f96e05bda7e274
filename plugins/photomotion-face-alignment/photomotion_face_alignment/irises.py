"""Irises, which the 68 points leave out: the dark part of each eye."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["place_irises"]

Floats = npt.NDArray[np.float32]

RIGHT = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7)
LEFT = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249)
EYES = (((33, 133, 159, 145), RIGHT, 468), ((263, 362, 386, 374), LEFT, 473))
"""Corners, upper and lower lid; the outline; the iris's first point."""
RADIUS = 0.065
"""Of an iris, in distances of the outer eye corners: 11.7 mm wide in adults."""
SHUT = 0.12
"""Height over width of an eye below which nothing can be seen in it."""
SIDE = 48
"""px; eyes are looked at this wide."""


def place_irises(gray: Floats, landmarks: Floats) -> Floats:
    """Landmarks (478, 3) with both irises where the eyes are darkest, or in their middle if they are shut.

    Args:
        gray: float32 (H, W), 0..1.
        landmarks: px; left as they are.
    """
    placed = landmarks.copy()
    radius = RADIUS * float(np.linalg.norm(landmarks[33, :2] - landmarks[263, :2]))
    around = np.array([(0, 0), (1, 0), (0, -1), (-1, 0), (0, 1)], np.float32) * radius
    right = landmarks[263, :2] - landmarks[33, :2]
    right = right / max(float(np.linalg.norm(right)), 1e-6)
    turn = np.array([right, (-right[1], right[0])], np.float32)
    for (outer, inner, top, bottom), outline, first in EYES:
        middle = landmarks[[outer, inner, top, bottom], :2].mean(axis=0)
        width = float(np.linalg.norm(landmarks[outer, :2] - landmarks[inner, :2]))
        height = float(np.linalg.norm(landmarks[top, :2] - landmarks[bottom, :2]))
        if width >= 4 and height > SHUT * width:
            middle = _darkest(gray, landmarks[list(outline), :2], middle, width)
        placed[first : first + 5, :2] = middle + around @ turn
        placed[first : first + 5, 2] = landmarks[list(outline), 2].mean()
    return placed


def _darkest(gray: Floats, outline: Floats, middle: Floats, width: float) -> Floats:
    """The centroid of darkness inside an eye's outline (N, 2), at most a quarter of its width from the middle."""
    scale = SIDE / (1.2 * width)
    matrix = np.array([[scale, 0, SIDE / 2 - scale * middle[0]], [0, scale, SIDE / 2 - scale * middle[1]]])
    eye = cv2.warpAffine(gray, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    inside = np.zeros((SIDE, SIDE), np.uint8)
    local = outline @ matrix[:, :2].T + matrix[:, 2]
    cv2.fillPoly(inside, [np.round(local).astype(np.int32)], 1)
    if inside.sum() < 12:
        return middle
    low, high = np.percentile(eye[inside > 0], [5, 95])
    dark = np.square(np.clip((high - eye) / max(float(high - low), 1e-3), 0, 1)) * inside
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    total = max(float(dark.sum()), 1e-6)
    off = np.array([(dark * x).sum() / total - SIDE / 2, (dark * y).sum() / total - SIDE / 2]) / scale
    reach = 0.25 * width / max(float(np.linalg.norm(off)), 1e-6)
    return np.asarray(middle + off * min(1.0, reach), np.float32)
