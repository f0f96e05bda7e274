"""The eight stages, each a Protocol with one method. An object that has the method is the stage."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from .data import Analysis, Conditioning, Frame, Motion, Photo, Restoration, Timing

__all__ = [
    "Backend",
    "Conditioner",
    "Encoder",
    "Executor",
    "FaceAnalyzer",
    "Job",
    "MotionPrior",
    "PostProcessor",
    "Restorer",
    "Worker",
]


@runtime_checkable
class Restorer(Protocol):
    """Mends the photo before anything else looks at it."""

    def restore(self, photo: Photo) -> Restoration:
        """Return the mended photo and a map of what was changed; the photo itself if there was nothing to mend."""
        ...


@runtime_checkable
class FaceAnalyzer(Protocol):
    """Finds the people in the photo."""

    def analyze(self, photo: Photo) -> Analysis:
        """Return faces (largest first; none is no error), matte, light and what will be hard."""
        ...


@runtime_checkable
class MotionPrior(Protocol):
    """Knows how people move when nobody tells them how."""

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Return a motion of ``timing.frames`` rows for each face, all channels 0 in the first row."""
        ...


@runtime_checkable
class Conditioner(Protocol):
    """Prepares what the backend is to be guided by."""

    def condition(self, photo: Photo, analysis: Analysis, motion: Motion) -> Conditioning:
        """Return the photo, its analysis and the motion with whatever this conditioner adds."""
        ...


@runtime_checkable
class Backend(Protocol):
    """Makes the pictures."""

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        """Yield ``timing.frames`` frames in order; the first is the photo. Must not hold them all in memory."""
        ...


@runtime_checkable
class PostProcessor(Protocol):
    """Changes the pictures on their way to the encoder."""

    def process(self, frames: Iterable[Frame], photo: Photo, analysis: Analysis) -> Iterator[Frame]:
        """Yield frames, numbered from 0, as they come in."""
        ...


@runtime_checkable
class Encoder(Protocol):
    """Writes the film."""

    suffix: str
    """What a file of this kind ends with, ``".mp4"``; empty for a folder."""

    def encode(self, frames: Iterable[Frame], destination: Path, timing: Timing) -> None:
        """Write all frames to ``destination``, which does not exist yet. The caller renames it when all went well."""
        ...


@dataclass(frozen=True, kw_only=True)
class Job:
    """One film to make, in words that can travel to another process."""

    photo: Path
    destination: Path
    seed: int = 0


class Worker(AbstractContextManager["Worker", None], Protocol):
    """Models loaded and ready; called once for each job, closed at the end."""

    def __call__(self, job: Job) -> object:
        """Make one film and return a report of it."""
        ...


@runtime_checkable
class Executor(Protocol):
    """Decides where films are made: here, on several processes, on a cluster."""

    def run(self, open_worker: Callable[[], Worker], jobs: Iterable[Job]) -> Iterator[object]:
        """Open as many workers as fit, give each its jobs, and yield the reports in the order of the jobs."""
        ...
