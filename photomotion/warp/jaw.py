"""The jaw turns on its hinge below the ears: chin, beard and lower lip go down and back, the lips part between corners.

A field is smooth, but lips that part are not. So there are two: what the jaw carries, which is part of everybody's
field, and what is taken off it above the line between the lips, where the upper lip stays.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from photomotion.data import Face

from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid

__all__ = [
    "CORNERS",
    "DROP",
    "LOWER_LIP",
    "MOST",
    "UPPER_LIP",
    "LipAxes",
    "carried",
    "closed",
    "kept_back",
    "limited",
    "opening",
]

MOST = 0.3
"""Greatest ``jawOpen`` that is shown; more would need a mouth that the photo does not have."""
DROP = 0.44
"""How far the chin goes down at ``jawOpen`` 1, in eye distances: 4 to 12 mm for 0.1 to 0.3."""
HINGE = (0.0, 0.3, 0.75)
"""Between the joints of the jaw, in front of the ears, in the head's own axes; the second in units of the chin's v."""
WIDER = 1.06
"""How much wider than the mesh's lips the line between them is."""
NARROWEST = 0.05
"""Half a mouth at least, in eye distances."""
CORNER = 0.35
"""How much of the lower lip's way its corners go."""
SEALED = 0.75
"""How much of the lower lip's way it keeps back when lips stay together; the upper one goes the rest."""
RISE, MARGIN = 0.34, 0.03
"""How far above the line between the lips the skin gives way, in eye distances, and how much higher than the mesh's
the true line may lie."""
TURNED = (32.0, 50.0)
"""Degrees of yaw between which the mouth is opened less and less: beyond, one corner of it is not in the photo."""

UPPER_LIP = (191, 80, 81, 82, 13, 312, 311, 310, 415)
LOWER_LIP = (95, 88, 178, 87, 14, 317, 402, 318, 324)
"""Their inner edges from the person's right to the left, corners left out; mesh indices."""
CORNERS = (78, 308)


def limited(values: Mapping[str, float]) -> dict[str, float]:
    """Those channels with a ``jawOpen`` of what can be shown, and as much ``mouthClose`` as that leaves open."""
    jaw = values.get("jawOpen", 0.0)
    down = min(max(jaw, 0.0), MOST)
    apart = min(max(jaw - max(values.get("mouthClose", 0.0), 0.0), 0.0), MOST)
    own = {"jawOpen": down, "mouthClose": down - apart}
    return {name: own.get(name, value) for name, value in values.items()}


def opening(values: Mapping[str, float]) -> float:
    """How far the lips part, as ``jawOpen``, for values of :func:`limited`: as in ARKit, ``mouthClose`` takes back
    what ``jawOpen`` of the same value parts."""
    return values.get("jawOpen", 0.0) - values.get("mouthClose", 0.0)


