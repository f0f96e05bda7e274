"""When someone blinks, and how a lid moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import erf, exp, log, sqrt
from statistics import NormalDist
from typing import Literal

import numpy as np

from photomotion.data import Timing

from .curves import Floats, autoregression, min_jerk
from .person import Person

__all__ = ["Blink", "bounds", "closure", "draw_blink", "intervals", "location", "schedule"]

SPREAD = 0.75
"""Standard deviation of the logarithm of the intervals (0.6..1 from Cruz 2011 and eye-tracker recordings)."""
REFRACTORY = 0.45
"""No interval is shorter, s; double blinks are drawn apart from the intervals."""
LONGEST = 4.0
"""No interval is longer than so many times the mean (judgement: a log-normal has one in a hundred beyond, and whoever
does not blink for so long looks like a photo)."""
MEMORY = 0.1
"""Correlation of an interval with the one before it: Cruz 2011 finds some, other recordings none."""
DOUBLE = 0.1
"""Share of blinks followed at once by a second (animators' practice 0.10..0.15)."""
SUBSAMPLES = 5
"""Samples averaged for one frame, over the half of it that the shutter is open."""

Cause = Literal["interval", "double", "gaze"]

_NORMAL = NormalDist()


@dataclass(frozen=True, kw_only=True)
class Blink:
    """One complete blink; all times in seconds."""

    start: float
    """When the lid begins to fall."""
    closing: float
    """How long it falls, by minimum jerk."""
    hold: float
    """How long it stays shut."""
    opening: float
    """Time constant of the exponential with which it opens."""
    cause: Cause = "interval"
    """Why it comes: its time is drawn, it follows another at once, or it goes with a large shift of gaze."""

    @property
    def shut(self) -> float:
        """The middle of the time it is shut."""
        return self.start + self.closing + self.hold / 2

    @property
    def end(self) -> float:
        """When it is open again to the last trace; 95 % of the way is done at about two thirds of the opening."""
        return self.start + self.closing + self.hold + 4.5 * self.opening

    def lid(self, times: Floats) -> Floats:
        """How far the lid is down at ``times`` (any shape): 0 open ... 1 shut."""
        down = min_jerk((times - self.start) / self.closing)
        since = np.maximum(times - self.start - self.closing - self.hold, 0.0)
        soft = 0.02  # a lid does not start to open at full speed
        since = np.where(since < soft, since * since / (2 * soft), since - soft / 2)
        tail = 1 - min_jerk((since / self.opening - 2.5) / 2.0)
        return down * np.exp(-since / self.opening) * tail


def bounds(rate: float) -> tuple[float, float]:
    """Least and greatest interval, s, of someone who blinks ``rate`` times a minute."""
    return REFRACTORY, LONGEST * 60 / rate


def location(rate: float) -> float:
    """Mean logarithm of the untruncated intervals for which the truncated ones give ``rate`` blinks a minute."""
    low, high = log(0.01), log(600 / rate)
    least, most = (log(x) for x in bounds(rate))
    for _ in range(60):
        mu = (low + high) / 2
        a, b = (least - mu) / SPREAD, (most - mu) / SPREAD
        share = erf(b / sqrt(2)) - erf(a / sqrt(2))
        mean = exp(mu + SPREAD**2 / 2) * (erf((b - SPREAD) / sqrt(2)) - erf((a - SPREAD) / sqrt(2))) / share
        low, high = (mu, high) if mean < 60 / rate else (low, mu)
    return mu


def intervals(rng: np.random.Generator, count: int, rate: float) -> Floats:
    """``count`` intervals between blinks, s: log-normal within :func:`bounds`, slightly autocorrelated.

    The autocorrelated normal numbers go through the quantile function of the truncated log-normal, so its shape is
    kept exactly.

    Args:
        rng: where chance comes from.
        count: how many.
        rate: blinks a minute, above 0 and at most 60.
    """
    mu = location(rate)
    least, most = (_NORMAL.cdf((log(x) - mu) / SPREAD) for x in bounds(rate))
    shares = [least + (most - least) * _NORMAL.cdf(z) for z in autoregression(rng, count, MEMORY)]
    return np.array([exp(mu + SPREAD * _NORMAL.inv_cdf(min(max(u, 1e-12), 1 - 1e-12))) for u in shares])


def schedule(rng: np.random.Generator, person: Person, seconds: float, rate: float) -> list[Blink]:
    """Everybody's blinks from 0 to ``seconds``, in order; each is over before the end.

    In films of 4 s or more the first one comes between 0.6 and 3 s: it is the first sign of life, and a stationary
    process leaves 18 % of 5-second films without any (judgement). It makes short films a little busier than ``rate``.

    Args:
        rng: where chance comes from.
        person: whose they are.
        seconds: length of the film.
        rate: blinks a minute, double ones counted twice, 0..60.
    """
    if rate == 0:
        return []
    primary = rate / (1 + DOUBLE)
    gaps = intervals(rng, int(seconds * primary / 60 * 2) + 16, primary)
    first = rng.uniform(0.6, 3.0) if seconds >= 4 else 0.4 + rng.random() * gaps[0]
    blinks: list[Blink] = []
    for start, gap in zip(first + np.r_[0.0, np.cumsum(gaps)], gaps, strict=False):
        if start > seconds:
            break
        blink = draw_blink(rng, person, float(start))
        blinks.append(blink)
        after = rng.uniform(0.38, 0.55)
        if rng.random() < DOUBLE and gap > after + 0.6:
            blinks.append(replace(blink, start=blink.start + after, cause="double"))
    return [b for b in blinks if b.end <= seconds - 0.1]


def draw_blink(rng: np.random.Generator, person: Person, start: float, cause: Cause = "interval") -> Blink:
    """One of ``person``'s blinks, beginning at ``start``, s."""
    return Blink(
        start=start,
        closing=float(np.clip(person.closing + rng.normal(0, 0.004), 0.06, 0.11)),
        hold=float(np.clip(0.025 * exp(0.45 * rng.standard_normal()), 0.010, 0.060)),
        opening=person.opening * rng.uniform(0.95, 1.05),
        cause=cause,
    )


def closure(blinks: Sequence[Blink], timing: Timing) -> Floats:
    """How far the lids are down in each frame, (T,), 0..1.

    Each blink is moved by at most half a frame, so that a frame falls into the middle of its closed time and shows the
    eye fully shut; all other frames see what a shutter of 180 degrees would see.
    """
    open_share = np.ones(timing.frames)
    shutter = (np.arange(SUBSAMPLES) - (SUBSAMPLES - 1) / 2) / SUBSAMPLES / 2 / timing.fps
    for blink in blinks:
        locked = round(blink.shut * timing.fps)
        blink = replace(blink, start=blink.start + locked / timing.fps - blink.shut)
        first = max(int(blink.start * timing.fps) - 1, 0)
        last = min(int(blink.end * timing.fps) + 2, timing.frames)
        times = np.arange(first, last)[:, None] / timing.fps + shutter
        open_share[first:last] *= 1 - blink.lid(times).mean(axis=1)
        if locked < timing.frames:
            open_share[locked] = 0.0
    return 1 - open_share
