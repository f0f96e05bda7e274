"""How someone holds the head: never quite still, now and then another way, and then as in the photo again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .curves import Drift, Floats, Steps, drift
from .gaze import Look
from .moods import Mood
from .person import Person
from .span import Span

__all__ = ["Head", "hold_head"]

DRIFT = np.array([0.65, 0.5, 0.45])
"""Long-run standard deviation of the drift of yaw, pitch and roll, degrees: between someone who watches a screen
(0.1..0.4) and someone who talks (1.5..4 in 5 s)."""
HOME, AWAY = (3.0, 6.5), (1.2, 2.8)
"""Seconds that the photo's own pose is held, and another one (judgement). Whoever sits for a portrait has taken a pose
and comes back to it; and a face is most like its photo there, since each degree of a turn shows what no photo holds."""
HOMING = np.array([0.3, 0.2, 0.15])
"""Standard deviation of where the head comes back to: yaw, pitch and roll, degrees (judgement). Nobody is exact."""
SPREAD = np.array([[1.2, 1.7], [0.7, 1.2], [0.5, 0.9]])
"""Least and greatest standard deviation of each axis over a film of 8 s or more, degrees (judgement): above what looks
frozen, below what looks restless."""
SHARE = 0.4
"""Share of a look at somebody else that the head does (judgement: heads join in beyond 15..20 degrees)."""


@dataclass(frozen=True, eq=False)
class Head:
    """Yaw, pitch and roll over time."""

    noise: Drift
    shifts: Steps
    """Changes of posture."""
    turns: Steps
    """Its part in looks at others."""
    gains: Floats
    """(3,) what noise and shifts are multiplied by."""
    person: Person
    span: Span

    def sample(self, times: Floats) -> Floats:
        """Degrees (T, 3) relative to the photo, before the photo's limits; 0 at time 0, and still unless it loops."""
        noise = self.noise.sample(times)
        if self.span.loop:
            noise -= self.noise.sample(np.zeros(1))
        noise *= self.span.envelope(times)[:, None]
        own = self.gains * (_coupled(DRIFT * noise, self.person) + self.shifts.sample(times))
        return np.asarray(own + self.turns.sample(times), np.float64)


def hold_head(
    rng: np.random.Generator, person: Person, span: Span, anchors: Floats, mood: Mood, looks: Sequence[Look] = ()
) -> Head:
    """Drift plus changes of posture there and back, brought to a lively and quiet size in each film.

    Args:
        rng: where chance comes from.
        person: whose head it is.
        span: the film. In a loop the head comes back to where it began, at the speed with which it left.
        anchors: times of blinks and smiles, s, ascending; changes of posture are drawn to them.
        mood: how large and how fast.
        looks: at others, in order; the head takes part a moment after the eyes.
    """
    seconds = span.seconds
    noise = drift(rng, seconds if span.loop else seconds + 1.0, 3, person.memory, person.cutoff, loop=span.loop)
    shifts = _postures(rng, person, seconds, anchors, mood.tempo)
    if span.returns:
        shifts = shifts.returning(seconds - (0.25 if span.loop else 0.1))
    head = Head(noise, shifts, Steps(np.zeros(0), np.zeros(0), np.zeros((1, 3))), np.ones(3), person, span)
    spread = head.sample(np.arange(0.0, seconds, 1 / 32)).std(axis=0) if seconds else np.zeros(3)
    wanted = SPREAD * min(1.0, np.sqrt(seconds / 8))
    gains = np.clip(np.clip(spread, wanted[:, 0], wanted[:, 1]) / np.maximum(spread, 1e-6), 0.5, 2.0)
    return replace(head, gains=mood.head * gains, turns=_turns(looks))


def _postures(rng: np.random.Generator, person: Person, seconds: float, anchors: Floats, tempo: float) -> Steps:
    """Away from the photo's pose by about 2..3.6 degrees of yaw and back, each in 0.5..1.2 s by minimum jerk.

    Mostly to the left and to the right in turn.
    """
    starts, durations, places = [], [], [np.zeros(3)]
    side = rng.choice([-1.0, 1.0])
    t = rng.uniform(1.0, 3.0)
    while t < seconds - 0.6:
        i = int(np.searchsorted(anchors, t))
        if i < len(anchors) and anchors[i] < t + 0.8 and rng.random() < 0.5:
            t = float(anchors[i])
        here, leaves = places[-1], len(places) % 2 == 1
        if leaves:
            pitch = float(np.clip(rng.normal(0.2, 1.1), -1.8, 2.0))
            place = _coupled(np.array([side * rng.uniform(2.0, 3.6), pitch, rng.normal(0, 0.7)]), person)
            side *= -1.0 if rng.random() < 0.7 else 1.0
        else:
            place = _coupled(HOMING * rng.standard_normal(3), person)
        starts.append(t)
        durations.append(float(np.clip((0.45 + 0.16 * np.linalg.norm(place - here)) / tempo, 0.5, 1.4)))
        places.append(place)
        t += durations[-1] + rng.uniform(*(AWAY if leaves else HOME)) / tempo
    return Steps(np.array(starts), np.array(durations), np.array(places))


def _turns(looks: Sequence[Look]) -> Steps:
    """There and back with each look, 40 ms after the eyes, in 0.5..0.7 s."""
    starts, durations, places = [], [], [np.zeros(3)]
    for one in looks:
        there = SHARE * np.array([*one.toward, 0.0])
        takes = float(np.clip(0.45 + 0.05 * np.linalg.norm(there), 0.5, 0.7))
        starts += [one.start + 0.04, one.end + 0.04]
        durations += [takes, takes]
        places += [there, np.zeros(3)]
    return Steps(np.array(starts), np.array(durations), np.array(places))


def _coupled(angles: Floats, person: Person) -> Floats:
    """Let the head lean a little into its turns. ``angles`` are (..., 3)."""
    out = angles.copy()
    out[..., 2] += person.roll_with_yaw * angles[..., 0]
    return out
