"""Curves that bodies draw: minimum jerk, held steps, soft limits and coloured noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Drift", "Floats", "Steps", "autoregression", "drift", "min_jerk", "soft_limit"]

Floats = npt.NDArray[np.float64]

GRID_HZ = 64.0
"""How finely noise is stored; its power above 8 Hz is below 1e-5 of the whole."""


def min_jerk(s: npt.ArrayLike) -> Floats:
    """The smoothest way from 0 to 1 while ``s`` goes from 0 to 1; flat outside.

    Position, velocity and acceleration are continuous; the peak velocity is 1.875 of the mean (Flash & Hogan 1985).
    """
    x: Floats = np.clip(s, 0.0, 1.0)
    out: Floats = x * x * x * (10.0 + x * (6.0 * x - 15.0))
    return out


def soft_limit(x: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike) -> Floats:
    """Keep ``x`` strictly between ``low`` < 0 and ``high`` > 0 without a corner.

    Nothing changes up to half of a limit; beyond that a tanh takes over with the same value, slope and curvature.
    All three broadcast.
    """
    x = np.asarray(x, np.float64)
    knee = np.where(x < 0, -np.asarray(low, np.float64), np.asarray(high, np.float64)) / 2
    size = np.abs(x)
    out: Floats = np.sign(x) * np.where(size <= knee, size, knee + knee * np.tanh((size - knee) / knee))
    return out


def autoregression(rng: np.random.Generator, count: int, rho: float) -> Floats:
    """``count`` standard normal numbers, each correlated by ``rho`` with the one before it."""
    fresh = rng.standard_normal(count)
    out = np.empty(count)
    last = 0.0
    for i, e in enumerate(fresh):
        last = e if i == 0 else rho * last + np.sqrt(1 - rho * rho) * e
        out[i] = last
    return out


@dataclass(frozen=True, eq=False)
class Steps:
    """Places that are held, and minimum-jerk moves between them."""

    starts: Floats
    """(N,) when each move begins, s, ascending; a move ends before the next begins."""
    durations: Floats
    """(N,) how long each takes, s."""
    places: Floats
    """(N + 1, K) where one is before the first move and after each."""

    def sample(self, times: Floats) -> Floats:
        """Where one is at ``times`` (T,), as (T, K)."""
        if not len(self.starts):
            return np.repeat(self.places, len(times), axis=0)
        last = np.searchsorted(self.starts, times, side="right")
        move = np.maximum(last - 1, 0)
        done = np.where(last > 0, min_jerk((times - self.starts[move]) / self.durations[move]), 0.0)
        out: Floats = self.places[move] + (self.places[move + 1] - self.places[move]) * done[:, None]
        return out


@dataclass(frozen=True, eq=False)
class Drift:
    """Smooth noise that can be asked at any time."""

    grid: Floats
    """(N, K) values at 0, 1/64, 2/64 ... s."""

    def sample(self, times: Floats) -> Floats:
        """Values at ``times`` (T,), as (T, K), by cubic (Catmull-Rom) interpolation."""
        x = times * GRID_HZ
        i = np.clip(np.floor(x).astype(int), 1, len(self.grid) - 3)
        u = (x - i)[:, None]
        a, b, c, d = (self.grid[i + k] for k in (-1, 0, 1, 2))
        out: Floats = b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
        return out


def drift(rng: np.random.Generator, seconds: float, columns: int, memory: float, cutoff: float) -> Drift:
    """An Ornstein-Uhlenbeck process behind two low-pass poles, of standard deviation 1 in the long run.

    Its power is 1 / (1 + (2 pi f memory)^2) / (1 + (f / cutoff)^2)^2, a slope of about -3 from 0.2 to 4 Hz. A bare
    OU process trembles: its velocity is white noise. Made in the frequency domain, so it is exactly periodic over a
    length a little more than ``seconds``, takes no loop and costs N log N.

    Args:
        rng: where chance comes from.
        seconds: how much of it is needed, s.
        columns: K, independent of each other.
        memory: the OU time constant, s.
        cutoff: of each pole, Hz.
    """
    count = int(np.ceil((seconds + 6 * memory) * GRID_HZ)) + 8
    count = 1 << (count - 1).bit_length()
    f = np.fft.rfftfreq(count, 1 / GRID_HZ)[:, None]
    power = 1 / (1 + (2 * np.pi * f * memory) ** 2) / (1 + (f / cutoff) ** 2) ** 2
    power[0] *= 2  # half a bin, and one real number where the others have two
    waves = rng.standard_normal((len(f), columns)) + 1j * rng.standard_normal((len(f), columns))
    noise = np.fft.irfft(waves * np.sqrt(power), count, axis=0)
    return Drift(noise * count / np.sqrt(power[0] + 4 * power[1:].sum()))
