"""A film and what was read from it, side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.builtin.encoders.mp4 import Mp4Encoder
from photomotion.data import Conditioning, Frame, Motion, Timing
from photomotion.destinations import write_whole
from photomotion.plugin import Event
from photomotion.stickface import HEIGHT, StickBackend
from photomotion.testing.fakes import fake_analysis, fake_photo

from .film import Film

__all__ = ["draw_preview"]


def draw_preview(
    path: str | PathLike[str],
    motion: Motion,
    destination: Path,
    *,
    start: float = 0.0,
    progress: Callable[[Event], None] = lambda event: None,
) -> None:
    """Write the film beside a drawn face that does what was read from it.

    Args:
        path: of the film.
        motion: what :func:`track` read from it.
        destination: an ``.mp4``; it is replaced when all is well.
        start: seconds into the film, as for :func:`track`.
        progress: told of every frame.

    Raises:
        DestinationError: if it cannot be written.
        MotionError: if the film cannot be read.
    """
    timing = Timing(seconds=motion.frames / motion.fps, fps=motion.fps)
    conditioning = Conditioning(photo=fake_photo(), analysis=fake_analysis(), motion=motion)
    drawn = StickBackend().render(conditioning, timing, 0)
    film = _at(Film(path, start, timing.seconds + 0.5 / motion.fps), timing)

    def pictures() -> Iterator[Frame]:
        for frame, pixels in zip(drawn, film, strict=False):
            progress(Event(stage="preview", done=frame.index + 1, total=timing.frames, message="preview"))
            yield Frame(index=frame.index, time=frame.time, pixels=np.hstack([pixels, frame.pixels]))

    write_whole(destination, lambda temporary: Mp4Encoder().encode(pictures(), temporary, timing))


def _at(film: Film, timing: Timing) -> Iterator[npt.NDArray[np.uint8]]:
    """The film's pictures, as high as a drawn face, at even times: the one shown then, from the first one's time on."""
    shown = None
    index, first = 0, None
    for time, pixels in film:
        first = time if first is None else first
        while shown is not None and index / timing.fps < time - first - 0.5 / timing.fps:
            yield shown
            index += 1
        width = max(2, round(pixels.shape[1] * HEIGHT / pixels.shape[0]))
        shown = np.asarray(cv2.resize(pixels, (width, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    while shown is not None and index < timing.frames:
        yield shown
        index += 1
