"""Small things that happen in a face at rest: a faint smile, a brow, the lips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .blinks import Blink
from .curves import Floats, min_jerk
from .person import Person

__all__ = ["SMILE", "Expression", "act", "perform"]

SMILE = {"mouthSmile": 1.0, "cheekSquint": 0.45, "eyeSquint": 0.3, "mouthDimple": 0.15}
"""A felt smile: corners, cheeks and lower lids together (the eyes' share is 0.4..0.6 in animators' practice)."""
BROWS = {"browInnerUp": 0.8, "browOuterUp": 1.0, "eyeWide": 0.15}
"""Both brows go up, the lids a little with them."""
PRESS = {"mouthPress": 1.0, "mouthDimple": 0.3}
"""Lips pressed together for a moment."""
DIMPLE = {"mouthDimple": 1.0, "mouthSmile": 0.15}
"""Mouth corners drawn in."""


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


def act(
    rng: np.random.Generator, person: Person, seconds: float, blinks: Sequence[Blink], *, loop: bool = False
) -> list[Expression]:
    """Expressions from 0 to ``seconds``, in order of their kinds.

    Films of 4 s and more have a smile that begins 1..3 s in (judgement: films of a loved one are watched for it).
    Smiles begin away from blinks (Trutoiu 2013). All sizes are at FACS level A to B.
    """
    out: list[Expression] = []
    early, late = 1.0, 3.0
    while seconds >= 4 and early < seconds - 1.0:
        out.append(_smile(rng, person, _away_from(blinks, rng.uniform(early, min(late, seconds - 1.0), 4))))
        early = out[-1].end + rng.uniform(5, 12)
        late = early + 2.0
    for kind, low, high, size in ((BROWS, 2.5, 9.0, 0.25), (PRESS, 5.0, 16.0, 0.18), (DIMPLE, 4.0, 14.0, 0.16)):
        t = rng.uniform(low, high)
        while t < seconds - 1.2:
            out.append(_moment(rng, person, kind, t, size))
            t = out[-1].end + rng.uniform(high / 2, high * 1.3)
    return [e for e in (_within(e, seconds - 0.1) for e in out) if e.end < seconds] if loop else out


def perform(expressions: Sequence[Expression], times: Floats, person: Person) -> dict[str, Floats]:
    """Values (T,) of every channel that the expressions use; left and right are the person's own."""
    out: dict[str, Floats] = {}
    for expression in expressions:
        first, last = np.searchsorted(times, (expression.start, expression.end))
        strength = expression.strength(times[first:last])
        for name, share in expression.shares.items():
            sides = ("",) if name == "browInnerUp" else ("Left", "Right")
            for side, lopsided in zip(sides, person.lopsided, strict=False):
                channel = out.setdefault(name + side, np.zeros(len(times)))
                channel[first:last] += strength * share * (lopsided if side else 1.0)
    return out


def _smile(rng: np.random.Generator, person: Person, start: float) -> Expression:
    """A slow smile: onset 0.5..0.7 s whatever its size (Schmidt 2003), apex of a second or two, slower offset."""
    return Expression(
        shares=SMILE,
        start=start,
        onset=rng.uniform(0.5, 0.7),
        apex=rng.uniform(1.0, 2.5),
        offset=rng.uniform(0.8, 1.0),
        size=person.expressive * rng.uniform(0.22, 0.30),
        sag=rng.uniform(0.05, 0.35),
    )


def _moment(
    rng: np.random.Generator, person: Person, shares: Mapping[str, float], start: float, size: float
) -> Expression:
    """Something that is over in about a second."""
    return Expression(
        shares=shares,
        start=start,
        onset=rng.uniform(0.18, 0.32),
        apex=rng.uniform(0.12, 0.45),
        offset=rng.uniform(0.3, 0.5),
        size=size * min(person.expressive, 1.0) * rng.uniform(0.45, 1.0),
        sag=rng.uniform(0.0, 0.2),
    )


def _within(expression: Expression, end: float) -> Expression:
    """The expression held as much shorter as it takes to be over at ``end``, though never under a third of its time."""
    late = max(expression.end - end, 0.0)
    return replace(expression, apex=max(expression.apex - late, expression.apex / 3))


def _away_from(blinks: Sequence[Blink], starts: Floats) -> float:
    """The start that is farthest from any blink."""
    if not blinks:
        return float(starts[0])
    gaps = np.abs(starts[:, None] - np.array([b.shut for b in blinks])).min(axis=1)
    return float(starts[np.argmax(gaps)])
