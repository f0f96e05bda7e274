"""The built-in renderer behind the ``backend`` stage: frames drawn ahead by a few threads, handed on in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock

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


SMALL = 600_000
"""Pixels below which, if nothing was compiled, much of drawing is Python, which one thread does as fast as two ..."""
FEW = 2
"""... if there are no more processors than these: the encoder keeps the other one busy."""


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
        small = photo.width * photo.height < SMALL and (os.cpu_count() or FEW) <= FEW
        workers = self._workers or (1 if small and compiled.inner is None else 2)
        ahead: deque[Future[npt.NDArray[np.uint8]]] = deque()
        with ThreadPoolExecutor(workers, thread_name_prefix="warp") as pool:
            preparing = pool.submit(Scene, photo, conditioning.analysis, motion, self._grain)
            at_once = 1 if motion.rests(0) else 0
            if at_once:
                yield Frame(index=0, time=0.0, pixels=photo.pixels)
            scene = preparing.result()
            try:
                with one_at_a_time():
                    for row in range(at_once, timing.frames):
                        ahead.append(pool.submit(scene.draw, row))
                        if len(ahead) > 2 * workers:
                            yield self._frame(ahead, row - len(ahead) + 1, timing)
                    while ahead:
                        yield self._frame(ahead, timing.frames - len(ahead), timing)
            finally:
                for future in ahead:
                    future.cancel()

    @staticmethod
    def _frame(ahead: deque[Future[npt.NDArray[np.uint8]]], index: int, timing: Timing) -> Frame:
        return Frame(index=index, time=index / timing.fps, pixels=ahead.popleft().result())


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
