"""The line between the lips, found in the photo: the darkest way from one corner of the mouth to the other."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median, percentile

from .geometry import Array, smoothstep
from .jaw import LOWER_LIP, UPPER_LIP, LipAxes
from .sampling import read_softly
from .tint import Tint

__all__ = ["find_line", "parted", "rim"]

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
is no surer than that: between the two they are apart if teeth are seen, or a dark wider than a line."""
TOOTH, HIDDEN = 0.12, 0.06
"""How much brighter teeth are than the line below them and than the lip's shadow above, of the range of brightness."""
HOLLOW, WIDE = 0.3, 0.05
"""What is darker than so much of the skin is no lip but the inside of a mouth, if it is so wide, in eye distances."""
PALE, BRIGHT = (0.45, 0.7), (0.5, 0.8)
"""How red and how bright what is seen is, of the skin: surely teeth up to and not at all from the first two, not at all
up to and surely from the last. Lips are redder than skin."""
RED = 0.03
"""Skin that is less red than that, of its light, tells nothing about teeth."""
RIM = {1: 0.035, -1: 0.02}
"""How far below and above the line a lip begins at most, and where its colour is looked at, in eye distances."""
ALIKE, FAINT = 0.5, 24.0
"""The lip begins where the colour is so much nearer to its own than on the line; and how far apart the two are at
least, in gray levels of all three colours, or nothing is told from it."""
HANGING = 2.0
"""What teeth below a line count: those of mouths that are hardly open hang from the upper jaw."""


