"""MediaPipe's second interface, Tasks, the only one in newer releases; its models are files of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import mediapipe as mp
import numpy as np
from mediapipe.tasks.python import BaseOptions, vision

from photomotion.errors import WeightsError

from .measured import Floats, Measured, Pixels, keep_distinct
from .windows import IN_PARTS, Window, windows

__all__ = ["TasksFinder", "TasksSegmenter"]

HALVINGS = 2
"""How often a photo is halved to look closer: the detector in the file knows only faces near the camera."""
SURE, UNSURE = 0.85, 0.6
"""Confidence told of faces that the stricter graph finds too, and of the others: Tasks tells no scores."""


class TasksFinder:
    """FaceLandmarker on the whole picture and on parts of it."""

    def __init__(self, model: Path, max_faces: int, min_confidence: float) -> None:
        """Open ``face_landmarker.task``.

        Raises:
            WeightsError: if it is missing, damaged, or has no blendshapes or face geometry in it.
        """
        self._graphs: list[tuple[float, Any]] = []
        for told, confidence in ((SURE, max(min_confidence, IN_PARTS)), (UNSURE, min_confidence)):
            options = vision.FaceLandmarkerOptions(
                base_options=_base(model),
                num_faces=max_faces,
                min_face_detection_confidence=confidence,
                min_face_presence_confidence=confidence,
                output_face_blendshapes=True,
                output_facial_transformation_matrixes=True,
            )
            self._graphs.append((told, _open(vision.FaceLandmarker, options, model)))

    def find(self, pixels: Pixels) -> list[Measured]:
        """All upright faces, the sure ones of the whole picture first; no face twice."""
        height, width = pixels.shape[:2]
        whole, *parts = windows(width, height, HALVINGS)
        strict, _ = self._graphs
        looks = [(graph, whole) for graph in self._graphs] + [(strict, part) for part in parts]
        seen = ((window, one) for graph, window in looks for one in _look(*graph, pixels, window))
        return keep_distinct(one for window, one in seen if not window.cuts(one.landmarks, width, height))

    def close(self) -> None:
        """Close the graphs."""
        while self._graphs:
            self._graphs.pop()[1].close()


class TasksSegmenter:
    """ImageSegmenter with a model of one's own: selfie segmentation of one, two or more classes."""

    def __init__(self, model: Path) -> None:
        """Open a ``.tflite`` file whose first class is the background; one with a single class tells the person.

        Raises:
            WeightsError: if it is missing or damaged.
        """
        options = vision.ImageSegmenterOptions(
            base_options=_base(model), output_confidence_masks=True, output_category_mask=False
        )
        self._segmenter: Any = _open(vision.ImageSegmenter, options, model)

    def __call__(self, image: Floats) -> Floats:
        """float32 (h, w), 0 background ... 1 person, for a float32 (h, w, 3) picture in 0..1."""
        answer = self._segmenter.segment(_image(np.round(image * 255).astype(np.uint8)))
        first = np.squeeze(np.array(answer.confidence_masks[0].numpy_view(), np.float32))
        mask = first if len(answer.confidence_masks) == 1 else 1 - first
        return np.asarray(cv2.resize(mask, (image.shape[1], image.shape[0])), np.float32)

    def close(self) -> None:
        """Close the graph."""
        if self._segmenter is not None:
            self._segmenter.close()
            self._segmenter = None


def _look(told: float, graph: Any, pixels: Pixels, window: Window) -> Iterator[Measured]:
    """The faces that a graph sees in a part; the transforms are those of a camera that took this part."""
    answer = graph.detect(_image(window.cut(pixels)))
    faces = zip(answer.face_landmarks, answer.face_blendshapes, answer.facial_transformation_matrixes, strict=True)
    for landmarks, blendshapes, transform in faces:
        points = np.array([(p.x, p.y, p.z) for p in landmarks], np.float32)
        yield Measured(
            landmarks=window.to_picture(points),
            confidence=told,
            blendshapes={one.category_name: float(one.score) for one in blendshapes},
            transform=np.asarray(transform, np.float64),
        )


def _base(model: Path) -> Any:
    # The bytes, not the path: MediaPipe takes no path with letters beyond ASCII on Windows.
    try:
        return BaseOptions(model_asset_buffer=model.read_bytes())
    except OSError as error:
        raise WeightsError(f"the model {model} cannot be read: {error}; check the path") from error


def _open(kind: Any, options: Any, model: Path) -> Any:
    try:
        return kind.create_from_options(options)
    except (RuntimeError, ValueError, OSError) as error:
        raise WeightsError(
            f"MediaPipe cannot use the model {model} ({str(error).splitlines()[0]}); fetch it again"
        ) from error


def _image(pixels: Pixels) -> Any:
    return mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(pixels))
