"""Turning a sideways scan upright, by how surely faces are seen in it."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np

from .faces import FaceSpot, FindFaces
from .planes import Pixels

__all__ = ["look", "turned", "upright"]

LONGEST = 1024
"""Faces are looked for at this size at most, px."""
SURE = 0.8
"""Uprightness at which no other turn is tried: the score times the cosine of the lean of the line between the eyes.

A score alone tells little: the detector sees a face that lies on its side nearly as surely.
"""
CLEAR = (0.75, 0.15)
"""Least uprightness after a turn, and by how much it must exceed that of the picture as it is."""


def look(find: FindFaces, pixels: Pixels, turn: float = 0.0) -> list[FaceSpot]:
    """Faces in a picture held back by ``turn`` radians, in the picture's own px."""
    scale = min(1.0, LONGEST / max(pixels.shape[:2]))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else pixels
    height, width = pixels.shape[:2]
    factor = (width / small.shape[1], height / small.shape[0])

    def point(at: tuple[float, float]) -> tuple[float, float]:
        return at[0] * factor[0], at[1] * factor[1]

    return [
        FaceSpot(f.score, (*point(f.box[:2]), *point(f.box[2:])), (point(f.eyes[0]), point(f.eyes[1])), point(f.mouth))
        for f in find(np.ascontiguousarray(small), turn)
    ]


def upright(find: FindFaces, pixels: Pixels, faces: Sequence[FaceSpot]) -> tuple[int, float]:
    """Quarter turns counter-clockwise that set the picture upright, 0..3, and how upright the best face is then, 0..1.

    Zero unless another turn is clearly better. ``faces`` are those found in the picture as it is.
    """
    here = best = max((_uprightness(f, 0.0) for f in faces), default=0.0)
    quarter = 0
    if here >= SURE:
        return quarter, best
    for quarters, angle in ((1, math.pi / 2), (3, -math.pi / 2), (2, math.pi)):
        there = max((_uprightness(f, angle) for f in look(find, pixels, angle)), default=0.0)
        if there > best and there >= CLEAR[0] and there >= here + CLEAR[1]:
            best, quarter = there, quarters
    return quarter, best


def _uprightness(face: FaceSpot, turn: float) -> float:
    across, down = np.subtract(face.eyes[1], face.eyes[0])
    return face.score * math.cos(math.atan2(float(down), float(across)) - turn)


def turned(pixels: Pixels, quarters: int) -> Pixels:
    """The picture turned counter-clockwise by so many quarters."""
    return np.ascontiguousarray(np.rot90(pixels, quarters))
