"""An eye in the picture: its axes, its lids as curves, and where its iris stands between them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photomotion.data import Face

from .geometry import Array, HeadFrame
from .lidlines import follow_lids

__all__ = ["EYES", "MIDDLE", "Eye"]

RIGHT_UPPER = (33, 246, 161, 160, 159, 158, 157, 173, 133)
RIGHT_LOWER = (33, 7, 163, 144, 145, 153, 154, 155, 133)
LEFT_UPPER = (263, 466, 388, 387, 386, 385, 384, 398, 362)
LEFT_LOWER = (263, 249, 390, 373, 374, 380, 381, 382, 362)
EYES = {"Right": (RIGHT_UPPER, RIGHT_LOWER, 468), "Left": (LEFT_UPPER, LEFT_LOWER, 473)}
"""Upper and lower lid from the outer to the inner corner, and the first iris point; mesh indices."""

BROWS = {"Right": (46, 53, 52, 65, 55), "Left": (276, 283, 282, 295, 285)}
"""The lower edge of the brow above each, from the outer to the inner end; mesh indices."""

BALL = 0.133
"""Radius of an eyeball, in eye distances (12 mm)."""
IRIS = 0.065
"""Radius of an iris, in eye distances (5.9 mm, which hardly differs between people)."""
MIDDLE = 0.47
"""Where an iris stands that looks straight into the lens as the head does, from the outer corner, in eye widths."""
CORNERS = 0.3
"""How far the middle between the corners lies before the ball's, in radii of the ball."""
AROUND = (0.35, 0.3, 0.75, 0.6)
"""How far the box reaches beyond the outer corner, the inner corner, up and down, in eye widths."""


