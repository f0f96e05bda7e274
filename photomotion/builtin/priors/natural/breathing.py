"""How someone breathes in quiet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photomotion.builtin.limits import soft_limit

from .curves import Floats, autoregression, min_jerk
from .person import Person

__all__ = ["Breaths", "breathe"]

INSPIRATION = 0.40
"""Share of a breath in which the chest rises (a usual value in quiet)."""
EXPIRATION = 0.45
"""Share in which it falls; the rest is a pause."""


@dataclass(frozen=True, eq=False)
class Breaths:
    """One breath after the other."""

    starts: Floats
    """(N,) when the chest begins to rise, s."""
    periods: Floats
    """(N,) length of each breath, s."""
    depths: Floats
    """(N,) how full the chest gets, 0..1."""
    rests: Floats
    """(N + 1,) level before the first breath and after each, near 0."""

    def sample(self, times: Floats) -> Floats:
        """Fill of the chest at ``times`` (T,), within -1..1; 0 before the first breath."""
        i = np.clip(np.searchsorted(self.starts, times, side="right") - 1, 0, len(self.starts) - 1)
        s = np.clip((times - self.starts[i]) / self.periods[i], 0.0, 1.0)
        rise = (1 - np.cos(np.pi * np.minimum(s / INSPIRATION, 1.0))) / 2
        fall = min_jerk(np.clip((s - INSPIRATION) / EXPIRATION, 0.0, 1.0) ** 0.75)
        before, peak, after = self.rests[i], self.depths[i], self.rests[i + 1]
        return before + (peak - before) * rise + (after - peak) * fall


def breathe(rng: np.random.Generator, person: Person, seconds: float, *, loop: bool = False) -> Breaths:
    """Breaths from 0 to ``seconds``, beginning in the pause after an expiration, where a chest is most of the time.

    Periods vary by 12 % and depths by 22 % from breath to breath, each remembering the last by 0.25, and long breaths
    are deeper by a correlation of 0.3 (judgement: steadier than the 21 % and 33 % of Tobin 1988, as one film is short).
    A loop holds a whole number of breaths; where that makes them short they are shallow, and half as long is none.
    """
    count = int(seconds / person.breath_period * 1.5) + 8
    length, own = autoregression(rng, count, 0.25), autoregression(rng, count, 0.25)
    depth = 0.3 * length + np.sqrt(1 - 0.3**2) * own
    periods = person.breath_period * np.exp(0.12 * length)
    rests = np.clip(0.04 * rng.standard_normal(count + 1), -0.1, 0.1)
    rests[0] = 0.0
    if loop:
        whole = max(round(seconds / person.breath_period), 1)
        rests[whole] = 0.0
        periods = periods[:whole] * seconds / periods[:whole].sum()
        room = np.clip(2 * seconds / whole / person.breath_period - 1, 0.0, 1.0)
        return Breaths(
            starts=np.r_[0.0, np.cumsum(periods[:-1])],
            periods=periods,
            depths=room * soft_limit(0.65 * np.exp(0.22 * depth[:whole]), -1.0, 1.0),
            rests=room * rests[: whole + 1],
        )
    return Breaths(
        starts=rng.uniform(0.15, 1.5) + np.r_[0.0, np.cumsum(periods[:-1])],
        periods=periods,
        depths=soft_limit(0.65 * np.exp(0.22 * depth), -1.0, 1.0),
        rests=rests,
    )
