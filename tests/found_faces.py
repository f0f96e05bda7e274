"""The one photograph as pixels, what the built-in analyzer finds in it, and in pictures made from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, Face, Photo

__all__ = ["Pixels", "analysis", "analyzer", "distance", "only_face", "pixels"]

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="session")
def analyzer() -> FaceMeshAnalyzer:
    return FaceMeshAnalyzer()


@pytest.fixture(scope="session")
def pixels() -> Pixels:
    return np.asarray(Image.open(Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png").convert("RGB"))


@pytest.fixture(scope="session")
def analysis(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> Analysis:
    return analyzer.analyze(Photo(pixels=pixels))


def only_face(analyzer: FaceMeshAnalyzer, picture: Pixels) -> Face:
    faces = analyzer.analyze(Photo(pixels=np.ascontiguousarray(picture))).faces
    assert len(faces) == 1
    return faces[0]


def distance(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32], unit: float) -> float:
    """Mean distance of two lists of points as a part of ``unit``."""
    return float(np.linalg.norm(a[:, :2] - b[:, :2], axis=1).mean()) / unit
