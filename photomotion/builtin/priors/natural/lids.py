"""What lids do: they blink, and they go with the eyes."""

from __future__ import annotations

import numpy as np

from .curves import Floats

__all__ = ["move_lids"]

LOWERED, RAISED = 0.02, 0.015
"""Of ``eyeBlink`` for each degree that the eyes go down, of ``eyeWide`` for each that they go up; the upper lid's angle
is about the eye's (Becker & Fuchs 1988), and less when it goes up (how much is judgement)."""
LOWER_LID = 0.25
"""Of ``eyeSquint`` for each part of ``eyeWide``: makes the lower lid go a third of the upper one's way."""
BLINKING = 0.12
"""Of ``eyeSquint`` in a blink: the lower lid rises a little (judgement; most of its way is toward the nose)."""


def move_lids(columns: dict[str, Floats], shut: Floats, down: Floats, sides: tuple[float, float]) -> None:
    """Add the lids to ``columns``: they blink, and they follow the eyes down and up (Becker & Fuchs 1988).

    The lower lid rises with a blink, and with the eyes a third as far as the upper lid does (Leite: 0.25..0.33).

    Args:
        columns: channels by name, (T,) each; changed in place.
        shut: how far the blink is, (T,), 0..1.
        down: gazePitch, (T,), degrees.
        sides: pace of the left and right lid, 1 and a little less; both are fully shut when ``shut`` is 1.
    """
    lowered = LOWERED * _positive(down)
    raised = np.minimum(RAISED * _positive(-down), 0.3) * (1 - shut)
    for side, pace in zip(("Left", "Right"), sides, strict=True):
        blink = shut * (pace + (1 - pace) * shut)
        columns[f"eyeBlink{side}"] = 1 - (1 - blink) * (1 - np.minimum(lowered, 0.3))
        columns[f"eyeWide{side}"] = columns.get(f"eyeWide{side}", 0.0) * (1 - shut) + raised
        columns[f"eyeSquint{side}"] = columns.get(f"eyeSquint{side}", 0.0) + BLINKING * blink + LOWER_LID * raised


def _positive(x: Floats) -> Floats:
    """The positive part, with a soft corner one unit wide."""
    up = np.maximum(x, 0.0)
    return up * up / (up + 1.0)
