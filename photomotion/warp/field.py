"""A motion field: everything that moves a picture smoothly, as a weighted sum of fields computed once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from photomotion.data import Analysis

from .body import breathing
from .expressions import PUSHES, expression
from .geometry import Array, HeadFrame, rotation, smoothstep
from .grid import Grid
from .head import share, turning

__all__ = ["FaceField", "invert"]


@dataclass(frozen=True, eq=False)
class FaceField:
    """The motion of one person on the grid."""

    arms: Array
    """float32 (3, rows * columns): lever arms about the neck."""
    channels: tuple[str, ...]
    """Names of the rows of ``pushes``."""
    pushes: Array
    """float32 (len(channels), 2 * rows * columns): displacement in px for each channel at 1."""

    @classmethod
    def of(cls, analysis: Analysis, index: int, grid: Grid, mine: Array, channels: tuple[str, ...]) -> FaceField:
        """The field of face ``index`` for those channels.

        Args:
            analysis: of the photo.
            index: of the face.
            grid: where to compute it.
            mine: float32 (rows, columns), 0..1, which nodes are this person's.
            channels: those of the motion; the ones that move no skin are ignored.
        """
        face = analysis.faces[index]
        frame = HeadFrame.of(face)
        part = share(frame, grid)
        known = tuple(c for c in channels if c in PUSHES)
        rows = [expression(PUSHES[c], face, frame, grid) * part for c in known]
        if "glasses" in analysis.suitability.of_face(index):
            v = frame.uv(*grid.nodes)[1]
            rigid = smoothstep(v, 0.3, 0.6) + 1 - smoothstep(v, -0.75, -0.45)
            rows = [r * rigid for r in rows]
        rows.append(breathing(frame, grid))
        table = np.stack([(r * mine).ravel() for r in rows])
        return cls((turning(face, frame, grid, part) * mine).reshape(3, -1), (*known, "breath"), table)

    def at(self, values: Mapping[str, float]) -> Array:
        """Displacement of every node for those channel values, px, float32 (2 * rows * columns): all x, then all y."""
        turn = rotation(*(values.get(name, 0.0) for name in ("headYaw", "headPitch", "headRoll")))
        # Plain sums: a matrix product this thin would only wake the threads of the linear algebra library.
        lever = (turn - np.eye(3, dtype=np.float32))[:2, :, None] * self.arms
        moved = np.add.reduce(lever, axis=1).ravel()
        for name, push in zip(self.channels, self.pushes, strict=True):
            if weight := values.get(name):
                moved += np.float32(weight) * push
        return np.asarray(moved, np.float32)


def invert(forward: Array, step: int) -> Array:
    """Where each node's content comes from: the ``u`` with ``u(x) = -d(x + u(x))``, by fixed-point steps.

    Five steps (Chen et al., 2008), each damped, because below the chin and beside the cheeks the plain ones overshoot.

    Args:
        forward: float32 (rows, columns, 2), displacement ``d`` in px.
        step: px between nodes.
    """
    rows, columns = forward.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    back = -forward
    for _ in range(5):
        x_back, y_back = x + back[..., 0] / step, y + back[..., 1] / step
        there = cv2.remap(forward, x_back, y_back, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        back = back - np.float32(0.8) * (back + there)
    return np.asarray(back, np.float32)
