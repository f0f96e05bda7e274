"""What MediaPipe tells of a face."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Measured", "MeshFinder", "Pixels", "keep_distinct"]

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False, kw_only=True)
class Measured:
    """One face."""

    landmarks: Floats
    """float32 (478, 3), px: x right, y down, z away from the camera."""
    confidence: float = 1.0
    """0..1; Tasks does not tell, and it is one of two numbers."""
    blendshapes: Mapping[str, float] = field(default_factory=dict)
    """The 52 of MediaPipe by their names, 0..1: ARKit's names without ``tongueOut``, and ``_neutral``. Empty with
    ``solutions``, which has no such model."""
    transform: npt.NDArray[np.float64]
    """float64 (4, 4): from MediaPipe's canonical face (cm; x right, y up, z toward the camera) to the space of a camera
    in the origin that looks along -z with a vertical field of view of 63 degrees. Tasks measures it; for ``solutions``
    it is fitted to twelve points."""


class MeshFinder(Protocol):
    """One generation of MediaPipe's interface."""

    def find(self, pixels: Pixels) -> list[Measured]:
        """All upright faces of a uint8 (H, W, 3) picture, sRGB, no face twice."""
        ...

    def close(self) -> None:
        """Free the graphs; may be called twice."""
        ...


def keep_distinct(measured: Iterable[Measured]) -> list[Measured]:
    """Drop faces that lie on an earlier one: middles closer than a third of the smaller one's size."""
    kept: list[Measured] = []
    for one in measured:
        if not any(_same(one.landmarks, other.landmarks) for other in kept):
            kept.append(one)
    return kept


def _same(a: Floats, b: Floats) -> bool:
    apart = np.linalg.norm(a[:, :2].mean(axis=0) - b[:, :2].mean(axis=0))
    return bool(apart < min(np.ptp(a[:, :2], axis=0).max(), np.ptp(b[:, :2], axis=0).max()) / 3)
