"""The stages as pluggy hooks: the product's table of contents.

No hook takes an argument. Each returns descriptors of what the plugin offers; the work itself is done by the
objects that the descriptors load, in ordinary typed calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pluggy

from .plugin import Implementation
from .stages import (
    Backend,
    Conditioner,
    Encoder,
    Executor,
    FaceAnalyzer,
    MotionPrior,
    PostProcessor,
    Restorer,
)

hookspec = pluggy.HookspecMarker("photomotion")


@hookspec
def photomotion_restorers() -> Iterable[Implementation[Restorer, Any]]:
    """Mend the photo: ``restore(photo) -> Restoration``."""
    raise NotImplementedError


@hookspec
def photomotion_face_analyzers() -> Iterable[Implementation[FaceAnalyzer, Any]]:
    """Find the people: ``analyze(photo) -> Analysis``."""
    raise NotImplementedError


@hookspec
def photomotion_motion_priors() -> Iterable[Implementation[MotionPrior, Any]]:
    """Plan how they move: ``plan(analysis, timing, seed) -> Motion``."""
    raise NotImplementedError


@hookspec
def photomotion_conditioners() -> Iterable[Implementation[Conditioner, Any]]:
    """Prepare what guides the backend: ``condition(photo, analysis, motion) -> Conditioning``."""
    raise NotImplementedError


@hookspec
def photomotion_backends() -> Iterable[Implementation[Backend, Any]]:
    """Make the pictures: ``render(conditioning, timing, seed) -> Iterator[Frame]``."""
    raise NotImplementedError


@hookspec
def photomotion_postprocessors() -> Iterable[Implementation[PostProcessor, Any]]:
    """Change the pictures on their way: ``process(frames, photo, analysis) -> Iterator[Frame]``."""
    raise NotImplementedError


@hookspec
def photomotion_encoders() -> Iterable[Implementation[Encoder, Any]]:
    """Write the film: ``encode(frames, destination, timing)``."""
    raise NotImplementedError


@hookspec
def photomotion_executors() -> Iterable[Implementation[Executor, Any]]:
    """Decide where films are made: ``run(open_worker, jobs) -> Iterator[report]``."""
    raise NotImplementedError
