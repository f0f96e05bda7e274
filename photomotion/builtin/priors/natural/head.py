"""How someone holds the head: never quite still, now and then another way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .curves import Drift, Floats, Steps, drift, min_jerk
from .person import Person

__all__ = ["Head", "hold_head"]

DRIFT = np.array([1.1, 0.8, 0.55])
"""Long-run standard deviation of the drift of yaw, pitch and roll, degrees: between someone who watches a screen
(0.1..0.4) and someone who talks (1.5..4 in 5 s)."""
SPREAD = np.array([[0.9, 1.6], [0.55, 1.1], [0.4, 0.8]])
"""Least and greatest standard deviation of each axis over a film of 8 s or more, degrees (judgement): above what looks
frozen, below what looks restless."""
SETTLE = 1.6
"""Seconds in which the drift fades in from the photo's stillness."""


@dataclass(frozen=True, eq=False)
class Head:
    """Yaw, pitch and roll over time."""

    noise: Drift
    shifts: Steps
    gains: Floats
    """(3,) what the sum is multiplied by."""
    person: Person
    loop: bool = False
    """Whether it comes round again, and so is never still."""

    def sample(self, times: Floats) -> Floats:
        """Degrees (T, 3) relative to the photo, before the photo's limits; 0 at time 0, and still unless it loops."""
        noise = self.noise.sample(times)
        if self.loop:
            noise -= self.noise.sample(np.zeros(1))
        else:
            noise *= min_jerk(times / SETTLE)[:, None]
        return self.gains * (_coupled(DRIFT * noise, self.person) + self.shifts.sample(times))


def hold_head(rng: np.random.Generator, person: Person, seconds: float, anchors: Floats, *, loop: bool = False) -> Head:
    """Drift plus changes of posture every 4..12 s, brought to a lively and quiet size in each film.

    Args:
        rng: where chance comes from.
        person: whose head it is.
        seconds: length of the film.
        anchors: times of blinks and smiles, s, ascending; changes of posture are drawn to them.
        loop: whether the head comes back to where it began, at the speed with which it left.
    """
    noise = drift(rng, seconds if loop else seconds + 1.0, 3, person.memory, person.cutoff, loop=loop)
    shifts = _postures(rng, person, seconds, anchors)
    if loop:
        shifts = shifts.returning(seconds - 0.25)
    head = Head(noise, shifts, np.ones(3), person, loop)
    spread = head.sample(np.arange(0.0, seconds, 1 / 32)).std(axis=0)
    wanted = SPREAD * min(1.0, np.sqrt(seconds / 8))
    gains = np.clip(np.clip(spread, wanted[:, 0], wanted[:, 1]) / np.maximum(spread, 1e-6), 0.5, 2.0)
    return Head(noise, shifts, gains, person, loop)


def _postures(rng: np.random.Generator, person: Person, seconds: float, anchors: Sequence[float] | Floats) -> Steps:
    """Changes of posture: about 1.6..3.4 degrees of yaw in 0.5..1.2 s, by minimum jerk, mostly across the middle."""
    starts, durations, places = [], [], [np.zeros(3)]
    t = rng.uniform(1.0, 3.0)
    while t < seconds - 0.6:
        near = [a for a in anchors if t <= a < t + 0.8]
        if near and rng.random() < 0.5:
            t = near[0]
        here = places[-1]
        size = rng.uniform(1.6, 3.4)
        side = -np.sign(here[0]) if abs(here[0]) > 1 else rng.choice([-1.0, 1.0])
        yaw = float(np.clip(here[0] + side * size, -3.0, 3.0))
        pitch = float(np.clip(rng.normal(0.2, 1.1), -1.8, 2.0))
        place = _coupled(np.array([yaw, pitch, rng.normal(0, 0.7)]), person)
        starts.append(t)
        durations.append(float(np.clip(0.45 + 0.16 * np.linalg.norm(place - here), 0.5, 1.2)))
        places.append(place)
        t += durations[-1] + rng.uniform(3.5, 11.0)
    return Steps(np.array(starts), np.array(durations), np.array(places))


def _coupled(angles: Floats, person: Person) -> Floats:
    """Let the head lean a little into its turns. ``angles`` are (..., 3)."""
    out = angles.copy()
    out[..., 2] += person.roll_with_yaw * angles[..., 0]
    return out
