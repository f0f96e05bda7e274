"""Light stays where it is while a face turns: what comes round into it brightens, what goes away from it darkens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face, Lighting

from .geometry import Array, HeadFrame, rotation, smoothstep
from .grid import Grid
from .head import RELIEF, depth

__all__ = ["Light", "brighten", "extent"]

Pixels = npt.NDArray[np.uint8]

DARKEST = 0.35
"""Brightness, of the face's median, below which the fitted light is not believed."""
GAMMA = 2.2
"""Pixels are about the light to the power of 1 / GAMMA."""
MOST = 0.11
"""Greatest change, as a logarithm: 0.9 to 1.12 times."""
EDGE = 0.28
"""Width over which it fades out inside the outline of the face, in eye distances."""
SHADOW = 0.014
"""How much a degree of pitch darkens the neck under the chin, where the light comes from straight above."""
ONE = 200
"""What 1 is among the 8-bit factors: fine enough for steps of one gray level, with room up to 1.27."""
LEAST = 0.004
"""A change that moves no gray level."""


@dataclass(frozen=True, eq=False)
class Light:
    """The light on one face, and where it shows."""

    corner: tuple[int, int]
    """Row and column of the first node."""
    facing: Array
    """float32 (10, h, w): where the skin at each node faces, in the camera's frame, as its :func:`_products`."""
    shade: Array
    """float32 (h, w): logarithm of how it is lit in the photo."""
    share: Array
    """float32 (h, w): how much of the change is shown."""
    under: Array
    """float32 (h, w): how much a degree of pitch darkens what is under the chin."""
    harmonics: tuple[float, ...]
    """Nine, of :class:`photomotion.data.Lighting`."""

    @classmethod
    def of(cls, lighting: Lighting, face: Face, frame: HeadFrame, grid: Grid) -> Light:
        """Learn how a face is lit and where it faces.

        Args:
            lighting: of the photo.
            face: whose.
            frame: its axes.
            grid: of the picture's motion.
        """
        x, y = grid.nodes
        u, v = frame.uv(x, y)
        middle = frame.vector(0, frame.chin)[0] / frame.unit
        aside = np.abs(u - middle)
        below = v - frame.chin * (1 - 0.42 * smoothstep(np.minimum(aside, 1.6), 0.15, 1.0))
        from_above = float(np.clip(0.2 - lighting.direction[1], 0, 1)) * lighting.confidence
        neck = smoothstep(below, 0.0, 0.14) * np.exp(-np.maximum(below, 0) / 0.25) * (1 - smoothstep(aside, 0.45, 0.85))

        outline = cv2.convexHull(((face.landmarks[:468, :2] - (x[0, 0], y[0, 0])) / grid.step).astype(np.float32))
        inside = np.zeros((grid.rows + 2, grid.columns + 2), np.uint8)
        cv2.fillConvexPoly(inside, np.round(outline + 1).astype(np.int32), 1)
        deep = cv2.distanceTransform(inside, cv2.DIST_L2, 5)[1:-1, 1:-1]
        # One factor: where the face is all there is, the distance is the largest number.
        deep = deep * np.float32(grid.step / frame.unit)
        within = smoothstep(np.asarray(deep, np.float32), 0.02, EDGE)

        shown = (within > 0) | (neck > 0.02)
        rows, columns = (slice(*extent(np.asarray(shown.any(axis=a)))) for a in (1, 0))
        near = cv2.GaussianBlur(depth(face, frame, grid), (0, 0), max(0.06 * frame.unit / grid.step, 0.4))
        down, right = (slope[rows, columns] for slope in np.gradient(near / np.float32(RELIEF * grid.step)))
        normal = np.dstack([right, down, np.full_like(down, -1)])
        normal /= np.linalg.norm(normal, axis=2, keepdims=True)
        facing, harmonics = _products(np.asarray(normal, np.float32)), tuple(map(float, lighting.harmonics))
        return cls(
            (rows.start, columns.start),
            facing,
            _lit(harmonics, facing, np.eye(3, dtype=np.float32)),
            np.asarray(within[rows, columns] * lighting.confidence / GAMMA, np.float32),
            np.asarray(SHADOW * from_above * neck[rows, columns], np.float32),
            harmonics,
        )

    def change(self, values: Mapping[str, float]) -> Array:
        """Logarithm of how much brighter each node gets for those channels, float32 (h, w), at most MOST."""
        yaw, pitch, roll = (values.get(name, 0.0) for name in ("headYaw", "headPitch", "headRoll"))
        lit = _lit(self.harmonics, self.facing, rotation(yaw, pitch, roll))
        change = self.share * (lit - self.shade) - np.float32(pitch) * self.under
        return np.asarray(MOST * np.tanh(change / MOST), np.float32)

    def draw(self, picture: Pixels, places: Array, grid: Grid, values: Mapping[str, float]) -> None:
        """Brighten and darken the moved picture, uint8 (H, W, 3), in place; ``places`` is of :meth:`Grid.places`."""
        change = self.change(values)
        if not change.size or float(np.abs(change).max()) < LEAST:
            return
        row, column = self.corner
        half = (grid.step - 1) / 2
        x0, y0 = grid.left + half + column * grid.step, grid.top + half + row * grid.step
        height, width = change.shape
        inner = places[1:-1, 1:-1]
        far = (x0 + width * grid.step, y0 + height * grid.step)
        seen = cv2.inRange(inner, (x0 - grid.step, y0 - grid.step, 0.0, 0.0), (*far, 0.0, 0.0))
        x, y, w, h = cv2.boundingRect(seen)
        if not w:
            return
        at = (inner[y : y + h, x : x + w] - np.array([x0, y0], np.float32)) * np.float32(1 / grid.step)
        moved = cv2.remap(change, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        corner = (grid.top + y * grid.step, grid.left + x * grid.step)
        brighten(picture, np.asarray(moved, np.float32), corner, grid.step)


def brighten(picture: Pixels, change: Array, corner: tuple[int, int], step: int) -> None:
    """Multiply a part of a picture by a coarse field of factors, all colours alike, in place.

    Args:
        picture: uint8 (H, W, 3).
        change: float32 (h, w), logarithms of the factors, one for each ``step`` x ``step`` px.
        corner: row and column of the field's first pixel.
        step: px.
    """
    factor = np.minimum(np.round(ONE * np.exp(change)), 255).astype(np.uint8)
    moving = (factor != ONE).any(axis=1)
    first, last = extent(moving)
    if first >= last:
        return
    first, last = max(first - 1, 0), min(last + 1, len(factor))
    top, left = corner[0] + first * step, corner[1]
    area = picture[top : top + (last - first) * step, left : left + factor.shape[1] * step]
    if not area.size:  # a grid may reach beyond the picture
        return
    near = cv2.merge([factor[first:last]] * 3)
    full = cv2.resize(near, (step * near.shape[1], step * near.shape[0]), interpolation=cv2.INTER_LINEAR)
    area[:] = cv2.multiply(area, full[: area.shape[0], : area.shape[1]], scale=1 / ONE)


def extent(found: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """The first index of what is found in (N,), and the one after the last; 0 and 0 if nothing is."""
    at = np.flatnonzero(found)
    return (int(at[0]), int(at[-1]) + 1) if at.size else (0, 0)


def _products(normal: Array) -> Array:
    """1, x, y, z and their products of unit vectors, float32 (h, w, 3), of which light is a sum: float32 (10, h, w)."""
    x, y, z = np.moveaxis(normal, -1, 0)
    return np.asarray(
        np.stack([np.ones_like(x), x, y, z, x * x, y * y, z * z, 2 * x * y, 2 * y * z, 2 * x * z]), np.float32
    )


def _lit(harmonics: tuple[float, ...], facing: Array, turn: Array) -> Array:
    """Logarithm of how brightly turned skin is lit, float32 (h, w): see ``Lighting``.

    It is not the skin that is turned here but, the other way, the light: that is nine numbers.

    Args:
        harmonics: of the light.
        facing: of the skin, of :func:`_products`.
        turn: float32 (3, 3).
    """
    even, right, down, away, right_down, down_away, depth, right_away, aside = harmonics
    ahead = turn.T @ np.array([right, down, away], np.float32)
    square = np.array(
        [[2 * aside, right_down, right_away], [right_down, -2 * aside, down_away], [right_away, down_away, 6 * depth]]
    )
    square = turn.T @ (square / 2).astype(np.float32) @ turn
    light = np.array([even - depth, *ahead, *square.diagonal(), square[0, 1], square[1, 2], square[0, 2]], np.float32)
    bright = np.add.reduce(light[:, None, None] * facing, axis=0)
    return np.asarray(np.log(np.maximum(bright, DARKEST)), np.float32)
