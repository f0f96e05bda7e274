"""The built-in analyzer, opened when it is first needed: restorers work before the chosen analyzer does."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from photomotion.plugin import FaceAnalyzer

__all__ = ["builtin_analyzer"]


def builtin_analyzer() -> Callable[[], FaceAnalyzer]:
    """Return what opens the analyzer that comes with photomotion, once."""

    @lru_cache(maxsize=1)
    def open_analyzer() -> FaceAnalyzer:
        from photomotion.analysis import FaceMeshAnalyzer

        return FaceMeshAnalyzer()

    return open_analyzer
