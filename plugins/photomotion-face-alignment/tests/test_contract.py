"""The contract of analyzers, with either detector."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Files

from photomotion.testing.contracts import FaceAnalyzerContract
from photomotion_face_alignment.plugin import photomotion_face_analyzers


class TestSfd(FaceAnalyzerContract):
    (implementation,) = photomotion_face_analyzers()
    sees_drawings = False  # with random weights it sees nobody

    @pytest.fixture(autouse=True)
    def _find_weights(self, weights: Files) -> None:
        self._files = weights

    def weights(self, name: str) -> Path:
        assert name in self.implementation.weights
        return self._files[name]
