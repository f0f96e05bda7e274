"""A motion field: everything that moves a picture smoothly, as a weighted sum of fields computed once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

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

__all__ = ["FaceField", "invert", "sources", "squeeze", "unfold"]

TIGHT = (0.05, 0.3)
"""Areas, relative to the photo's, below which a field is smoothed: fully below the first, not at all above the second.
Turns of up to about 6 degrees stay above it, so they are not changed."""
STEPS = 6
"""Times that it is smoothed."""
WORST = (0.05, 0.15)
"""If the least area is still below the second then, it is smoothed more widely as often again, fully below the first.
"""
NOTHING = 1e-3
"""px that nobody sees: what a channel at 1 moves by less than this is left out, above all the far ends of bells."""
NEWTON, CLOSE = 8, 0.2
"""Steps of Newton's method at most after the first; and px by which the inverse may be wrong before the last one,
which leaves at most a tenth of that: it is below 0.1 px then (turns as planned, three photos)."""
LOST = 0.5
"""px by which a node may be missed after all of them, or it is looked for anew."""


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
        rigid = brows = np.ones((grid.rows, grid.columns), np.float32)
        if "glasses" in analysis.suitability.of_face(index):
            v = frame.uv(*grid.nodes)[1]
            rigid = smoothstep(v, 0.3, 0.6) + 1 - smoothstep(v, -0.75, -0.45)
            brows = rigid if rim is None else brows
        held = dict.fromkeys(BROWS, brows)
        moved = {c: expression(c, face, frame, grid, rim) * part * held.get(c, rigid) for c in channels if c in SHOWN}
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


def squeeze(forward: Array, step: int) -> Array:
    """The area that is left of each cell: the Jacobian's determinant, below 0 where a field folds; float32.

    Args:
        forward: float32 (rows, columns, 2), displacement in px.
        step: px between nodes.
    """
    right_x, right_y, down_x, down_y = _slopes(forward, step)
    return np.asarray((1 + right_x) * (1 + down_y) - down_x * right_y, np.float32)


def _slopes(forward: Array, step: int) -> tuple[Array, Array, Array, Array]:
    """How much a field changes per px to the right, its x and its y, and downward; each float32 (rows, columns)."""
    across = np.array([[-0.5, 0.0, 0.5]], np.float32) / np.float32(step)
    right = cv2.filter2D(forward, -1, across, borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(forward, -1, across.T, borderType=cv2.BORDER_REPLICATE)
    right[:, [0, -1]] *= 2  # only one neighbour there
    down[[0, -1]] *= 2
    right_x, right_y, down_x, down_y = *cv2.split(right), *cv2.split(down)
    return right_x, right_y, down_x, down_y


def unfold(forward: Array, step: int) -> Array:
    """Smooth a field where it would fold, and only there; arguments as :func:`squeeze`.

    Below the chin and at the side of a nose, far turns bring things over each other that one layer cannot show. How
    much is smoothed grows from nothing: nothing jumps from frame to frame.
    """
    # No slope is greater than this: what it leaves of a cell may be known to be enough before it is worked out.
    steep = max(
        cv2.norm(forward[1:], forward[:-1], cv2.NORM_INF), cv2.norm(forward[:, 1:], forward[:, :-1], cv2.NORM_INF)
    )
    if 1 - 2 * steep / step > TIGHT[1] or (area := squeeze(forward, step)).min() > TIGHT[1]:
        return forward
    for _ in range(STEPS):
        tight = cv2.dilate(1 - smoothstep(area, *TIGHT), np.ones((3, 3), np.uint8))
        tight = cv2.GaussianBlur(tight, (0, 0), 1.0)[..., None]
        forward = forward + np.minimum(1.5 * tight, 1) * (cv2.blur(forward, (5, 5)) - forward)
        area = squeeze(forward, step)
    for _ in range(STEPS):
        least = np.full(1, area.min(), np.float32)
        if least > WORST[1]:
            break
        # Heads that turn against each other need more.
        tight = cv2.dilate(1 - smoothstep(area, *TIGHT), np.ones((5, 5), np.uint8))
        tight = np.minimum(1.5 * cv2.GaussianBlur(tight, (0, 0), 2.0), 1) * (1 - smoothstep(least, *WORST))
        forward = forward + tight[..., None] * (cv2.blur(forward, (9, 9)) - forward)
        area = squeeze(forward, step)
    return np.asarray(forward, np.float32)


def sources(forward: Array, grid: Grid) -> Array:
    """Where each node's content comes from, as :meth:`Grid.places`.

    Args:
        forward: float32 (rows, columns, 2), displacement in px, that does not fold.
        grid: its nodes.
    """
    if inner := compiled.inner:
        places = np.empty((grid.rows + 2, grid.columns + 2, 2), np.float32)
        half = (grid.step - 1) / 2
        if inner.find(forward, places, forward.shape[:2], (grid.left + half, grid.top + half), grid.step):
            return places
    return grid.places(invert(forward, grid.step))


def invert(forward: Array, step: int) -> Array:
    """Where each node's content comes from: the ``u`` with ``u(x) = -d(x + u(x))``, by up to five Newton steps.

    Plain fixed-point steps (Chen et al., 2008) are still 1 to 2 px wrong after five of them below the chin of a head
    that turns by 12 degrees; these are within 0.2 px. A node that they throw away, where much is squeezed at once,
    starts again from the node that comes nearest to it.

    Args:
        forward: float32 (rows, columns, 2), displacement ``d`` in px, that does not fold.
        step: px between nodes.
    """
    right_x, right_y, down_x, down_y = _slopes(forward, step)
    part = 1 / np.maximum((1 + right_x) * (1 + down_y) - down_x * right_y, np.float32(TIGHT[0]))
    inverse = [np.asarray(part * by, np.float32) for by in (1 + down_y, -down_x, -right_y, 1 + right_x)]
    newton = _Newton(forward, step, inverse)
    miss_x, miss_y = cv2.split(forward)
    back_x, back_y = newton.stepped(miss_x * 0, miss_y * 0, inverse, miss_x, miss_y)
    back_x, back_y, lost = newton.approach(back_x, back_y)
    if lost.any():
        row, column = np.indices(lost.shape, np.float32)
        to_x, to_y = column * step + forward[..., 0], row * step + forward[..., 1]
        for at in np.argwhere(lost):
            away = np.square(to_x - step * at[1]) + np.square(to_y - step * at[0])
            nearest = np.unravel_index(int(away.argmin()), away.shape)
            back_y[tuple(at)], back_x[tuple(at)] = (np.array(nearest) - at) * step
        back_x, back_y, _ = newton.approach(back_x, back_y)
    return np.asarray(cv2.merge([back_x, back_y]), np.float32)


class _Newton(NamedTuple):
    """Newton's method for an inverse. x and y are apart: sums over every other number are slow."""

    forward: Array
    step: int
    inverse: Sequence[Array]
    """Of the field's Jacobian, four numbers at each node."""

    def approach(self, back_x: Array, back_y: Array) -> tuple[Array, Array, npt.NDArray[np.bool_]]:
        """Come from a guess to where nodes come from, and tell which are still lost; arrays (rows, columns)."""
        for _ in range(NEWTON):
            at, miss_x, miss_y = self._missed(back_x, back_y)
            close = max(cv2.norm(miss_x, cv2.NORM_INF), cv2.norm(miss_y, cv2.NORM_INF)) < CLOSE
            slope = cv2.split(_read(cv2.merge(self.inverse), at))
            back_x, back_y = self.stepped(back_x, back_y, slope, miss_x, miss_y)
            if close:
                return back_x, back_y, np.zeros(back_x.shape, bool)
        _, miss_x, miss_y = self._missed(back_x, back_y)
        return back_x, back_y, np.hypot(miss_x, miss_y) > LOST

    @staticmethod
    def stepped(
        back_x: Array, back_y: Array, slope: Sequence[Array], miss_x: Array, miss_y: Array
    ) -> tuple[Array, Array]:
        """One step from a guess, by a slope, for what is missed there."""
        return back_x - (slope[0] * miss_x + slope[1] * miss_y), back_y - (slope[2] * miss_x + slope[3] * miss_y)

    def _missed(self, back_x: Array, back_y: Array) -> tuple[tuple[Array, Array], Array, Array]:
        rows, columns = back_x.shape
        column, row = np.arange(columns, dtype=np.float32), np.arange(rows, dtype=np.float32)[:, None]
        at = column + back_x * np.float32(1 / self.step), row + back_y * np.float32(1 / self.step)
        miss_x, miss_y = cv2.split(_read(self.forward, at))
        miss_x += back_x
        miss_y += back_y
        return at, miss_x, miss_y


def _read(values: Array, at: tuple[Array, Array]) -> Array:
    """Between nodes, and beyond them as at the edge."""
    return np.asarray(cv2.remap(values, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)
