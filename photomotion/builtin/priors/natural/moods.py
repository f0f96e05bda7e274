"""Moods: what a person is like in one film. All figures here are judgement, but for the state ``talking``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["MOODS", "Mood", "MoodName", "State", "mood_of"]

MoodName = Literal["calm", "warm", "attentive", "tender", "lively", "solemn"]
State = Literal["rest", "talking"]


@dataclass(frozen=True, kw_only=True)
class Mood:
    """What a mood changes; the defaults are ``calm``, a portrait sitting. Factors are of the person's own figures."""

    blinks: float = 1.0
    """Blinks a minute, a factor."""
    smile: float = 1.0
    """Size of the smiles that come and go, a factor; 0 for none."""
    smiles: tuple[float, float] = (5.0, 12.0)
    """Least and greatest time from the end of a smile to the next, s."""
    standing: float = 0.03
    """Level of the faint smile that comes in the first seconds and stays, 0..1."""
    lids: float = 0.0
    """Lower lids that stay tightened, 0..1; below 0, eyes that stay a little wider."""
    brows: float = 0.0
    """Brows that stay raised, 0..1."""
    moments: float = 1.0
    """How often brows, lips and cheeks do something, a factor."""
    head: float = 1.0
    """Size of the head's motion, a factor."""
    tempo: float = 1.0
    """How fast posture changes and smiles come, a factor."""
    lean: tuple[float, float] = (0.0, 0.0)
    """Pitch and roll that come in the first seconds and stay, degrees; to which side the head rolls is chance."""
    glances: tuple[float, float] = (3.5, 7.0)
    """Least and greatest time between two glances aside, s; up to a fixation is added (listeners: one every 7.2 s,
    Andrist 2014)."""
    aside: tuple[float, float] = (0.9, 1.8)
    """Least and greatest length of a glance, s (listeners: 1.14 s, with a standard deviation of 0.27, Andrist 2014)."""
    breath: float = 1.0
    """Depth of the breath, a factor."""
    breath_period: float = 1.0
    """Length of a breath, a factor."""


MOODS: Mapping[MoodName, Mood] = {
    "calm": Mood(),
    "warm": Mood(smile=1.6, smiles=(3.0, 7.0), standing=0.18, lids=0.10, moments=1.1),
    "attentive": Mood(
        smile=0.5, smiles=(7.0, 14.0), standing=0.02, lids=-0.12, brows=0.14, moments=1.2, head=0.85, tempo=1.15,
        lean=(0.9, 0.8), glances=(7.0, 14.0), aside=(0.6, 1.1),
    ),
    "tender": Mood(
        smile=1.0, standing=0.15, lids=0.14, brows=0.08, moments=0.7, head=0.8, tempo=0.75, lean=(0.6, 2.4),
        glances=(5.6, 11.2), breath=1.1, breath_period=1.1,
    ),
    "lively": Mood(
        blinks=1.1, smile=1.75, smiles=(2.5, 6.0), standing=0.10, lids=0.04, moments=1.8, head=1.4, tempo=1.25,
        glances=(2.4, 4.8), breath=1.1,
    ),
    "solemn": Mood(
        smile=0.0, standing=0.0, moments=0.5, head=0.7, tempo=0.7, lean=(0.6, 0.0), glances=(5.6, 11.2),
        breath=0.9, breath_period=1.1,
    ),
}  # fmt: skip


def mood_of(name: MoodName, state: State) -> Mood:
    """The mood, for someone at rest or in talk.

    In talk people blink half as often again (26 to 17 a minute, Bentivoglio 1997) and look aside every 4.75 s for
    1.96 s (Andrist 2014), and brows accompany speech (Cavé 1996; how much is judgement). The lips do not speak.
    """
    mood = MOODS[name]
    if state == "talking":
        often = mood.glances[0] / Mood().glances[0]
        mood = replace(
            mood,
            blinks=1.5 * mood.blinks,
            moments=1.5 * mood.moments,
            glances=(2.5 * often, 7.0 * often),
            aside=(1.0, 2.6),
        )
    return mood
