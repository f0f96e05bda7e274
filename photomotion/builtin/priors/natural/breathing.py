"""How someone breathes in quiet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from photomotion.builtin.limits import soft_limit

from .curves import Floats, autoregression, min_jerk
from .moods import Mood
from .person import Person
from .span import Span

__all__ = ["Breaths", "breathe"]

EXPIRATION = 0.45
"""Share of a breath in which the chest falls; after it is a pause."""


@dataclass(frozen=True, eq=False)
class Breaths:
    """One breath after the other."""

    starts: Floats
    """(N,) when the chest begins to rise, s."""
    periods: Floats
    """(N,) length of each breath, s."""
    rises: Floats
    """(N,) share of each in which the chest rises, 0.36..0.46."""
    depths: Floats
    """(N,) how full the chest gets, 0..1."""
    rests: Floats
    """(N + 1,) level before the first breath and after each, near 0."""

    def sample(self, times: Floats) -> Floats:
        """Fill of the chest at ``times`` (T,), within -1..1; 0 before the first breath."""
        i = np.clip(np.searchsorted(self.starts, times, side="right") - 1, 0, len(self.starts) - 1)
        s = np.clip((times - self.starts[i]) / self.periods[i], 0.0, 1.0)
        rise = (1 - np.cos(np.pi * np.minimum(s / self.rises[i], 1.0))) / 2
        fall = min_jerk(np.clip((s - self.rises[i]) / EXPIRATION, 0.0, 1.0) ** 0.75)
        before, peak, after = self.rests[i], self.depths[i], self.rests[i + 1]
        return before + (peak - before) * rise + (after - peak) * fall


def breathe(rng: np.random.Generator, person: Person, span: Span, mood: Mood) -> Breaths:
    """Breaths over the whole film, beginning in the pause after an expiration, where a chest is most of the time.

    Periods vary by 12 % and depths by 22 % from breath to breath, each remembering the last by 0.25, and long breaths
    are deeper by a correlation of 0.3 (judgement: steadier than the 21 % and 33 % of Tobin 1988, as one film is short).
    A film that returns to its beginning holds a whole number of breaths; where that makes them short they are shallow,
    and half as long is none.
    """
    usual = person.breath_period * mood.breath_period
    count = int(span.seconds / usual * 1.5) + 8
    length, own = autoregression(rng, count, 0.25), autoregression(rng, count, 0.25)
    depth = mood.breath * 0.65 * np.exp(0.22 * (0.3 * length + np.sqrt(1 - 0.3**2) * own))
    periods = usual * np.exp(0.12 * length)
    rests = np.clip(0.04 * rng.standard_normal(count + 1), -0.1, 0.1)
    rests[0] = 0.0
    first = 0.0 if span.loop else rng.uniform(0.15, 1.5)
    rises = np.clip(person.inspiration + 0.02 * rng.standard_normal(count), 0.36, 0.46)
    room = 1.0
    if span.returns:
        first = min(first, span.seconds / 10)
        left = max(span.seconds - first, 1e-6)
        count = max(round(left / usual), 1)
        rests[count] = 0.0
        periods *= left / periods[:count].sum()
        room = float(np.clip(2 * left / count / usual - 1, 0.0, 1.0))
    return Breaths(
        starts=first + np.r_[0.0, np.cumsum(periods[: count - 1])],
        periods=periods[:count],
        rises=rises[:count],
        depths=room * soft_limit(depth[:count], -1.0, 1.0),
        rests=room * rests[: count + 1],
    )
