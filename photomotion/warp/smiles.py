"""The corners of a mouth are drawn out, up and back; the lips between them bend in one curve and stretch thinner."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from photomotion.data import Face

from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid
from .jaw import CORNERS, LOWER_LIP, UPPER_LIP, LipAxes

__all__ = ["SMILES", "drawn"]


class Draw(NamedTuple):
    """What draws a person's left corner, at full strength (FACS level E)."""

    out: float
    """How far it goes aside, in eye distances."""
    up: float
    """How far it goes up."""
    back: float
    """How far it goes round the teeth, away from who looks: seen on heads that are turned."""
    thin: float
    """How much thinner the lips get."""


SMILES = {
    **dict.fromkeys(("mouthSmileLeft", "mouthSmileRight"), Draw(0.08, 0.075, 0.03, 0.08)),
    **dict.fromkeys(("mouthDimpleLeft", "mouthDimpleRight"), Draw(0.045, 0.01, 0.02, 0.0)),
}
"""The channels that draw corners. Cheeks are raised elsewhere."""

CORNER = 0.95
"""Where the corners of the mesh's lips are, on the mouth's axis from its middle to its side (1)."""
SUMMIT = 0.055
"""How far outside the corner lies what goes farthest, in eye distances, so that lips still rise where they end."""
BENT, PULLED = 1.1, 0.7
"""How much what goes up bends between middle and corner, and what goes aside: were the former less, lips would be a V.
"""
BEYOND = 0.33
"""How far outside of that skin gives way, in eye distances: not as far as the outline of a face."""
NOSE, CHEEK = 0.24, 0.38
"""Up to which height above the lips skin gives way, in eye distances, in the middle and beside the corners."""
EDGE, CHIN = 0.06, 0.34
"""From where on it does so less, on both sides of them, and up to where below: the chin stays."""
STEEP = 0.29
"""How far corners go up at most beside the middle, in halves of a mouth: a narrower one is lifted as a whole."""
HIDDEN = 0.6
"""How wide a half of a mouth is taken to be at least, of what it is in 3-D: on the far side of a turned head skin
would shear."""
LIP = 0.06
"""How far outside its inner edge skin gets thinner with a lip, in eye distances."""


def drawn(channel: str, face: Face, frame: HeadFrame, grid: Grid) -> Array:
    """Displacement of every node in px for a channel of :data:`SMILES` at 1, float32 (2, rows, columns)."""
    draw = SMILES[channel]
    side = 1 if channel.endswith("Left") else -1
    axes = LipAxes(face, frame)
    s, t = axes.st(*grid.nodes)
    right, left = face.landmarks[list(CORNERS)]
    half = max(float(np.linalg.norm(left - right)) / (2 * frame.unit), 0.1)
    end = abs(axes.ends[side > 0])
    wide = max(end, HIDDEN * half)
    own = side * s * np.float32(end / wide)
    high = NOSE + (CHEEK - NOSE) * smoothstep(own, 0.0, 1.0)
    summit = 1 + SUMMIT / wide
    given = (
        (1 - smoothstep(wide * (own - summit), 0.0, BEYOND))
        * (1 - smoothstep(-t, -EDGE, high))
        * (1 - smoothstep(t, EDGE, CHIN))
    )
    shared = smoothstep(own, -1.0, 1.0)
    whole = max(1 - STEEP * half / draw.up, 0.0)
    aside = given * _along(own / summit, PULLED, CORNER / summit)
    up = given * (whole * shared + (1 - whole) * _along(own / summit, BENT, CORNER / summit))
    out = frame.vector(side * draw.out, 0.0, draw.back)[:2, None, None]
    field = out * aside + frame.vector(0.0, -draw.up)[:2, None, None] * up
    outer = _outside(axes, face, s, t)
    thinner = -draw.thin * outer * np.exp(-np.square(outer / LIP) / 2) * shared * (1 - smoothstep(np.abs(s), 0.8, 1.4))
    return np.asarray(field + frame.unit * axes.across[:, None, None] * thinner, np.float32)


def _along(way: Array, bent: float, corner: float) -> Array:
    """How far a place goes, of a corner's way: 0 at the middle of the mouth and beyond it, most at the summit, where
    ``way`` is 1."""
    squared = np.clip(way, 0, 1) ** 2
    return np.asarray((squared * np.exp(corner**2 - squared) / corner**2) ** bent, np.float32)


def _outside(axes: LipAxes, face: Face, s: Array, t: Array) -> Array:
    """How far above (below 0) or below the inner edge of its lip each place lies, eye distances; 0 between them."""
    points = (face.landmarks[list(lip), :2] for lip in (UPPER_LIP, LOWER_LIP))
    edges = []
    for places, heights in (axes.st(lip[:, 0], lip[:, 1]) for lip in points):
        order = np.argsort(places)
        edges.append(np.interp(s, np.r_[-1, places[order], 1], np.r_[0, heights[order], 0]))
    return np.asarray(np.minimum(t - edges[0], 0) + np.maximum(t - edges[1], 0), np.float32)
