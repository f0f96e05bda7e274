"""The camera: people come nearer than what is behind them, and pass before it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import CameraMotion

from .geometry import Array
from .grid import Grid

__all__ = ["WHOLE", "View"]

Pixels = npt.NDArray[np.uint8]

FAR = 0.75
"""How much what is behind the people moves when they move by 1: a wall a little behind them (judgement). With less,
things that stand on the same ground as they come apart."""


@dataclass(frozen=True)
class View:
    """What the camera shows at one moment."""

    right: float = 0.0
    """How far the middle of what is shown lies to the right of the photo's middle, px."""
    down: float = 0.0
    """... and below it."""
    zoom: float = 0.0
    """How much larger people are shown."""

    @classmethod
    def at(cls, camera: CameraMotion | None, row: int, width: int, height: int) -> View:
        """The view at a row of a motion, kept within a photo of that size, px."""
        if camera is None:
            return WHOLE
        x, y, zoom = map(float, camera.values[row])
        room = 0.5 * zoom / (1 + zoom)
        return cls(min(max(x, -room), room) * width, min(max(y, -room), room) * height, zoom)

    @property
    def whole(self) -> bool:
        """Whether it is the photo as it was taken."""
        return self.zoom == 0

    def move(self, forward: Array, grid: Grid, width: int, height: int) -> Array:
        """A field of people's motion, with that of the camera: float32 (rows, columns, 2), px.

        Args:
            forward: float32 (rows, columns, 2), how far each node moves in the photo, px.
            grid: its nodes.
            width: of the photo, px.
            height: of the photo, px.
        """
        if self.whole:
            return forward
        x, y = grid.nodes
        away = np.dstack([x - 0.5 * (width - 1), y - 0.5 * (height - 1)])
        shift = np.array([self.right, self.down], np.float32) * np.float32(1 + self.zoom)
        return np.asarray(forward * np.float32(1 + self.zoom) + away * np.float32(self.zoom) - shift, np.float32)

    def behind(self, plate: Pixels) -> Pixels:
        """What is behind the people as this view shows it, uint8 (H, W, 3)."""
        if self.whole:
            return plate
        height, width = plate.shape[:2]
        larger = 1 + FAR * self.zoom
        middle = 0.5 * np.array([width - 1, height - 1])
        # The same room at the edge is left as for the people: a smaller zoom has a smaller shift.
        start = middle + FAR * np.array([self.right, self.down]) * (1 + self.zoom) / larger - middle / larger
        back = np.array([[1 / larger, 0, start[0]], [0, 1 / larger, start[1]]])
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(plate, back, (width, height), flags=flags, borderMode=cv2.BORDER_REFLECT_101))


WHOLE = View()
"""The photo as it was taken."""
