"""The light around an eye, in the eye's own axes: what the edges of its lids are looked for in."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array

__all__ = ["even_out", "read", "unfold"]

Floats = npt.NDArray[np.floating]

CELLS = 50
"""An eye is looked at this finely: cells to its width."""
AROUND = (-0.3, 1.3, -0.7, 0.62)
"""What is looked at: from where to where along and across the eye, in eye widths."""
NEAR = 0.25
"""Eye widths around a pixel that tell whether it is bright or dark there (standard deviation)."""
FAINT, FLAT = 0.06, 0.02
"""Contrasts less than the first are hardly one; with less than the second there is nothing to see (logarithm of
light, standard deviation)."""


def unfold(pixels: npt.NDArray[np.uint8], outer: Array, axes: Floats, width: float) -> Array | None:
    """The light around the eye in its own axes, 0..255, float32; None if the picture ends before it.

    Args:
        pixels: uint8 (H, W, 3).
        outer: float32 (2,), px: the outer corner.
        axes: (2, 2), unit vectors along and across the eye.
        width: of the eye, px.
    """
    middle = outer + 0.5 * width * axes[0]
    x0, y0 = np.maximum(np.floor(middle - 1.1 * width).astype(int), 0)
    x1, y1 = np.maximum(np.ceil(middle + 1.1 * width).astype(int) + 1, 0)
    part = pixels[y0:y1, x0:x1]
    if min(part.shape[:2]) < 4:
        return None
    scale = min(CELLS / width, 1.0)
    size = max(round(part.shape[1] * scale), 2), max(round(part.shape[0] * scale), 2)
    ratio = np.array(size) / part.shape[1::-1]
    part = cv2.resize(part, size, interpolation=cv2.INTER_AREA) if scale < 1 else part
    # Skin is as bright as the white in red, hardly ever in its darkest channel.
    light = cv2.GaussianBlur(part.min(axis=2).astype(np.float32), (0, 0), max(0.02 * width * scale, 0.5))
    s, t = np.meshgrid(np.arange(AROUND[0], AROUND[1], 1 / CELLS), np.arange(AROUND[2], AROUND[3], 1 / CELLS))
    at = (outer - (x0, y0) + width * (s[..., None] * axes[0] + t[..., None] * axes[1])) * ratio + (ratio - 1) / 2
    return _sample(light, at[..., 0], at[..., 1])


def read(picture: Array, s: Floats, t: Floats) -> Array:
    """One such picture at points in the eye's axes, of any two-dimensional shape, float32."""
    return _sample(picture, (s - AROUND[0]) * CELLS, (t - AROUND[2]) * CELLS)


def _sample(picture: Array, x: Floats, y: Floats) -> Array:
    x, y = np.broadcast_arrays(x, y)
    at = np.asarray(x, np.float32), np.asarray(y, np.float32)
    return np.asarray(cv2.remap(picture, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def even_out(light: Array) -> Array | None:
    """How bright it is, against what is near, about -1..1, float32 (h, w); None if it is as bright everywhere.

    Args:
        light: of :func:`unfold`.
    """
    light = np.log(light + 16)
    even = cv2.GaussianBlur(light, (0, 0), NEAR * CELLS)
    spread = np.sqrt(cv2.GaussianBlur((light - even) ** 2, (0, 0), NEAR * CELLS))
    if spread.max() < FLAT:
        return None
    return np.asarray(np.clip(0.5 * (light - even) / (spread + FAINT), -1.5, 1.5), np.float32)
