"""Reading a film: upright frames with their times, one after the other, never all at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from photomotion.errors import MotionError

__all__ = ["FASTEST", "LONGEST", "Film"]

Pixels = npt.NDArray[np.uint8]

LONGEST = 600.0
"""Seconds that are followed in one go."""
FASTEST = 60.0
"""Frames a second; of a faster film only so many are looked at."""
LARGEST = 1920
"""Longer side, px, to which larger frames are reduced: a face that fills the frame needs no more."""


class Film:
    """A part of a video file.

    Args:
        path: any file that FFmpeg reads.
        start: seconds from its beginning.
        seconds: how much of it; None: up to its end.

    Raises:
        MotionError: if it is missing, damaged, has no pictures, or the part is not in it or longer than
            :data:`LONGEST`.
    """

    def __init__(self, path: str | PathLike[str], start: float = 0.0, seconds: float | None = None) -> None:
        self.path = Path(path)
        self.start = start
        if not (math.isfinite(start) and start >= 0):
            raise MotionError(f"a film cannot be followed from {start} s on; start at 0 or later")
        if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
            raise MotionError(f"{seconds} s of a film cannot be followed; ask for more than 0")
        if not self.path.exists():
            raise MotionError(f"{path} does not exist; check the name and the folder")
        if self.path.is_dir():
            raise MotionError(f"{path} is a folder; name the film itself")
        with self._opened() as (container, stream):
            known = stream.duration and stream.time_base and float(stream.duration * stream.time_base)
            self.duration: float | None = known or (container.duration or 0) / av.time_base or None
            """Seconds of the whole file as it says itself, or None."""
            self.rate: float | None = float(stream.average_rate) if stream.average_rate else None
            """Frames a second on average as it says itself, or None."""
        if self.duration and start >= self.duration:
            raise MotionError(f"{self.path.name} lasts {self.duration:.4g} s: there is nothing to follow at {start} s")
        left = self.duration - start if self.duration else 0.0
        wanted = left if seconds is None else seconds
        if wanted > LONGEST:
            raise MotionError(
                f"{wanted:.0f} s of {self.path.name} are too long to follow at once; "
                f"name a part of at most {LONGEST:.0f} s with --start and --seconds"
            )
        self.seconds = seconds
        """How much is wanted, None for all."""
        self.cut: float | None = None
        """After the last frame: the time at which the file turned out to be damaged or incomplete, or None."""

    def __iter__(self) -> Iterator[tuple[float, Pixels]]:
        """Seconds from ``start`` on, and uint8 (H, W, 3) sRGB, upright; at most :data:`FASTEST` a second.

        Raises:
            MotionError: if no frame can be read.
        """
        self.cut = None
        last = turns = None
        end = self.seconds if self.seconds is not None else math.inf
        with self._opened() as (container, stream):
            origin = float((stream.start_time or 0) * (stream.time_base or 1))
            if self.start and stream.time_base:
                container.seek(int((origin + self.start) / stream.time_base), stream=stream)
            try:
                for frame in container.decode(stream):
                    time = (origin if frame.time is None else frame.time) - origin - self.start
                    if time < -1e-4 or (last is not None and time - last < 0.9 / FASTEST):
                        continue
                    if time >= end - 1e-4:
                        return
                    if time > LONGEST:
                        raise MotionError(
                            f"{self.path.name} is too long to follow at once; "
                            f"name a part of at most {LONGEST:.0f} s with --start and --seconds"
                        )
                    last = max(time, 0.0)
                    # Asked once: side data and its frame hold each other in memory until the next garbage collection.
                    turns = _quarter_turns(frame) if turns is None else turns
                    yield last, _upright(frame, float(stream.sample_aspect_ratio or 1), turns)
            except (av.FFmpegError, ValueError) as error:
                if last is None:
                    raise MotionError(f"{self.path.name} is damaged: {_reason(error)}; copy it again") from error
                self.cut = last
        if last is None:
            raise MotionError(f"no frame could be read from {self.path.name}; it is damaged or holds no film there")
        if self.duration and min(self.duration - self.start, end) - last > max(1.0, 0.1 * last):
            self.cut = last

    @contextmanager
    def _opened(self) -> Iterator[tuple[InputContainer, VideoStream]]:
        try:
            # "file:" keeps FFmpeg from reading a colon in the name as a protocol.
            container = av.open(f"file:{self.path}")
        except (av.FFmpegError, OSError, ValueError) as error:
            raise MotionError(f"{self.path.name} is not a film that can be read ({_reason(error)})") from error
        with container:
            if not container.streams.video:
                raise MotionError(f"{self.path.name} has no pictures, only {_contents(container)}")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            yield container, stream


def _upright(frame: VideoFrame, aspect: float, turns: int) -> Pixels:
    """The pixels as they are to be shown: square, turned as the file says, not larger than :data:`LARGEST`."""
    width = frame.width * (aspect if 0.2 < aspect < 5 else 1.0)
    scale = min(1.0, LARGEST / max(width, frame.height))
    size = max(1, round(width * scale)), max(1, round(frame.height * scale))
    if size == (frame.width, frame.height):
        pixels = frame.to_ndarray(format="rgb24")
    else:
        pixels = frame.reformat(width=size[0], height=size[1], format="rgb24").to_ndarray()
    if turns:
        ways = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_180, cv2.ROTATE_90_COUNTERCLOCKWISE)
        pixels = cv2.rotate(pixels, ways[turns - 1])
    return np.asarray(pixels, np.uint8)


def _quarter_turns(frame: VideoFrame) -> int:
    """How often the frame is to be turned clockwise by 90 degrees, 0..3, by the matrix of FFmpeg's display.h."""
    # Not by its side data where that can be helped: of a still picture they crash the next garbage collection.
    counterclockwise: float | None = getattr(frame, "rotation", None)
    if counterclockwise is not None:
        return round(-counterclockwise / 90) % 4
    # PyAV 13: its own types do not know this kind of side data, and its mapping has no get().
    side_data: Any = frame.side_data
    try:
        matrix = np.frombuffer(bytes(side_data[Type.DISPLAYMATRIX]), np.int32)
    except KeyError:
        return 0
    return round(math.degrees(math.atan2(matrix[1], matrix[0])) / 90) % 4


def _contents(container: InputContainer) -> str:
    kinds = sorted({stream.type for stream in container.streams})
    return " and ".join(kinds) or "an empty shell"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
