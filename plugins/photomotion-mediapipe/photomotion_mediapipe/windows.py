"""Parts of a picture, so that small faces become large enough for MediaPipe's detectors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from .measured import Floats, Pixels

__all__ = ["IN_PARTS", "Window", "windows"]

IN_PARTS = 0.75
"""Confidence that a face needs at least if it is seen in a part only: nine more looks find nine times the cats."""
SMALLEST = 128
"""px; a part is never smaller: the detectors' inputs are 128 and 192 px."""
LARGEST = 1280
"""px; larger parts are shrunk: the mesh model sees 192 or 256 px of a face, whatever it is cut from."""


@dataclass(frozen=True)
class Window:
    """A rectangle of a picture, px; it may reach beyond the border."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, pixels: Pixels) -> Pixels:
        """uint8 (h, w, 3), at most 1280 px on the long edge; what lies beyond the border is black."""
        high, wide = pixels.shape[:2]
        x0, y0 = max(0, self.left), max(0, self.top)
        x1, y1 = min(wide, self.left + self.width), min(high, self.top + self.height)
        part = np.zeros((self.height, self.width, 3), np.uint8)
        if x1 > x0 and y1 > y0:
            part[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left] = pixels[y0:y1, x0:x1]
        shrink = LARGEST / max(part.shape[:2])
        if shrink >= 1:
            return part
        size = (max(1, round(self.width * shrink)), max(1, round(self.height * shrink)))
        return np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.uint8)

    def cuts(self, points: Floats, width: int, height: int) -> bool:
        """Whether points (N, 3), px, reach this part's border where the picture of this size goes on beyond it."""
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        return bool(
            (low[0] < self.left and self.left > 0)
            or (low[1] < self.top and self.top > 0)
            or (high[0] > self.left + self.width and self.left + self.width < width)
            or (high[1] > self.top + self.height and self.top + self.height < height)
        )

    def to_picture(self, points: Floats) -> Floats:
        """Points (N, 3) of this part, x and y in 0..1 and z on x's scale, in the picture's px.

        Pixel centres have whole coordinates, so MediaPipe's 0 is half a pixel left of the first.
        """
        scale = np.array([self.width, self.height, self.width], np.float32)
        return points * scale + np.array([self.left - 0.5, self.top - 0.5, 0], np.float32)


def windows(width: int, height: int, halvings: int) -> Iterator[Window]:
    """The whole picture of this size, px, then parts of half its size, of a quarter ... that overlap by half.

    Parts are made as long as they are not too small: 9 of half the size, 49 of a quarter.
    """
    yield Window(0, 0, width, height)
    for halving in range(1, halvings + 1):
        wide, high = -(-width // 2**halving), -(-height // 2**halving)
        if min(wide, high) < SMALLEST:
            return
        last = 2 ** (halving + 1) - 2
        for row in range(last + 1):
            for column in range(last + 1):
                yield Window(column * (width - wide) // last, row * (height - high) // last, wide, high)
