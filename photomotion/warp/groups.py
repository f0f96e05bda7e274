"""People in one photo: which part of the picture moves with whom."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from photomotion.data import Face

from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid

__all__ = ["territories"]

HAIR = (0.06, 0.4)
"""How far a head goes beyond its face, in eye distances: as far as is safe beside one that may be before it, and with
hair and ears where it is the nearer one."""
NEARER = (1.02, 1.25)
"""A head that is larger than another by the second passes for nearer, by the first not."""
SEAM = 0.25
"""Width, in eye distances of the nearer head, over which motion goes over from one person to the other beside it."""
OUTLINE = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
           150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
"""Mesh points around the face."""


def territories(faces: Sequence[Face], heads: Sequence[HeadFrame], grid: Grid) -> list[Array]:
    """Which nodes are whose, float32 (rows, columns) for each person, 0..1, together 1, soft between people.

    Between heads that are apart, what is nearer in each head's own measure decides. A head's own silhouette is its
    alone: where one covers another, the nearer moves whole and what is left of the farther gives way.
    """
    x, y = grid.nodes
    near = []
    for head in heads:
        u, v = head.uv(x, y)
        near.append(np.exp(-8.0 * np.hypot(u, 0.7 * np.maximum(np.abs(v - 0.2) - 0.5, 0))))
    if len(heads) == 1:
        return [np.ones_like(x)]
    away = [_away(face, head, grid) for face, head in zip(faces, heads, strict=True)]
    for index, head in enumerate(heads):
        for other, beside in enumerate(heads):
            if other == index:
                continue
            before, behind = _nearer(beside, head), _nearer(head, beside)
            yields = _beyond(away[other], before)
            own = behind * (1 - _beyond(away[index], behind))
            near[index] *= np.maximum(np.maximum(yields, own), 1e-6)
    total = np.maximum(sum(near), 1e-30)
    return [np.asarray(n / total, np.float32) for n in near]


def _nearer(head: HeadFrame, other: HeadFrame) -> float:
    """How surely a head is before another, 0..1."""
    return float(smoothstep(np.full(1, head.unit / other.unit, np.float32), *NEARER)[0])


def _beyond(away: Array, nearer: float) -> Array:
    """0 on a head, 1 beside it, where ``away`` is the distance from its face and ``nearer`` how surely it is before."""
    margin = HAIR[0] + (HAIR[1] - HAIR[0]) * nearer
    return smoothstep(away, margin, margin + SEAM)


def _away(face: Face, head: HeadFrame, grid: Grid) -> Array:
    """How far each node is from a face's outline, in its eye distances, 0 inside, float32 (rows, columns)."""
    points = (face.landmarks[list(OUTLINE), :2] - (grid.left, grid.top)) / grid.step - 0.5
    inside = np.zeros((grid.rows, grid.columns), np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.round(points).astype(np.int32)), 1)
    if not inside.any():
        return np.full(inside.shape, 1e3, np.float32)
    far = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 5)
    return np.asarray(far * np.float32(grid.step / head.unit), np.float32)
