"""What this distribution offers. Imports nothing heavy: ``load`` does, when it is called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from photomotion.plugin import FaceAnalyzer, Implementation, Options, Runtime, hookimpl

__all__ = ["MediapipeOptions"]


class MediapipeOptions(Options):
    """Options of the analyzer ``mediapipe``."""

    api: Literal["auto", "solutions", "tasks"] = "auto"
    """Generation of MediaPipe's interface. ``solutions`` (up to 0.10.21) has its models inside; ``tasks`` needs the
    file face_landmarker.task and gives blendshapes too. ``auto`` takes ``tasks`` if ``model`` is set or the installed
    MediaPipe has nothing else."""
    model: Path | None = None
    """A face_landmarker.task of one's own instead of the one fetched; only for ``tasks``."""
    segmenter: Path | None = None
    """A .tflite file for MediaPipe's ImageSegmenter, with which people are cut out. Left out, ``solutions`` takes
    MediaPipe's own selfie segmentation and ``tasks`` the one that comes with photomotion."""
    max_faces: int = Field(12, ge=1, le=100)
    """How many faces are kept, the largest first, 1..100."""
    min_confidence: float = Field(0.5, ge=0.1, le=1)
    """How sure detector and landmark model must be that it is a face, 0.1..1."""


def load_mediapipe(options: MediapipeOptions, runtime: Runtime) -> FaceAnalyzer:
    """Make the analyzer that runs MediaPipe's own pipelines."""
    from .opening import open_analyzer

    return open_analyzer(options, runtime)


@hookimpl
def photomotion_face_analyzers() -> Iterable[Implementation[FaceAnalyzer, MediapipeOptions]]:
    """Offer ``mediapipe``."""
    return [
        Implementation(
            name="mediapipe",
            summary="Finds faces with MediaPipe's own pipelines: 478 points, with Tasks 52 blendshapes too.",
            options=MediapipeOptions,
            load=load_mediapipe,
            weights=("face-landmarker",),
        )
    ]
