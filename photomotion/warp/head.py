"""A head as a solid that turns on its neck: how deep every pixel lies, and how much of the turn it takes part in."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face

from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid, diffuse

__all__ = ["depth", "pivot", "share", "turning"]

Where = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]

SKULL = 0.87
"""Half depth of a head, in eye distances (about 78 mm)."""
SKULL_CENTRE = (0.0, -0.05, 0.72)
"""Its centre: between the ears, in the head's own axes."""
PIVOT = (0.0, 0.8, 0.65)
"""Where a head turns: the top of the spine, below and behind the ears. The second is in units of the chin's v."""
RELIEF = 1.5
"""How much deeper the head is made than it was found. The side of a face is seen edge-on and its steep depth cannot be
kept on a grid; without this the mesh's points turn by two thirds of what they are told, with it by 0.9 of a yaw and by
all of a pitch (12 points of the mesh in 8 portraits; an independent tracker then reads 0.76..1.34 of a yaw)."""
BESIDE, TURNED, BEHIND = 0.1, (15.0, 35.0), (0.6, 0.3)
"""A point of the mesh is hidden by what is nearer, within the first, by more than the last: the first of these up to
the first of so many degrees of yaw, where hardly anything is, the second from the second on. In eye distances."""
NECK = 0.85
"""Length over which the turn dies away below the jaw, in eye distances."""
HALO = (2.4, 4.2)
"""How far aside the turn dies away, in eye distances: beyond hair and hats, where a lean would tear at shoulders."""


def depth(face: Face, frame: HeadFrame, grid: Grid) -> Array:
    """Depth of every node, px away from the camera on the scale of ``Face.landmarks``, float32 (rows, columns).

    The mesh inside the face, an ellipsoid continued over hair and ears, level beyond.
    """
    x, y = grid.nodes
    centre = frame.origin + frame.vector(*SKULL_CENTRE)
    u, v = frame.uv(x, y)
    cu, cv = frame.uv(centre[0], centre[1])
    inside = np.clip(1 - ((u - cu) / frame.skull[0]) ** 2 - ((v - cv) / frame.skull[1]) ** 2, 0, 1)
    skull = (centre[2] - SKULL * frame.unit * np.sqrt(inside)).astype(np.float32)

    mesh = face.landmarks[:468]
    column = np.round((mesh[:, 0] - x[0, 0]) / grid.step).astype(int)
    row = np.round((mesh[:, 1] - y[0, 0]) / grid.step).astype(int)
    seen = (column >= 0) & (column < grid.columns) & (row >= 0) & (row < grid.rows)
    behind = float(np.interp(abs(face.pose.yaw), TURNED, BEHIND))
    around = max(1, round(BESIDE * frame.unit / grid.step))
    seen &= _in_front(row, column, mesh[:, 2], seen, behind * frame.unit, around)
    total, count = np.zeros_like(x), np.zeros_like(x)
    np.add.at(total, (row[seen], column[seen]), mesh[seen, 2])
    np.add.at(count, (row[seen], column[seen]), 1)
    # A gap between mesh and ellipsoid is left open and filled smoothly: they do not meet at the same depth.
    near = cv2.distanceTransform((count == 0).astype(np.uint8), cv2.DIST_L2, 5) < 0.2 * frame.unit / grid.step
    known = np.where(count > 0, 1, ~near).astype(np.float32)
    whole = diffuse(np.where(count > 0, total / np.maximum(count, 1), skull), known)
    whole = centre[2] + RELIEF * (whole - centre[2])
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), max(0.045 * frame.unit / grid.step, 0.4)), np.float32)


def _in_front(row: Where, column: Where, z: Array, seen: Mask, behind: float, around: int) -> Mask:
    """Which points of a mesh are not behind nearer ones: behind the nose of a turned face is its other cheek, which
    the photo does not show.

    Args:
        row, column: nodes of the points, int (N,).
        z: their depths, px, float32 (N,).
        seen: which of them lie on the grid, bool (N,).
        behind: how much deeper than others hidden points are, px.
        around: how many nodes away these others may be.
    """
    nearest = np.full((row[seen].max(initial=0) + 1, column[seen].max(initial=0) + 1), 1e9, np.float32)
    np.minimum.at(nearest, (row[seen], column[seen]), z[seen])
    nearest = cv2.erode(nearest, np.ones((2 * around + 1,) * 2, np.uint8))
    found = seen.copy()
    found[seen] = z[seen] < nearest[row[seen], column[seen]] + behind
    return found


def share(frame: HeadFrame, grid: Grid) -> Array:
    """How much of the head's motion each node takes part in: 1 above the jaw, fading through the neck to 0, float32."""
    u, v = frame.uv(*grid.nodes)
    middle = frame.vector(0, frame.chin)[0] / frame.unit
    aside = np.minimum(np.abs(u - middle), 1.6)
    jaw = frame.chin * (1 - 0.42 * smoothstep(aside, 0.15, 1.0))
    part = 1 - smoothstep(v, jaw - 0.05, jaw + NECK + 0.25 * smoothstep(aside, 0.5, 1.2))
    return part * (1 - smoothstep(np.abs(u - middle), *HALO))


def pivot(frame: HeadFrame) -> Array:
    """Where the head turns, float32 (3,), px."""
    return frame.origin + frame.vector(PIVOT[0], PIVOT[1] * frame.chin, PIVOT[2])


def turning(face: Face, frame: HeadFrame, grid: Grid, part: Array) -> Array:
    """Lever arms of every node about the neck, float32 (3, rows, columns), px, times ``part``.

    A turn by the matrix R displaces a node by ``(R - I) @ arm``: linear in R, so it costs three multiplications.
    """
    about = pivot(frame)
    x, y = grid.nodes
    return np.stack([x - about[0], y - about[1], depth(face, frame, grid) - about[2]]) * part
