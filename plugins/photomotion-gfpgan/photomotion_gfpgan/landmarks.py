"""The built-in analyzer, opened when it is first needed: restorers work before the chosen analyzer does."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import entry_points

from photomotion.errors import StageError
from photomotion.plugin import FaceAnalyzer, Runtime

__all__ = ["builtin_analyzer"]

ANALYZER = "facemesh"


def builtin_analyzer(runtime: Runtime) -> Callable[[], FaceAnalyzer]:
    """Return what opens the analyzer that comes with photomotion, once.

    It is asked of the entry point under which photomotion offers it, as any plugin's implementations are.
    """

    @lru_cache(maxsize=1)
    def open_analyzer() -> FaceAnalyzer:
        for entry_point in entry_points(group="photomotion", name="builtin"):
            for offer in entry_point.load().photomotion_face_analyzers():
                if offer.name == ANALYZER:
                    analyzer: FaceAnalyzer = offer.load(offer.options(), runtime)
                    return analyzer
        raise StageError(f"photomotion's own analyzer {ANALYZER!r} is not installed; reinstall photomotion")

    return open_analyzer
