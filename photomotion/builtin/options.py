"""What the built-in implementations can be told; the string under an option is its help. ``classic`` has its own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from photomotion.plugin import Options

__all__ = [
    "DirectedOptions",
    "FacemeshOptions",
    "Mp4Options",
    "NaturalOptions",
    "PromptOptions",
    "TrackOptions",
    "WarpOptions",
]


class FacemeshOptions(Options):
    """Options of the analyzer ``facemesh``."""

    max_faces: int = Field(default=12, ge=1, le=100)
    """How many faces are looked at, the largest first, 1..100."""


class DirectedOptions(Options):
    """What every motion prior here can be told."""

    script: Path | None = None
    """A script of moves and keyframes to lay over the motion, .toml or .json; see 'photomotion motion moves'."""
    camera: Literal["still", "push-in", "drift"] = "still"
    """``push-in``: comes slowly nearer to the people; ``drift``: passes by them, the background lagging behind."""


class NaturalOptions(DirectedOptions):
    """Options of the motion prior ``natural``."""

    strength: float = Field(default=1.0, ge=0, le=2)
    """How much everything moves, 0..2: 0 holds still, 1 is how people move for a portrait."""
    blinks_per_minute: float | None = Field(default=None, ge=0, le=40)
    """Blinks in a minute, 0..40; left out, it is drawn for the person."""
    mood: Literal["calm", "warm", "attentive", "tender", "lively", "solemn"] = "calm"
    """How they feel: ``calm`` sits for a portrait, ``solemn`` never smiles."""
    state: Literal["rest", "talking"] = "rest"
    """``talking``: blinks, glances and brows as in a conversation; the lips do not speak."""
    age: Literal["child", "adult", "old"] = "adult"
    """A child blinks less often and breathes faster; the old blink a little slower."""
    ending: Literal["open", "photo"] = "open"
    """``photo``: the last frame is the photo again, at rest."""
    head: float = Field(default=1.0, ge=0, le=2)
    """How much the head moves, 0..2; 0 holds it still."""
    eyes: float = Field(default=1.0, ge=0, le=2)
    """How far the eyes go, 0..2; at 0 neither lids nor gaze move."""
    mouth: float = Field(default=1.0, ge=0, le=2)
    """How much lips and cheeks move, 0..2; at 0 they stay as they are."""
    brows: float = Field(default=1.0, ge=0, le=2)
    """How much the brows move, 0..2; 0 holds them still."""
    breath: float = Field(default=1.0, ge=0, le=2)
    """How deep the breath is, 0..2; 0 for none."""


class TrackOptions(DirectedOptions):
    """Options of the motion prior ``track``."""

    file: Path
    """A motion: .json, .npz, or .csv of Live Link Face; 'photomotion motion track' records one from a video."""
    strength: float = Field(default=1.0, ge=0, le=2)
    """What head and expressions are multiplied by, 0..2; blinks and gaze keep their size."""
    mirror: bool = False
    """Exchange left and right."""
    start: Annotated[float, Field(ge=0)] | Literal["best"] = "best"
    """Seconds into the recording; best is the moment most like the photo."""
    others: Literal["still", "same"] = "still"
    """What people do who have no face in the recording."""


class PromptOptions(Options):
    """Options of the conditioners ``prompt`` and ``guide``."""

    extra: str = ""
    """Words put at the end of the prompt."""


class WarpOptions(Options):
    """Options of the backend ``warp``."""

    workers: int | None = Field(default=None, ge=1, le=16)
    """Threads that draw ahead, 1..16, beside whoever takes the frames; without it one for two processors, else two."""
    grain: Literal["still", "moving", "fresh", "off"] = "moving"
    """Strong grain: still as on paper, moving with the skin, fresh in every frame as on film, or off."""


class Mp4Options(Options):
    """Options of the encoder ``mp4``."""

    crf: int = Field(default=14, ge=0, le=51)
    """H.264 quality, 0..51: lower is finer and larger; at 18, half as large, moving skin is a little smoother."""
    preset: Literal[
        "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"
    ] = "veryfast"
    """x264's preset: slower ones write smaller files."""
