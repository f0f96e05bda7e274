"""The line between the lips, found in the photo: the darkest way from one corner of the mouth to the other."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median, percentile

from .geometry import Array
from .jaw import LOWER_LIP, UPPER_LIP, LipAxes
from .sampling import read_softly

__all__ = ["find_line", "parted"]

COLUMNS, ROWS = 49, 41
REACH = 0.05
"""How far beside the mesh's line it is looked for, in eye distances."""
TRUST = 0.25
"""What lying REACH beside the mesh's line counts, of the range of brightness around the mouth."""
DEPTH, VALLEY, ABOVE = 0.5, 0.8, 0.4
"""What darkness counts; what being darker than the lip below does, which the light mostly falls on; and of that, what
being darker than the lip above does."""
LIP = 0.03
"""How far above and below the line its lips are compared with it, in eye distances."""
LONG = 7
"""Columns of which the median is taken: what is dark over less than half of them is no line."""
BELOW = 0.9
"""Where it is expected between lips that are apart: -1 at the upper one ... 1 at the lower one."""
STEEP = 0.04
"""What a step of one row from column to column counts."""
SMOOTH = 1.6
"""Columns over which the found way is smoothed."""
SHUT, APART = 0.02, 0.05
"""Distances of the mesh's inner lips, in eye distances, up to which they touch and from which they are apart. The mesh
is no surer than that: between the two they are apart if teeth are seen."""
TOOTH, HIDDEN = 0.12, 0.06
"""How much brighter teeth are than the line below them and than the lip's shadow above, of the range of brightness."""


def find_line(pixels: npt.NDArray[np.uint8], axes: LipAxes, landmarks: Array, apart: bool) -> Array:
    """Where lips part, as ``t`` of :class:`LipAxes` at even places ``s`` from -1 to 1, float32 (49,).

    The line is dark, and above what is brighter: the lower lip, mostly. Nothing counts for darker than the line is
    along most of the mouth: a mole, a scratch or a hair beside it does not draw it away. Lips that are apart in the
    photo part along the darkest way between them: between teeth and lip, or between teeth.

    Args:
        pixels: uint8 (H, W, 3).
        axes: the mouth's.
        landmarks: float32 (478, 3), the face's.
        apart: whether they are apart in the photo, of :func:`parted`.
    """
    s = np.linspace(-1, 1, COLUMNS, dtype=np.float32)
    upper, lower = _edges(axes, landmarks, s)
    low, high = np.minimum(upper, lower) - REACH, np.maximum(upper, lower) + REACH
    wide = np.maximum(lower - upper - 0.02, 0) * np.float32(apart)
    low, high = low + np.minimum(wide, REACH), high - np.minimum(wide, REACH)
    t = low + (high - low) * np.linspace(0, 1, ROWS, dtype=np.float32)[:, None]
    here = _read(pixels, axes, s, t)
    over, under = (np.maximum(*(_read(pixels, axes, s, t + side * LIP * x) for x in (0.5, 1))) for side in (-1, 1))
    valley = np.maximum(under - here, 0) + ABOVE * np.maximum(over - here, 0)
    dark, bright = percentile(here, [2, 90])
    usual = median(here.min(axis=0)), median(valley.max(axis=0))
    cost = DEPTH * np.maximum(here, usual[0]) - VALLEY * np.minimum(valley, usual[1])
    # Teeth belong to the upper jaw: lips that are apart part below them if nothing darker says otherwise.
    beside = np.linspace(-1, 1, ROWS, dtype=np.float32)[:, None] - np.minimum(wide / REACH, 1) * BELOW
    cost = cost / max(float(bright - dark), 8.0) + TRUST * beside**2
    way = cv2.GaussianBlur(_cheapest(np.asarray(cost, np.float32)).astype(np.float32)[None], (0, 0), SMOOTH)[0]
    return np.asarray(low + (high - low) * way / (ROWS - 1), np.float32)


def parted(pixels: npt.NDArray[np.uint8], axes: LipAxes, landmarks: Array) -> bool:
    """Whether lips are apart in the photo, so that it shows what is between them; arguments as :func:`find_line`."""
    s = np.linspace(-1, 1, COLUMNS, dtype=np.float32)
    upper, lower = _edges(axes, landmarks, s)
    gap = float((lower - upper)[COLUMNS // 2])
    if not SHUT < gap < APART:
        return gap >= APART
    line = find_line(pixels, axes, landmarks, apart=False)
    near = np.linspace(-0.1, 0.02, 41, dtype=np.float32)[:, None]
    light = _read(pixels, axes, s, line + near)[:, COLUMNS // 4 : -(COLUMNS // 4)]
    row = median(light, axis=1)
    dark, bright = float(row.min()), float(percentile(light, 90))
    tooth = 20 + int(row[20:33].argmax())
    step = max(bright - dark, 8.0)
    above = float(row[max(tooth - 17, 0) : tooth + 1].min())
    return bool(row[tooth] > row[tooth:].min() + TOOTH * step and row[tooth] > above + HIDDEN * step)


def _read(pixels: npt.NDArray[np.uint8], axes: LipAxes, s: Array, t: Array) -> Array:
    """Brightness at ``s`` (N,) and ``t`` (M, N), float32 (M, N), without what is finer than a line between lips, and
    without what is short along the mouth: moles."""
    soft = read_softly(pixels, *axes.place(np.broadcast_to(s, t.shape), t), max(0.008 * axes.unit, 0.5))
    found = cv2.cvtColor(soft, cv2.COLOR_RGB2GRAY)
    wide = np.pad(found, ((0, 0), (LONG // 2, LONG // 2)), "edge")
    return np.asarray(median(np.lib.stride_tricks.sliding_window_view(wide, LONG, 1), axis=2), np.float32)


def _edges(axes: LipAxes, landmarks: Array, s: Array) -> tuple[Array, Array]:
    """The inner edges of the mesh's upper and lower lip as t at each of ``s``."""
    return _edge(axes, landmarks[list(UPPER_LIP), :2], s), _edge(axes, landmarks[list(LOWER_LIP), :2], s)


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
