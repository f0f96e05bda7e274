"""Both generations keep the contract of analyzers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from conftest import SOLUTIONS

from photomotion.testing.contracts import FaceAnalyzerContract
from photomotion_mediapipe.plugin import photomotion_face_analyzers

(MEDIAPIPE,) = photomotion_face_analyzers()


@pytest.mark.skipif(not SOLUTIONS, reason="the installed MediaPipe has no 'solutions'")
class TestSolutions(FaceAnalyzerContract):
    implementation = MEDIAPIPE
    options: ClassVar[Mapping[str, Any]] = {"api": "solutions"}


class TestTasks(FaceAnalyzerContract):
    implementation = MEDIAPIPE
    options: ClassVar[Mapping[str, Any]] = {"api": "tasks"}

    @pytest.fixture(autouse=True)
    def _find_model(self, model: Path) -> None:
        self._model = model

    def weights(self, name: str) -> Path:
        assert name in self.implementation.weights
        return self._model
