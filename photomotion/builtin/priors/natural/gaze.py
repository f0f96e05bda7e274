"""Where someone looks who is looked at: at the viewer's face, and away for a moment now and then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .blinks import Blink
from .curves import Floats, Steps
from .person import Person

__all__ = ["look", "saccade_duration"]

POINTS = np.array([[0.0, 0.0], [1.3, -0.4], [-1.3, -0.4], [0.0, 1.5]])
"""The viewer's face as it stands before the photo, yaw and pitch in degrees: the lens, two eyes, the mouth. All lie in
the cone of direct gaze, 5.2 degrees across (Horstmann & Linke 2021)."""
WEIGHTS = np.array([0.4, 0.22, 0.22, 0.16])
"""How readily each is looked at."""


def saccade_duration(degrees: float) -> float:
    """Seconds a saccade takes: 25 ms + 2.4 ms for each degree (Lee, Badler & Badler 2002)."""
    return 0.025 + 0.0024 * degrees


def look(
    rng: np.random.Generator, person: Person, seconds: float, blinks: Sequence[Blink], *, loop: bool = False
) -> Steps:
    """Where the eyes are directed in space, yaw and pitch in degrees relative to the photo's gaze.

    Fixations on the viewer with saccades of 1..3 degrees, and every 5..12 s, never in the first 2 s, a glance of
    4..8 degrees aside for 0.5..1.4 s (listeners: 1.14 s every 7.2 s, Andrist 2014). A glance waits for a blink that is
    near, since large gaze shifts and blinks go together (Evinger 1994), and is back before the end. In a
    loop the last look is the first again.
    """
    starts: list[float] = []
    places = [POINTS[0]]
    shut = np.array([b.start + b.closing / 2 for b in blinks])
    t = rng.uniform(0.5, 1.4)
    glance = rng.uniform(2.5, 6.0)
    while t < seconds - 0.2:
        if t >= glance:
            away = _at_blink(rng, shut, t, 1.0)
            back = _at_blink(rng, shut, away + rng.uniform(0.5, 1.4), 0.4)
            glance = back + rng.uniform(5.0, 12.0)
            if back < seconds - 0.4:
                starts += [away, back]
                places += [_aside(rng), _point(rng, np.full(2, np.inf))]
                t = back
        else:
            starts.append(t)
            places.append(_point(rng, places[-1]))
        t += min(0.35 + rng.exponential(person.fixation - 0.35), 4.0)
    spots = np.array(places)
    sizes = np.linalg.norm(np.diff(spots, axis=0), axis=1)
    steps = Steps(np.array(starts), np.array([saccade_duration(s) for s in sizes]), spots)
    return steps.returning(seconds - 0.3) if loop else steps


def _point(rng: np.random.Generator, here: Floats) -> Floats:
    """A point of the viewer's face, 0.9..3.2 degrees from ``here`` unless that is elsewhere altogether."""
    while True:
        there = POINTS[rng.choice(len(POINTS), p=WEIGHTS)] + np.clip(rng.normal(0, 0.25, 2), -0.5, 0.5)
        if not np.isfinite(here).all() or 0.9 <= np.linalg.norm(there - here) <= 3.2:
            return np.asarray(there, np.float64)


def _aside(rng: np.random.Generator) -> Floats:
    """A place 4..8 degrees away, more to the sides than up or down."""
    angle = rng.choice([0.0, np.pi]) + rng.normal(0, 0.6)
    return rng.uniform(4.0, 8.0) * np.array([np.cos(angle), np.sin(angle)])


def _at_blink(rng: np.random.Generator, shut: Floats, t: float, wait: float) -> float:
    """``t``, or with a chance of one half the next closing of the lids within ``wait`` seconds after it."""
    near = shut[(shut >= t) & (shut < t + wait)]
    return float(near[0]) if len(near) and rng.random() < 0.5 else t
