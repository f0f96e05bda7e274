"""The built-in renderer behind the ``backend`` stage: frames drawn ahead by a few threads, handed on in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Conditioning, Frame, Timing
from photomotion.errors import UsageError
from photomotion.plugin import Event
from photomotion.warp import Scene, compiled
from photomotion.warp.grain import GrainMode
from photomotion.warp.sampling import LONGEST

__all__ = ["WarpBackend"]

Pixels = npt.NDArray[np.uint8]

AHEAD = 4
"""Frames drawn ahead, at least; two for each thread."""
SMALL = 600_000
"""Pixels below which, if nothing was compiled, much of drawing is Python, which one thread does as fast as two."""
FEW = 2
"""Processors up to which one thread draws ahead: whoever takes the frames keeps another one busy."""


class WarpBackend:
    """Moves the photo itself, in layers, by the planned motion: nothing is generated and no model is needed."""

    def __init__(
        self,
        workers: int | None = None,
        on_event: Callable[[Event], None] = lambda event: None,
        grain: GrainMode = "moving",
    ) -> None:
        self._workers = workers
        self._grain: GrainMode = grain
        self._on_event = on_event

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        """Yield ``timing.frames`` frames; the first is the photo. Only a few frames are in memory at any time.

        Args:
            conditioning: photo, analysis and motion; nothing optional is used.
            timing: must be that of the motion.
            seed: not used; fresh grain depends on the frame alone.

        Raises:
            UsageError: if a side of the photo is longer than 32766 px.
        """
        photo = conditioning.photo
        if max(photo.width, photo.height) >= LONGEST:
            raise UsageError(
                f"warp moves photos of at most {LONGEST - 1} pixels a side, {photo.name} is {photo.width} x "
                f"{photo.height}; ask for a smaller size"
            )
        self._on_event(Event(stage="backend", message="preparing"))
        motion = conditioning.motion
        processors = os.cpu_count() or FEW
        workers = self._workers or (1 if processors <= FEW else 2)
        alone = compiled.inner is None and photo.width * photo.height < SMALL and processors <= FEW
        ahead: deque[_Drawing] = deque()
        with ThreadPoolExecutor(workers, thread_name_prefix="warp") as pool:
            preparing = pool.submit(Scene, photo, conditioning.analysis, motion, self._grain)
            at_once = 1 if motion.rests(0) else 0
            if at_once:
                yield Frame(index=0, time=0.0, pixels=photo.pixels)
            scene = preparing.result()
            try:
                with one_at_a_time():
                    for row in range(at_once, timing.frames):
                        ahead.append(_Drawing(row, pool.submit(scene.draw, row)))
                        if len(ahead) > max(AHEAD, 2 * workers):
                            yield _first(ahead, scene, timing, alone)
                    while ahead:
                        yield _first(ahead, scene, timing, alone)
            finally:
                for drawing in ahead:
                    drawing.picture.cancel()


class _Drawing(NamedTuple):
    row: int
    picture: Future[Pixels]


def _first(ahead: deque[_Drawing], scene: Scene, timing: Timing, alone: bool) -> Frame:
    """Take the first of some frames. Until it is there, those that nobody has begun are drawn here, unless ``alone``:
    nobody waits while there is work, and nobody is in the way of who takes the frames and has work of its own."""
    for index, (row, picture) in enumerate(ahead):
        if alone or ahead[0].picture.done():
            break
        if picture.cancel():
            own: Future[Pixels] = Future()
            own.set_result(scene.draw(row))
            ahead[index] = _Drawing(row, own)
    row, picture = ahead.popleft()
    return Frame(index=row, time=row / timing.fps, pixels=picture.result())


class _Alone:
    """Who draws with threads of their own now, and how many OpenCV used before the first of them."""

    lock = Lock()
    drawing = 0
    threads = 1


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """While frames are drawn side by side, OpenCV does not split each of its calls, in the whole process.

    Its own threads would compete with ours for the same processors and, in between, spin while they wait.
    """
    with _Alone.lock:
        if not _Alone.drawing:
            _Alone.threads = cv2.getNumThreads()
            cv2.setNumThreads(1)
        _Alone.drawing += 1
    try:
        yield
    finally:
        with _Alone.lock:
            _Alone.drawing -= 1
            if not _Alone.drawing:
                cv2.setNumThreads(_Alone.threads)
