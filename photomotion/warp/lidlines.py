"""Where the lids' edges really are: the mesh's, moved to where the photo shows the end of the ball.

The mesh draws every eye as a lens: on 64 eyes of 30 people, marked by eye on enlarged photos, paintings and frames of
films, it was wrong by 0.033 of their width in the mean. Across an edge the light changes in much the same way in most
people: dark lashes between the bright lid and the white, or the iris. What that looks like was learned from those eyes
(a conditional logit, McFadden, 1974), blurred, in gray and with grain, too, leaving out people in turn to see how far
it may be trusted: to 0.023.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import percentile

from .geometry import Array
from .lidlight import even_out, read, unfold

__all__ = ["follow_lids"]

Floats = npt.NDArray[np.floating]

SMALLEST = 8
"""px: smaller eyes are taken as the mesh has them."""
COLUMNS = np.linspace(0.06, 0.94, 15)
"""Where along the eye its edges are looked for."""
STEP, REACH = 0.01, 24
"""Eye widths between two places across the eye, and how many of these an edge may be from where it usually is."""
USUAL = (
    (-40, -29, -22, -18, -14, -10, -6, -3, 4, 9, 16, 26, 29, 24, 12),
    (5, -3, -6, -8, -11, -14, -14, -15, -19, -20, -20, -20, -17, -11, -3),
)
"""Where the edges of the upper and of the lower lid usually are, below the mesh's, at the columns, in thousandths of
the eye's width."""
TAPS = np.arange(-14, 15, 2)
"""Where a profile across an edge is looked at, in steps ..."""
PROFILES = (
    (
        (0.6, 0.5, 0.6, 0.8, 0.7, 0.3, -0.4, -0.9, -0.7, -0.1, 0.4, 0.5, 0.0, -0.7, -1.4),
        (0.0, 0.4, 0.8, 0.8, 0.3, -0.5, -1.2, -1.3, -1.0, -0.5, 0.1, 0.4, 0.3, -0.2, -0.7),
        (0.5, 0.6, 0.6, 0.2, -0.5, -1.1, -1.1, -0.7, -0.1, 0.3, 0.3, 0.1, 0.1, 0.3, 0.7),
    ),
    (
        (-0.5, -0.5, -0.7, -0.9, -1.1, -1.0, -0.3, 0.6, 1.2, 1.4, 1.2, 0.9, 0.6, 0.5, 0.5),
        (-0.2, 0.0, -0.1, -0.4, -0.6, -0.3, 0.2, 0.5, 0.5, 0.4, 0.4, 0.2, -0.2, -0.6, -0.9),
        (-0.3, -0.2, 0.1, 0.4, 0.7, 0.6, 0.1, -0.6, -0.8, -0.4, 0.3, 0.7, 0.5, 0.0, -0.4),
    ),
)
"""... and how much brightness there speaks for an edge (logarithm of odds): of the upper and of the lower lid, each
before the iris, at its rim and before the white ..."""
ODDS = ((1.78, 1.96, 0.0), (-1.25, 1.82, 0.0))
"""... and how much the place alone does."""
RINGS = (0.6, 1.0, 1.4)
"""Radii of an iris, as the mesh has it, that are those three."""
SHIFTS = (np.arange(-13, 14) * 0.01, np.arange(-5, 6) * 0.014, np.arange(-3, 4) * 0.015)
"""What an edge is moved by, in eye widths: all of it, turned, and bent ..."""
SPREAD = np.array([0.018, 0.021, 0.014])
"""... and how far that usually is (standard deviations) ..."""
TAIL = 4
"""... with the tails of a t-distribution of so many degrees of freedom: statues and drawn eyes are far off."""
TRUST, DOUBT = 0.5, 3.5
"""How much one column of the photo counts, as neighbours tell the same; and by how much (logarithm of odds) it can
speak against an edge at most."""
BEGIN, PIVOT, HALF = (-0.05, 0.0), 4, 0.5
"""Where the outer corner may be, along the eye, by how many columns that is told, and how far it goes there."""
SHUT, WIDE = 0.1, 0.28
"""How far an eye is open in its middle, in its width: up to the first it stays as it is, from the second on it may show
white below the iris."""
WHOLE = [np.array(way) for way in ((-0.05, -0.03, 0.0), (-0.05, -0.04, 0.015))]
"""How much larger than that eyes of statues, drawn ones and wide ones may be, in steps: the outer corner along the eye,
the middle of the upper lid and of the lower one down, in eye widths ..."""
LARGER = [k * np.array(way) for k in (1, 2, 3) for way in ((-0.04, 0.0, 0.0), (0.0, 0.0, 0.03), (-0.04, 0.0, 0.03))]
"""... and if they are wide ..."""
GAIN = 0.03
"""... as long as the edges gain so much contrast by each step, of the contrast around the eye."""
MOST = np.array([-0.16, -0.12, 0.15])
"""At most so much in all."""
SIDES = (-0.03, 0.035)
"""Where light is compared for that, out of the edge."""


