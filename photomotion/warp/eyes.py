"""An eye in the picture: its axes, its lids as curves, and the iris that moves between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photomotion.data import Face

from .geometry import Array, smoothstep

__all__ = ["EYES", "Eye"]

RIGHT_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_UPPER = (263, 466, 388, 387, 386, 385, 384, 398, 362)
LEFT_LOWER = (263, 249, 390, 373, 374, 380, 381, 382, 362)
EYES = {"Right": (RIGHT_UPPER, RIGHT_LOWER, 468), "Left": (LEFT_UPPER, LEFT_LOWER, 473)}
"""Upper and lower lid from the outer to the inner corner, and the first iris point; mesh indices."""

BALL = 0.133
"""Radius of an eyeball, in eye distances (12 mm)."""


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye with a small box of the picture around it, described pixel by pixel in the eye's own axes.

    ``s`` runs from the outer corner (0) to the inner one (1), ``t`` downward, both in eye widths.
    """

    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 in px; everything that a lid can touch."""
    width: float
    """px from corner to corner."""
    down: Array
    """float32 (2,): unit vector in the picture, across the eye toward the cheek."""
    s: Array
    """float32 (h, w)."""
    t: Array
    """float32 (h, w)."""
    upper: Array
    """t of the upper lid's edge at every pixel's s, float32 (h, w)."""
    lower: Array
    """t of the lower lid's edge at every pixel's s, float32 (h, w)."""
    iris: tuple[float, float, float]
    """s and t of the iris's centre, and its radius, in eye widths."""

    @classmethod
    def of(cls, face: Face, side: str, height: int, width: int) -> Eye:
        """The ``"Left"`` or ``"Right"`` eye of a face in a picture of that size."""
        upper_points, lower_points, first = EYES[side]
        points = face.landmarks[:, :2]
        outer, inner = points[upper_points[0]], points[upper_points[-1]]
        span = max(float(np.linalg.norm(inner - outer)), 4.0)
        along = (inner - outer) / span
        across = np.array([-along[1], along[0]]) * (1.0 if side == "Right" else -1.0)
        corners = np.array([outer - 0.35 * span * along, inner + 0.3 * span * along])
        corners = np.concatenate([corners - 0.75 * span * across, corners + 0.75 * span * across])
        x0, y0 = np.maximum(np.floor(corners.min(0)), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(corners.max(0)) + 1, [width, height]).astype(int)
        x1, y1 = max(x1, x0 + 2), max(y1, y0 + 2)
        y, x = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        s = ((x - outer[0]) * along[0] + (y - outer[1]) * along[1]) / span
        t = ((x - outer[0]) * across[0] + (y - outer[1]) * across[1]) / span

        def curve(indices: tuple[int, ...]) -> Array:
            offset = points[list(indices)] - outer
            at, value = offset @ along / span, offset @ across / span
            # A cubic through nine noisy points is smoother than the points and cannot wiggle.
            fit = np.polynomial.Polynomial.fit(at, value, 4, w=[4, 1, 1, 1, 1, 1, 1, 1, 4])
            return np.asarray(fit(np.clip(s, 0, 1)), np.float32)

        upper, lower = curve(upper_points), curve(lower_points)
        centre = points[first] - outer
        ring = points[first + 1 : first + 5]
        radius = float(np.linalg.norm(ring - points[first], axis=1).mean()) / span
        iris = (float(centre @ along) / span, float(centre @ across) / span, radius)
        return cls(
            (int(x0), int(y0), int(x1), int(y1)),
            span,
            across.astype(np.float32),
            np.asarray(s, np.float32),
            np.asarray(t, np.float32),
            np.minimum(upper, lower),
            np.maximum(upper, lower),
            iris,
        )

    @property
    def looseness(self) -> tuple[Array, Array]:
        """How far each pixel follows the eyeball sideways and up or down, 0..1, two float32 (h, w).

        Sideways the ball slides along behind the lids, so the share falls off just outside their edges; up and down it
        falls to 0 at the edges, which stay where they are.
        """
        centre, _, radius = self.iris
        ends = smoothstep(self.s, 0.0, max(centre - radius, 0.08)) * (
            1 - smoothstep(self.s, min(centre + radius, 0.92), 1.0)
        )
        gap = np.maximum(self.lower - self.upper, 0.04)
        depth = np.minimum(self.t - self.upper, self.lower - self.t)
        return ends * smoothstep(depth, -0.07, 0.015), ends * smoothstep(depth, -0.01, 0.45 * gap)
