"""The motion prior that plays a motion from a file: recorded from a face, planned before, or made elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from photomotion.builtin.easing import min_jerk
from photomotion.builtin.limits import Limits, judge
from photomotion.data import ARKIT, Analysis, CameraMotion, Face, FaceMotion, Motion, Timing
from photomotion.errors import MotionError

__all__ = ["TrackPrior"]

Floats = npt.NDArray[np.float64]

HOME = 1.0
"""Seconds in which a face comes back to the photo when its motion is over (judgement)."""
CLOSED = 0.3
"""Eyes less open than this are closed. Narrow eyes are not: how open they are is the person's own, a blink is not."""
TURNED = ("headYaw", "headRoll", "gazeYaw")
"""Angles that change their sign in a mirror."""
HEAD = ("headYaw", "headPitch", "headRoll")
GAZE = ("gazeYaw", "gazePitch")
ROOM = 0.8
"""What a moment costs from which a head goes one limit further than the photo allows; 10 degrees of difference from the
photo cost 1 (judgement)."""
AIMED = 16.0
"""Degrees from straight ahead that eyes are not turned further because the head turns less."""
LOST = 3.0
"""What a moment costs from which nothing of the recording is left for the film; half of it if half is left."""


class TrackPrior:
    """Plays a recorded motion, relative to the moment in it that is most like the photo.

    What is played is the change since that moment, so that the film begins with the photo whatever the recorded face
    looked like. The photo's limits hold as for every prior: a head that goes further is made to move less as a whole,
    and the eyes go on looking where they looked. A motion whose first row is all 0 is relative already, and
    is played from there.

    Args:
        path: a motion file, ``.json``, ``.npz`` or ``.csv``.
        strength: what head and expressions are multiplied by, 0..2; blinks and gaze keep their size.
        mirror: exchange left and right.
        start: seconds into the recording, or ``"best"``: the most similar moment that leaves enough of it, or, where
            it is too short, of its first half.
        others: what people do for whom there is no face in the recording: ``"still"``, or ``"same"`` as the last.

    Raises:
        MotionError: if the file cannot be read, or nobody is in it.
    """

    def __init__(
        self,
        path: Path,
        *,
        strength: float = 1.0,
        mirror: bool = False,
        start: float | Literal["best"] = "best",
        others: Literal["still", "same"] = "still",
    ) -> None:
        self._motion = Motion.load(path)
        if not self._motion.frames:
            raise MotionError(f"{path}: nobody moves in it, or it has no frames")
        if start != "best" and start * self._motion.fps > self._motion.frames - 1:
            raise MotionError(
                f"{path} is {self._motion.frames / self._motion.fps:.1f} s long, so it cannot start at {start:g} s"
            )
        self._strength = strength
        self._mirror = mirror
        self._start = start
        self._others = others

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Return the motion for each face: the recorded faces in their order, then the ``others``.

        The recording is resampled to the film's frame rate, each blink to the deepest of the moments a frame covers.
        Where it ends before the film, and at the end of a loop, the face comes back to the photo within a second.

        Args:
            analysis: says which moment is like the photo, and sets the limits.
            timing: of the film.
            seed: is not used.
        """
        known = self._motion.faces
        faces = []
        begun = 0 if self._start == "best" else round(self._start * self._motion.fps)
        for index, face in enumerate(analysis.faces):
            limits = judge(face, analysis.suitability.of_face(index))
            recorded = known[min(index, len(known) - 1)]
            if limits.still or not recorded.channels or (index >= len(known) and self._others == "still"):
                faces.append(FaceMotion(channels=(), values=np.zeros((timing.frames, 0), np.float32)))
                continue
            columns = {name: recorded.column(name).astype(np.float64) for name in recorded.channels}
            columns = _mirrored(columns) if self._mirror else columns
            start = self._best(columns, face, limits, timing)
            begun = start if index == 0 else begun
            faces.append(_held_back(self._play(columns, start, timing), limits, self._strength))
        return Motion(fps=timing.fps, faces=tuple(faces), camera=self._film(begun, timing))

    def _best(self, columns: Mapping[str, Floats], face: Face, limits: Limits, timing: Timing) -> int:
        """The row of the recording from which on it is played."""
        fps, frames = self._motion.fps, self._motion.frames
        if self._start != "best":
            return round(self._start * fps)
        if not any(values[0] for values in columns.values()):
            return 0
        needed = round((timing.frames - 1) / timing.fps * fps)
        left = np.arange(frames, 0, -1) - 1
        away = ROOM * limits.excess(_table(columns, HEAD), needed, fps)
        away += LOST * np.clip(1 - left / max(needed, 1), 0, 1)
        return _alike(columns, face, needed, away)

    def _times(self, start: int, timing: Timing) -> tuple[Floats, Floats]:
        """The film's times, and how much is left of the motion at each: 1, fading where it comes back to the photo."""
        times = np.arange(timing.frames) / timing.fps
        end = min(times[-1], (self._motion.frames - 1 - start) / self._motion.fps)
        return times, _home(times, end, come_back=end < times[-1] or timing.loop)

    def _film(self, start: int, timing: Timing) -> CameraMotion | None:
        """The recording's camera from its start on, as the change since that start; None if it stands still."""
        if self._motion.camera is None:
            return None
        x, y, zoom = self._motion.camera.values[start:].T.astype(np.float64)
        times, home = self._times(start, timing)
        change = ((x - x[0]) * (-1 if self._mirror else 1), y - y[0], np.maximum((1 + zoom) / (1 + zoom[0]) - 1, 0))
        played = [_sampled(values, self._motion.fps, times, deepest=False) * home for values in change]
        return CameraMotion(values=np.stack(played, axis=1).astype(np.float32))

    def _play(self, columns: Mapping[str, Floats], start: int, timing: Timing) -> dict[str, Floats]:
        """The recording from its start on, at the film's times, as the change since that start."""
        fps = self._motion.fps
        times, home = self._times(start, timing)
        out = {}
        for name, values in columns.items():
            sampled = _sampled(values[start:], fps, times, deepest=name.startswith("eyeBlink") and fps > timing.fps)
            change = sampled - values[start]
            if name in ARKIT:
                change = np.clip(change / max(1 - values[start], 0.2), 0, 1)
            out[name] = change * home
        return out


