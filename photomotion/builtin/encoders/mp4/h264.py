"""H.264 in an MP4 file, frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.codeccontext import VideoCodecContext

from photomotion.data import Frame
from photomotion.errors import DestinationError, StageError, UsageError

__all__ = ["to_i420", "write_film"]

# ITU-T H.273 code points. The pixels are sRGB: BT.709 primaries (1) and the sRGB curve (13); the YUV matrix is that of
# BT.601 (6), as in OpenCV, in limited range (1).
_PRIMARIES, _TRANSFER, _MATRIX, _LIMITED = 1, 13, 6, 1

# OpenCV's YCrCb spreads chroma over 0..255; video wants 16..240.
_TO_LIMITED = np.rint((np.arange(256) - 128) * (224 / 255) + 128).astype(np.uint8)

LARGEST = 16384
"""Longest side that x264 encodes, px."""
SMALL = 600_000
"""Pixels below which x264 works in one thread: others would be woken so often that they hold up whoever draws."""
LARGE = 6_000_000
"""Pixels above which x264 looks less far ahead: the frames it usually holds are 1 GB for 12 megapixels, these 0.4."""


def write_film(
    first: Frame, rest: Iterator[Frame], destination: Path, rate: Fraction, *, crf: int, preset: str
) -> None:
    """Write an MP4 file of H.264, yuv420p, with the index in front and the colours labelled for what they are.

    Args:
        first: its size is that of the film.
        rest: must have that size too.
        destination: overwritten; what is left there after an error is of no use.
        rate: frames a second.
        crf: of x264, 0..51, lower is finer.
        preset: of x264.

    Raises:
        DestinationError: if it cannot be written there, or the disk is full.
        StageError: if a frame differs in size from the first.
        UsageError: if a side is longer than 16384 px.
    """
    shape = first.pixels.shape
    if max(shape) > LARGEST:
        raise UsageError(
            f"H.264 takes at most {LARGEST} pixels a side, not {shape[1]} x {shape[0]}; ask for a smaller size"
        )
    # Spending less on even walls leaves more for skin and paper, which otherwise lose detail as soon as they move; and
    # heads move so steadily, and without a cut, that neither the number of frames between two others has to be weighed
    # nor a new scene be looked for, nor far places and small parts be tried.
    steady = "chromaloc=1:aq-strength=0.5:bframes=2:b-adapt=0:scenecut=0"
    options = {"crf": str(crf), "preset": preset, "x264-params": steady}
    if preset == "veryfast":
        options["x264-params"] += ":me=dia:subme=1:partitions=none"
    if shape[0] * shape[1] > LARGE:
        options["x264-params"] += ":rc-lookahead=1:bframes=0"
    # In the usual thousandths of a second few films would be exactly as long as their frames.
    layout = {"movflags": "+faststart", "movie_timescale": str(rate.numerator * max(1000 // rate.numerator, 1))}
    with _blame(destination):
        # "file:" keeps FFmpeg from reading a colon in the name as a protocol.
        container = av.open(f"file:{destination}", "w", format="mp4", options=layout)
    try:
        stream = container.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height = shape[1] // 2 * 2, shape[0] // 2 * 2
        stream.pix_fmt = "yuv420p"
        # Whole frames to each thread: files are smaller than with sliced ones, and the same for any number of them.
        stream.thread_type, stream.thread_count = "FRAME", 1 if shape[0] * shape[1] < SMALL else 2
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
