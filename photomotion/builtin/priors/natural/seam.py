"""Where the end of a loop meets its beginning."""

from __future__ import annotations

import numpy as np

from photomotion.data.ranks import percentile

from .curves import Floats

__all__ = ["is_even"]

ORDINARY = 95.0
"""Percentile of the changes from frame to frame up to which one is ordinary."""
NOTHING = 1e-4
"""Change that is none."""


def is_even(values: Floats) -> bool:
    """Whether no channel of a periodic motion (T, K) changes more across its seam than it ordinarily does within it.

    So for the value, and for the speed in the two frames that meet there. Fewer than four frames have no ordinary.
    """
    if len(values) < 4:
        return True
    steps = np.abs(np.diff(values[np.r_[: len(values), 0]], axis=0))
    bends = np.abs(np.diff(values[np.r_[: len(values), 0, 1]], n=2, axis=0))
    smooth = steps[-1] <= percentile(steps[:-1], ORDINARY, axis=0) + NOTHING
    even = bends[-2:].max(axis=0) <= percentile(bends[:-2], ORDINARY, axis=0) + NOTHING
    return bool(smooth.all() and even.all())
