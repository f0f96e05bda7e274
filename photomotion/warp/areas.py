"""Parts of a picture, as rows and columns."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["Area", "box_of", "extent_of", "outside"]

Area = tuple[slice, slice]


def outside(area: Area, hole: Area) -> list[Area]:
    """The parts of an area that lie outside another one: above it, below it and beside it."""
    rows, columns = area
    top, bottom = max(rows.start, hole[0].start), min(rows.stop, hole[0].stop)
    left, right = max(columns.start, hole[1].start), min(columns.stop, hole[1].stop)
    if top >= bottom or left >= right:
        return [area]
    between = slice(top, bottom)
    parts = [
        (slice(rows.start, top), columns),
        (slice(bottom, rows.stop), columns),
        (between, slice(columns.start, left)),
        (between, slice(right, columns.stop)),
    ]
    return [(r, c) for r, c in parts if r.start < r.stop and c.start < c.stop]


def box_of(area: Area) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1."""
    rows, columns = area
    return columns.start, rows.start, columns.stop, rows.stop


def extent_of(rows: npt.NDArray[np.uint8]) -> tuple[int, int]:
    """The first column of uint8 (h, W) in which anything is, and the one after the last; far apart if nothing is."""
    columns = np.flatnonzero(rows.any(axis=0))
    return (int(columns[0]), int(columns[-1]) + 1) if columns.size else (1 << 30, -(1 << 30))