def find_line(pixels: npt.NDArray[np.uint8], axes: LipAxes, landmarks: Array, tint: Tint, apart: bool) -> Array:
    """Where lips part, as ``t`` of :class:`LipAxes` at even places ``s`` from -1 to 1, float32 (49,).

    The line is dark, and above what is brighter: the lower lip, mostly. Nothing counts for darker than the line is
    along most of the mouth: a mole, a scratch or a hair beside it does not draw it away. Lips that are apart in the
    photo part along the darkest way between them: between teeth and lip, or between teeth. Lips of which the mesh
    is not sure, or that are apart, do not part above teeth.

    Args:
        pixels: uint8 (H, W, 3).
        axes: the mouth's.
        landmarks: float32 (478, 3), the face's.
        tint: likewise.
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
    expected = np.minimum(wide / REACH, 1) * BELOW
    beside = np.linspace(-1, 1, ROWS, dtype=np.float32)[:, None] - expected
    cost = cost / max(float(bright - dark), 8.0) + TRUST * beside**2
    if apart or SHUT < (lower - upper)[COLUMNS // 2] < APART:
        teeth = cv2.dilate(_teeth(pixels, axes, s, t, tint), np.ones((1, LONG), np.uint8))
        below = np.cumsum(teeth[::-1], axis=0)[::-1] / np.maximum(teeth.sum(axis=0), 1)
        seen = teeth.max(axis=0)
        # Shine on the lower lip is pale as well, but teeth are seen in the middle, and if so, all along it.
        cost = cost + HANGING * below * seen * seen[COLUMNS // 3 : -(COLUMNS // 3)].min()
    level = expected * (ROWS - 1) / 2
    aside = _cheapest(np.asarray(cost, np.float32), level) - level
    way = level + cv2.GaussianBlur(aside.astype(np.float32)[None], (0, 0), SMOOTH)[0]
    return np.asarray(low + (high - low) * way / (ROWS - 1), np.float32)


def parted(pixels: npt.NDArray[np.uint8], axes: LipAxes, landmarks: Array, tint: Tint) -> bool:
    """Whether lips are apart in the photo, so that it shows what is between them; arguments as :func:`find_line`."""
    s = np.linspace(-1, 1, COLUMNS, dtype=np.float32)
    upper, lower = _edges(axes, landmarks, s)
    gap = float((lower - upper)[COLUMNS // 2])
    if not SHUT < gap < APART:
        return gap >= APART
    line = find_line(pixels, axes, landmarks, tint, apart=False)
    near = np.linspace(-0.1, 0.02, 41, dtype=np.float32)[:, None]
    light = _read(pixels, axes, s, line + near)[:, COLUMNS // 4 : -(COLUMNS // 4)]
    row = median(light, axis=1)
    if (row < HOLLOW * tint.light).mean() * float(near[-1, 0] - near[0, 0]) > WIDE:
        return True
    dark, bright = float(row.min()), float(percentile(light, 90))
    tooth = 20 + int(row[20:33].argmax())
    step = max(bright - dark, 8.0)
    above = float(row[max(tooth - 17, 0) : tooth + 1].min())
    return bool(row[tooth] > row[tooth:].min() + TOOTH * step and row[tooth] > above + HIDDEN * step)


def rim(pixels: npt.NDArray[np.uint8], axes: LipAxes, line: Array, side: int) -> Array:
    """How far from the line between them a lip begins, eye distances, float32 (49,), 0 at the corners.

    What is between the two is shadow, or the tips of teeth: it is no part of a lip that goes down. Between lips that
    are apart it is so above the line, too: what begins there are teeth, or the dark of a corner.

    Args:
        pixels: uint8 (H, W, 3).
        axes: the mouth's.
        line: float32 (49,), of :func:`find_line`.
        side: 1 below the line, -1 above it.
    """
    s = np.linspace(-1, 1, COLUMNS, dtype=np.float32)
    beside = np.linspace(0, 1.3 * RIM[side], 27, dtype=np.float32)[:, None]
    seen = _look(pixels, axes, s, line + side * beside)
    colours = np.stack([_even(seen[..., c]) for c in range(3)], axis=-1)
    away = np.abs(colours - colours[20:].mean(axis=0)).sum(axis=-1)
    near = away[:21] < ALIKE * np.maximum(away[0], FAINT)
    begins = beside[:21, 0][np.where(near.any(axis=0), near.argmax(axis=0), 20)]
    even = cv2.GaussianBlur(begins[None], (0, 0), 2 * SMOOTH)[0]
    return np.asarray(even * (1 - s**4), np.float32)


def _read(pixels: npt.NDArray[np.uint8], axes: LipAxes, s: Array, t: Array) -> Array:
    """Brightness at ``s`` (N,) and ``t`` (M, N), float32 (M, N), without what is finer than a line between lips, and
    without what is short along the mouth: moles."""
    return _even(cv2.cvtColor(_look(pixels, axes, s, t), cv2.COLOR_RGB2GRAY))


def _teeth(pixels: npt.NDArray[np.uint8], axes: LipAxes, s: Array, t: Array, tint: Tint) -> Array:
    """How surely teeth are seen at ``s`` (N,) and ``t`` (M, N), by their colour, float32 (M, N), 0..1."""
    usual = float(_redness(tint.skin))
    if usual < RED:
        return np.zeros_like(t)
    colours = _look(pixels, axes, s, t)
    light = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY).astype(np.float32)
    pale = 1 - smoothstep(_redness(colours.astype(np.float32)) / np.float32(usual), *PALE)
    return _even(tint.variety * pale * smoothstep(light / max(tint.light, 1.0), *BRIGHT))


def _redness(colours: Array) -> Array:
    """How much more red than green float32 (..., 3) are, of all their light, float32 (...)."""
    return np.asarray((colours[..., 0] - colours[..., 1]) / (colours.sum(axis=-1) + 1), np.float32)


def _look(pixels: npt.NDArray[np.uint8], axes: LipAxes, s: Array, t: Array) -> npt.NDArray[np.uint8]:
    """The colours at ``s`` (N,) and ``t`` (M, N), uint8 (M, N, 3), without what is finer than a line between lips."""
    return read_softly(pixels, *axes.place(np.broadcast_to(s, t.shape), t), max(0.008 * axes.unit, 0.5))


def _even(values: npt.NDArray[np.generic]) -> Array:
    """Values (M, N) without what is short along the mouth, float32."""
    wide = np.pad(values, ((0, 0), (LONG // 2, LONG // 2)), "edge")
    return np.asarray(median(np.lib.stride_tricks.sliding_window_view(wide, LONG, 1), axis=2), np.float32)


def _edges(axes: LipAxes, landmarks: Array, s: Array) -> tuple[Array, Array]:
    """The inner edges of the mesh's upper and lower lip as t at each of ``s``."""
    return _edge(axes, landmarks[list(UPPER_LIP), :2], s), _edge(axes, landmarks[list(LOWER_LIP), :2], s)


def _edge(axes: LipAxes, points: Array, s: Array) -> Array:
    """A lip's inner edge through ``points`` (N, 2), px, as t at each of ``s``."""
    places, heights = axes.st(points[:, 0], points[:, 1])
    order = np.argsort(places)
    return np.asarray(np.interp(s, np.r_[-1, places[order], 1], np.r_[0, heights[order], 0]), np.float32)


def _cheapest(cost: Array, level: Array) -> npt.NDArray[np.int64]:
    """The row in each column of the cheapest way from the first column to the last (Bellman, 1957).

    Args:
        cost: float32 (rows, columns).
        level: float32 (columns,), the rows of a way that counts as level: steps count as far as they leave it.
    """
    rows, columns = cost.shape
    apart = np.arange(rows)[:, None] - np.arange(rows)
    total, came = cost[:, 0], np.zeros((rows, columns), np.int64)
    for column in range(1, columns):
        whole = total[None] + STEEP * np.abs(apart - (level[column] - level[column - 1])) ** 1.5
        came[:, column] = whole.argmin(axis=1)
        total = whole.min(axis=1) + cost[:, column]
    way = np.zeros(columns, np.int64)
    way[-1] = total.argmin()
    for column in range(columns - 1, 0, -1):
        way[column - 1] = came[way[column], column]
    return way
