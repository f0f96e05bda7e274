"""A motion field: everything that moves a picture smoothly, as a weighted sum of fields computed once."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from photomotion.data import Analysis, FaceMotion

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
        """The field of face ``index`` for those channels; ``mine`` says which nodes are this person's, (rows, columns)."""
        face = analysis.faces[index]
        frame = HeadFrame.of(face)
        part = share(frame, grid)
        known = tuple(c for c in channels if c in PUSHES)
        rows = [expression(PUSHES[c], face, frame, grid) * part for c in known]
        if "eyeglasses" in analysis.suitability.of_face(index) or "glasses" in analysis.suitability.of_face(index):
            u, v = frame.uv(*grid.nodes)
            rigid = smoothstep(v, 0.3, 0.6) + 1 - smoothstep(v, -0.75, -0.45)
            rows = [r * rigid for r in rows]
        rows.append(breathing(frame, grid))
        table = np.stack([(r * mine).ravel() for r in rows])
        return cls((turning(face, frame, grid, part) * mine).reshape(3, -1), (*known, "breath"), table)

    def at(self, motion: FaceMotion, row: int) -> Array:
        """Displacement of every node at one moment, px, float32 (2 * rows * columns): all x, then all y."""
        values = {c: float(v) for c, v in zip(motion.channels, motion.values[row], strict=True)}
        turn = rotation(values.get("headYaw", 0), values.get("headPitch", 0), values.get("headRoll", 0))
        weights = np.array([values.get(c, 0.0) for c in self.channels], np.float32)
        moved = (turn - np.eye(3, dtype=np.float32))[:2] @ self.arms
        return np.asarray(moved.ravel() + weights @ self.pushes, np.float32)


def invert(forward: Array, step: int) -> Array:
    """Where each node's content comes from: solve ``u(x) = -d(x + u(x))`` by three fixed-point steps (Chen et al., 2008).

    Args:
        forward: float32 (rows, columns, 2), displacement ``d`` in px.
        step: px between nodes.
    """
    rows, columns = forward.shape[:2]
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    back = -forward
    for _ in range(3):
        back = -cv2.remap(
            forward, x + back[..., 0] / step, y + back[..., 1] / step, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return np.asarray(back, np.float32)
