"""Small things that happen in a face at rest, and how each comes and goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .curves import Floats, min_jerk
from .person import Person

__all__ = ["BROWS", "DIMPLE", "FLICKERS", "FROWN", "PRESS", "SMILE", "SWALLOW", "Expression", "channels_of", "perform"]

SMILE = {"mouthSmile": 1.0, "cheekSquint": 0.45, "eyeSquint": 0.3, "mouthDimple": 0.15}
"""A felt smile: corners, cheeks and lower lids together (the eyes' share is 0.4..0.6 in animators' practice)."""
BROWS = {"browInnerUp": 0.8, "browOuterUp": 1.0, "eyeWide": 0.05}
"""Both brows go up, the lids hardly with them: wide eyes are a fright."""
FROWN = {"browDown": 1.0, "eyeSquint": 0.25}
"""Brows drawn down and together, as when one looks closely."""
PRESS = {"mouthPress": 1.0, "mouthDimple": 0.3}
"""Lips pressed together for a moment."""
DIMPLE = {"mouthDimple": 1.0, "mouthSmile": 0.15}
"""Mouth corners drawn in."""
SWALLOW = {"mouthPress": 0.6, "mouthShrugLower": 1.0}
"""Lips closed firmly and the chin raised: what a face shows of a swallow. No channel is there for the throat."""
FLICKERS = (
    {"browInnerUp": 0.8, "browOuterUp": 1.0},
    {"browDown": 0.8},
    {"mouthDimple": 0.6, "mouthSmile": 0.6},
    {"eyeSquint": 1.0, "cheekSquint": 0.5},
    {"noseSneer": 0.7},
)
"""What may pass over a face for less than half a second."""

MIDDLE = frozenset({"browInnerUp", "mouthShrugLower"})
"""Channels that have no sides."""


@dataclass(frozen=True, kw_only=True)
class Expression:
    """One expression: it comes by minimum jerk, stays, and goes by minimum jerk. Times in seconds."""

    shares: Mapping[str, float]
    """ARKit names without their side, and the share of each."""
    start: float
    onset: float
    apex: float
    offset: float
    size: float
    """Value of a channel whose share is 1, before the face's lopsidedness."""
    sag: float
    """Share that is lost during the apex: a face that is held looks acted."""
    sides: tuple[float, float] = (1.0, 1.0)
    """Share of it on the left and on the right, 0..1."""

    @property
    def end(self) -> float:
        """When it is gone."""
        return self.start + self.onset + self.apex + self.offset

    def strength(self, times: Floats) -> Floats:
        """How much of it is there at ``times`` (T,), 0..``size``."""
        come = min_jerk((times - self.start) / self.onset)
        go = min_jerk((times - self.start - self.onset - self.apex) / self.offset)
        held = 1 - self.sag * min_jerk((times - self.start - self.onset) / self.apex)
        return self.size * come * held * (1 - go)

    def within(self, end: float) -> Expression:
        """Held as much shorter as it takes to be over at ``end``, though never under a third of its time."""
        late = max(self.end - end, 0.0)
        return replace(self, apex=max(self.apex - late, self.apex / 3))


def channels_of(name: str, lopsided: tuple[float, float]) -> dict[str, float]:
    """The channels of a name without its side, and how large each is: on the left, on the right, or in the middle."""
    if name in MIDDLE:
        return {name: 1.0}
    return {f"{name}Left": lopsided[0], f"{name}Right": lopsided[1]}


def perform(expressions: Sequence[Expression], times: Floats, person: Person) -> dict[str, Floats]:
    """Values (T,) of every channel that the expressions use; left and right are the person's own."""
    out: dict[str, Floats] = {}
    for expression in expressions:
        first, last = np.searchsorted(times, (expression.start, expression.end))
        strength = expression.strength(times[first:last])
        sides = (person.lopsided[0] * expression.sides[0], person.lopsided[1] * expression.sides[1])
        for name, share in expression.shares.items():
            for channel, size in channels_of(name, sides).items():
                if size and channel not in out:
                    out[channel] = np.zeros(len(times))
                if size:
                    out[channel][first:last] += strength * (share * size)
    return out
