"""Where faces are, as far as mending needs it: there, lines are lids, lips and rims before they are scratches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .planes import Floats, Pixels

__all__ = ["FaceSpot", "FindFaces", "cover", "features"]


@dataclass(frozen=True, eq=False)
class FaceSpot:
    """A face, roughly."""

    score: float
    """0..1, how sure it is one."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 from brow to chin, px."""
    eyes: tuple[tuple[float, float], tuple[float, float]]
    """Middles of both eyes, px."""
    mouth: tuple[float, float]
    """Its middle, px."""

    @classmethod
    def at(cls, score: float, box: Floats, keypoints: Floats) -> FaceSpot:
        """From corners of a box (4, 2) and BlazeFace's keypoints (6, 2): two eyes, nose, mouth, two ears."""
        (x0, y0), (x1, y1) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
        one, two, mouth = ((float(x), float(y)) for x, y in keypoints[[0, 1, 3]])
        return cls(float(score), (x0, y0, x1, y1), (one, two), mouth)

    @property
    def apart(self) -> float:
        """Distance between the middles of the eyes, px; two thirds of that between their outer corners."""
        return float(np.hypot(*np.subtract(*self.eyes)))


FindFaces = Callable[[Pixels, float], Sequence[FaceSpot]]
"""Faces in uint8 (H, W, 3) that are upright once the picture is turned back by so many radians, surest first."""


def cover(faces: Sequence[FaceSpot], height: int, width: int) -> Floats:
    """Float32 (H, W): 1 on faces with brow and chin, softly 0 around them."""
    mask, scale = _canvas(height, width)
    for face in faces:
        x0, y0, x1, y1 = (v * scale for v in face.box)
        middle, axes = ((x0 + x1) / 2, (y0 + y1) / 2 - 0.06 * (y1 - y0)), (1.1 * (x1 - x0), 1.36 * (y1 - y0))
        tilt = float(np.degrees(np.arctan2(*np.subtract(face.eyes[1], face.eyes[0])[::-1])))
        one = np.zeros_like(mask)
        cv2.ellipse(one, (middle, axes, tilt), 1.0, -1)
        mask = np.maximum(mask, cv2.GaussianBlur(one, (0, 0), max(0.5, 0.08 * (x1 - x0))))
    return _enlarged(mask, height, width)


def features(faces: Sequence[FaceSpot], height: int, width: int) -> Floats:
    """Float32 (H, W): 1 on eyes with brows, and mouths; 0 elsewhere."""
    mask, scale = _canvas(height, width)
    for face in faces:
        apart = face.apart * scale
        for x, y in face.eyes:
            cv2.circle(mask, (round(x * scale), round(y * scale)), max(1, round(0.42 * apart)), 1.0, -1)
        x, y = (round(v * scale) for v in face.mouth)
        cv2.ellipse(mask, (x, y), (max(1, round(0.6 * apart)), max(1, round(0.35 * apart))), 0, 0, 360, 1.0, -1)
    return _enlarged(mask, height, width)


def _canvas(height: int, width: int) -> tuple[Floats, float]:
    """An empty mask to draw on, and its scale; small, since everything on it is round and soft."""
    scale = min(1.0, 384 / max(height, width))
    return np.zeros((max(1, round(height * scale)), max(1, round(width * scale))), np.float32), scale


def _enlarged(mask: Floats, height: int, width: int) -> Floats:
    return np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
