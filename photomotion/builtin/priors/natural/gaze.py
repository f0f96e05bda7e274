"""Where someone looks who is looked at: at the viewer's face, and away for a moment now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from photomotion.builtin.limits import soft_limit

from .blinks import Blink
from .curves import Floats, Steps
from .moods import Mood
from .person import Person
from .span import Span

__all__ = ["REACH", "Gaze", "Look", "blink_chance", "look", "saccade_duration"]

POINTS = np.array([[0.0, 0.0], [1.3, -0.4], [-1.3, -0.4], [0.0, 1.5]])
"""The viewer's face as it stands before the photo, yaw and pitch in degrees: the lens, two eyes, the mouth. All lie in
the cone of direct gaze, 5.2 degrees across (Horstmann & Linke 2021)."""
WEIGHTS = np.array([0.4, 0.22, 0.22, 0.16])
"""How readily each is looked at."""
REACH = 12.0
"""Degrees that a gaze may leave the viewer, eyes and head together: what one photo can show (judgement)."""
LEAST = 0.35
"""No fixation is shorter, s."""
ASIDE = (6.0, 10.0)
"""Least and greatest size of a glance aside, degrees (judgement), before :data:`REACH` takes 10 back to 9.5: it leaves
the viewer's face, whose half fills 4..5 degrees across a table, and stays below the 15 from which on heads join in.
People in talk go farther, 14 degrees in the mean (Lee, Badler & Badler 2002)."""
ASLANT = 0.45
"""Radians (standard deviation) by which glances are not level (judgement)."""
BROWS = 0.02
"""How far the brows rise for each degree that the eyes go up (that they do is anatomy; how far is judgement)."""


@dataclass(frozen=True, kw_only=True)
class Look:
    """A look at somebody else in the photo."""

    start: float
    """When the eyes are to go there, s."""
    end: float
    """When they are to come back, s."""
    toward: tuple[float, float]
    """Yaw and pitch, degrees."""


@dataclass(frozen=True, eq=False)
class Gaze:
    """A plan of gaze."""

    steps: Steps
    """Where the eyes are directed in space, yaw and pitch in degrees relative to the photo's gaze."""
    looks: tuple[Look, ...]
    """The looks at others, as they came about; the head takes part in them."""
    blinks: tuple[float, ...]
    """When lids fall because of a shift of gaze, s: the beginning of a blink."""

    def raise_brows(self, times: Floats) -> Floats:
        """How far the brows go up with the eyes at ``times`` (T,), 0..1; slower than the eyes, no slower than 0.3 s."""
        up = BROWS * np.maximum(-self.steps.places[:, 1:], 0.0)
        return Steps(self.steps.starts, np.maximum(self.steps.durations, 0.3), up).sample(times)[:, 0]


def saccade_duration(degrees: float) -> float:
    """Seconds a saccade takes: 25 ms + 2.4 ms for each degree (Lee, Badler & Badler 2002)."""
    return 0.025 + 0.0024 * degrees


def blink_chance(degrees: float) -> float:
    """With what chance a blink goes with a gaze shift: 97 % beyond 33 degrees (Evinger 1994), few when small.

    Between them 0.05 up to 10 degrees, 0.2 at 20, 0.6 at 30 (judgement on Evinger's figures); shifts below 3.5 degrees,
    which scan a face, never bring one.
    """
    return float(np.interp(degrees, [10, 20, 30, 33], [0.05, 0.2, 0.6, 0.95])) if degrees >= 3.5 else 0.0


