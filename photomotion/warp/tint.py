"""The colours that a photo has: what is painted into it keeps to them, gray in gray photos, sepia in sepia ones."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face
from photomotion.data.ranks import median, percentile

from .geometry import Array, smoothstep

__all__ = ["Tint"]

SKIN = (205, 425, 50, 280, 207, 427)
"""Mesh points on the cheeks."""
LIPS = (11, 72, 302, 73, 303, 16, 85, 315, 180, 404)
"""Between the edges of the lips."""
LEVELS = 16
"""Brightnesses at which the mean colour is taken."""
FULL = (4.0, 12.0)
"""How far a tenth of the colours are at least from the mean colour of their brightness, in gray levels: a photo in
which that is less than the first has one hue, one in which it is more than the second has all."""


@dataclass(frozen=True, eq=False)
class Tint:
    """How a face's brightness goes with its colour."""

    ramp: Array
    """float32 (LEVELS, 3): the mean colour at brightness 0 ... 255 in the face, going on evenly beyond its own."""
    variety: float
    """0 one hue, as of a print ... 1 all colours."""
    skin: Array
    """float32 (3,): the colour of the cheeks."""
    lip: Array
    """float32 (3,): the colour of the lips."""
    black: float
    """Brightness of the darkest that is near the face: nothing is painted darker."""

    @classmethod
    def of(cls, pixels: npt.NDArray[np.uint8], face: Face) -> Tint:
        """Look at the colours of a face in uint8 (H, W, 3)."""
        height, width = pixels.shape[:2]
        x0, y0, x1, y1 = (round(v) for v in face.box)
        left, top = max(min(x0, width - 2), 0), max(min(y0, height - 2), 0)
        part = pixels[top : max(y1, 2), left : max(x1, 2)]
        around = part.reshape(-1, 3).astype(np.float32)
        light = _brightness(around)
        apart = percentile(np.abs(around - _at(_ramp(around, light), light)).max(axis=1), [90])
        # Hats and backgrounds have hues of their own: they tell how many there are, but are none of the face.
        outline = cv2.convexHull(np.round(face.landmarks[:468, :2] - (left, top)).astype(np.int32))
        own = cv2.fillConvexPoly(np.zeros(part.shape[:2], np.uint8), outline, 1).ravel() > 0
        ramp = _ramp(around[own], light[own]) if own.any() else _ramp(around, light)
        skin, lip = (_mean(pixels, face.landmarks[list(points), :2]) for points in (SKIN, LIPS))
        variety = float(smoothstep(apart, *FULL)[0])
        return cls(ramp, variety, skin, lip, float(percentile(light, 0.5)))

    @property
    def light(self) -> float:
        """Brightness of the skin, 0..255."""
        return float(_brightness(self.skin))

    def mixed(self, share: float, hue: Array, pale: float = 0.0) -> Array:
        """A colour ``share`` times as bright as the skin, float32 (3,), 0..255.

        In a photo of all colours it has the hue of ``hue``, less of it for ``pale`` up to 1, more below 0; in a
        photo of one hue exactly that.
        """
        light = np.maximum(np.float32(share * self.light), self.black)
        own = hue * light / np.maximum(_brightness(hue), 1)
        own = own + pale * (light - own)
        print_ = _at(self.ramp, light[None])[0]
        return np.asarray(np.clip(print_ + self.variety * (own - print_), 0, 255), np.float32)


def _brightness(colours: Array) -> Array:
    """Luma of float32 (..., 3)."""
    shape = colours.shape
    rows = np.ascontiguousarray(colours, np.float32).reshape(1, -1, 3)
    return np.asarray(cv2.cvtColor(rows, cv2.COLOR_RGB2GRAY), np.float32).reshape(shape[:-1])


def _ramp(colours: Array, light: Array) -> Array:
    """The mean of colours (N, 3) at each of LEVELS brightnesses, given theirs (N,), float32 (LEVELS, 3)."""
    level = np.clip(np.round(light / 255 * (LEVELS - 1)), 0, LEVELS - 1).astype(int)
    count = np.bincount(level, minlength=LEVELS)
    total = np.stack([np.bincount(level, colours[:, c], LEVELS) for c in range(3)], 1)
    known = np.flatnonzero(count >= max(4, len(colours) // 1000))
    known = known if known.size else np.flatnonzero(count)
    means = total[known] / count[known, None]
    nearest = np.interp(np.arange(LEVELS), known, np.arange(len(known)))
    even = np.stack([np.interp(nearest, np.arange(len(known)), means[:, c]) for c in range(3)], 1)
    bright = np.linspace(0, 255, LEVELS, dtype=np.float32)
    ramp = np.asarray(even, np.float32)
    return np.asarray(ramp * (bright / np.maximum(_brightness(ramp), 0.5))[:, None], np.float32)


def _at(ramp: Array, light: Array) -> Array:
    """The colours of a ramp at brightness ``light`` (N,), float32 (N, 3)."""
    place = light / 255 * (LEVELS - 1)
    return np.stack([np.interp(place, np.arange(LEVELS), ramp[:, c]) for c in range(3)], 1).astype(np.float32)


def _mean(pixels: npt.NDArray[np.uint8], points: Array) -> Array:
    """The median colour at points (N, 2), px; those outside of the picture count as its edge."""
    height, width = pixels.shape[:2]
    x, y = (np.clip(np.round(points[:, i]), 0, n - 1).astype(int) for i, n in ((0, width), (1, height)))
    return np.asarray(median(pixels[y, x], axis=0), np.float32)