class LipAxes:
    """A mouth's own axes: ``s`` from the person's right corner (-1) over the middle of the lips (0) to the left one
    (1), ``t`` down from the line between the lips, in eye distances."""

    def __init__(self, face: Face, frame: HeadFrame) -> None:
        points = face.landmarks[:, :2]
        right, left = points[CORNERS[0]], points[CORNERS[1]]
        self.unit = frame.unit
        self.origin = (right + left) / 2
        self.along = (left - right) / max(float(np.linalg.norm(left - right)), 1e-3)
        self.across = np.array([-self.along[1], self.along[0]], np.float32)
        inner = (points[list(UPPER_LIP)] + points[list(LOWER_LIP)]) / 2
        line = np.concatenate([right[None], inner, left[None]]) - self.origin
        x, y = line @ self.along / self.unit, line @ self.across / self.unit
        self.middle = float(x[5])
        # In a profile the middle may lie beyond the far corner.
        ends = WIDER * (x[0] - self.middle) - 0.01, WIDER * (x[-1] - self.middle) + 0.01
        self.ends = (min(float(ends[0]), -NARROWEST), max(float(ends[1]), NARROWEST))
        order = np.argsort(x)
        self.line = (x[order], y[order])
        """Where the mesh has the line: x and y in eye distances from the origin."""

    def bend(self, s: Array) -> Array:
        """How far the mesh's line lies below the straight one from corner to corner, eye distances, any shape."""
        aside = self.middle + np.where(s < 0, -s * self.ends[0], s * self.ends[1])
        return np.asarray(np.interp(aside, *self.line), np.float32)

    def st(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Picture coordinates (px) to the mouth's, any shape."""
        right, down = (x - self.origin[0]) / self.unit, (y - self.origin[1]) / self.unit
        aside = right * self.along[0] + down * self.along[1]
        below = right * self.across[0] + down * self.across[1] - np.interp(aside, *self.line)
        aside = aside - self.middle
        s = np.where(aside < 0, aside / -self.ends[0], aside / self.ends[1])
        return np.asarray(s, np.float32), np.asarray(below, np.float32)

    def place(self, s: Array, t: Array) -> tuple[Array, Array]:
        """The mouth's coordinates to the picture's (px), any shape."""
        aside = self.middle + np.where(s < 0, -s * self.ends[0], s * self.ends[1])
        below = t + self.bend(s)
        x, y = (self.origin[i] + self.unit * (aside * self.along[i] + below * self.across[i]) for i in (0, 1))
        return np.asarray(x, np.float32), np.asarray(y, np.float32)


def carried(face: Face, frame: HeadFrame, grid: Grid) -> Array:
    """What the jaw carries: displacement of every node in px for ``jawOpen`` 1, float32 (2, rows, columns).

    All of it is taken to be as far before the hinge as the chin is, so that chin, lip and beard stay one body. Above
    the line between the lips it dies away: at once in the middle, over the cheek beside the corners.
    """
    x, y = grid.nodes
    hinge = frame.origin + frame.vector(HINGE[0], HINGE[1] * frame.chin, HINGE[2])
    arm = np.stack([x - hinge[0], y - hinge[1], np.full_like(x, face.landmarks[152, 2] - hinge[2])])
    axis = frame.turn @ np.array([1, 0, 0], np.float32)
    turned = np.cross(axis, arm, axisb=0)[..., :2].transpose(2, 0, 1)
    chin = float(np.linalg.norm(np.cross(axis, face.landmarks[152] - hinge)[:2]))
    way = DROP * frame.unit / max(chin, 1e-3) * turned

    u, v = frame.uv(x, y)
    beside = np.abs(u - frame.vector(0, frame.chin)[0] / frame.unit)
    part = _share(*LipAxes(face, frame).st(x, y)) * (1 - smoothstep(beside, 0.3, 1.05))
    part = part * (1 - smoothstep(v, frame.chin + 0.05, frame.chin + 1.0))
    seen = 1 - smoothstep(np.full(1, abs(face.pose.yaw), np.float32), *TURNED)
    return np.asarray(way * part * seen, np.float32)


def closed(face: Face, frame: HeadFrame, grid: Grid) -> Array:
    """What ``mouthClose`` 1 takes back of what the jaw carries, px, float32 (2, rows, columns).

    Lips that stay together over a jaw that goes down hardly go with it: the skin between them and the chin stretches.
    """
    axes = LipAxes(face, frame)
    _, t = axes.st(*grid.nodes)
    chin = max(float(axes.st(*face.landmarks[152:153, :2].T)[1][0]), 2 * RISE / 3)
    return np.asarray(-SEALED * (1 - smoothstep(t, 0.0, 0.9 * chin)) * carried(face, frame, grid), np.float32)


def kept_back(face: Face, frame: HeadFrame, grid: Grid) -> Array:
    """What the upper lip does not take part in of what the jaw carries, as a share of it, float32 (rows, columns)."""
    s, _ = LipAxes(face, frame).st(*grid.nodes)
    parted = _parted(s)
    return np.asarray(parted / (parted + _followed(s)), np.float32)


def _share(s: Array, t: Array) -> Array:
    """How much the jaw carries at places of the mouth's axes: all of it below the lips, at their line what they part
    and the upper lip follows, nothing under the nose."""
    whole = np.linspace(0, 1, 101, dtype=np.float32)
    far = np.interp(np.minimum(_parted(s) + _followed(s), 1), smoothstep(whole, 0.0, 1.0), whole)
    return smoothstep(t, -RISE, np.asarray(RISE / far - RISE - MARGIN, np.float32))


def _parted(s: Array) -> Array:
    """How far the lips part along their line, 0 at the corners ... 1 in the middle."""
    return np.asarray((1 - np.minimum(np.abs(s), 1) ** 2.3) ** 1.25, np.float32)


def _followed(s: Array) -> Array:
    """How far the upper lip's edge follows, 0 in the middle ... CORNER at the corners."""
    return CORNER * smoothstep(np.abs(s), 0.3, 1.1)
