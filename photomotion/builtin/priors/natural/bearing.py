"""What a mood puts on a face and a head in the first seconds, and leaves there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curves import Floats, Steps
from .expressions import SMILE
from .moods import Mood
from .span import Span

__all__ = ["Bearing", "bear"]


@dataclass(frozen=True, eq=False)
class Bearing:
    """How a mood is borne over time."""

    level: Steps
    """How much of it, 0 to about 1."""
    shares: dict[str, float]
    """Channels without their side, and the value of each at level 1."""
    lean: Floats
    """(3,) yaw, pitch and roll at level 1, degrees."""


def bear(rng: np.random.Generator, mood: Mood, span: Span) -> Bearing:
    """A slow mood: it comes within about three seconds by minimum jerk, and ebbs and flows every 7..18 s.

    A faint smile takes cheeks and lower lids along, in the proportions of any smile.
    """
    starts, durations, levels = [], [], [0.0]
    t = rng.uniform(0.4, 1.1)
    while t < span.seconds:
        starts.append(t)
        durations.append(rng.uniform(1.6, 2.6) / mood.tempo)
        levels.append(rng.uniform(0.7, 1.1))
        t += durations[-1] + rng.uniform(7.0, 18.0)
    level = Steps(np.array(starts), np.array(durations), np.array(levels)[:, None])
    shares = {name: mood.standing * share for name, share in SMILE.items()} if mood.standing else {}
    if mood.brows:
        shares |= {"browInnerUp": mood.brows, "browOuterUp": 0.7 * mood.brows}
    if mood.lids:
        name = "eyeSquint" if mood.lids > 0 else "eyeWide"
        shares[name] = shares.get(name, 0.0) + abs(mood.lids)
    lean = np.array([0.0, mood.lean[0], mood.lean[1] * rng.choice([-1.0, 1.0])])
    return Bearing(level.returning(span.seconds - 0.1) if span.returns else level, shares, lean)