def follow_lids(
    pixels: npt.NDArray[np.uint8], upper: Array, lower: Array, iris: Array, radius: float
) -> tuple[Array, Array]:
    """Move both lids' edges to where the photo shows them.

    Args:
        pixels: uint8 (H, W, 3).
        upper: float32 (N, 2), px, from the outer to the inner corner.
        lower: likewise; both share their corners.
        iris: float32 (2,), px.
        radius: of the iris, px.

    Returns:
        The moved ``upper`` and ``lower``; the same ones if the photo shows nothing.
    """
    outer, inner = upper[0], upper[-1]
    width = float(np.linalg.norm(inner - outer))
    if width < SMALLEST:
        return upper, lower
    along = (inner - outer) / width
    across = np.array([-along[1], along[0]])
    across = across * (1.0 if float((lower.mean(0) - upper.mean(0)) @ across) >= 0 else -1.0)
    axes = np.stack([along, across])
    light = unfold(pixels, outer, axes, width)
    view = None if light is None else even_out(light)
    if light is None or view is None:
        return upper, lower
    middle, size = axes @ (iris - outer) / width, radius / width
    edges, ways = [], []
    for points, usual, weights, odds in zip((upper, lower), USUAL, PROFILES, ODDS, strict=True):
        edge = (points - outer) @ axes.T / width
        base = np.interp(COLUMNS, edge[:, 0], edge[:, 1]) + np.array(usual) / 1000
        ways.append(settle(respond(profiles(view, base), weights, odds, at_rings(base, middle, size))))
        edges.append(base + ways[-1])
    begin, at = find_corner(*edges), float(ways[0][0] + ways[1][0]) / 2
    s = np.r_[begin, COLUMNS, 1.0]
    lines = [np.stack([s, np.r_[at, edge, 0.0]]) for edge in edges]
    lines = grow(light, lines, float(middle[0]), size)
    moved = []
    for s, t in lines:
        places = s[0] + (1 - s[0]) * np.linspace(0, 1, len(upper))
        t = np.interp(places, s, t)
        moved.append(np.asarray(outer + width * (places[:, None] * along + t[:, None] * across), np.float32))
    return moved[0], moved[1]


def profiles(view: Array, base: Floats) -> Array:
    """How bright it is above and below each column's ``base``, float32 (columns, places)."""
    most = REACH + int(TAPS[-1])
    t = base[:, None] + np.arange(-most, most + 1) * STEP
    return read(view, COLUMNS[:, None], t)


def at_rings(base: Floats, middle: Floats, size: float) -> list[Floats]:
    """How far an edge would be before the iris, at its rim and before the white, 0..1, (columns, places) each.

    Args:
        base: (columns,), where edges usually are.
        middle: (2,), of the iris, along and across the eye.
        size: its radius; all in eye widths.
    """
    t = base[:, None] + np.arange(-REACH, REACH + 1) * STEP
    away = np.hypot(COLUMNS[:, None] - middle[0], t - middle[1]) / size
    inside, beyond = (np.clip((RINGS[1] - away) / (RINGS[1] - ring), 0, 1) for ring in RINGS[::2])
    return [inside, 1 - inside - beyond, beyond]


