"""Rotated squares in a photo: cut out for a model, and its points brought back."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Pixels", "Region", "Scales"]

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


class Scales:
    """A picture and its halves, so that a large region can be cut out small without aliasing. Threads may share it."""

    def __init__(self, pixels: Pixels) -> None:
        """Take uint8 (H, W, 3); halves are made when first asked for."""
        self.height, self.width = pixels.shape[:2]
        self._levels = [pixels]
        self._lock = Lock()

    def level(self, number: int) -> Pixels:
        """The picture halved ``number`` times (fewer if it is too small for that) by averaging."""
        number = min(number, max(0, int(math.log2(max(1, min(self.height, self.width)))) - 1))
        with self._lock:
            while len(self._levels) <= number:
                last = self._levels[-1]
                size = (-(-last.shape[1] // 2), -(-last.shape[0] // 2))
                self._levels.append(np.asarray(cv2.resize(last, size, interpolation=cv2.INTER_AREA), np.uint8))
            return self._levels[number]


@dataclass(frozen=True)
class Region:
    """A square in a photo, turned about its middle. Pixel centres have whole coordinates."""

    x: float
    """Middle, px."""
    y: float
    """Middle, px."""
    size: float
    """Side, px."""
    angle: float = 0.0
    """Radians, clockwise in the picture."""
    mirrored: bool = False
    """Cut out as in a mirror."""

    @cached_property
    def axes(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Unit vectors of the square's own right and down, in the photo."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        sign = -1.0 if self.mirrored else 1.0
        return np.array([c, s]) * sign, np.array([-s, c])

    def matrix(self, side: int) -> npt.NDArray[np.float64]:
        """(2, 3) affine map from a cut-out of ``side`` px to the photo."""
        right, down = (v * self.size / side for v in self.axes)
        corner = np.array([self.x, self.y]) - (right + down) * side / 2
        return np.stack([right, down, corner], axis=1)

    def cut(self, scales: Scales, side: int, border: int = cv2.BORDER_CONSTANT) -> Pixels:
        """The square as uint8 (side, side, 3); ``border`` says what lies beyond the photo (black by default)."""
        wanted = max(0, int(math.log2(max(self.size / side, 1.0))))
        source = scales.level(wanted)
        shrink = np.array([source.shape[1] / scales.width, source.shape[0] / scales.height])
        to_photo = self.matrix(side)
        # Halving puts the middle of pixel 0 at -1/4 of a new pixel: keep the pixel grid's corners together.
        to_source = to_photo * shrink[:, None]
        to_source[:, 2] += 0.5 * shrink - 0.5
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(source, to_source, (side, side), flags=flags, borderMode=border), np.uint8)

    def halfway(self, other: Region) -> Region:
        """The square between this one and ``other`` in place, side and angle."""
        turned = math.remainder(other.angle - self.angle, math.tau)
        return Region(
            (self.x + other.x) / 2,
            (self.y + other.y) / 2,
            math.sqrt(self.size * other.size),
            self.angle + turned / 2,
            self.mirrored,
        )

    def to_photo(self, points: Floats, side: int) -> Floats:
        """Points (N, 2 or 3) of a cut-out of ``side`` px, in the photo's px; z is scaled alike."""
        m = self.matrix(side)
        xy = points[:, :2].astype(np.float64) @ m[:, :2].T + m[:, 2]
        rest = points[:, 2:].astype(np.float64) * (self.size / side)
        return np.concatenate([xy, rest], axis=1).astype(np.float32)

    def from_photo(self, points: Floats, side: int) -> Floats:
        """The inverse of :meth:`to_photo`."""
        m = self.matrix(side)
        xy = (points[:, :2].astype(np.float64) - m[:, 2]) @ np.linalg.inv(m[:, :2]).T
        rest = points[:, 2:].astype(np.float64) / (self.size / side)
        return np.concatenate([xy, rest], axis=1).astype(np.float32)

    @classmethod
    def around(cls, points: Floats, start: Floats, end: Floats, scale: float) -> Region:
        """The square ``scale`` times the longer side of the upright box of ``points``, level with start -> end.

        This is MediaPipe's rule (DetectionsToRects, then RectTransformation with ``square_long``).
        """
        low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
        middle = (low + high) / 2
        angle = math.atan2(float(end[1] - start[1]), float(end[0] - start[0]))
        return cls(float(middle[0]), float(middle[1]), float((high - low).max()) * scale, angle)