@dataclass(frozen=True, eq=False)
class Eye:
    """One eye with a small box of the picture around it, described pixel by pixel in the eye's own axes.

    ``s`` runs from the outer corner (0) to the inner one (1), ``t`` downward, both in eye widths.
    """

    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 in px; everything that a lid can touch."""
    width: float
    """px from corner to corner."""
    outer: Array
    """float32 (2,): the outer corner, px from the corner of ``box``."""
    along: Array
    """float32 (2,): unit vector in the picture, from the outer to the inner corner."""
    across: Array
    """float32 (2,): unit vector in the picture, across the eye toward the cheek."""
    s: Array
    """float32 (h, w)."""
    t: Array
    """float32 (h, w)."""
    lids: tuple[np.poly1d, np.poly1d]
    """t of the upper and of the lower lid's edge, as functions of s in 0..1."""
    upper: Array
    """t of the upper lid's edge at every pixel's s, float32 (h, w)."""
    lower: Array
    """t of the lower lid's edge at every pixel's s, float32 (h, w)."""
    brow: Array
    """t of the lower edge of the brow at every pixel's s, float32 (h, w)."""
    iris: tuple[float, float]
    """s and t of the iris' middle."""
    radius: float
    """Radius of the iris, in eye widths across the eye; along it an iris that looks aside is narrower."""
    ball: float
    """Radius of the ball, px."""
    ahead: float
    """How far along the eye its front is from the ball's middle if it looks where the head does, in its radii."""
    right: Array
    """float32 (2,): px that the ball's front moves for a sine of 1 toward the picture's right ..."""
    down: Array
    """... and down."""

    @classmethod
    def of(cls, face: Face, side: str, pixels: npt.NDArray[np.uint8]) -> Eye:
        """The ``"Left"`` or ``"Right"`` eye of a face in a picture, uint8 (H, W, 3)."""
        height, width = pixels.shape[:2]
        upper_indices, lower_indices, first = EYES[side]
        points, head = face.landmarks[:, :2], HeadFrame.of(face)
        # Irises hardly differ between people, but they do between people and painted children.
        # Both of one person's are equally large, though one of them may be read badly.
        rings = [np.linalg.norm(points[i + 1 : i + 5] - points[i], axis=1).mean() for *_, i in EYES.values()]
        ring = float(np.clip(np.mean(rings), 0.9 * IRIS * head.unit, 1.7 * IRIS * head.unit))
        upper_points, lower_points = follow_lids(
            pixels, points[list(upper_indices)], points[list(lower_indices)], points[first], ring
        )
        outer, inner = upper_points[0], upper_points[-1]
        span = max(float(np.linalg.norm(inner - outer)), 4.0)
        along = (inner - outer) / span
        across = np.array([-along[1], along[0]]) * (1.0 if side == "Right" else -1.0)
        corners = np.array([outer - AROUND[0] * span * along, inner + AROUND[1] * span * along])
        corners = np.concatenate([corners - AROUND[2] * span * across, corners + AROUND[3] * span * across])
        x0, y0 = np.maximum(np.floor(corners.min(0)), 0).astype(int)
        x1, y1 = np.minimum(np.ceil(corners.max(0)) + 1, [width, height]).astype(int)
        x1, y1 = max(x1, x0 + 2), max(y1, y0 + 2)
        y, x = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        s = ((x - outer[0]) * along[0] + (y - outer[1]) * along[1]) / span
        t = ((x - outer[0]) * across[0] + (y - outer[1]) * across[1]) / span

        def curve(edge: Array) -> np.poly1d:
            offset = edge - outer
            at, value = offset @ along / span, offset @ across / span
            # A quartic through nine noisy points is smoother than the points and hardly wiggles.
            # np.polynomial would be a further import at every start, and a slow one.
            return np.poly1d(np.polyfit(at, value, 4, w=[4, 1, 1, 1, 1, 1, 1, 1, 4]))

        lids = curve(upper_points), curve(lower_points)
        upper, lower = (np.asarray(lid(np.clip(s, 0, 1)), np.float32) for lid in lids)
        upper, lower = np.minimum(upper, lower), np.maximum(upper, lower)
        brow = (points[list(BROWS[side])] - outer) @ np.stack([along, across], axis=1) / span
        brow = brow[np.argsort(brow[:, 0])]
        middle = points[first] - outer
        right, down = head.vector(BALL, 0)[:2], head.vector(0, BALL)[:2]
        return cls(
            (int(x0), int(y0), int(x1), int(y1)),
            span,
            np.asarray(outer - (x0, y0), np.float32),
            along.astype(np.float32),
            across.astype(np.float32),
            np.asarray(s, np.float32),
            np.asarray(t, np.float32),
            lids,
            upper,
            lower,
            np.interp(s, brow[:, 0], brow[:, 1]).astype(np.float32),
            (float(middle @ along) / span, float(middle @ across) / span),
            ring / span,
            BALL * head.unit,
            float(head.vector(0, 0, -1)[:2] @ along) / head.unit,
            right,
            down,
        )

    def area(self, places: Array, step: int, reach: int, height: int, width: int) -> tuple[slice, slice]:
        """Rows and columns of the moved picture where this eye is; none if it is not in it.

        Args:
            places: of :meth:`Grid.places`, over the whole picture.
            step: px between its nodes.
            reach: px that nothing moves farther than.
            height: of the picture, px.
            width: likewise.
        """
        x0, y0, x1, y1 = self.box
        top, left = (max((start - reach) // step, 0) for start in (y0, x0))
        part = places[top : (y1 + reach) // step + 3, left : (x1 + reach) // step + 3]
        if not part.size:
            return slice(0, 0), slice(0, 0)
        half = (step - 1) / 2
        across = part[..., 0] - (step * np.arange(left - 1, left - 1 + part.shape[1], dtype=np.float32) + half)
        along = part[..., 1] - (step * np.arange(top - 1, top - 1 + len(part), dtype=np.float32) + half)[:, None]
        rows = max(math.floor(y0 - along.max()), 0), min(math.ceil(y1 - along.min()), height)
        columns = max(math.floor(x0 - across.max()), 0), min(math.ceil(x1 - across.min()), width)
        return slice(min(rows[0], height), max(rows[1], 0)), slice(min(columns[0], width), max(columns[1], 0))

    def sight(self, yaw: float, pitch: float) -> Array:
        """How far the ball's front goes for a gaze in degrees (signs as Pose), px in the picture, float32 (2,)."""
        aside, down = np.sin(np.radians([-yaw, pitch]))
        return np.asarray(aside * self.right + down * self.down, np.float32)

    def narrowed(self, s: npt.ArrayLike) -> Array:
        """How much narrower than high an iris looks whose middle is at ``s``, 0.6..1; any shape."""
        aside = (np.asarray(s) - MIDDLE) * self.width / self.ball + CORNERS * self.ahead
        return np.asarray(np.sqrt(np.clip(1 - aside**2, 0.36, 1)), np.float32)

    def place(self, s: Array, t: Array) -> tuple[Array, Array]:
        """x and y, px from the corner of ``box``, of points given in the eye's axes; any shape, float32."""
        x, y = (
            self.outer[i] + self.width * (np.asarray(s) * self.along[i] + np.asarray(t) * self.across[i])
            for i in range(2)
        )
        return np.asarray(x, np.float32), np.asarray(y, np.float32)

    def crop(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """The eye's box of a picture, uint8 (h, w, 3)."""
        x0, y0, x1, y1 = self.box
        return pixels[y0:y1, x0:x1]
