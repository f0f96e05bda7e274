"""The way of a photo through the built-in analysis."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from photomotion.data import Analysis, Photo

from .describing import Describer, Sighting
from .detector import FaceDetector
from .iris import EyeModel
from .mesh import MeshModel
from .pose import measure_pose
from .region import Floats, Scales

__all__ = ["FaceMeshAnalyzer"]

TURNS = (0.0, math.pi / 2, -math.pi / 2, math.pi)
"""How a photo may have been scanned, radians, upright first."""
CERTAIN = 0.82
"""A confidence at which no other turn is tried: the detector sees a face that lies on its side too, but less surely."""
FAINTEST = 0.45
"""Confidence, the detector's score times the mesh model's belief, below which it is a cat or a cloud."""


class FaceMeshAnalyzer:
    """Finds faces, matte, light and difficulties with the models that come with photomotion; nothing is downloaded."""

    def __init__(self, max_faces: int = 12) -> None:
        """Keep at most ``max_faces``, the largest; models are loaded when first needed."""
        self.max_faces = max_faces
        self._detector = FaceDetector()
        self._mesh = MeshModel()
        self._eyes = EyeModel()
        self._describer = Describer()

    def analyze(self, photo: Photo) -> Analysis:
        """Find everyone in the photo, largest first. The same photo always gives the same numbers."""
        scales = Scales(photo.pixels)
        return self._describer.describe(photo, [self._refine(scales, one) for one in self._find(scales)])

    def _find(self, scales: Scales) -> list[_Found]:
        best: list[_Found] = []
        for turn in TURNS:
            found: list[_Found] = []
            for detection in self._detector.find(scales, turn):
                points, presence, looks = self._mesh.fit(scales, detection.region())
                confidence = detection.score * presence
                if confidence >= FAINTEST and not any(_same(points, other.mesh) for other in found):
                    found.append(_Found(confidence, points, looks))
            best = max(best, found, key=lambda all_: max((one.confidence for one in all_), default=0.0))
            if best and max(one.confidence for one in best) >= CERTAIN:
                break
        best.sort(key=lambda one: -float(np.ptp(one.mesh[:, :2], axis=0).prod()))
        return best[: self.max_faces]

    def _refine(self, scales: Scales, found: _Found) -> Sighting:
        return Sighting(
            landmarks=self._eyes.refine(scales, found.mesh),
            confidence=found.confidence,
            pose=measure_pose(found.mesh, scales.width, scales.height),
            looks=found.looks,
        )


class _Found(NamedTuple):
    """A mesh on a face."""

    confidence: float
    mesh: Floats
    """float32 (468, 3)."""
    looks: Floats
    """float32 (K, 468, 3), what it is the mean of and further looks."""


def _same(a: Floats, b: Floats) -> bool:
    """Whether two meshes lie on one face: their middles are closer than a third of the smaller one's width."""
    apart = np.linalg.norm(a[:, :2].mean(axis=0) - b[:, :2].mean(axis=0))
    return bool(apart < min(np.ptp(a[:, :2], axis=0).max(), np.ptp(b[:, :2], axis=0).max()) / 3)
