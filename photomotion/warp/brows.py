"""Brows move as bodies: neither they nor the eyes are stretched; the skin between them and that above gives way."""

from __future__ import annotations

import numpy as np

from photomotion.data import Face

from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid

__all__ = ["BROWS", "Rim", "moved"]

BROWS = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight", "browDownLeft", "browDownRight")
"""Channels that move brows."""

LOWER = (46, 53, 52, 65, 55, 285, 295, 282, 283, 276)
"""The lower edges of both brows, from the person's right to the left; mesh indices."""
UPPER = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
LIDS = (33, 246, 161, 160, 159, 158, 157, 173, 133, 362, 398, 384, 385, 386, 387, 388, 466, 263)
"""The upper edges of both eyes, in the same order."""
CROWN = 10

INNER, OUTER = 0.072, 0.082
"""How far the inner end and the rest of a brow rise, in eye distances (7 mm; FACS level E)."""
DOWN, INWARD = 0.037, 0.02
"""How far a drawn brow's inner end goes down and toward the other one, in eye distances."""
TAIL = 0.5
"""How much of that its outer end does."""
HAIRS = 0.02
"""How far hairs reach beyond the mesh's edges of a brow, in eye distances."""
LASHES = 0.035
"""How far above the edge of a lid the skin begins that gives way, in eye distances: lashes do not."""
NARROWEST = 0.07
"""How high the skin between eye and brow is at least taken to be, in eye distances: less could not give way, and rather
a brow is stretched than an eye."""
BETWEEN, CLOSE = 0.6, 0.04
"""How far above the frame of glasses the skin begins that gives way, in steps of the grid: so much of what moves is
seen up to a step away; and how high that skin is at least taken to be, in eye distances: brows may touch frames."""

Rim = tuple[Array, Array]
"""The upper edge of the frame of glasses: u and v, each float32 (N,), u from low to high."""


def moved(channel: str, face: Face, frame: HeadFrame, grid: Grid, rim: Rim | None = None) -> Array:
    """Displacement of every node in px for a channel of :data:`BROWS` at 1, float32 (2, rows, columns).

    Up to a ``rim`` nothing moves.
    """
    u, v = frame.uv(*grid.nodes)
    rest = np.full_like(u, np.inf) if rim is None else np.interp(u, *rim) - BETWEEN * grid.step / frame.unit
    high = _height(face, frame, u, v, np.asarray(rest, np.float32))
    left, right = (_along(face, frame, u, side) for side in (1, -1))
    if channel == "browInnerUp":
        return _pushed(frame, 0.0, -INNER * high * np.minimum(1 - _outer(left), 1 - _outer(right)))
    side, own, other = (1, left, right) if channel.endswith("Left") else (-1, right, left)
    ends = 1 - smoothstep(own, 1.0, 1.6)
    if channel.startswith("browOuterUp"):
        return _pushed(frame, 0.0, -OUTER * high * _outer(own) * ends)
    # From one brow's inner end to the other's it dies away; both together hold the middle.
    here, there = np.maximum(-own, 0), np.maximum(-other, 0)
    near = 1 - smoothstep(np.asarray(here / (here + there + 1e-6), np.float32), 0.0, 1.0)
    drawn = np.asarray(high * ends * near * (1 - (1 - TAIL) * smoothstep(own, 0.2, 1.0)), np.float32)
    return _pushed(frame, -side * INWARD * drawn, DOWN * drawn)


def _height(face: Face, frame: HeadFrame, u: Array, v: Array, rest: Array) -> Array:
    """How much of a brow's way each node goes: nothing at the eye and up to ``rest``, a height at each node, all from
    the brow's lower edge to the upper one, less and less above it up to the hair."""
    lid, lower, upper = (_level(face, frame, points, u) for points in (LIDS, LOWER, UPPER))
    lid = lid - LASHES
    least = np.where(rest < lid, np.float32(CLOSE), np.float32(NARROWEST))
    lid = np.minimum(lid, rest)
    lower = np.minimum(lower + HAIRS, lid - least)
    upper = np.minimum(upper - HAIRS, lower)
    crown = float(frame.uv(face.landmarks[CROWN : CROWN + 1, 0], face.landmarks[CROWN : CROWN + 1, 1])[1][0])
    hair = np.minimum(crown, upper - 0.3)
    # Straight, not smooth: the grid's nodes are as far from each other as eye and brow, and it is the least stretch.
    below = np.clip((lid - v) / (lid - lower), 0, 1)
    return np.asarray(below * (1 - smoothstep((upper - v) / (upper - hair), 0.0, 1.0)), np.float32)


def _level(face: Face, frame: HeadFrame, points: tuple[int, ...], u: Array) -> Array:
    """The height v of a line through mesh points at each of ``u``; level beyond its ends."""
    at, height = frame.uv(face.landmarks[list(points), 0], face.landmarks[list(points), 1])
    order = np.argsort(at)
    return np.asarray(np.interp(u, at[order], height[order]), np.float32)


def _along(face: Face, frame: HeadFrame, u: Array, side: int) -> Array:
    """Places along a brow: 0 at its inner end, 1 at the outer one, below 0 toward the other brow; 1 is the person's
    left side."""
    inner, outer = (336, 300) if side == 1 else (107, 70)
    ends, _ = frame.uv(face.landmarks[[inner, outer], 0], face.landmarks[[inner, outer], 1])
    length = side * max(side * float(ends[1] - ends[0]), 0.05)
    return np.asarray((u - ends[0]) / length, np.float32)


def _outer(along: Array) -> Array:
    """How much a place along a brow goes with its outer part; the rest goes with its inner end."""
    return smoothstep(along, -0.15, 0.75)


def _pushed(frame: HeadFrame, right: float | Array, down: Array) -> Array:
    """Amounts to the right and down in the head's axes, eye distances, as displacements in px (2, ...)."""
    aside, below = (frame.vector(*way)[:2, None, None] for way in ((1.0, 0.0), (0.0, 1.0)))
    return np.asarray(right * aside + down * below, np.float32)
