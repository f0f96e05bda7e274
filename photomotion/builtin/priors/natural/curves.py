"""Curves that bodies draw: minimum jerk, held steps and coloured noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from photomotion.builtin.easing import min_jerk

__all__ = ["Drift", "Floats", "Steps", "autoregression", "drift", "min_jerk"]

Floats = npt.NDArray[np.float64]

GRID_HZ = 64.0
"""How finely noise is stored; its power above 8 Hz is below 1e-5 of the whole."""


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

    def returning(self, end: float) -> Steps:
        """The same moves as far as they leave time to be back at the first place at ``end``, s; then that move."""
        longest = 1.2
        kept = int((self.starts + self.durations < end - longest).sum())
        if not kept:
            return Steps(self.starts[:0], self.durations[:0], self.places[:1])
        home = min(float(self.durations[:kept].max()), longest)
        return Steps(
            np.r_[self.starts[:kept], end - home],
            np.r_[self.durations[:kept], home],
            np.r_[self.places[: kept + 1], self.places[:1]],
        )

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
    """Smooth noise that can be asked at any time, and comes round again after its grid's end."""

    grid: Floats
    """(N, K) values at 0, 1, 2 ... N - 1 steps."""
    hertz: float
    """Steps in a second."""

    def sample(self, times: Floats) -> Floats:
        """Values at ``times`` (T,), as (T, K), by cubic (Catmull-Rom) interpolation."""
        x = times * self.hertz
        i = np.floor(x).astype(int)
        u = (x - i)[:, None]
        a, b, c, d = (self.grid[(i + k) % len(self.grid)] for k in (-1, 0, 1, 2))
        out: Floats = b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
        return out


def drift(
    rng: np.random.Generator, seconds: float, columns: int, memory: float, cutoff: float, *, loop: bool = False
) -> Drift:
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
        loop: make it periodic over exactly ``seconds``, and begin it where it moves least.
    """
    if loop:
        count = max(round(seconds * GRID_HZ), 8)
    else:
        count = 1 << (int(np.ceil((seconds + 6 * memory) * GRID_HZ)) + 7).bit_length()
    hertz = count / seconds if loop else GRID_HZ
    f = np.fft.rfftfreq(count, 1 / hertz)[:, None]
    power = 1 / (1 + (2 * np.pi * f * memory) ** 2) / (1 + (f / cutoff) ** 2) ** 2
    power[0] *= 2  # half a bin, and one real number where the others have two
    waves = rng.standard_normal((len(f), columns)) + 1j * rng.standard_normal((len(f), columns))
    noise = np.fft.irfft(waves * np.sqrt(power), count, axis=0)
    noise *= count / np.sqrt(power[0] + 4 * power[1:].sum())
    return Drift(np.roll(noise, -_quietest(noise), axis=0) if loop else noise, hertz)


FRAME = 5
"""Steps of the grid in a frame of a coarse film, 12.8 a second."""


def _quietest(grid: Floats) -> int:
    """The row of periodic curves (N, K) around which the liveliest of them moves least and bends least."""
    before, after = (np.roll(grid, step, axis=0) for step in (FRAME, -FRAME))
    speed, bend = after - before, after - 2 * grid + before
    liveliness = [np.abs(x) / (x.std(axis=0) + 1e-12) for x in (speed, bend)]
    return int(np.max(liveliness, axis=(0, 2)).argmin())
