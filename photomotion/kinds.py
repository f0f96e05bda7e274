"""The eight kinds of stage: what they are called, which hook serves them, what they must be able to do."""

from __future__ import annotations

from dataclasses import dataclass

from .stages import Backend, Conditioner, Encoder, Executor, FaceAnalyzer, MotionPrior, PostProcessor, Restorer

__all__ = ["STAGES", "StageKind"]


@dataclass(frozen=True, kw_only=True)
class StageKind:
    """One of the eight kinds of stage."""

    key: str
    """What it is called in arguments, options, messages and on the command line."""
    hook: str
    """The hook whose implementations serve it."""
    protocol: type
    """What its implementations satisfy."""
    members: tuple[str, ...]
    """The protocol's methods and attributes."""


STAGES: dict[str, StageKind] = {
    kind.key: kind
    for kind in (
        StageKind(key="restorer", hook="photomotion_restorers", protocol=Restorer, members=("restore",)),
        StageKind(key="analyzer", hook="photomotion_face_analyzers", protocol=FaceAnalyzer, members=("analyze",)),
        StageKind(key="motion", hook="photomotion_motion_priors", protocol=MotionPrior, members=("plan",)),
        StageKind(key="conditioner", hook="photomotion_conditioners", protocol=Conditioner, members=("condition",)),
        StageKind(key="backend", hook="photomotion_backends", protocol=Backend, members=("render",)),
        StageKind(key="postprocessor", hook="photomotion_postprocessors", protocol=PostProcessor, members=("process",)),
        StageKind(key="encoder", hook="photomotion_encoders", protocol=Encoder, members=("encode", "suffix")),
        StageKind(key="executor", hook="photomotion_executors", protocol=Executor, members=("run",)),
    )
}
"""The eight kinds by key, in the order of a photo's way."""
