"""One class of tests for each stage. Subclass it, set ``implementation``, and pytest runs the whole contract."""

from __future__ import annotations

from .film_contracts import BackendContract, EncoderContract, ExecutorContract, PostProcessorContract
from .photo_contracts import ConditionerContract, FaceAnalyzerContract, MotionPriorContract, RestorerContract

__all__ = [
    "BackendContract",
    "ConditionerContract",
    "EncoderContract",
    "ExecutorContract",
    "FaceAnalyzerContract",
    "MotionPriorContract",
    "PostProcessorContract",
    "RestorerContract",
]
