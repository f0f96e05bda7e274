"""How a head is turned, from twelve points of the mesh."""

from __future__ import annotations

import cv2
import numpy as np

from photomotion.data import Pose

from .region import Floats

__all__ = ["CANONICAL", "estimate_uncertainty", "measure_pose"]

# Points of MediaPipe's canonical face model, cm; x to the picture's right, y up, z toward the camera.
CANONICAL = {
    1: (0.0, -1.1268, 7.4758), 152: (0.0, -7.9422, 5.1813), 33: (-4.4459, 2.6640, 3.1734),
    263: (4.4459, 2.6640, 3.1734),
    133: (-1.8564, 2.5852, 3.7579), 362: (1.8564, 2.5852, 3.7579), 61: (-2.4562, -4.3425, 4.2839),
    291: (2.4562, -4.3425, 4.2839), 10: (0.0, 8.2618, 4.4824), 168: (0.0, 3.2713, 5.2361),
    234: (-7.6643, 0.6731, -2.4357), 454: (7.6643, 0.6731, -2.4357),
}  # fmt: skip
_OBJECT = np.array(list(CANONICAL.values()), np.float64) * np.array([1.0, -1.0, -1.0])
_INDEX = list(CANONICAL)

ALWAYS = (3.0, 4.0, 1.0)
"""Degrees by which yaw, pitch and roll of a clear, near-frontal face may be off: no head is the canonical one."""
BEYOND = 15.0
"""Degrees of yaw up to which the mesh follows a turning head; past it the far half is a guess and yaw reads low."""


def measure_pose(landmarks: Floats, width: int, height: int) -> Pose:
    """The pose of a face with landmarks (N >= 468, 2 or 3) in a photo of this size, px.

    The camera is taken to have a focal length of twice the photo's longer side: a portrait lens.
    """
    image = landmarks[_INDEX, :2].astype(np.float64)
    focal = 2.0 * max(width, height)
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    _, turn, _ = cv2.solvePnP(_OBJECT, image, camera, None, flags=cv2.SOLVEPNP_ITERATIVE)
    r = cv2.Rodrigues(turn)[0]
    yaw, pitch, roll = np.degrees(
        [np.arctan2(-r[2, 0], np.hypot(r[0, 0], r[1, 0])), np.arctan2(r[2, 1], r[2, 2]), np.arctan2(r[1, 0], r[0, 0])]
    )
    return Pose(yaw=float(yaw), pitch=float(pitch), roll=float(roll))


def estimate_uncertainty(pose: Pose, looks: Floats, width: int, height: int) -> tuple[float, float, float]:
    """One standard deviation of yaw, pitch and roll, degrees, for a pose that was measured from several looks.

    What the looks (K, 468, 3) disagree by is added to what is always uncertain: the head's own shape, and the far
    half of a head that is turned away. A full profile reads 50 to 60 degrees, so half of what is beyond 15 counts.
    """
    single = [measure_pose(look, width, height) for look in looks]
    angles = np.array([[p.yaw, p.pitch, p.roll] for p in single])
    apart = (angles - angles[:1] + 180) % 360 - 180
    turned = max(0.0, abs(pose.yaw) - BEYOND) * np.array([0.5, 0.2, 0.1])
    total = np.sqrt(np.square(ALWAYS) + np.square(turned) + 2 * apart.var(axis=0))
    return float(total[0]), float(total[1]), float(total[2])
