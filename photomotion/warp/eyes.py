"""An eye in the picture: its axes, its lids as curves, and the iris that moves between them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from photomotion.data import Face

from .geometry import Array, HeadFrame, smoothstep

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
    across: Array
    """float32 (2,): unit vector in the picture, across the eye toward the cheek."""
    s: Array
    """float32 (h, w)."""
    t: Array
    """float32 (h, w)."""
    upper: Array
    """t of the upper lid's edge at every pixel's s, float32 (h, w)."""
    lower: Array
    """t of the lower lid's edge at every pixel's s, float32 (h, w)."""
    sideways: Array
    """float32 (h, w), 0..1: how far each pixel follows the ball to the side."""
    upright: Array
    """float32 (h, w), 0..1: how far each pixel follows it up and down."""
    right: Array
    """float32 (2,): px that the ball's front moves for a sine of 1 toward the picture's right ..."""
    down: Array
    """... and down."""

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
            # A quartic through nine noisy points is smoother than the points and hardly wiggles.
            fit = np.polynomial.Polynomial.fit(at, value, 4, w=[4, 1, 1, 1, 1, 1, 1, 1, 4])
            return np.asarray(fit(np.clip(s, 0, 1)), np.float32)

        upper, lower = curve(upper_points), curve(lower_points)
        upper, lower = np.minimum(upper, lower), np.maximum(upper, lower)
        centre = float((points[first] - outer) @ along) / span
        radius = float(np.linalg.norm(points[first + 1 : first + 5] - points[first], axis=1).mean()) / span
        left_end, right_end = min(max(centre - radius, 0.08), 0.8), max(min(centre + radius, 0.92), 0.2)
        between = smoothstep(s, 0.0, left_end) * (1 - smoothstep(s, right_end, 1.0))
        inside = np.minimum(t - upper, lower - t)
        head = HeadFrame.of(face)
        return cls(
            (int(x0), int(y0), int(x1), int(y1)),
            span,
            across.astype(np.float32),
            np.asarray(s, np.float32),
            np.asarray(t, np.float32),
            upper,
            lower,
            between * smoothstep(inside, -0.07, 0.015),
            between * smoothstep(inside, -0.01, 0.45 * np.maximum(lower - upper, 0.04)),
            head.vector(BALL, 0)[:2],
            head.vector(0, BALL)[:2],
        )

    def area(self, reach: int, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of the picture where this eye can be when everything moves by at most ``reach`` px."""
        x0, y0, x1, y1 = self.box
        return (
            slice(max(y0 - reach, 0), min(y1 + reach, height)),
            slice(max(x0 - reach, 0), min(x1 + reach, width)),
        )

    def glance(self, at: Array, yaw: float, pitch: float) -> Array:
        """How far the eyeball has brought the content at each point, px, for a gaze in degrees (signs as Pose).

        Sideways the ball slides along behind the lids; up and down it shows only between them, since they stay.

        Args:
            at: float32 (h, w, 2), px from the corner of ``box``.
            yaw: degrees, positive toward the picture's left.
            pitch: degrees, positive down.
        """
        sideways = cv2.remap(self.sideways, at, None, cv2.INTER_LINEAR)[..., None]
        upright = cv2.remap(self.upright, at, None, cv2.INTER_LINEAR)[..., None]
        return np.asarray(
            np.float32(-np.sin(np.radians(yaw))) * sideways * self.right
            + np.float32(np.sin(np.radians(pitch))) * upright * self.down,
            np.float32,
        )
