"""A motion field: everything that moves a picture smoothly, as a weighted sum of fields computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from photomotion.data import Analysis

from . import compiled
from .body import breathing
from .brows import BROWS, Rim
from .expressions import SHOWN, expression
from .geometry import Array, HeadFrame, rotation, smoothstep
from .grid import Grid
from .head import share, turning
from .light import extent
from .solids import with_skull

__all__ = ["FaceField"]

NOTHING = 1e-3
"""px that nobody sees: what a channel at 1 moves by less than this is left out, above all the far ends of bells."""


Area = tuple[slice, slice, slice]
"""Everything of some rows and columns of an array (N, rows, columns)."""


class Push(NamedTuple):
    """What one channel at 1 displaces, and where."""

    channel: str
    area: Area
    """The nodes that it displaces."""
    by: Array
    """float32 (2, h, w), px: x, then y."""


@dataclass(frozen=True, eq=False)
class FaceField:
    """The motion of one person on the grid."""

    arms: Array
    """float32 (3, rows, columns): lever arms about the neck."""
    turned: tuple[Area, Array]
    """The nodes that have any, and theirs, float32 (3, h, w)."""
    pushes: tuple[Push, ...]

    @classmethod
    def of(
        cls, analysis: Analysis, index: int, grid: Grid, mine: Array, channels: tuple[str, ...], rim: Rim | None = None
    ) -> FaceField:
        """The field of face ``index`` for those channels.

        Args:
            analysis: of the photo.
            index: of the face.
            grid: where to compute it.
            mine: float32 (rows, columns), 0..1, which nodes are this person's.
            channels: those of the motion; the ones that move no skin are ignored.
            rim: the upper edge of the frame of glasses: brows move above it.
        """
        face = analysis.faces[index]
        frame = with_skull(HeadFrame.of(face), analysis.matte)
        part = share(frame, grid)
        rigid, loose = np.ones((grid.rows, grid.columns), np.float32), BROWS if rim else ()
        if "glasses" in analysis.suitability.of_face(index):
            v = frame.uv(*grid.nodes)[1]
            rigid = smoothstep(v, 0.3, 0.6) + 1 - smoothstep(v, -0.75, -0.45)
        moved = {c: expression(c, face, frame, grid, rim) * part for c in channels if c in SHOWN}
        moved = {channel: by if channel in loose else by * rigid for channel, by in moved.items()}
        moved["breath"] = breathing(frame, grid)
        arms = np.asarray(turning(face, frame, grid, part) * mine, np.float32)
        pushes = (Push(channel, *_tight(by * mine)) for channel, by in moved.items())
        return cls(arms, _tight(arms), tuple(push for push in pushes if push.by.size))

    def push(self, channel: str) -> Array:
        """What a channel at 1 displaces, px, float32 (2, rows, columns): all x, then all y."""
        found = np.zeros((2, *self.arms.shape[1:]), np.float32)
        for push in self.pushes:
            if push.channel == channel:
                found[push.area] = push.by
        return found

    def move(self, forward: Array, values: Mapping[str, float]) -> None:
        """Add how far those channel values move every node to ``forward``, float32 (rows, columns, 2), px, in place."""
        turn = rotation(*(values.get(name, 0.0) for name in ("headYaw", "headPitch", "headRoll")))
        _add(forward, *self.turned, (turn - np.eye(3, dtype=np.float32))[:2].ravel().tolist())
        for channel, area, by in self.pushes:
            if weight := values.get(channel):
                _add(forward, area, by, (weight, 0.0, 0.0, 0.0, weight, 0.0))


def _add(forward: Array, area: Area, part: Array, much: Sequence[float]) -> None:
    """Add fields of an area, float32 (2 or 3, h, w), to a whole one: so much of each to x, three numbers, and to y."""
    _, rows, columns = area
    if not part.size:
        return
    if inner := compiled.inner:
        box = (columns.start, rows.start, columns.stop, rows.stop)
        inner.add(forward, forward.shape[:2], part, box, len(part), tuple(much))
        return
    share = np.array(much, np.float32).reshape(2, 3)[:, : len(part), None, None]
    # Plain sums: a matrix product this thin would only wake the threads of the linear algebra library.
    forward[rows, columns] += np.moveaxis(np.add.reduce(share * part, axis=1), 0, 2)


def _tight(moved: Array) -> tuple[Area, Array]:
    """The part of float32 (N, rows, columns) in which anything is seen."""
    seen = np.abs(moved).max(axis=0) >= NOTHING
    (top, bottom), (left, right) = (extent(np.asarray(seen.any(axis=axis))) for axis in (1, 0))
    area = (slice(None), slice(top, bottom), slice(left, right))
    return area, np.ascontiguousarray(moved[area], np.float32)
