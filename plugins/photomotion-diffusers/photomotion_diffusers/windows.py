"""Films longer than a model makes at once: windows that share frames, each begun where the one before has been."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Window", "crossfade", "plan_windows"]

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Window:
    """Frames that a model makes in one run."""

    start: int
    """The first."""
    stop: int
    """Behind the last."""
    shared: int
    """How many of its first frames the window before has too; 0 for the first window."""


def plan_windows(count: int, length: int, overlap: int) -> list[Window]:
    """Cover ``count`` frames with windows of one length, so that a model always sees the number it is used to.

    Args:
        count: frames in all, at least 1.
        length: frames of a window; of all of them, if there are fewer.
        overlap: frames shared by neighbours; more at the last window, which ends with the film. At most ``length - 1``.
    """
    length = min(length, count)
    stride = max(length - overlap, 1)
    starts = [*range(0, count - length, stride), count - length]
    windows: list[Window] = []
    for start in starts:
        shared = windows[-1].stop - start if windows else 0
        windows.append(Window(start=start, stop=start + length, shared=shared))
    return windows


def crossfade(old: Picture, new: Picture, place: int, shared: int) -> Picture:
    """One of the shared frames, passing evenly from the old window's picture to the new one's.

    Args:
        old: uint8 (H, W, 3), from the window before.
        new: uint8 (H, W, 3), from this one.
        place: which of the shared frames, from 0.
        shared: how many there are.
    """
    part = (place + 1) / (shared + 1)
    mixed = old.astype(np.float32) * (1 - part) + new.astype(np.float32) * part
    return np.asarray(np.round(mixed), np.uint8)
