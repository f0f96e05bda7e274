"""MediaPipe's first interface, ``mp.solutions``; its models lie inside the wheels up to 0.10.21."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cv2
import mediapipe as mp
import numpy as np

from .geometry import fit_transform
from .measured import Floats, Measured, Pixels, keep_distinct
from .windows import IN_PARTS, Window, windows

__all__ = ["SolutionsFinder", "SolutionsSegmenter"]

HALVINGS = 1
"""How often a photo is halved to look closer."""
ROOM = 2.0
"""Side of the square around a detection that the mesh is looked for in, in sizes of the detection."""


class SolutionsFinder:
    """Detectors for near and far faces, then FaceMesh with its attention model on each face."""

    def __init__(self, min_confidence: float) -> None:
        """Open the graphs."""
        solutions = mp.solutions
        self._detectors = [
            solutions.face_detection.FaceDetection(min_detection_confidence=min_confidence, model_selection=far)
            for far in (0, 1)
        ]
        self._mesh = solutions.face_mesh.FaceMesh(
            static_image_mode=True,
            max_num_faces=1,
            refine_landmarks=True,
            min_detection_confidence=min(min_confidence, 0.3),
        )
        self._open: list[Any] = [*self._detectors, self._mesh]

    def find(self, pixels: Pixels) -> list[Measured]:
        """All upright faces, those first that the detectors are surest of; no face twice."""
        height, width = pixels.shape[:2]
        spots = sorted(self._detect(pixels), key=lambda spot: -spot[0])
        found: list[Measured] = []
        looked: list[Window] = []
        for score, window in spots:
            if any(_covers(other, window) for other in looked):
                continue
            looked.append(window)
            answer = self._mesh.process(window.cut(pixels)).multi_face_landmarks
            if answer:
                points = np.array([(p.x, p.y, p.z) for p in answer[0].landmark], np.float32)
                points = window.to_picture(points)
                transform = fit_transform(points, width, height)
                found.append(Measured(landmarks=points, confidence=score, transform=transform))
        return keep_distinct(found)

    def close(self) -> None:
        """Close the graphs."""
        while self._open:
            self._open.pop().close()

    def _detect(self, pixels: Pixels) -> Iterator[tuple[float, Window]]:
        for number, window in enumerate(windows(pixels.shape[1], pixels.shape[0], HALVINGS)):
            part = window.cut(pixels)
            for detector in self._detectors:
                for detection in detector.process(part).detections or ():
                    score = float(detection.score[0])
                    if number > 0 and score < IN_PARTS:
                        continue
                    box = detection.location_data.relative_bounding_box
                    size = max(box.width * window.width, box.height * window.height)
                    x = window.left + (box.xmin + box.width / 2) * window.width
                    y = window.top + (box.ymin + box.height / 2) * window.height
                    side = max(8, round(ROOM * size))
                    yield score, Window(round(x - side / 2), round(y - side / 2), side, side)


class SolutionsSegmenter:
    """MediaPipe's selfie segmentation."""

    def __init__(self) -> None:
        """Open the graph."""
        self._graph: Any = mp.solutions.selfie_segmentation.SelfieSegmentation(model_selection=0)

    def __call__(self, image: Floats) -> Floats:
        """float32 (h, w), 0 background ... 1 person, for a float32 (h, w, 3) picture in 0..1."""
        answer = self._graph.process(np.ascontiguousarray(np.round(image * 255), np.uint8)).segmentation_mask
        mask = np.asarray(answer, np.float32).reshape(answer.shape[:2])
        return np.asarray(cv2.resize(mask, (image.shape[1], image.shape[0])), np.float32)

    def close(self) -> None:
        """Close the graph."""
        if self._graph is not None:
            self._graph.close()
            self._graph = None


def _covers(one: Window, other: Window) -> bool:
    """Whether two squares show the same face: their middles are closer than a sixth of the smaller one's side."""
    x = abs(one.left + one.width / 2 - other.left - other.width / 2)
    y = abs(one.top + one.height / 2 - other.top - other.height / 2)
    return max(x, y) < min(one.width, other.width) / 6
