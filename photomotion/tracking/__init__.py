"""Driving videos: the motion of a face in a film, with the built-in models, for any photo."""

from .preview import draw_preview
from .tracker import track

__all__ = ["draw_preview", "track"]
