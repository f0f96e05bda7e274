"""H.264 in an MP4 file: plays everywhere, starts before it is all there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext

from photomotion.data import Frame, Timing
from photomotion.errors import DestinationError, StageError, UsageError

__all__ = ["Mp4Encoder", "exact_rate", "to_i420"]

# ITU-T H.273 code points. The pixels are sRGB: BT.709 primaries (1) and the sRGB curve (13); the YUV matrix is that of
# BT.601 (6), as in OpenCV, in limited range (1).
_PRIMARIES, _TRANSFER, _MATRIX, _LIMITED = 1, 13, 6, 1

# OpenCV's YCrCb spreads chroma over 0..255; video wants 16..240.
_TO_LIMITED = np.rint((np.arange(256) - 128) * (224 / 255) + 128).astype(np.uint8)


LARGEST = 16384
"""Longest side that x264 encodes, px."""


class Mp4Encoder:
    """Writes H.264, yuv420p, with the index in front and the colours labelled for what they are.

    A picture of odd width or height is drawn one pixel smaller: 4:2:0 has chroma for pairs only.
    """

    suffix = ".mp4"

    def __init__(self, crf: int = 18, preset: str = "veryfast") -> None:
        """Take x264's ``crf`` (0..51, lower is finer) and ``preset``."""
        self._options = {"crf": str(crf), "preset": preset, "x264-params": "chromaloc=1"}

    def encode(self, frames: Iterable[Frame], destination: Path, timing: Timing) -> None:
        """Write all frames to ``destination``; nothing is left there if anything goes wrong.

        Raises:
            DestinationError: if it cannot be written there, or the disk is full.
            StageError: if there is no frame, or one differs in size from the first.
            UsageError: if a side is longer than 16384 px.
        """
        rate = exact_rate(timing.fps)
        pictures = iter(frames)
        try:
            first = next(pictures)
        except StopIteration:
            raise StageError("the encoder mp4 was given no frame; the stage before it made none") from None
        try:
            self._write(first, pictures, destination, rate)
        except BaseException:
            with suppress(OSError):
                destination.unlink()
            raise

    def _write(self, first: Frame, rest: Iterator[Frame], destination: Path, rate: Fraction) -> None:
        shape = first.pixels.shape
        if max(shape) > LARGEST:
            raise UsageError(
                f"H.264 takes at most {LARGEST} pixels a side, not {shape[1]} x {shape[0]}; ask for a smaller size"
            )
        with _blame(destination):
            # "file:" keeps FFmpeg from reading a colon in the name as a protocol.
            container = av.open(f"file:{destination}", "w", format="mp4", options={"movflags": "+faststart"})
        try:
            stream = container.add_stream("libx264", rate=rate, options=self._options)
            stream.width, stream.height = shape[1] // 2 * 2, shape[0] // 2 * 2
            stream.pix_fmt = "yuv420p"
            # Whole frames to each thread: files are smaller than with sliced ones, and the same for any number of them.
            stream.thread_type, stream.thread_count = "FRAME", 2
            _label(stream.codec_context)
            index, frame = 0, first
            while True:
                if frame.pixels.shape != shape:
                    raise StageError(
                        f"frame {index} is {frame.pixels.shape[1]} x {frame.pixels.shape[0]}, "
                        f"but the film began with {shape[1]} x {shape[0]}"
                    )
                picture = av.VideoFrame.from_ndarray(to_i420(frame.pixels), format="yuv420p")
                picture.pts, picture.time_base = index, 1 / rate
                with _blame(destination):
                    container.mux(stream.encode(picture))
                following = next(rest, None)
                if following is None:
                    break
                index, frame = index + 1, following
            with _blame(destination):
                container.mux(stream.encode(None))
        except BaseException:
            # What went wrong before matters more than what the end of the file says.
            with suppress(OSError, av.FFmpegError):
                container.close()
            raise
        with _blame(destination):
            container.close()


def exact_rate(fps: float) -> Fraction:
    """Frames a second as a fraction: 29.97 is 30000/1001, as television means it; 12.5 is 25/2.

    >>> exact_rate(23.976), exact_rate(25.0)
    (Fraction(24000, 1001), Fraction(25, 1))
    """
    broadcast = Fraction(round(fps * 1.001) * 1000, 1001)
    if fps != round(fps) and abs(broadcast / Fraction(fps) - 1) < 1.7e-4:
        return broadcast
    return Fraction(fps).limit_denominator(1000)


def to_i420(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """RGB to planar YUV 4:2:0, BT.601 limited range; gray pixels get chroma of exactly 128.

    OpenCV's own conversion takes the chroma of every fourth pixel, which frays coloured edges and shifts them by half
    a pixel; here it is the mean of each 2 x 2.

    Args:
        pixels: uint8 (H, W, 3), sRGB.

    Returns:
        uint8 (3 H / 2, W), H and W rounded down to even: the Y plane, then U and V, each a quarter of its size.
    """
    height, width = pixels.shape[0] // 2 * 2, pixels.shape[1] // 2 * 2
    even = np.ascontiguousarray(pixels)
    if (height, width) != pixels.shape[:2]:
        even = cv2.resize(even, (width, height), interpolation=cv2.INTER_CUBIC)
    planes = np.asarray(cv2.cvtColor(even, cv2.COLOR_RGB2YUV_I420), np.uint8)
    half = cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    _, red, blue = cv2.split(cv2.cvtColor(half, cv2.COLOR_RGB2YCrCb))
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[0] = cv2.LUT(blue, _TO_LIMITED)
    chroma[1] = cv2.LUT(red, _TO_LIMITED)
    return planes


def _label(codec: VideoCodecContext) -> None:
    """Say what the numbers mean, so that players do not guess by the picture's size."""
    codec.color_primaries, codec.color_trc = _PRIMARIES, _TRANSFER
    codec.colorspace, codec.color_range = _MATRIX, _LIMITED


@contextmanager
def _blame(destination: Path) -> Iterator[None]:
    """Turn what FFmpeg and the system say of a file that cannot be written into one sentence."""
    try:
        yield
    except (OSError, av.FFmpegError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DestinationError(
            f"the film cannot be written into {destination.parent} ({reason}); check its permissions and free space"
        ) from error
