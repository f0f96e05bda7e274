"""The film: rendered when it is asked for, written so that no half a film is ever left behind."""

from __future__ import annotations

import base64
import os
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from .data import Analysis, Finding, Frame, Mending, Motion, Photo, Timing
from .destinations import beside, check_folder
from .errors import DestinationError

__all__ = ["Clip", "Report"]


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was made of a photo, in a few plain values."""

    photo: str
    """Name of the photo."""
    frames: int
    """Number of frames."""
    seconds: float
    """Length of the film."""
    seed: int
    """What was left to chance."""
    faces: int
    """How many people move."""
    expectation: Literal["good", "fair", "poor"]
    """What to expect of a film from this photo."""
    findings: tuple[Finding, ...]
    """What was found in the photo that matters for the film, and what was done about it; worst first."""
    mended: tuple[Mending, ...] = ()
    """What the restorer did to the photo, or found and left, in order."""
    notices: tuple[str, ...] = ()
    """What the stages have said about themselves up to now: a model's licence, how memory is used, what was tried."""
    destination: Path | None = None
    """The file or folder, once it is saved."""
    wall_seconds: float | None = None
    """How long rendering and writing took, once it is saved."""

    def to_dict(self) -> dict[str, Any]:
        """As plain values that JSON can hold."""
        return asdict(self) | {"destination": None if self.destination is None else str(self.destination)}


class Clip:
    """A film of one photo. Nothing of it is rendered before it is iterated or saved, and then frame by frame.

    It may be iterated any number of times; each time renders afresh, and gives the same frames. An
    :class:`~photomotion.animator.Animator` makes it, and must not be closed while frames are still wanted.
    """

    def __init__(
        self,
        *,
        photo: Photo,
        mended: tuple[Mending, ...],
        analysis: Analysis,
        motion: Motion,
        timing: Timing,
        seed: int,
        render: Callable[[], Generator[Frame, None, None]],
        encoder_for: Callable[[Path], Callable[[Clip, Path], int]],
        notices: Callable[[], tuple[str, ...]],
    ) -> None:
        self._photo = photo
        self._mended = mended
        self._analysis = analysis
        self._motion = motion
        self._timing = timing
        self._seed = seed
        self._render = render
        self._encoder_for = encoder_for
        self._notices = notices

    @property
    def photo(self) -> Photo:
        """The photo as the film starts: restored, and in the film's size."""
        return self._photo

    @property
    def analysis(self) -> Analysis:
        """What is known of the photo."""
        return self._analysis

    @property
    def motion(self) -> Motion:
        """How everybody in it moves."""
        return self._motion

    @property
    def timing(self) -> Timing:
        """Length and frame rate."""
        return self._timing

    @property
    def report(self) -> Report:
        """What will be made, and what was found in the photo."""
        return Report(
            photo=self.photo.name,
            frames=len(self),
            seconds=len(self) / self.timing.fps,
            seed=self._seed,
            faces=len(self.analysis.faces),
            expectation=self.analysis.suitability.expectation,
            findings=self.analysis.suitability.findings,
            mended=self._mended,
            notices=self._notices(),
        )

    def __len__(self) -> int:
        return self.timing.frames

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    def __repr__(self) -> str:
        size = f"{self.photo.width}x{self.photo.height}"
        return f"<Clip of {self.photo.name}: {len(self)} frames, {size}, {self.timing.fps:g} fps>"

    def frames(self) -> Generator[Frame, None, None]:
        """Render the film and yield its frames in order. Close the generator to stop early.

        Raises:
            StageError: while iterating, if a stage fails.
        """
        return self._render()

    def save(self, path: str | PathLike[str]) -> Report:
        """Render the film into a file, or into a folder for an encoder of single pictures.

        The Animator's encoder writes it, unless the file's ending belongs to another installed one. The film is
        written under a hidden name beside its destination and renamed when it is whole; whatever goes wrong before,
        nothing is left. A file of that name is replaced; a folder must be empty.

        Raises:
            DestinationError: before anything is rendered, if it cannot be written there or no encoder knows the ending.
            StageError: if a stage fails.
        """
        destination = Path(path)
        started = time.perf_counter()
        _check_place(destination)
        encode = self._encoder_for(destination)
        with beside(destination) as temporary:
            frames = encode(self, temporary)
        wall = time.perf_counter() - started
        seconds = frames / self.timing.fps
        return replace(self.report, frames=frames, seconds=seconds, destination=destination, wall_seconds=wall)

    def _repr_html_(self) -> str:
        """The film itself, for notebooks."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "clip.mp4")
            self.save(path)
            film = base64.b64encode(path.read_bytes()).decode()
        return f'<video controls autoplay loop muted src="data:video/mp4;base64,{film}"></video>'


def _check_place(destination: Path) -> None:
    """See that the destination's folder takes a new file, by making one."""
    check_folder(destination)
    folder = destination.parent
    if os.path.isdir(destination) and any(destination.iterdir()):
        raise DestinationError(f"cannot write {destination}: it is a folder that is not empty; choose another name")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise DestinationError(
            f"cannot write {destination}: {folder} takes no new file ({error.strerror}); choose another folder"
        ) from error
