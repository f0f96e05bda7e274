"""What this distribution offers. Imports nothing heavy: ``load`` does, when it is called."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field

from photomotion.plugin import FaceAnalyzer, Implementation, Options, Runtime, hookimpl

__all__ = ["FaceAlignmentOptions"]


class FaceAlignmentOptions(Options):
    """Options of the analyzer ``face-alignment``. Nothing is downloaded: files are those fetched, or paths."""

    points: Literal["2d", "3d"] = "2d"
    """What the network places: ``2d`` follows the contour that is seen, ``3d`` points of the head itself, with depth;
    it needs ``network`` and ``depth``."""
    detector: Literal["sfd", "blazeface"] = "sfd"
    """Who finds the faces: ``sfd`` is thorough and slow, ``blazeface`` quick and needs ``detector_weights`` and
    ``anchors``."""
    network: Path | None = None
    """Weights of the Face Alignment Network, 2DFAN4 or 3DFAN4; left out, the fetched 2DFAN4."""
    depth: Path | None = None
    """Weights of the depth network, only for ``3d``."""
    detector_weights: Path | None = None
    """Weights of the detector; left out, the fetched ones of ``sfd``."""
    anchors: Path | None = None
    """BlazeFace's anchors, a .npy file."""
    back_camera: bool = False
    """Whether BlazeFace's weights and anchors are those for the camera at the back of a phone, which sees farther."""
    max_faces: int = Field(12, ge=1, le=100)
    """How many faces are looked at, the largest first, 1..100."""
    min_confidence: float = Field(0.6, ge=0.1, le=1)
    """How sure the detector must be that it is a face, 0.1..1."""


def load_face_alignment(options: FaceAlignmentOptions, runtime: Runtime) -> FaceAnalyzer:
    """Make the analyzer that runs the Face Alignment Network."""
    from .opening import open_analyzer

    return open_analyzer(options, runtime)


@hookimpl
def photomotion_face_analyzers() -> Iterable[Implementation[FaceAnalyzer, FaceAlignmentOptions]]:
    """Offer ``face-alignment``."""
    return [
        Implementation(
            name="face-alignment",
            summary="Finds 68 points with the Face Alignment Network and fits a mesh of 478 to them.",
            options=FaceAlignmentOptions,
            load=load_face_alignment,
            weights=("fan-2d", "s3fd"),
        )
    ]
