"""What stays the same in one person for a whole film."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

__all__ = ["Age", "Person", "meet"]

Age = Literal["child", "adult", "old"]
"""``child``: about 5 to 12 years; ``old``: above 65."""


@dataclass(frozen=True, kw_only=True)
class Person:
    """The habits of one body. Figures in brackets are where they come from; the others are judgement."""

    blink_rate: float
    """Blinks a minute, log-normal across people (Bentivoglio 1997), 8..30 around 16 (Doughty 2001: 8..21)."""
    closing: float
    """Time a lid takes to close, s, about 0.075 (search coil: 0.066; Kwon 2013: 0.076)."""
    opening: float
    """Time constant with which it opens again, s, 0.060..0.075: opening is two to four times slower than closing."""
    lids: tuple[float, float]
    """How far left and right lid are when both are on their way, 0.95..1; one of them is 1."""
    fixation: float
    """Mean time the eyes rest on one point, s."""
    memory: float
    """Time constant of the head's drift, s."""
    cutoff: float
    """Where that drift fades out, Hz."""
    roll_with_yaw: float
    """Degrees the head leans for each degree it turns, 0.2..0.3."""
    breath_period: float
    """Mean length of a breath, s: 12..18 a minute."""
    inspiration: float
    """Mean share of a breath in which the chest rises, 0.38..0.43 (0.40..0.42 is usual in quiet)."""
    nod_with_breath: float
    """Degrees the head rises with a full breath, 0.1..0.3."""
    swallows: float
    """Swallows a minute, 0.67..1.42 (Bulmer 2021)."""
    expressive: float
    """Size of expressions, around 1."""
    lopsided: tuple[float, float]
    """Size of expressions on the left and on the right half of the face, 0.85..1; one of them is 1."""


def meet(rng: np.random.Generator, age: Age = "adult") -> Person:
    """Draw someone.

    - A child blinks less often: the rate rises steadily from infancy to 14 or 15 years (Zametkin 1979; 7 a minute in
      fixation at about 13, Salman & Liu 2014; the factor 0.6 is judgement) and breathes 17..25 times a minute. Its
      blinks take as long as an adult's (Sugiyama & Tada: no difference from 5 to 93 years).
    - The old blink as often (Bentivoglio 1997). Their lids reach a much lower greatest speed, in part because they
      go less far (Sforza 2008), and others find no difference in duration (Sugiyama & Tada): between the two, blinks
      take a fifth longer. They breathe 12..28 times a minute and swallow 0.09..0.52 times (Bulmer 2021).
    """
    lid = 1 - rng.uniform(0, 0.05)
    side = 1 - rng.uniform(0, 0.15)
    adult = Person(
        blink_rate=float(np.clip(16 * np.exp(0.32 * rng.standard_normal()), 8, 30)),
        closing=float(np.clip(rng.normal(0.075, 0.006), 0.062, 0.09)),
        opening=rng.uniform(0.060, 0.075),
        lids=(lid, 1.0) if rng.random() < 0.5 else (1.0, lid),
        fixation=rng.uniform(1.1, 1.9),
        memory=rng.uniform(2.0, 4.0),
        cutoff=rng.uniform(1.5, 2.0),
        roll_with_yaw=rng.uniform(0.2, 0.3),
        breath_period=60 / float(np.clip(rng.normal(14, 1.5), 12, 18)),
        nod_with_breath=rng.uniform(0.1, 0.3),
        expressive=rng.uniform(0.85, 1.15),
        lopsided=(side, 1.0) if rng.random() < 0.5 else (1.0, side),
        inspiration=rng.uniform(0.38, 0.43),
        swallows=rng.uniform(0.67, 1.42),
    )
    if age == "child":
        return replace(adult, blink_rate=0.6 * adult.blink_rate, breath_period=0.7 * adult.breath_period)
    if age == "old":
        return replace(
            adult,
            closing=1.2 * adult.closing,
            opening=1.2 * adult.opening,
            breath_period=0.9 * adult.breath_period,
            swallows=0.3 * adult.swallows,
        )
    return adult
