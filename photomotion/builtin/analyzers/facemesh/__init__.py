"""The built-in face analyzer: MediaPipe's small models, run on the CPU without mediapipe."""

from .analyzer import FaceMeshAnalyzer

__all__ = ["FaceMeshAnalyzer"]
