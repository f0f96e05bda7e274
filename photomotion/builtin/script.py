"""What somebody directs: named moves and keyframes, laid over whatever a motion prior plans."""

from __future__ import annotations

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from photomotion.data import ARKIT, CAMERA, CHANNELS, Analysis, CameraMotion, FaceMotion, Motion, Timing
from photomotion.errors import MotionError
from photomotion.stages import MotionPrior

from .camera import Shot, film
from .easing import min_jerk
from .limits import judge
from .moves import MOVES, Points

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Directed", "Script", "read_script"]

Floats = npt.NDArray[np.float64]

RAMP = 0.3
"""Seconds in which what is planned makes way for a curve that is set, and comes back (judgement)."""
HEAD = ("headYaw", "headPitch", "headRoll")


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    face: Annotated[int, Field(ge=1)] | None = None
    """Whose, 1 the largest; left out, everybody's."""


class Cue(_Line):
    """A named move at a time."""

    move: str
    at: float = Field(ge=0)
    """Seconds."""
    size: float = Field(1.0, ge=0, le=3)
    """What its values are multiplied by."""
    pace: float = Field(1.0, gt=0, le=5)
    """What its speed is multiplied by."""

    @field_validator("move")
    @classmethod
    def _known(cls, move: str) -> str:
        if move not in MOVES:
            raise ValueError(f"there is no move {move!r}; there are {', '.join(MOVES)}")
        return move


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
        low, high = _range(self.channel)
        if any(not low <= value <= high for _, value in self.points):
            raise ValueError(f"the values of {self.channel} must be {low}..{high}")
        if self.points[0][1] != 0:
            raise ValueError(f"{self.channel} must begin with 0, since a film begins with the photo")
        return self


class Script(BaseModel):
    """Moves and curves, in any order."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    do: tuple[Cue, ...] = ()
    curves: tuple[Curve, ...] = ()


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


class Directed:
    """A motion prior with a script laid over it.

    Args:
        prior: what everybody does where nothing is directed.
        script: what is directed.
        shot: how the camera moves.
    """

    def __init__(self, prior: MotionPrior, script: Script, shot: Shot = "still") -> None:
        self._prior = prior
        self._script = script
        self._shot = shot

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Plan, and direct. The photo's limits hold for the sum.

        Raises:
            MotionError: if the script has somebody who is not in the photo, or a time after the film's end.
        """
        planned = self._prior.plan(analysis, timing, seed)
        length = timing.frames / timing.fps
        lines: tuple[Cue | Curve, ...] = (*self._script.do, *self._script.curves)
        for line in lines:
            if line.face is not None and line.face > len(analysis.faces):
                raise MotionError(f"the script has a face {line.face}, and in the photo are {len(analysis.faces)}")
            begin = line.at if isinstance(line, Cue) else line.points[0][0]
            if begin >= length:
                raise MotionError(f"the script has something at {begin:g} s, and the film ends at {length:g} s")
        times = np.arange(timing.frames) / timing.fps
        faces = tuple(self._direct(index, face, analysis, times) for index, face in enumerate(planned.faces))
        return Motion(fps=planned.fps, faces=faces, camera=self._film(planned.camera, analysis, timing, times))

    def _film(
        self, planned: CameraMotion | None, analysis: Analysis, timing: Timing, times: Floats
    ) -> CameraMotion | None:
        curves = [curve for curve in self._script.curves if curve.channel in CAMERA]
        if self._shot != "still":
            planned = film(self._shot, analysis, timing)
        if not curves:
            return planned
        table = np.zeros((len(times), len(CAMERA))) if planned is None else planned.values.astype(np.float64)
        columns = dict(zip(CAMERA, table.T, strict=True))
        for curve in curves:
            _lay(columns, curve.channel, curve.points, times, replace=curve.mode == "set")
        values = np.stack([np.clip(columns[name], *_range(name)) for name in CAMERA], axis=1)
        return CameraMotion(values=values.astype(np.float32))

    def _direct(self, index: int, planned: FaceMotion, analysis: Analysis, times: Floats) -> FaceMotion:
        columns = {name: planned.column(name).astype(np.float64) for name in planned.channels}
        for curve in self._script.curves:
            if curve.face in (None, index + 1) and curve.channel not in CAMERA:
                _lay(columns, curve.channel, curve.points, times, replace=curve.mode == "set")
        for cue in self._script.do:
            if cue.face in (None, index + 1):
                _do(columns, cue, times)
        limits = judge(analysis.faces[index], analysis.suitability.of_face(index))
        if limits.still or not columns:
            return planned
        before = np.stack([planned.column(name) for name in HEAD], axis=1).astype(np.float64)
        after = np.stack([columns.get(name, before[:, axis]) for axis, name in enumerate(HEAD)], axis=1)
        # What is planned keeps to the limits already, and stays as it is where nothing is directed.
        head = np.clip(before + limits.apply(after) - limits.apply(before), limits.low, limits.high)
        columns |= dict(zip(HEAD, head.T, strict=True))
        for name, values in columns.items():
            eyes, mouth = name.startswith(("eye", "gaze")), name.startswith(("mouth", "jaw"))
            if (eyes and not limits.eyes) or (mouth and not limits.mouth):
                values = planned.column(name).astype(np.float64)
            columns[name] = np.clip(values, *_range(name))
        return FaceMotion(channels=tuple(columns), values=np.stack(list(columns.values()), axis=1).astype(np.float32))


def _range(channel: str) -> tuple[float, float]:
    """Least and greatest value a script may give a channel."""
    if channel in CAMERA:
        return (0, 1) if channel == "cameraZoom" else (-0.5, 0.5)
    return (0, 1) if channel in ARKIT else (-1, 1) if channel == "breath" else (-90, 90)


def _do(columns: dict[str, Floats], cue: Cue, times: Floats) -> None:
    move = MOVES[cue.move]
    for channel, points in move.curves.items():
        placed = tuple((cue.at + time / cue.pace, cue.size * value) for time, value in points)
        _lay(columns, channel, placed, times, replace=channel == "breath")
        if move.eyes_stay and channel in ("headYaw", "headPitch"):
            back = tuple((time, -value) for time, value in placed)
            _lay(columns, channel.replace("head", "gaze"), back, times, replace=False)


def _lay(columns: dict[str, Floats], channel: str, points: Points, times: Floats, *, replace: bool) -> None:
    """Add a curve to a channel, or put it in its place; lids close together rather than add up."""
    curve = _through(points, times)
    planned = columns.get(channel, np.zeros(len(times)))
    if replace:
        begin, end = points[0][0], points[-1][0]
        away = np.minimum(min_jerk((times - begin) / RAMP), min_jerk((end - times) / RAMP))
        columns[channel] = planned * (1 - away) + curve
    elif channel.startswith("eyeBlink"):
        columns[channel] = 1 - (1 - planned) * (1 - np.clip(curve, 0, 1))
    else:
        columns[channel] = planned + curve


def _through(points: Points, times: Floats) -> Floats:
    """A curve through (seconds, value), by minimum jerk from each to the next; level outside."""
    at, values = np.array(points, np.float64).T
    i = np.clip(np.searchsorted(at, times, side="right") - 1, 0, len(at) - 2)
    out: Floats = values[i] + (values[i + 1] - values[i]) * min_jerk((times - at[i]) / (at[i + 1] - at[i]))
    return out
