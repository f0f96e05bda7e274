"""Where a head is in the picture: its axes, its unit of length, and turning it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photomotion.data import Face

__all__ = ["Array", "HeadFrame", "rotation", "smoothstep"]

Array = npt.NDArray[np.float32]
"""What nearly everything in this package is made of."""


def smoothstep(x: Array, low: float | Array, high: float | Array) -> Array:
    """0 below ``low``, 1 above ``high``, 6t^5 - 15t^4 + 10t^3 between: level and smooth at both ends (Perlin, 2002)."""
    t = np.clip((x - low) / (high - low), 0.0, 1.0)
    return np.asarray(np.minimum(t * t * t * (t * (t * 6.0 - 15.0) + 10.0), 1.0), np.float32)


def rotation(yaw: float, pitch: float, roll: float) -> Array:
    """``Rz(roll) @ Ry(yaw) @ Rx(pitch)`` for angles in degrees, float32 (3, 3); see :class:`photomotion.data.Pose`."""
    # Written out: at every frame, nine numbers are quicker than three matrices and their products.
    (cy, sy), (cp, sp), (cr, sr) = ((math.cos(a), math.sin(a)) for a in map(math.radians, (yaw, pitch, roll)))
    return np.array(
        [
            [cr * cy, cr * sy * sp - sr * cp, cr * sy * cp + sr * sp],
            [sr * cy, sr * sy * sp + cr * cp, sr * sy * cp - cr * sp],
            [-sy, cy * sp, cy * cp],
        ],
        np.float32,
    )


@dataclass(frozen=True, eq=False)
class HeadFrame:
    """A head's own axes in the picture: u to the picture's right, v down toward the chin, in eye distances.

    The origin lies between the eyes; one unit is the distance between the outer eye corners (about 90 mm), taken in
    3-D so that it does not shrink when the head is turned.
    """

    origin: Array
    """float32 (3,), px."""
    unit: float
    """px per eye distance."""
    turn: Array
    """float32 (3, 3): from a head that looks into the lens to this one."""
    roll: float
    """Radians; the direction of u in the picture."""
    chin: float
    """v of the chin."""
    skull: tuple[float, float] = (0.84, 1.35)
    """Half width and half height of the head with its hair, in eye distances; usual ones as long as nothing is known
    of its outline."""

    @classmethod
    def of(cls, face: Face) -> HeadFrame:
        """The frame of an analysed face."""
        points = face.landmarks
        origin = points[[33, 133, 362, 263]].mean(0)
        unit = float(np.linalg.norm(points[33] - points[263]))
        roll = float(np.radians(face.pose.roll))
        frame = cls(origin, unit, rotation(face.pose.yaw, face.pose.pitch, face.pose.roll), roll, 0.0)
        chin = float(frame.uv(points[152:153, 0], points[152:153, 1])[1][0])
        return cls(origin, unit, frame.turn, roll, max(chin, 0.8))

    def uv(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Picture coordinates (px) to head coordinates (eye distances), any shape."""
        dx, dy = (x - self.origin[0]) / self.unit, (y - self.origin[1]) / self.unit
        c, s = np.float32(np.cos(self.roll)), np.float32(np.sin(self.roll))
        return np.asarray(c * dx + s * dy, np.float32), np.asarray(c * dy - s * dx, np.float32)

    def vector(self, right: float, down: float, away: float = 0.0) -> Array:
        """A vector given in the head's own 3-D axes (eye distances), as a picture vector float32 (3,) in px."""
        return np.asarray(self.turn @ np.array([right, down, away], np.float32) * self.unit, np.float32)
