"""What somebody directs: named moves and keyframes, read from a file."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from photomotion.data import ARKIT, CAMERA, CHANNELS
from photomotion.errors import MotionError

from .moves import MOVES, Points

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Cue", "Curve", "Script", "bounds", "read_script"]


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    face: Annotated[int, Field(ge=1)] | None = None
    """Whose, 1 the largest; left out, everybody's."""


class Cue(_Line):
    """A named move at a time."""

    move: str
    at: float = Field(ge=0)
    """Seconds."""
    size: float = Field(default=1.0, ge=0, le=3)
    """What its values are multiplied by."""
    pace: float = Field(default=1.0, gt=0, le=5)
    """What its speed is multiplied by."""

    @field_validator("move")
    @classmethod
    def _known(cls, move: str) -> str:
        if move not in MOVES:
            raise ValueError(f"there is no move {move!r}; there are {', '.join(MOVES)}")
        return move

    @property
    def begin(self) -> float:
        """Seconds."""
        return self.at

    @property
    def placed(self) -> tuple[tuple[str, Points], ...]:
        """Its channels with their points, in seconds of the film; gaze may come twice."""
        move = MOVES[self.move]
        placed = []
        for channel, points in move.curves.items():
            own = tuple((self.at + time / self.pace, self.size * value) for time, value in points)
            placed.append((channel, own))
            if move.eyes_stay and channel in ("headYaw", "headPitch"):
                placed.append((channel.replace("head", "gaze"), tuple((time, -value) for time, value in own)))
        return tuple(placed)


class Curve(_Line):
    """A channel through points of time, by minimum jerk from each to the next."""

    channel: str
    points: tuple[tuple[float, float], ...] = Field(min_length=2)
    """Seconds and value, the first 0."""
    mode: Literal["add", "set"] = "add"
    """Whether it is laid over what is planned, or takes its place from the first point to the last."""

    @model_validator(mode="after")
    def _in_order(self) -> Curve:
        if self.channel not in CHANNELS + CAMERA:
            rest = ", ".join(CHANNELS[52:] + CAMERA)
            raise ValueError(f"there is no channel {self.channel!r}; there are ARKit's 52 and {rest}")
        if self.channel in CAMERA and self.face is not None:
            raise ValueError(f"{self.channel} is nobody's; leave out the face")
        times = [time for time, _ in self.points]
        if times[0] < 0 or any(b <= a for a, b in pairwise(times)):
            raise ValueError(f"the points of {self.channel} must come one after the other, from second 0 on")
        low, high = bounds(self.channel)
        if any(not low <= value <= high for _, value in self.points):
            raise ValueError(f"the values of {self.channel} must be {low}..{high}")
        if self.points[0][1] != 0:
            raise ValueError(f"{self.channel} must begin with 0, since a film begins with the photo")
        return self

    @property
    def begin(self) -> float:
        """Seconds."""
        return self.points[0][0]

    @property
    def placed(self) -> tuple[tuple[str, Points], ...]:
        """Its channel with its points."""
        return ((self.channel, self.points),)


class Script(BaseModel):
    """Moves and curves, in any order."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    do: tuple[Cue, ...] = ()
    curves: tuple[Curve, ...] = ()

    @property
    def lines(self) -> tuple[Cue | Curve, ...]:
        """Everything it says."""
        return (*self.do, *self.curves)


def read_script(path: Path) -> Script:
    """Read a ``.toml`` or ``.json`` script.

    Raises:
        MotionError: if it is missing, damaged or says something unknown; names every fault.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text) if path.suffix.lower() == ".toml" else json.loads(text)
        return Script.model_validate(data)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(p) for p in e['loc'])}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        raise MotionError(f"the script {path} cannot be used: {'; '.join(faults)}") from error
    except FileNotFoundError as error:
        raise MotionError(f"cannot read the script {path}: it does not exist") from error
    except (OSError, ValueError) as error:
        raise MotionError(f"cannot read the script {path}: {error}") from error


def bounds(channel: str) -> tuple[float, float]:
    """Least and greatest value a script may give a channel."""
    if channel in CAMERA:
        return (0, 1) if channel == "cameraZoom" else (-0.5, 0.5)
    return (0, 1) if channel in ARKIT else (-1, 1) if channel == "breath" else (-90, 90)
