"""The head's transform for the interface that does not tell it."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from .measured import Floats

__all__ = ["fit_transform"]

# Points of MediaPipe's canonical face model (Apache-2.0), cm; x to the picture's right, y up, z toward the camera.
CANONICAL = {
    1: (0.0, -1.1268, 7.4758), 152: (0.0, -7.9422, 5.1813), 33: (-4.4459, 2.6640, 3.1734),
    263: (4.4459, 2.6640, 3.1734), 133: (-1.8564, 2.5852, 3.7579), 362: (1.8564, 2.5852, 3.7579),
    61: (-2.4562, -4.3425, 4.2839), 291: (2.4562, -4.3425, 4.2839), 10: (0.0, 8.2618, 4.4824),
    168: (0.0, 3.2713, 5.2361), 234: (-7.6643, 0.6731, -2.4357), 454: (7.6643, 0.6731, -2.4357),
}  # fmt: skip
FIELD_OF_VIEW = 63.0
"""Degrees, vertical: the camera that MediaPipe's face geometry assumes."""


def fit_transform(landmarks: Floats, width: int, height: int) -> npt.NDArray[np.float64]:
    """The (4, 4) transform of :class:`~photomotion_mediapipe.measured.Measured` for landmarks (478, 3), px.

    Args:
        landmarks: in a picture of this size.
        width: px.
        height: px.
    """
    flip = np.diag([1.0, -1.0, -1.0])
    focal = height / (2 * math.tan(math.radians(FIELD_OF_VIEW) / 2))
    camera = np.array([[focal, 0, width / 2], [0, focal, height / 2], [0, 0, 1]])
    model = np.array(list(CANONICAL.values()), np.float64) @ flip
    image = landmarks[list(CANONICAL), :2].astype(np.float64)
    _, turn, place = cv2.solvePnP(model, image, camera, None, flags=cv2.SOLVEPNP_SQPNP)
    transform = np.eye(4)
    transform[:3, :3] = flip @ cv2.Rodrigues(turn)[0] @ flip
    transform[:3, 3] = flip @ place[:, 0]
    return transform
