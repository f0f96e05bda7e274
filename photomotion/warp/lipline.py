"""The line between the lips, found in the photo: the darkest way from one corner of the mouth to the other."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array
from .jaw import LOWER_LIP, UPPER_LIP, LipAxes

__all__ = ["find_line"]

COLUMNS, ROWS = 49, 33
REACH = 0.045
"""How far beside the mesh's line it is looked for, in eye distances."""
TRUST = 0.35
"""What lying REACH beside the mesh's line counts, of the range of brightness around the mouth."""
BELOW = 0.9
"""Where it is expected between lips that are apart: -1 at the upper one ... 1 at the lower one."""
STEEP = 0.05
"""What a step of one row from column to column counts."""
SMOOTH = 2.2
"""Columns over which the found way is smoothed."""


def find_line(pixels: npt.NDArray[np.uint8], axes: LipAxes, landmarks: Array) -> Array:
    """Where lips part, as ``t`` of :class:`LipAxes` at even places ``s`` from -1 to 1, float32 (49,).

    Lips that are apart in the photo part along the darkest way between them: between teeth and lip, or between teeth.

    Args:
        pixels: uint8 (H, W, 3).
        axes: the mouth's.
        landmarks: float32 (478, 3), the face's.
    """
    s = np.linspace(-1, 1, COLUMNS, dtype=np.float32)
    upper, lower = (_edge(axes, landmarks[list(lip), :2], s) for lip in (UPPER_LIP, LOWER_LIP))
    low, high = np.minimum(upper, lower) - REACH, np.maximum(upper, lower) + REACH
    apart = np.maximum(lower - upper - 0.02, 0)
    low, high = low + np.minimum(apart, REACH), high - np.minimum(apart, REACH)
    t = low + (high - low) * np.linspace(0, 1, ROWS, dtype=np.float32)[:, None]
    x, y = axes.place(np.broadcast_to(s, t.shape), t)
    light = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (0, 0), max(0.008 * axes.unit, 0.5))
    strip = cv2.remap(light, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    dark, bright = np.percentile(strip, [2, 90])
    # Teeth belong to the upper jaw: lips that are apart part below them if nothing darker says otherwise.
    usual = np.minimum(apart / REACH, 1) * BELOW
    beside = np.linspace(-1, 1, ROWS, dtype=np.float32)[:, None] - usual
    cost = (strip - dark) / max(float(bright - dark), 8.0) + TRUST * beside**2
    way = cv2.GaussianBlur(_cheapest(cost).astype(np.float32)[None], (0, 0), SMOOTH)[0]
    return np.asarray(low + (high - low) * way / (ROWS - 1), np.float32)


def _edge(axes: LipAxes, points: Array, s: Array) -> Array:
    """A lip's inner edge through ``points`` (N, 2), px, as t at each of ``s``."""
    places, heights = axes.st(points[:, 0], points[:, 1])
    order = np.argsort(places)
    return np.asarray(np.interp(s, np.r_[-1, places[order], 1], np.r_[0, heights[order], 0]), np.float32)


def _cheapest(cost: Array) -> npt.NDArray[np.int64]:
    """The row in each column of the cheapest way from the first column to the last (Bellman, 1957)."""
    rows, columns = cost.shape
    step = STEEP * np.abs(np.arange(rows)[:, None] - np.arange(rows)) ** 1.5
    total, came = cost[:, 0], np.zeros((rows, columns), np.int64)
    for column in range(1, columns):
        whole = total[None] + step
        came[:, column] = whole.argmin(axis=1)
        total = whole.min(axis=1) + cost[:, column]
    way = np.zeros(columns, np.int64)
    way[-1] = total.argmin()
    for column in range(columns - 1, 0, -1):
        way[column - 1] = came[way[column], column]
    return way
