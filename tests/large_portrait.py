"""The portrait from which photos are made by code."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, Photo

Pixels = npt.NDArray[np.uint8]

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"


class Portrait:
    """The astronaut, 1024 x 1024, and where her face is in it."""

    def __init__(self, analyzer: FaceMeshAnalyzer) -> None:
        self.analyzer = analyzer

    @cached_property
    def pixels(self) -> Pixels:
        small = np.asarray(Image.open(ASTRONAUT).convert("RGB"))
        return np.asarray(cv2.resize(small, (1024, 1024), interpolation=cv2.INTER_CUBIC))

    @cached_property
    def analysis(self) -> Analysis:
        return self.analyzer.analyze(Photo(pixels=self.pixels))

    @cached_property
    def points(self) -> npt.NDArray[np.int32]:
        return np.round(self.analysis.faces[0].landmarks[:, :2]).astype(np.int32)

    @cached_property
    def unit(self) -> float:
        return self.analysis.faces[0].eye_distance

    def at(self, index: int) -> tuple[int, int]:
        return int(self.points[index, 0]), int(self.points[index, 1])

    def copy(self) -> Pixels:
        return self.pixels.copy()


def gray(p: Portrait) -> Pixels:
    return np.repeat(cv2.cvtColor(p.pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