def look(
    rng: np.random.Generator,
    person: Person,
    span: Span,
    blinks: Sequence[Blink],
    mood: Mood,
    *,
    size: float = 1.0,
    looks: Sequence[Look] = (),
    quiet: Sequence[tuple[float, float]] = (),
) -> Gaze:
    """Fixations on the viewer with saccades of 1..3 degrees, glances aside, and looks at others.

    A glance of 6..9.5 degrees comes every few seconds as the mood has it, never in the first 2 s, and is back before
    the end. A shift that brings a blink waits for one that is near, or else makes one.

    Args:
        rng: where chance comes from.
        person: whose eyes they are.
        span: the film.
        blinks: those that are planned already, in order.
        mood: how often and how long they glance aside.
        size: how far the eyes go, a factor.
        looks: at others, in order and apart.
        quiet: from when until when no blink may be made, s.
    """
    lids = _Lids(rng, person, span, blinks, quiet)
    starts: list[float] = []
    places: list[Floats] = [POINTS[0]]
    came: list[Look] = []
    waiting = list(reversed(looks))
    t = rng.uniform(0.5, 1.4)
    glance = 2.5 + rng.uniform(0.0, 0.7) * mood.glances[0]  # the first comes sooner, for short films
    while t < span.seconds - 0.2:
        planned = waiting.pop() if waiting and t >= waiting[-1].start else None
        if planned or t >= glance:
            there = np.array(planned.toward) if planned else _aside(rng)
            stay = planned.end - planned.start if planned else rng.uniform(*mood.aside)
            degrees = float(np.linalg.norm(size * there))
            away = lids.follow(t, degrees, 1.0)
            back = lids.follow(away + stay, degrees, 0.4)
            glance = back + rng.uniform(*mood.glances)
            if back < span.seconds - 0.4:
                starts += [away, back]
                places += [there, _point(rng, np.full(2, np.inf))]
                t = back
                if planned:
                    came.append(Look(start=away, end=back, toward=planned.toward))
        else:
            starts.append(t)
            places.append(_point(rng, places[-1]))
        t += min(LEAST + rng.exponential(person.fixation - LEAST), 4.0)
        if waiting and t > waiting[-1].start:
            t = max(waiting[-1].start, starts[-1] + LEAST) if starts else waiting[-1].start
    return Gaze(_saccades(starts, size * np.array(places), span), tuple(came), tuple(lids.made))


class _Lids:
    """Blinks that go with shifts of gaze: those that come anyhow, and those that are made."""

    def __init__(
        self,
        rng: np.random.Generator,
        person: Person,
        span: Span,
        blinks: Sequence[Blink],
        quiet: Sequence[tuple[float, float]],
    ) -> None:
        self.rng, self.closing, self.end = rng, person.closing, span.seconds - 0.6
        self.half = np.array([b.start + b.closing / 2 for b in blinks])
        self.quiet = np.array(quiet).reshape(-1, 2)
        self.made: list[float] = []
        """When blinks begin that were made."""

    def follow(self, t: float, degrees: float, wait: float) -> float:
        """When a shift planned for ``t`` takes place: then, or with a blink that comes in ``wait`` seconds."""
        if self.rng.random() >= blink_chance(degrees):
            return t
        i = int(np.searchsorted(self.half, t))
        if i < len(self.half) and self.half[i] < t + wait:
            return float(self.half[i])
        recent = max([*self.half[max(i - 1, 0) : i], *self.made[-1:]], default=-1.0)
        if t - recent > 0.35 and t < self.end and not ((self.quiet[:, 0] <= t) & (t <= self.quiet[:, 1])).any():
            self.made.append(t - self.closing / 2)
        return t


def _saccades(starts: Sequence[float], spots: Floats, span: Span) -> Steps:
    """The eyes' way from spot to spot (N + 1, 2), softly kept within reach."""
    far = np.linalg.norm(spots, axis=1, keepdims=True)
    spots = spots * np.where(far > REACH / 2, soft_limit(far, -REACH, REACH) / np.maximum(far, 1e-9), 1.0)
    sizes = np.linalg.norm(np.diff(spots, axis=0), axis=1)
    steps = Steps(np.array(starts), np.array([saccade_duration(s) for s in sizes]), spots)
    return steps.returning(span.seconds - 0.3) if span.returns else steps


def _point(rng: np.random.Generator, here: Floats) -> Floats:
    """A point of the viewer's face, 0.9..3.2 degrees from ``here`` unless that is elsewhere altogether."""
    while True:
        there = POINTS[rng.choice(len(POINTS), p=WEIGHTS)] + np.clip(rng.normal(0, 0.25, 2), -0.5, 0.5)
        if not np.isfinite(here).all() or 0.9 <= np.linalg.norm(there - here) <= 3.2:
            return np.asarray(there, np.float64)


def _aside(rng: np.random.Generator) -> Floats:
    """A place away from the viewer, more to the sides than up or down."""
    angle = rng.choice([0.0, np.pi]) + rng.normal(0, ASLANT)
    return rng.uniform(*ASIDE) * np.array([np.cos(angle), np.sin(angle)])
