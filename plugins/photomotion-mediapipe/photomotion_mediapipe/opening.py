"""From options to an analyzer: which generation of MediaPipe, which models."""

from __future__ import annotations

import mediapipe as mp

from photomotion.errors import OptionsError
from photomotion.plugin import Runtime

from .analyzer import MediapipeAnalyzer, Segmenter
from .measured import MeshFinder
from .plugin import MediapipeOptions

__all__ = ["open_analyzer"]


def open_analyzer(options: MediapipeOptions, runtime: Runtime) -> MediapipeAnalyzer:
    """Open the models and make the analyzer.

    Raises:
        OptionsError: if ``solutions`` is asked for and the installed MediaPipe has none, or with a model of one's own.
        WeightsError: if a model is missing or damaged.
    """
    has_solutions = hasattr(mp, "solutions")
    api = options.api
    if api == "auto":
        api = "solutions" if has_solutions and options.model is None else "tasks"
    if api == "solutions" and options.model is not None:
        raise OptionsError("analyzer.model is only for analyzer.api='tasks'; leave one of them out")
    if api == "solutions" and not has_solutions:
        raise OptionsError(
            f"MediaPipe {mp.__version__} has no 'solutions' any more; set analyzer.api='tasks', "
            "or install mediapipe==0.10.21"
        )
    finder, segmenter = _open_solutions(options) if api == "solutions" else _open_tasks(options, runtime)
    if options.segmenter is not None:
        from .tasks import TasksSegmenter

        segmenter = TasksSegmenter(options.segmenter)
    return MediapipeAnalyzer(finder, segmenter, options.max_faces)


def _open_solutions(options: MediapipeOptions) -> tuple[MeshFinder, Segmenter | None]:
    from .solutions import SolutionsFinder, SolutionsSegmenter

    return SolutionsFinder(options.min_confidence), None if options.segmenter else SolutionsSegmenter()


def _open_tasks(options: MediapipeOptions, runtime: Runtime) -> tuple[MeshFinder, Segmenter | None]:
    from .tasks import TasksFinder

    model = options.model or runtime.weights("face-landmarker")
    return TasksFinder(model, options.max_faces, options.min_confidence), None
