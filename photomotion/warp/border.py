"""The edge of the photo: what it cuts through has no more to show, so nothing is drawn in from beyond it.

Around a print that edge is where its margin ends, and the margin stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array, smoothstep
from .grid import Grid
from .margins import EDGES, Margins, seen_from

__all__ = ["Border"]

SLACK = 0.01
"""What a motion may bring in from beyond the edge, in eye distances: so little is mirrored and goes unnoticed."""
REACH = 1.5
"""How far from the edge what it holds is stretched, in eye distances; at most this share of the picture: ..."""
SHARE = 0.4
DEEP = 0.1
"""People are looked for so far beyond a margin, in eye distances: mattes end a little before it."""
SHORT = 1.0
"""The same next to a margin, which holds both ways: a shorter way, or chests would hardly breathe above it."""
AROUND = 0.6
"""How far along the edge the hold fades, in eye distances, beyond the person that it cuts through."""


@dataclass(frozen=True, eq=False)
class Edge:
    """One edge of the picture that people touch."""

    axis: int
    """Of what is held: 0 to the right, 1 down."""
    last: bool
    """Whether it is the right or the bottom edge."""
    touched: Array
    """How much people touch it, 0..1, float32, a value a node along the edge."""
    fade: Array
    """How much nodes follow it, 1 there, 0 far from it, float32, a value a node away from the edge."""

    def hold(self, forward: Array, slack: float) -> None:
        """See :meth:`Border.hold`."""
        own = forward[..., self.axis] if self.axis == 0 else forward[..., self.axis].T
        excess = (-own[:, -1] if self.last else own[:, 0]) - np.float32(slack)
        if excess.max() <= 0:
            return
        back = (np.maximum(excess, 0) * self.touched)[:, None] * self.fade
        # It only ever takes away from a motion inward: nothing goes farther than it would have gone.
        if self.last:
            own += np.minimum(back, np.maximum(-own, 0))
        else:
            own -= np.minimum(back, np.maximum(own, 0))


@dataclass(frozen=True, eq=False)
class Rest:
    """A margin that people touch, and the picture next to it."""

    axis: int
    """Of what is held: 0 to the right, 1 down."""
    moves: Array
    """How much nodes may move, 0 in the margin, 1 far from it, float32 (rows, columns)."""

    def hold(self, forward: Array, slack: float) -> None:
        """See :meth:`Border.hold`. Its line is seen: not even the slack is let in."""
        forward[..., self.axis] *= self.moves


@dataclass(frozen=True, eq=False)
class Border:
    """The edges of the picture that people touch."""

    edges: tuple[Edge | Rest, ...]
    slack: float
    """px."""

    @classmethod
    def of(cls, opacity: npt.NDArray[np.uint8], grid: Grid, unit: float, margins: Margins = (None,) * 4) -> Border:
        """Look where people touch the edges.

        Args:
            opacity: of the people, uint8 (H, W).
            grid: on which fields are given; it covers the picture.
            unit: px per eye distance.
            margins: of the photo.
        """
        edges: list[Edge | Rest] = []
        for (axis, last), width in zip(EDGES, margins, strict=True):
            people = seen_from((axis, last), opacity)
            line = people[:, : grid.step] if width is None else _beside(people, width, round(DEEP * unit) + 1)
            if not line.any():
                continue
            nodes, count = (grid.rows, grid.columns) if axis == 0 else (grid.columns, grid.rows)
            touched = _along(line, nodes, grid.step, round(AROUND * unit / grid.step))
            size = people.shape[1]
            away = (np.arange(count, dtype=np.float32) + 0.5) * grid.step
            away = size - away if last else away
            if width is None:
                fade = 1 - smoothstep(away, 0.0, min(REACH * unit, SHARE * size))
                edges.append(Edge(axis, last, touched, fade))
                continue
            # The node beyond it rests as well: what lies between two nodes moves with both.
            places = (np.arange(nodes, dtype=np.float32) + 0.5) * grid.step
            beyond = away - np.interp(places, np.arange(len(width)), width)[:, None] - grid.step
            fade = 1 - smoothstep(np.asarray(beyond, np.float32), 0.0, min(SHORT * unit, SHARE * size))
            moves = 1 - touched[:, None] * fade
            edges.append(Rest(axis, np.ascontiguousarray(moves if axis == 0 else moves.T)))
        return cls(tuple(edges), SLACK * unit)

    def hold(self, forward: Array) -> None:
        """Keep what the edges cut through from coming in, in place: it is stretched instead of mirrored.

        Args:
            forward: float32 (rows, columns, 2), displacement in px.
        """
        for edge in self.edges:
            edge.hold(forward, self.slack)


def _beside(people: npt.NDArray[np.uint8], width: Array, deep: int) -> npt.NDArray[np.uint8]:
    """The first ``deep`` px of people, uint8 (n, depth), beyond a margin that is so wide, float32 (n,)."""
    first = np.round(width).astype(np.intp)[:, None] + np.arange(deep)
    return np.take_along_axis(people, np.minimum(first, people.shape[1] - 1), 1)


def _along(line: npt.NDArray[np.uint8], nodes: int, step: int, around: int) -> Array:
    """How much people touch an edge, 0..1, float32, a value a node, from what lies along it, uint8 (n, depth)."""
    wide = 2 * around + 1
    cells = np.pad(line.max(axis=1), (0, nodes * step - len(line)), "edge").reshape(nodes, step)
    near = cv2.dilate(cells.max(axis=1)[None].astype(np.float32) / 255, np.ones((1, wide), np.uint8))
    return np.asarray(cv2.blur(near, (wide, 1), borderType=cv2.BORDER_REPLICATE)[0], np.float32)