def respond(
    light: Array, weights: tuple[tuple[float, ...], ...], odds: tuple[float, ...], where: list[Floats]
) -> Floats:
    """How likely each place is the edge, of its column's (logarithm), (columns, places).

    Args:
        light: of :func:`profiles`.
        weights: of :data:`PROFILES`, for one lid.
        odds: of :data:`ODDS`, likewise.
        where: of :func:`at_rings`.
    """
    windows = np.lib.stride_tricks.sliding_window_view(light, int(TAPS[-1] - TAPS[0]) + 1, axis=1)[
        ..., :: TAPS[1] - TAPS[0]
    ]
    answers = windows @ np.array(weights, np.float32).T + np.array(odds, np.float32)
    likely = np.sum([part * answers[..., k] for k, part in enumerate(where)], axis=0)
    likely = likely - likely.max(axis=1, keepdims=True)
    likely = likely - np.log(np.exp(likely).sum(axis=1, keepdims=True))
    return np.asarray(np.log(np.exp(likely) + np.exp(-DOUBT)))


@cache
def _shifts() -> tuple[Floats, npt.NDArray[np.intp], Floats, Floats]:
    """All ways to move an edge: how far at each column, in whole steps of the flattened places and parts of a step;
    and what speaks for each."""
    amounts = np.array(list(product(*SHIFTS)))
    x = 2 * COLUMNS - 1
    ways = amounts @ np.stack([np.ones_like(x), x, x * x - 0.4])
    steps = np.clip(ways / STEP + REACH, 0, 2 * REACH - 1e-3)
    index = steps.astype(np.intp)
    expected = -(TAIL + 1) / 2 * np.log1p((amounts / SPREAD) ** 2 / TAIL).sum(axis=1)
    return ways, index + (2 * REACH + 1) * np.arange(len(x)), steps - index, expected


def settle(likely: Floats) -> Floats:
    """How far the whole edge goes at each column, in eye widths, down, (columns,)."""
    ways, index, part, expected = _shifts()
    seen = likely.ravel()
    here = seen[index]
    total = TRUST * (here + part * (seen[index + 1] - here)).sum(axis=1) + expected
    return np.asarray(ways[int(np.argmax(total))])


def find_corner(upper: Floats, lower: Floats) -> float:
    """Where both edges, (columns,), meet at the outer corner, along the eye: they open as a parabola does."""
    slope, at = np.polyfit(COLUMNS[:PIVOT], np.maximum(lower - upper, 0.01)[:PIVOT] ** 2, 1)
    return float(np.clip(-HALF * at / slope, *BEGIN)) if slope > 0 else BEGIN[0]


def grow(light: Array, lines: list[Floats], middle: float, size: float) -> list[Floats]:
    """Both edges, made larger if that eye is.

    Args:
        light: of :func:`unfold`.
        lines: s and t of points of the upper and of the lower edge, (2, N) each.
        middle: of the iris, along the eye.
        size: its radius; all in eye widths.
    """
    upper, lower = (float(np.interp(0.45, *line)) for line in lines)
    if lower - upper < SHUT:
        return lines
    ways = WHOLE + (LARGER if lower - upper > WIDE else [])
    contrast = float(percentile(light, 90) - percentile(light, 10)) + 10

    def larger(way: Floats) -> list[Floats]:
        s = lines[0][0]
        part = (s - s[0]) / (1 - s[0])
        arch = np.clip(4 * part * (1 - part), 0, 1) ** 0.7
        return [
            np.stack([s + way[0] * (1 - part), line[1] + amount * arch])
            for line, amount in zip(lines, way[1:], strict=True)
        ]

    def judge(edges: list[Floats]) -> float:
        total = 0.0
        for (s, t), down in zip(edges, (-1, 1), strict=True):
            places = s[0] + (1 - s[0]) * np.linspace(0.04, 0.97, len(COLUMNS))
            across = np.interp(places, s, t) + down * np.array(SIDES)[:, None]
            inside, outside = read(light, places, across)
            fall = np.clip((inside - outside) / contrast, -0.5, 0.5)
            # White is brighter than what is around it, the iris darker than the lower lid.
            before = np.abs(places - middle) < 0.9 * size
            total += float((np.where(before, -0.5 if down > 0 else 0.0, 1.0) * fall).mean())
        return total

    way, value = np.zeros(3), judge(lines)
    while True:
        tried = [np.clip(way + step, np.minimum(MOST, 0), np.maximum(MOST, 0)) for step in ways]
        values = [judge(larger(each)) for each in tried]
        best = int(np.argmax(values))
        if values[best] < value + GAIN:
            return larger(way)
        way, value = tried[best], values[best]
