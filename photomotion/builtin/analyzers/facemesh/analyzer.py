"""The way of a photo through the built-in analysis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from photomotion.data import Analysis, Face, Lighting, Photo

from .cost import estimate_cost
from .detector import FaceDetector
from .iris import EyeModel
from .lighting import measure_lighting, normals
from .matte import MatteModel
from .mesh import MeshModel
from .openness import measure_eyes, measure_mouth
from .pose import estimate_uncertainty, measure_pose
from .prints import measure_print
from .quality import measure_quality
from .region import Floats, Scales
from .suitability import Seen, judge
from .visibility import measure_cover, measure_visibility

__all__ = ["FaceMeshAnalyzer"]

TURNS = (0.0, math.pi / 2, -math.pi / 2, math.pi)
"""How a photo may have been scanned, radians, upright first."""
CERTAIN = 0.82
"""A confidence at which no other turn is tried: the detector sees a face that lies on its side too, but less surely."""
FAINTEST = 0.45
"""Confidence, the detector's score times the mesh model's belief, below which it is a cat or a cloud."""
SURELY_TURNED, SQUARELY = 0.6, 30.0
"""A photo is set upright if a face in it is at least so certain, and all lie within so many degrees of a quarter."""


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
        found = self._find(scales)
        turn = _turn(found, scales)
        seen = [self._describe(scales, one) for one in found]
        faces = tuple(one.face for one in seen)
        landmarks = [face.landmarks for face in faces]
        matte = self._matte.cut_out(scales, landmarks)
        light = measure_lighting(scales, landmarks[0], seen[0].normals) if faces else Lighting()
        printed = measure_print(photo.pixels, landmarks, matte) if faces else None
        cost = estimate_cost(photo.width, photo.height, faces)
        return Analysis(faces=faces, matte=matte, lighting=light, suitability=judge(seen, light, printed, turn, cost))

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

    def _describe(self, scales: Scales, found: _Found) -> Seen:
        mesh = found.mesh
        landmarks = self._eyes.refine(scales, mesh)
        low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
        pose = measure_pose(mesh, scales.width, scales.height)
        mouth = measure_mouth(landmarks)
        normal = normals(landmarks[:468])
        cover = measure_cover(scales, landmarks, found.looks, mouth)
        face = Face(
            box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])),
            landmarks=landmarks,
            pose=replace(pose, uncertainty=estimate_uncertainty(pose, found.looks, scales.width, scales.height)),
            eyes_open=measure_eyes(landmarks),
            mouth_open=mouth,
            confidence=found.confidence,
            visibility=measure_visibility(landmarks, normal, cover, scales.width, scales.height),
        )
        return Seen(face=face, normals=normal, quality=measure_quality(scales, face), cover=cover)


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


def _turn(found: Sequence[_Found], scales: Scales) -> int:
    """Degrees clockwise that set the photo upright, if all faces but the smallest lie alike and squarely; else 0."""
    if not found or max(one.confidence for one in found) < SURELY_TURNED:
        return 0
    turns = set()
    largest = float(np.ptp(found[0].mesh[:, :2], axis=0).prod())
    for one in found:
        if float(np.ptp(one.mesh[:, :2], axis=0).prod()) > largest / 4:
            roll = measure_pose(one.mesh, scales.width, scales.height).roll
            quarter = round(roll / 90) * 90
            turns.add(-quarter % 360 if abs(roll - quarter) < SQUARELY else 0)
    return turns.pop() if len(turns) == 1 else 0
