"""A script laid over whatever a motion prior plans."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from photomotion.data import CAMERA, Analysis, CameraMotion, FaceMotion, Motion, Timing
from photomotion.errors import MotionError
from photomotion.stages import MotionPrior

from .camera import Shot, film
from .easing import min_jerk
from .limits import judge
from .moves import Points
from .script import Cue, Script, bounds

__all__ = ["Directed"]

Floats = npt.NDArray[np.float64]

RAMP = 0.3
"""Seconds in which what is planned makes way for a curve that is set, and comes back (judgement)."""
HEAD = ("headYaw", "headPitch", "headRoll")


class Directed:
    """A motion prior with a script laid over it.

    Args:
        prior: what everybody does where nothing is directed.
        script: what is directed.
        shot: how the camera moves.
        source: how messages call the script.
    """

    def __init__(self, prior: MotionPrior, script: Script, shot: Shot = "still", *, source: str = "the script") -> None:
        self._prior = prior
        self._script = script
        self._shot = shot
        self._source = source

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Plan, and direct. The photo's limits hold for the sum.

        Raises:
            MotionError: if the script has somebody who is not in the photo, a time after the film's end, or in a
                loop something that is not over then.
        """
        planned = self._prior.plan(analysis, timing, seed)
        ends = f"the film ends at {timing.frames / timing.fps:g} s"
        for line in self._script.lines:
            if line.face is not None and line.face > len(analysis.faces):
                raise MotionError(f"{self._source} has a face {line.face}, and in the photo are {len(analysis.faces)}")
            if line.begin >= timing.frames / timing.fps:
                raise MotionError(f"{self._source} has something at {line.begin:g} s, and {ends}")
        times = np.arange(timing.frames) / timing.fps
        faces = tuple(self._direct(index, face, analysis, times) for index, face in enumerate(planned.faces))
        directed = Motion(fps=planned.fps, faces=faces, camera=self._film(planned.camera, analysis, timing, times))
        if timing.loop:
            own = planned.jumps
            self._refuse([jump for jump in directed.jumps if jump not in own], times[-1:], f"when {ends}")
        return directed

    def _refuse(self, torn: Sequence[tuple[int | None, str]], end: Floats, then: str) -> None:
        """Name the line that is furthest from 0 in the last frame, if channels do not lead back to the beginning."""
        left = [
            (float(_through(points, end)[0]), channel, line)
            for index, channel in torn
            for line in self._script.lines
            for name, points in line.placed
            if name == channel and (line.face is None or line.face - 1 == index)
        ]
        if not left:
            return
        value, channel, line = max(left, key=lambda entry: abs(entry[0]))
        if isinstance(line, Cue):
            fault = f"{line.move!r} at {line.at:g} s is not over {then}; let it begin earlier"
        else:
            fault = f"{channel} is at {value:.3g} {then}, and begins with 0; lead its points back to 0 before"
        raise MotionError(f"{self._source} makes no loop: {fault}, or make the film without one")

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
        values = np.stack([np.clip(columns[name], *bounds(name)) for name in CAMERA], axis=1)
        return CameraMotion(values=values.astype(np.float32))

    def _direct(self, index: int, planned: FaceMotion, analysis: Analysis, times: Floats) -> FaceMotion:
        columns = {name: planned.column(name).astype(np.float64) for name in planned.channels}
        for curve in self._script.curves:
            if curve.face in (None, index + 1) and curve.channel not in CAMERA:
                _lay(columns, curve.channel, curve.points, times, replace=curve.mode == "set")
        for cue in self._script.do:
            if cue.face in (None, index + 1):
                for channel, points in cue.placed:
                    _lay(columns, channel, points, times, replace=channel == "breath")
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
            columns[name] = np.clip(values, *bounds(name))
        return FaceMotion(channels=tuple(columns), values=np.stack(list(columns.values()), axis=1).astype(np.float32))


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
