"""Laying moved pixels into the picture: where nodes come from tells where every pixel does."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from . import compiled
from .areas import Area, box_of
from .geometry import Array
from .grid import Grid
from .sampling import Sampler

__all__ = ["compose", "lay"]

Pixels = npt.NDArray[np.uint8]


def lay(
    picture: Pixels,
    opacity: Pixels,
    area: Area,
    places: Array,
    grid: Grid,
    table: Sampler,
    corner: tuple[int, int] = (0, 0),
) -> None:
    """Read an area of the picture, and how much of it people cover, from a table, in place.

    Args:
        picture: uint8 (H, W, 3).
        opacity: uint8 (H, W).
        area: rows and columns, at least one of each, within the picture.
        places: of :meth:`Grid.places`, without gaps in memory.
        grid: theirs; it covers the picture from its first pixel on.
        table: of four channels, the last one the opacity.
        corner: x and y of the table's first pixel in the photo, px.
    """
    if compiled.inner is None:
        moved = table.read(grid.between(places, box_of(area), corner, table.scale))
        cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB, dst=picture[area])
        cv2.extractChannel(moved, 3, dst=opacity[area])
        return
    scale, points = table.scale, table.table
    into = (scale, -scale * corner[0], -scale * corner[1])
    compiled.inner.lay(
        picture,
        opacity,
        opacity.shape,
        box_of(area),
        places,
        places.shape[:2],
        grid.step,
        points,
        points.shape[:2],
        into,
    )


def compose(picture: Pixels, plate: Pixels, opacity: Pixels) -> None:
    """Lay ``picture`` over ``plate``, in place; all uint8, (H, W, 3), (H, W, 3) and (H, W), without gaps in memory."""
    if compiled.inner is not None:
        compiled.inner.compose(picture, plate, opacity)
        return
    cv2.copyTo(plate, cv2.inRange(opacity, 0, 0), picture)
    at = np.flatnonzero((opacity - np.uint8(1)) < 254)
    own, under = picture.reshape(-1, 3), plate.reshape(-1, 3)
    behind = under.take(at, axis=0).astype(np.float32)
    share = opacity.ravel().take(at)[:, None] * np.float32(1 / 255)
    own[at] = np.round(behind + share * (own.take(at, axis=0) - behind)).astype(np.uint8)
