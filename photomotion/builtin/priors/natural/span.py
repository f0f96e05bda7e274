"""How long a film is, and how it is to end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from photomotion.data import Timing

from .curves import Floats, min_jerk

__all__ = ["Ending", "Span", "span_of"]

Ending = Literal["open", "photo"]
"""``open``: in the middle of things. ``photo``: everything is back at the photo in the last frame, at rest."""

SETTLE = 1.6
"""Seconds in which motion that never stops fades in from the photo's stillness, and out to it again."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """The time that is planned."""

    seconds: float
    """Until when, s. What is to be back is back then."""
    loop: bool = False
    """Whether the end leads to the beginning, through the photo and without a stop."""
    rests: bool = False
    """Whether the film comes to rest at the end as the photo."""

    @property
    def returns(self) -> bool:
        """Whether everything is at the end where it was at the beginning."""
        return self.loop or self.rests

    def envelope(self, times: Floats) -> Floats:
        """What unceasing motion is multiplied by at ``times`` (T,), 0..1: 0 where the film is at rest."""
        if self.loop:
            return np.ones(len(times))
        out = min_jerk(times / SETTLE)
        return out * min_jerk((self.seconds - times) / SETTLE) if self.rests else out


def span_of(timing: Timing, ending: Ending) -> Span:
    """The span of a film: to its last frame if it ends as the photo, to the frame after it in a loop.

    A loop that ends as the photo is at rest there.
    """
    if timing.loop:
        # A loop is over when its frames are; its length in seconds may say a fraction of a frame more.
        return Span(seconds=timing.frames / timing.fps, loop=ending == "open", rests=ending == "photo")
    if ending == "photo":
        return Span(seconds=(timing.frames - 1) / timing.fps, rests=True)
    return Span(seconds=timing.seconds)
