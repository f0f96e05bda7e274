"""When a face does something: smiles, brows, lips, swallows, and what passes over it in less than half a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .blinks import Blink
from .curves import Floats
from .expressions import BROWS, DIMPLE, FLICKERS, FROWN, PRESS, SMILE, SWALLOW, Expression
from .moods import Mood
from .person import Person
from .span import Span

__all__ = ["QUIET", "act"]

QUIET = (1.0, 0.5)
"""Seconds before and after a smile begins in which no blink should be (that there are few: Trutoiu 2013)."""
RELEASE = 0.75
"""Share of smiles that are let go at a blink, if one is near enough (that they cluster there: Trutoiu 2013)."""
FROWNS = 0.2
"""Share of the movements of the brows that are frowns (judgement)."""


def act(rng: np.random.Generator, person: Person, span: Span, blinks: Sequence[Blink], mood: Mood) -> list[Expression]:
    """Expressions over the whole film, in order of their kinds.

    Films of 4 s and more have a smile that begins 1..3 s in, if the mood has any (judgement: films of a loved one are
    watched for it). All sizes are at FACS level A to B; smiles are a third and raised brows up to 0.6, since less is
    not seen when drawn.
    """
    seconds = span.seconds
    shut = np.array([b.start for b in blinks])
    out = _smiles(rng, person, seconds, shut, mood) if mood.smile and seconds >= 4 else []
    often = 1 / mood.moments
    for shares, low, high, size in ((PRESS, 5.0, 16.0, 0.18), (DIMPLE, 4.0, 14.0, 0.16)):
        t = rng.uniform(low, high) * often
        while t < seconds - 1.2:
            out.append(_moment(rng, person, shares, t, size))
            t = out[-1].end + rng.uniform(high / 2, high * 1.3) * often
    out += _brows(rng, person, seconds, often)
    out += _flickers(rng, person, seconds, often)
    out += _swallows(rng, person, seconds)
    out = _apart(out)
    if span.returns:
        out = [e.within(seconds - 0.1) for e in out]
        out = [e for e in out if e.end < seconds]
    return out


def _smiles(rng: np.random.Generator, person: Person, seconds: float, shut: Floats, mood: Mood) -> list[Expression]:
    out: list[Expression] = []
    early, late = 1.0, 3.0
    while early < seconds - 1.0:
        start = _away_from(shut, rng.uniform(early, min(late, seconds - 1.0), 8))
        smile = _smile(rng, person, start, mood)
        if rng.random() < RELEASE:
            smile = _released(smile, shut)
        out.append(smile)
        early = smile.end + rng.uniform(*mood.smiles)
        late = early + 2.0
    return out


def _smile(rng: np.random.Generator, person: Person, start: float, mood: Mood) -> Expression:
    """A slow smile: onset 0.5..0.7 s whatever its size (Schmidt 2003), apex of a second or two, slower offset."""
    pace = min(mood.tempo, 1.0)
    return Expression(
        shares=SMILE,
        start=start,
        onset=rng.uniform(0.5, 0.7) / pace**0.5,
        apex=rng.uniform(1.0, 2.5),
        offset=rng.uniform(0.8, 1.0) / pace**0.5,
        size=mood.smile * person.expressive * rng.uniform(0.30, 0.34),
        sag=rng.uniform(0.05, 0.35),
    )


def _released(smile: Expression, shut: Floats) -> Expression:
    """The smile held until just before a blink, if one comes after 0.7..3 s of its apex."""
    top = smile.start + smile.onset
    i = int(np.searchsorted(shut, top + 0.8))
    if i < len(shut) and shut[i] < top + 3.0:
        return replace(smile, apex=float(shut[i]) - 0.1 - top)
    return smile


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


def _brows(rng: np.random.Generator, person: Person, seconds: float, often: float) -> list[Expression]:
    """Brows that go up, and now and then down, one after another; the first time they go up.

    People who do not speak move them too (38 % of all movements, Cavé 1996), more slowly and less far than when asked
    to, and for longer (Schmidt 2009): a second or two, 3..4.5 mm. How often, how far and how many frowns is judgement.
    """
    out: list[Expression] = []
    t = rng.uniform(1.5, 4.0) * often
    while t < seconds - 1.2:
        up = not out or rng.random() >= FROWNS
        weak = rng.uniform(0.8, 1.0)
        out.append(
            Expression(
                shares=BROWS if up else FROWN,
                start=t,
                onset=rng.uniform(0.2, 0.4),
                apex=rng.uniform(0.4, 1.3),
                offset=rng.uniform(0.35, 0.7),
                size=min(person.expressive, 1.0) * (rng.uniform(0.46, 0.62) if up else rng.uniform(0.16, 0.26)),
                sag=rng.uniform(0.0, 0.2),
                sides=(weak, 1.0) if rng.random() < 0.5 else (1.0, weak),
            )
        )
        t = out[-1].end + rng.uniform(2.5, 7.0) * often
    return out


def _flickers(rng: np.random.Generator, person: Person, seconds: float, often: float) -> list[Expression]:
    """Micro-expressions: over in less than half a second, onset no longer than 0.26 s (Yan 2013), often on one side.

    How often and how large is judgement: every 8..30 s, at a tenth of full size.
    """
    out: list[Expression] = []
    t = rng.uniform(3.0, 16.0) * often
    while t < seconds - 0.8:
        weak = rng.uniform(0.0, 0.6) if rng.random() < 0.6 else 1.0
        out.append(
            Expression(
                shares=FLICKERS[rng.integers(len(FLICKERS))],
                start=t,
                onset=rng.uniform(0.10, 0.16),
                apex=rng.uniform(0.03, 0.10),
                offset=rng.uniform(0.14, 0.22),
                size=min(person.expressive, 1.0) * rng.uniform(0.06, 0.13),
                sag=0.0,
                sides=(weak, 1.0) if rng.random() < 0.5 else (1.0, weak),
            )
        )
        t += rng.uniform(8.0, 30.0) * often
    return out


def _swallows(rng: np.random.Generator, person: Person, seconds: float) -> list[Expression]:
    """Swallows as often as people do (Bulmer 2021), none in the first seconds; how they look is judgement."""
    mean = 60 / person.swallows
    out: list[Expression] = []
    t = 4.0 + rng.uniform(0, mean)
    while t < seconds - 1.5:
        out.append(
            Expression(
                shares=SWALLOW,
                start=t,
                onset=rng.uniform(0.22, 0.3),
                apex=rng.uniform(0.1, 0.2),
                offset=rng.uniform(0.3, 0.45),
                size=rng.uniform(0.12, 0.2),
                sag=0.0,
            )
        )
        t += mean * rng.uniform(0.5, 1.5)
    return out


def _apart(expressions: list[Expression]) -> list[Expression]:
    """All but those that would take the mouth while it smiles, or frown then."""
    smiles = np.array([(e.start - 0.3, e.end) for e in expressions if e.shares is SMILE]).reshape(-1, 2)
    begins, ends = smiles[:, 0], smiles[:, 1]

    def free(e: Expression) -> bool:
        i = int(np.searchsorted(ends, e.start))
        return i == len(begins) or e.end < begins[i]

    def disturbs(e: Expression) -> bool:
        return e.shares is FROWN or any(name.startswith("mouth") for name in e.shares)

    return [e for e in expressions if e.shares is SMILE or not disturbs(e) or free(e)]


def _away_from(shut: Floats, starts: Floats) -> float:
    """The start with the fewest blinks in its quiet time, and among those the one farthest from any."""
    if not len(shut):
        return float(starts[0])
    before, after = QUIET
    inside = np.searchsorted(shut, starts + after) - np.searchsorted(shut, starts - before)
    i = np.searchsorted(shut, starts)
    gaps = np.minimum(starts - shut[np.maximum(i - 1, 0)], shut[np.minimum(i, len(shut) - 1)] - starts)
    gaps = np.where((i == 0) | (i == len(shut)), np.inf, gaps)
    return float(starts[np.lexsort((-gaps, inside))[0]])
