"""What goes on behind an outline: the photo mirrored there, and lines that end there along themselves."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array, smoothstep
from .grid import diffuse

__all__ = ["mirrored"]

Pixels = npt.NDArray[np.uint8]

SOFT = 0.06
"""How far along the outline its direction is averaged, in eye distances: hair makes it jagged, and what is mirrored at
a jagged line is shattered."""
FINE = 240
"""px of the longer side of the picture in which lines are looked for."""
FAINT, SURE = 1500.0, (0.5, 0.8)
"""What is not a line, added to the squared slopes of gray levels; and the shares of them that run one way."""
STEEP = (0.2, 0.5)
"""Cosines between lines and the way inward: at the first a line runs along the outline and does not end there."""


def mirrored(
    hidden: Pixels, pixels: Pixels, deepest: float, unit: float
) -> tuple[Array, npt.NDArray[np.bool_], npt.NDArray[np.int64], Array]:
    """Hidden pixels near the outline, mirrored at it: along the lines that end there, if there are any.

    Args:
        hidden: 1 where something is before it, a person or an arm, uint8 (H, W).
        pixels: the photo, uint8 (H, W, 3).
        deepest: of the wanted pixels, px.
        unit: px per eye distance.

    Returns:
        How deep each pixel is hidden, px, float32 (H, W); which are hidden at most ``deepest`` px, bool (H, W); for
        each of those, n in all, which pixel lies as far outside the outline, int (n,); and how surely that is the same
        line, float32 (n,), 0..1.
    """
    height, width = hidden.shape
    depth = np.asarray(cv2.distanceTransform(hidden, cv2.DIST_L2, 5), np.float32)
    band = (depth > 0) & (depth < deepest)
    soft = max(SOFT * unit, 2.0)
    # A direction needs no more pixels than its average has.
    size = (max(1, round(2 * width / soft)), max(1, round(2 * height / soft)))
    few = cv2.GaussianBlur(cv2.resize(depth, size, interpolation=cv2.INTER_AREA), (0, 0), 2.0)
    inward = np.dstack([cv2.Sobel(few, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1))])
    inward /= np.maximum(np.linalg.norm(inward, axis=2, keepdims=True), 1e-6)
    line, sure = _lines(hidden, pixels, size, unit)
    steep = (line * inward).sum(axis=2)
    sure *= smoothstep(np.abs(steep), *STEEP)
    ways = inward + sure[..., None] * (np.where(steep[..., None] < 0, -line, line) - inward)
    slopes = (ways * inward).sum(axis=2) / np.maximum(np.square(ways).sum(axis=2), 1e-6)
    # One after the other: all of them in full are large.
    right, down, slope, lined = (
        cv2.resize(np.asarray(plane, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)[band]
        for plane in (ways[..., 0], ways[..., 1], slopes, sure)
    )
    twice = 2 * depth[band] / np.maximum(slope, STEEP[0])
    y, x = np.nonzero(band)
    there = _within(np.round(y - twice * down), height) * width + _within(np.round(x - twice * right), width)
    return depth, band, there, np.asarray(lined, np.float32)


def _within(place: Array, size: int) -> npt.NDArray[np.int64]:
    """Places mirrored once more where they lie beyond an edge, 0..``size`` - 1: its last px would become a streak."""
    back = size - 1 - np.abs(size - 1 - np.abs(place))
    return np.asarray(np.clip(back, 0, size - 1), np.int64)


def _lines(hidden: Pixels, pixels: Pixels, size: tuple[int, int], unit: float) -> tuple[Array, Array]:
    """Which way lines run that end at the outline: the structure tensor next to it (Foerstner and Guelch, 1987).

    Args:
        hidden: 1 where something is before it, a person or an arm, uint8 (H, W).
        pixels: the photo, uint8 (H, W, 3).
        size: width and height of what is returned.
        unit: px per eye distance.

    Returns:
        Directions, float32 (h, w, 2), right and down, of length 1; and how surely there is but one, float32 (h, w),
        0..1. Behind the outline both are those next to it.
    """
    height, width = hidden.shape
    shrink = max(1, round(max(height, width) / FINE))
    fine = (-(-width // shrink), -(-height // shrink))
    light = cv2.cvtColor(cv2.resize(pixels, fine, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY).astype(np.float32)
    free = (cv2.resize(1.0 - hidden, fine, interpolation=cv2.INTER_AREA) > 0.999).astype(np.uint8)
    free = cv2.erode(free, np.ones((3, 3), np.uint8), borderValue=1)
    right, down = (cv2.Sobel(light, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))
    sigma = max(0.5 * SOFT * unit / shrink, 1.5)
    near = free * np.exp(-cv2.distanceTransform(free, cv2.DIST_L2, 3) / np.float32(3 * sigma))
    weight = cv2.GaussianBlur(near, (0, 0), sigma)
    tensor = cv2.GaussianBlur(np.dstack([right * right, right * down, down * down]) * near[..., None], (0, 0), sigma)
    known = (weight > 0.02).astype(np.float32)
    tensor = diffuse(np.asarray(tensor * (known / np.maximum(weight, 1e-3))[..., None], np.float32), known)
    xx, xy, yy = cv2.split(cv2.resize(tensor, size, interpolation=cv2.INTER_AREA))
    turn = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    sure = np.hypot(xx - yy, 2 * xy) / (xx + yy + FAINT)
    return np.dstack([np.cos(turn), np.sin(turn)]), smoothstep(np.asarray(sure, np.float32), *SURE)
