"""The way of a photo through the built-in analysis."""

from __future__ import annotations

import math

import numpy as np

from photomotion.data import Analysis, Face, Lighting, Photo

from .detector import FaceDetector
from .iris import EyeModel
from .lighting import measure_lighting
from .matte import MatteModel
from .mesh import MeshModel
from .openness import measure_eyes, measure_mouth
from .pose import measure_pose
from .quality import measure_quality
from .region import Floats, Scales
from .suitability import judge

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
        self._matte = MatteModel()

    def analyze(self, photo: Photo) -> Analysis:
        """Find everyone in the photo, largest first. The same photo always gives the same numbers."""
        scales = Scales(photo.pixels)
        faces = self._find(scales)
        return Analysis(
            faces=tuple(faces),
            matte=self._matte.cut_out(scales, [f.landmarks for f in faces]),
            lighting=measure_lighting(scales, faces[0].landmarks) if faces else Lighting(),
            suitability=judge(faces, [measure_quality(scales, face) for face in faces]),
        )

    def _find(self, scales: Scales) -> list[Face]:
        best: list[tuple[float, Floats]] = []
        for turn in TURNS:
            meshes: list[tuple[float, Floats]] = []
            for detection in self._detector.find(scales, turn):
                points, presence = self._mesh.fit(scales, detection.region())
                confidence = detection.score * presence
                if confidence >= FAINTEST and not any(_same(points, other) for _, other in meshes):
                    meshes.append((confidence, points))
            best = max(best, meshes, key=lambda found: max((m[0] for m in found), default=0.0))
            if best and max(m[0] for m in best) >= CERTAIN:
                break
        best.sort(key=lambda m: -float(np.ptp(m[1][:, :2], axis=0).prod()))
        return [self._describe(scales, *m) for m in best[: self.max_faces]]

    def _describe(self, scales: Scales, confidence: float, mesh: Floats) -> Face:
        landmarks = self._eyes.refine(scales, mesh)
        low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
        return Face(
            box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
            landmarks=landmarks,
            pose=measure_pose(mesh, scales.width, scales.height),
            eyes_open=measure_eyes(landmarks),
            mouth_open=measure_mouth(landmarks),
            confidence=confidence,
        )


def _same(a: Floats, b: Floats) -> bool:
    """Whether two meshes lie on one face: their middles are closer than a third of the smaller one's width."""
    apart = np.linalg.norm(a[:, :2].mean(axis=0) - b[:, :2].mean(axis=0))
    return bool(apart < min(np.ptp(a[:, :2], axis=0).max(), np.ptp(b[:, :2], axis=0).max()) / 3)
