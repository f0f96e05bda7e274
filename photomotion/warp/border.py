"""The edge of the photo: what it cuts through has no more to show, so nothing is drawn in from beyond it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array, smoothstep
from .grid import Grid

__all__ = ["Border"]

SLACK = 0.01
"""What a motion may bring in from beyond the edge, in eye distances: so little is mirrored and goes unnoticed."""
REACH = 1.5
"""How far from the edge what it holds is stretched, in eye distances; at most this share of the picture: ..."""
SHARE = 0.4
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
class Border:
    """The edges of the picture that people touch."""

    edges: tuple[Edge, ...]
    slack: float
    """px."""

    @classmethod
    def of(cls, opacity: npt.NDArray[np.uint8], grid: Grid, unit: float) -> Border:
        """Look where people touch the edges.

        Args:
            opacity: of the people, uint8 (H, W).
            grid: on which fields are given; it covers the picture.
            unit: px per eye distance.
        """
        step, edges = grid.step, []
        wide = 2 * round(AROUND * unit / step) + 1
        for axis, picture, count in ((0, opacity, grid.columns), (1, opacity.T, grid.rows)):
            size = picture.shape[1]
            away = (np.arange(count, dtype=np.float32) + 0.5) * step
            for last, line in ((False, picture[:, :step]), (True, picture[:, -step:])):
                if not line.any():
                    continue
                nodes = -(-len(line) // step)
                cells = np.pad(line.max(axis=1), (0, nodes * step - len(line)), "edge").reshape(nodes, step)
                near = cv2.dilate(cells.max(axis=1)[None].astype(np.float32) / 255, np.ones((1, wide), np.uint8))
                touched = cv2.blur(near, (wide, 1), borderType=cv2.BORDER_REPLICATE)[0]
                fade = 1 - smoothstep(size - away if last else away, 0.0, min(REACH * unit, SHARE * size))
                edges.append(Edge(axis, last, np.asarray(touched, np.float32), fade))
        return cls(tuple(edges), SLACK * unit)

    def hold(self, forward: Array) -> None:
        """Keep what the edges cut through from coming in, in place: it is stretched instead of mirrored.

        Args:
            forward: float32 (rows, columns, 2), displacement in px.
        """
        for edge in self.edges:
            edge.hold(forward, self.slack)
