"""MediaPipe as an analyzer of photos."""

from __future__ import annotations

from threading import Lock
from typing import Protocol

import numpy as np

from photomotion.analysis import Describer, Sighting, search_turned
from photomotion.data import Analysis, Photo

from .measured import Floats, Measured, MeshFinder, Pixels

__all__ = ["MediapipeAnalyzer", "Segmenter"]

LYING = 0.7
"""What the confidence of faces is worth that lie on their side or upside down."""
SURE = 0.7
"""Confidence of a face that is one for certain."""


class Segmenter(Protocol):
    """Tells people from background."""

    def __call__(self, image: Floats) -> Floats:
        """float32 (h, w), 0 background ... 1 person, for a float32 (h, w, 3) picture in 0..1."""
        ...

    def close(self) -> None:
        """Free it; may be called twice."""
        ...


class MediapipeAnalyzer:
    """Finds faces with MediaPipe; pose, lids, visibility, matte, light and findings are measured by the core.

    MediaPipe's graphs are not thread-safe: calls wait for each other.
    """

    def __init__(self, finder: MeshFinder, segmenter: Segmenter | None, max_faces: int) -> None:
        """Take over both; :meth:`close` closes them. Without a segmenter, the core cuts people out by its own model."""
        self._finder = finder
        self._segmenter = segmenter
        self._max_faces = max_faces
        self._describer = Describer(segmenter)
        self._lock = Lock()

    def analyze(self, photo: Photo) -> Analysis:
        """Find everyone in the photo, largest first, whichever way it was scanned."""
        with self._lock:
            found = _likely(search_turned(photo.pixels, self._sight))
            found.sort(key=lambda one: -float(np.ptp(one.landmarks[:468, :2], axis=0).prod()))
            return self._describer.describe(photo, found[: self._max_faces])

    def measure(self, photo: Photo) -> list[Measured]:
        """What MediaPipe itself says of each upright face, largest first: blendshapes and transform too."""
        with self._lock:
            found = self._finder.find(photo.pixels)
        found.sort(key=lambda one: -float(np.ptp(one.landmarks[:468, :2], axis=0).prod()))
        return found[: self._max_faces]

    def close(self) -> None:
        """Free MediaPipe's graphs; may be called twice."""
        self._finder.close()
        if self._segmenter is not None:
            self._segmenter.close()

    def _sight(self, pixels: Pixels) -> list[Sighting]:
        return [Sighting(landmarks=one.landmarks, confidence=_trust(one)) for one in self._finder.find(pixels)]


def _trust(found: Measured) -> float:
    """The confidence, less for a face that does not stand upright: MediaPipe sees it, but places it badly."""
    return found.confidence * (LYING if _lies(found.landmarks) else 1.0)


def _likely(found: list[Sighting]) -> list[Sighting]:
    """Without faces on their side if none is sure: what looks like a face in a turned photo only seldom is one."""
    if any(one.confidence >= SURE for one in found):
        return found
    return [one for one in found if not _lies(one.landmarks)]


def _lies(landmarks: Floats) -> bool:
    """Whether the eyes are not level, within 45 degrees."""
    right = landmarks[263, :2] - landmarks[33, :2]
    return bool(right[0] <= abs(right[1]))
