"""The Face Alignment Network as an analyzer of photos."""

from __future__ import annotations

from threading import Lock
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.analysis import Describer, Sighting, search_turned
from photomotion.data import Analysis, Photo

from .fitting import fit_mesh
from .irises import place_irises

__all__ = ["FaceAlignmentAnalyzer"]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

LONG_EDGE = 768
"""px; faces are looked for at this size at most: SFD's time and memory grow with every pixel."""
SMALLEST = 128
"""px; smaller pictures are framed with black up to this."""


class FaceAlignmentAnalyzer:
    """Finds faces and 68 points with face-alignment; the mesh is fitted to them, the rest is measured by the core."""

    def __init__(self, networks: Any, max_faces: int, min_confidence: float) -> None:
        """Take over an opened ``face_alignment.FaceAlignment``."""
        self._networks: Any = networks
        self._max_faces = max_faces
        self._min_confidence = min_confidence
        self._describer = Describer()
        self._lock = Lock()

    def analyze(self, photo: Photo) -> Analysis:
        """Find everyone in the photo, largest first, whichever way it was scanned."""
        with self._lock:
            return self._describer.describe(photo, search_turned(photo.pixels, self._sight))

    def close(self) -> None:
        """Let the networks go; may be called twice."""
        self._networks = None

    def detect(self, pixels: Pixels) -> Floats:
        """Faces of a uint8 (H, W, 3) picture, sRGB: float32 (N, 5), x0, y0, x1, y1 in px and confidence, largest first.

        The detectors see the picture in a black square: BlazeFace looks at the middle square only.
        """
        height, width = pixels.shape[:2]
        shrink = min(1.0, LONG_EDGE / max(width, height))
        size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
        small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if shrink < 1 else pixels
        side = max(SMALLEST, *size)
        frame = np.zeros((side, side, 3), np.uint8)
        frame[: size[1], : size[0]] = small
        found = [np.asarray(box, np.float32) for box in self._networks.face_detector.detect_from_image(frame)]
        boxes = np.array([box for box in found if len(box) == 5], np.float32).reshape(-1, 5)
        boxes[:, :4] /= shrink
        real = np.isfinite(boxes).all(axis=1) & (boxes[:, 4] >= self._min_confidence)
        real &= (boxes[:, 0] < width) & (boxes[:, 1] < height) & (boxes[:, 2] > 0) & (boxes[:, 3] > 0)
        real &= (boxes[:, 2] - boxes[:, 0] >= 8) & (boxes[:, 3] - boxes[:, 1] >= 8)
        boxes = boxes[real]
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        return np.asarray(boxes[np.argsort(-area, kind="stable")][: self._max_faces], np.float32)

    def _sight(self, pixels: Pixels) -> list[Sighting]:
        boxes = self.detect(pixels)
        if not len(boxes):
            return []
        points = self._networks.get_landmarks_from_image(pixels, detected_faces=list(boxes.astype(np.float64)))
        gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
        return [
            Sighting(landmarks=place_irises(gray, fit_mesh(face)), confidence=float(min(1.0, box[4])))
            for face, box in zip(points, boxes, strict=True)
        ]
