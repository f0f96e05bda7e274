"""The coarse grid on which motion is computed: it is smooth, so a few nodes across a face are enough."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .geometry import Array

__all__ = ["Grid", "diffuse"]


@dataclass(frozen=True)
class Grid:
    """Nodes every ``step`` pixels over a box of the picture, at the centres of ``step`` x ``step`` cells."""

    left: int
    top: int
    columns: int
    rows: int
    step: int

    @classmethod
    def over(cls, box: tuple[int, int, int, int], step: int) -> Grid:
        """The grid that covers ``box`` (x0, y0, x1, y1 in px); it may reach a little beyond it, right and below."""
        x0, y0, x1, y1 = box
        return cls(x0, y0, -(-(x1 - x0) // step), -(-(y1 - y0) // step), step)

    @property
    def nodes(self) -> tuple[Array, Array]:
        """x and y of every node in px, each float32 (rows, columns)."""
        half = (self.step - 1) / 2
        x = self.left + half + self.step * np.arange(self.columns, dtype=np.float32)
        y = self.top + half + self.step * np.arange(self.rows, dtype=np.float32)
        grid_x, grid_y = np.meshgrid(x, y)
        return np.asarray(grid_x, np.float32), np.asarray(grid_y, np.float32)

    def places(self, back: Array) -> Array:
        """Where each node comes from, px, for :meth:`between`: float32 (rows + 2, columns + 2, 2).

        Args:
            back: float32 (rows, columns, 2), what is added to the position of each node, px. Around the grid it is
                taken to go on as at its edge.
        """
        half = (self.step - 1) / 2
        moved = cv2.copyMakeBorder(back, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
        moved[..., 0] += (self.left + half + self.step * np.arange(-1, self.columns + 1)).astype(np.float32)
        moved[..., 1] += (self.top + half + self.step * np.arange(-1, self.rows + 1)).astype(np.float32)[:, None]
        return np.asarray(moved, np.float32)

    def between(
        self, places: Array, box: tuple[int, int, int, int], corner: tuple[int, int] = (0, 0), scale: int = 1
    ) -> Array:
        """Where every pixel of a box comes from, float32 (height, width, 2): points of a table of part of the photo.

        Positions are interpolated together with what was added to them; between nodes they are linear, so nothing is
        lost, and one pass over the pixels is saved.

        Args:
            places: of :meth:`places`.
            box: x0, y0, x1, y1 in px, within that of the grid.
            corner: x and y of the table's first pixel, px.
            scale: its points per pixel.
        """
        x0, y0, x1, y1 = box
        top, bottom = (y0 - self.top) // self.step, (y1 - 1 - self.top) // self.step + 3
        left, right = (x0 - self.left) // self.step, (x1 - 1 - self.left) // self.step + 3
        near = places[top:bottom, left:right]
        if scale != 1:
            near = near * np.float32(scale)
        if any(corner):
            near = cv2.subtract(near, (scale * corner[0], scale * corner[1], 0, 0))
        full = (self.step * near.shape[1], self.step * near.shape[0])
        spread = cv2.resize(near, full, interpolation=cv2.INTER_LINEAR)
        down, aside = y0 - self.top - self.step * (top - 1), x0 - self.left - self.step * (left - 1)
        return np.asarray(spread[down : down + y1 - y0, aside : aside + x1 - x0], np.float32)

    def spread(self, field: Array, height: int, width: int) -> Array:
        """Interpolate a (rows, columns, C) field to every pixel of the box, float32 (height, width, C)."""
        full = (self.columns * self.step, self.rows * self.step)
        return np.asarray(cv2.resize(field, full, interpolation=cv2.INTER_LINEAR)[:height, :width], np.float32)


def diffuse(values: Array, weight: Array) -> Array:
    """Fill in what is unknown from what is known, smoothly, by pull and push over a pyramid (Gortler et al., 1996).

    Args:
        values: float32 (H, W) or (H, W, C).
        weight: float32 (H, W), 0 unknown ... 1 known. Where it is 1 the value is kept.

    Returns:
        float32, the shape of ``values``. All zeros if nothing is known.
    """
    shaped = values if values.ndim == 3 else values[..., None]
    height, width = weight.shape
    if min(height, width) <= 2 or bool((weight >= 1).all()):
        total = float(weight.sum())
        mean = (shaped * weight[..., None]).sum((0, 1)) / max(total, 1e-6)
        filled = weight[..., None] * shaped + (1 - weight[..., None]) * mean
        return np.asarray(filled, np.float32).reshape(values.shape)
    size = ((width + 1) // 2, (height + 1) // 2)
    small_weight = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
    small = cv2.resize(np.ascontiguousarray(shaped * weight[..., None]), size, interpolation=cv2.INTER_AREA)
    small = small.reshape(*small_weight.shape, -1) / np.maximum(small_weight, 1e-6)[..., None]
    coarse = diffuse(np.asarray(small, np.float32), np.minimum(small_weight * 4, 1).astype(np.float32))
    up = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR).reshape(height, width, -1)
    return np.asarray(weight[..., None] * shaped + (1 - weight[..., None]) * up, np.float32).reshape(values.shape)
