"""How far eyes and mouth are open."""

from __future__ import annotations

import numpy as np

from .region import Floats

__all__ = ["measure_eyes", "measure_mouth"]

# Corners, then pairs of upper and lower lid points.
_RIGHT_EYE = ((33, 133), ((160, 144), (159, 145), (158, 153)))
_LEFT_EYE = ((263, 362), ((387, 373), (386, 374), (385, 380)))
_CLOSED, _OPEN = 0.08, 0.30
"""Aspect ratios of a shut eye and of an eye at rest."""


def measure_eyes(landmarks: Floats) -> tuple[float, float]:
    """Left and right eye of landmarks (478, 3): 0 closed ... 1 open, from height over width of the lid line in space.

    After Soukupova and Cech 2016, "Real-Time Eye Blink Detection using Facial Landmarks".
    """

    def openness(corners: tuple[int, int], lids: tuple[tuple[int, int], ...]) -> float:
        width = np.linalg.norm(landmarks[corners[0]] - landmarks[corners[1]])
        height = np.mean([np.linalg.norm(landmarks[a, :2] - landmarks[b, :2]) for a, b in lids])
        return float(np.clip((height / max(float(width), 1e-6) - _CLOSED) / (_OPEN - _CLOSED), 0, 1))

    return openness(*_LEFT_EYE), openness(*_RIGHT_EYE)


def measure_mouth(landmarks: Floats) -> float:
    """0 closed ... 1 wide open: the gap between the lips over the face's height without the gap."""
    gap = float(np.linalg.norm(landmarks[13] - landmarks[14]))
    face = float(np.linalg.norm(landmarks[10] - landmarks[152]))
    return float(np.clip((gap / max(face - gap, 1e-6) - 0.01) / 0.35, 0, 1))