def _table(columns: Mapping[str, Floats], names: tuple[str, ...]) -> Floats:
    """Some channels side by side, (T, K); those that are missing rest at 0."""
    rest = np.zeros(len(next(iter(columns.values()))))
    return np.stack([columns.get(name, rest) for name in names], axis=1)


def _alike(columns: Mapping[str, Floats], face: Face, needed: int, away: Floats) -> int:
    """The row that looks most like the photo and is calm, among those from which ``needed`` rows are left.

    ``away`` (T,) is what each row costs besides.
    """
    count = len(next(iter(columns.values())))
    rows = max(count - needed, (count + 1) // 2)
    rest = np.zeros(count)

    def column(name: str) -> Floats:
        return columns.get(name, rest)

    shut = (column("eyeBlinkLeft") + column("eyeBlinkRight")) / 2
    smile = (column("mouthSmileLeft") + column("mouthSmileRight")) / 2
    unlike = (
        np.hypot(column("headYaw") - face.pose.yaw, column("headPitch") - face.pose.pitch) / 10
        + np.abs(column("headRoll") - face.pose.roll) / 15
        + 2 * np.abs(shut - (max(face.eyes_open) < CLOSED))
        + np.abs(column("jawOpen") - face.mouth_open)
        + np.hypot(column("gazeYaw"), column("gazePitch")) / 15
        + smile
        + away
        + sum(np.abs(np.gradient(column(name))) for name in HEAD) / 2
        if count > 1
        else rest
    )
    return int(np.argmin(unlike[:rows]))


def _sampled(values: Floats, fps: float, times: Floats, *, deepest: bool) -> Floats:
    """Values at the film's times; where ``deepest``, the greatest that a frame covers."""
    at = times * fps
    if not deepest:
        return np.interp(at, np.arange(len(values)), values)
    half = (at[1] - at[0]) / 2 if len(at) > 1 else 0.5
    first = np.clip(np.ceil(at - half).astype(int), 0, len(values) - 1)
    last = np.clip(np.floor(at + half).astype(int), 0, len(values) - 1)
    out = np.interp(at, np.arange(len(values)), values)
    for offset in range(int(2 * half) + 1):
        out = np.maximum(out, values[np.minimum(first + offset, last)])
    out[0] = values[0]
    return out


def _home(times: Floats, end: float, *, come_back: bool) -> Floats:
    """1 while the motion plays, and by minimum jerk to 0 in its last second if it is to come back."""
    if not come_back:
        return np.ones(len(times))
    return min_jerk((end - times) / min(HOME, max(end, 1e-6)))


def _mirrored(columns: Mapping[str, Floats]) -> dict[str, Floats]:
    def other(name: str) -> str:
        if name.endswith("Left"):
            return name.removesuffix("Left") + "Right"
        return name.removesuffix("Right") + "Left" if name.endswith("Right") else name

    return {other(name): -values if name in TURNED else values for name, values in columns.items()}


def _held_back(columns: dict[str, Floats], limits: Limits, strength: float) -> FaceMotion:
    """The channels within what the photo allows."""
    head = _table(columns, HEAD)
    scale = strength * limits.gains()
    scale = scale * limits.fit(scale * head)
    columns |= dict(zip(HEAD, limits.apply(scale * head).T, strict=True))
    if any(name in columns for name in GAZE):
        columns |= dict(zip(GAZE, _kept_gaze(_table(columns, GAZE), head[:, :2], scale[:2]).T, strict=True))
    for name in columns:
        if name.startswith("eye") or name in GAZE:
            columns[name] = columns[name] * limits.eyes
        elif name in ARKIT:
            columns[name] = columns[name] * strength * limits.gain(name)
    values = np.stack(list(columns.values()), axis=1)
    shapes = [name in ARKIT for name in columns]
    values[:, shapes] = np.clip(values[:, shapes], 0, 1)
    return FaceMotion(channels=tuple(columns), values=values.astype(np.float32))


def _kept_gaze(gaze: Floats, head: Floats, scale: Floats) -> Floats:
    """The gaze (T, 2), degrees in the head, that looks where the recorded one looked.

    Eyes take on what is left over when a head's yaw and pitch (T, 2) are multiplied by ``scale`` (2,): if they were
    held on the camera, they still are.
    """
    return np.clip(gaze + (1 - scale) * head, np.minimum(gaze, -AIMED), np.maximum(gaze, AIMED))
