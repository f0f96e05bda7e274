"""What somebody may ask of the prior ``natural``."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import get_args

from .moods import MoodName, State
from .person import Age
from .span import Ending

__all__ = ["Manner"]


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How people are to move. All gains are 0..2; what a photo allows goes before all of them.

    Raises:
        ValueError: if a number is out of its range, or a word is not one of those listed.
    """

    strength: float = 1.0
    """Size of the motion of head, expressions and breath. Blinks and glances keep their size, since half a blink is no
    blink; at 0 nothing moves at all."""
    blinks_per_minute: float | None = None
    """0..40, 0 for none; drawn for each person, and more or fewer by mood and state, if None."""
    mood: MoodName = "calm"
    state: State = "rest"
    age: Age = "adult"
    ending: Ending = "open"
    head: float = 1.0
    """Gain of the head; 0 holds it still."""
    eyes: float = 1.0
    """Gain of gaze and lower lids; 0 lets neither lids nor gaze move. Blinks are always whole."""
    mouth: float = 1.0
    """Gain of lips, cheeks and nose; 0 keeps them as they are."""
    brows: float = 1.0
    """Gain of the brows; 0 holds them still."""
    breath: float = 1.0
    """Gain of the breath; 0 for none."""

    def __post_init__(self) -> None:
        limits = {"strength": 2, "blinks_per_minute": 40, "head": 2, "eyes": 2, "mouth": 2, "brows": 2, "breath": 2}
        words = {"mood": MoodName, "state": State, "age": Age, "ending": Ending}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in words:
                known = get_args(words[field.name])
                if value not in known:
                    raise ValueError(f"{field.name} must be one of {', '.join(known)}, not {value!r}")
            elif value is not None and not (math.isfinite(value) and 0 <= value <= limits[field.name]):
                raise ValueError(f"{field.name} must be 0..{limits[field.name]}, not {value}")

    def gain(self, channel: str) -> float:
        """What the expression channel ``channel`` is multiplied by, 0..4."""
        if channel.startswith("brow"):
            return self.strength * self.brows
        return self.strength * (self.eyes if channel.startswith("eye") else self.mouth)
