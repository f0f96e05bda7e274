"""A picture of a motion: its channels over time, its blinks, how they are spaced, and how the head drifts."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .builtin.priors.natural.blinks import SPREAD, bounds, location
from .data import FaceMotion, Motion
from .data.words import blinks
from .errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["blink_times", "draw_plot", "spectrum"]

Floats = npt.NDArray[np.float64]

ROWS: Mapping[str, tuple[str, ...]] = {
    "head, degrees": ("headYaw", "headPitch", "headRoll"),
    "gaze in the head, degrees": ("gazeYaw", "gazePitch"),
    "lids": ("eyeBlinkLeft", "eyeBlinkRight", "eyeSquintLeft", "eyeWideLeft"),
    "brows and cheeks": ("browInnerUp", "browOuterUpLeft", "browDownLeft", "cheekSquintLeft"),
    "mouth": ("mouthSmileLeft", "mouthSmileRight", "mouthPressLeft", "mouthDimpleLeft", "jawOpen"),
    "breath": ("breath",),
}
SLOPE = -3.0
"""Of the power of head motion over 0.2..4 Hz on log-log axes."""


def blink_times(face: FaceMotion) -> npt.NDArray[np.int64]:
    """The rows in which a blink is deepest, ascending."""
    lids = np.minimum(face.column("eyeBlinkLeft"), face.column("eyeBlinkRight"))
    return np.array([first + int(lids[first:last].argmax()) for first, last in blinks(face)], np.int64)


def spectrum(values: npt.NDArray[np.floating[Any]], fps: float) -> tuple[Floats, Floats]:
    """Power density of a channel: Welch's average over Hann windows of up to 20 s, half overlapping (Welch, 1967).

    Returns:
        Frequencies, Hz, and power, units² / Hz, both (N,), without the constant.
    """
    length = min(len(values), round(20 * fps))
    window = np.hanning(length)
    starts = range(0, len(values) - length + 1, max(length // 2, 1))
    parts = [np.asarray(values[s : s + length], np.float64) for s in starts]
    power = np.mean([np.abs(np.fft.rfft((part - part.mean()) * window)) ** 2 for part in parts], axis=0)
    density: Floats = 2 * power[1:] / (fps * (window**2).sum())
    return np.fft.rfftfreq(length, 1 / fps)[1:].astype(np.float64), density


def draw_plot(motion: Motion, face: int = 0) -> bytes:
    """Draw one face's motion.

    Args:
        motion: any.
        face: which face's channels are drawn; the raster has the blinks of all.

    Returns:
        A PNG file, 1600 x 1700 px.

    Raises:
        UsageError: if matplotlib is not installed, or there is no such face.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError("a plot needs matplotlib; pip install 'photomotion[plot]'") from error
    if not 0 <= face < len(motion.faces):
        raise UsageError(f"the motion has {len(motion.faces)} faces, there is no face {face + 1}")
    figure = Figure(figsize=(16, 17), dpi=100, layout="constrained")
    grid = figure.add_gridspec(len(ROWS) + 2, 2, height_ratios=[1] * len(ROWS) + [0.6, 1.6])
    seconds = np.arange(motion.frames) / motion.fps
    first: Axes | None = None
    for row, (label, channels) in enumerate(ROWS.items()):
        first = _draw_channels(
            figure.add_subplot(grid[row, :], sharex=first), seconds, motion.faces[face], label, channels
        )
    _draw_raster(figure.add_subplot(grid[len(ROWS), :], sharex=first), motion)
    _draw_intervals(figure.add_subplot(grid[-1, 0]), motion)
    _draw_spectrum(figure.add_subplot(grid[-1, 1]), motion, face)
    figure.suptitle(f"face {face + 1} of {len(motion.faces)}: {motion.frames} frames, {motion.fps:g} a second")
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def _draw_channels(axes: Axes, seconds: Floats, face: FaceMotion, label: str, channels: tuple[str, ...]) -> Axes:
    for channel in channels:
        if channel in face.channels:
            axes.plot(seconds, face.column(channel), linewidth=1, label=channel)
    axes.set_ylabel(label)
    axes.margins(x=0)
    axes.grid(alpha=0.25)
    if axes.lines:
        axes.legend(loc="upper right", ncols=5, fontsize="small")
    return axes


def _draw_raster(axes: Axes, motion: Motion) -> None:
    axes.eventplot([blink_times(face) / motion.fps for face in motion.faces], colors="black", linelengths=0.7)
    axes.set_yticks(range(len(motion.faces)), [str(n + 1) for n in range(len(motion.faces))])
    axes.set_ylabel("blinks, by face")
    axes.set_xlabel("seconds")


def _draw_intervals(axes: Axes, motion: Motion) -> None:
    """All intervals between blinks, against the truncated log-normal of the same rate that ``natural`` draws from."""
    gaps = np.concatenate([np.diff(blink_times(face)) / motion.fps for face in motion.faces])
    axes.set_title("intervals between blinks")
    axes.set_xlabel("seconds")
    if len(gaps) < 2:
        axes.text(0.5, 0.5, "too few blinks", ha="center", transform=axes.transAxes)
        return
    axes.hist(gaps, bins=min(40, max(5, len(gaps) // 3)), density=True, alpha=0.5, label=f"{len(gaps)} intervals")
    rate = min(60 / gaps.mean(), 60.0)
    mu, x = location(rate), np.linspace(*bounds(rate), 400)
    density = np.exp(-((np.log(x) - mu) ** 2) / (2 * SPREAD**2)) / (x * SPREAD * math.sqrt(2 * math.pi))
    kept = np.ptp([0.5 * math.erf((math.log(end) - mu) / SPREAD / math.sqrt(2)) for end in bounds(rate)])
    axes.plot(x, density / kept, color="black", label=f"log-normal, {rate:.1f} a minute")
    axes.legend()


def _draw_spectrum(axes: Axes, motion: Motion, face: int) -> None:
    axes.set_title("power of head motion")
    axes.set_xlabel("Hz")
    axes.set_ylabel("degrees² / Hz")
    for channel in ROWS["head, degrees"]:
        values = motion.faces[face].column(channel)
        if len(values) >= 8 and values.any():
            axes.loglog(*spectrum(values, motion.fps), label=channel)
    if axes.lines:
        band = np.geomspace(0.2, 4, 20)
        f, power = (np.asarray(axes.lines[0].get_data()[n], np.float64) for n in (0, 1))
        level = float(np.interp(1.0, f, power))
        axes.loglog(band, max(level, 1e-12) * band**SLOPE, "k--", label=f"slope {SLOPE:g}, 0.2 to 4 Hz")
        axes.legend()
