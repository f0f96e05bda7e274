"""What stays the same in one person for a whole film."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Person", "meet"]


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
    nod_with_breath: float
    """Degrees the head rises with a full breath, 0.1..0.3."""
    expressive: float
    """Size of expressions, around 1."""
    lopsided: tuple[float, float]
    """Size of expressions on the left and on the right half of the face, 0.85..1; one of them is 1."""


def meet(rng: np.random.Generator) -> Person:
    """Draw someone."""
    lid = 1 - rng.uniform(0, 0.05)
    side = 1 - rng.uniform(0, 0.15)
    return Person(
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
    )
