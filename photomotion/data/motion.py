"""A planned motion: numbers over time for named channels, one table a face and one for the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import numpy.typing as npt

from photomotion.errors import MotionError

from .arrays import frozen

__all__ = ["ARKIT", "CAMERA", "CHANNELS", "POSE", "CameraMotion", "FaceMotion", "Motion", "Timing"]

ARKIT: tuple[str, ...] = (
    "browDownLeft", "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight",
    "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
    "eyeBlinkLeft", "eyeBlinkRight", "eyeLookDownLeft", "eyeLookDownRight", "eyeLookInLeft", "eyeLookInRight",
    "eyeLookOutLeft", "eyeLookOutRight", "eyeLookUpLeft", "eyeLookUpRight",
    "eyeSquintLeft", "eyeSquintRight", "eyeWideLeft", "eyeWideRight",
    "jawForward", "jawLeft", "jawOpen", "jawRight",
    "mouthClose", "mouthDimpleLeft", "mouthDimpleRight", "mouthFrownLeft", "mouthFrownRight", "mouthFunnel",
    "mouthLeft", "mouthLowerDownLeft", "mouthLowerDownRight", "mouthPressLeft", "mouthPressRight", "mouthPucker",
    "mouthRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
    "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthUpperUpLeft", "mouthUpperUpRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""Apple ARKit's 52 blendshape names, values 0..1; left and right are the person's own."""

POSE: tuple[str, ...] = ("headYaw", "headPitch", "headRoll", "gazeYaw", "gazePitch", "breath")
"""Head and eye-in-head angles in degrees with the signs of :class:`Pose`, relative to the photo; breath is -1..1."""

CHANNELS: tuple[str, ...] = ARKIT + POSE
"""Every channel a face may have."""

CAMERA: tuple[str, ...] = ("cameraX", "cameraY", "cameraZoom")
"""The camera's own. A zoom of 0.1 shows people a tenth larger; x and y are how far the middle of what is shown lies to
the right of the photo's middle and below it, in widths and heights of the photo."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How long and how fine: frame ``i`` is shown at ``i / fps`` seconds.

    Raises:
        ValueError: if either is not a positive finite number, or no whole frame fits.
    """

    seconds: float = 5.0
    fps: float = 25.0
    loop: bool = False
    """Whether the last frame is to lead to the first again, as if it were the next."""

    def __post_init__(self) -> None:
        for name in ("seconds", "fps"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be a positive number, not {value}")
        if self.fps > 1000:
            raise ValueError(f"fps must be at most 1000, not {self.fps}")
        if self.frames < 1:
            raise ValueError(f"{self.seconds} s at {self.fps} fps is less than one frame")

    @property
    def frames(self) -> int:
        """Number of frames."""
        return round(self.seconds * self.fps)


@dataclass(frozen=True, eq=False, kw_only=True)
class FaceMotion:
    """The motion of one face: a table with a row for each frame and a column for each channel.

    Raises:
        MotionError: for an unknown or doubled channel, a wrong shape, or a value that is not finite.
    """

    channels: tuple[str, ...]
    """Names from :data:`CHANNELS`; one that is absent rests at 0."""
    values: npt.NDArray[np.float32]
    """float32 (T, K), read-only."""

    def __post_init__(self) -> None:
        unknown = [c for c in self.channels if c not in CHANNELS]
        if unknown:
            raise MotionError(
                f"unknown motion channel {unknown[0]!r}; the channels are ARKit's 52 names and {', '.join(POSE)}"
            )
        if len(set(self.channels)) != len(self.channels):
            raise MotionError("a motion channel is named twice")
        try:
            values = frozen(self.values, np.float32, (None, len(self.channels)), "FaceMotion.values")
        except ValueError as error:
            raise MotionError(str(error)) from error
        if not np.isfinite(values).all():
            raise MotionError("a motion holds a value that is not a finite number")
        object.__setattr__(self, "values", values)

    def column(self, channel: str) -> npt.NDArray[np.float32]:
        """One channel over time, float32 (T,); zeros if this motion does not have it."""
        if channel in self.channels:
            return self.values[:, self.channels.index(channel)]
        return np.zeros(len(self.values), np.float32)


@dataclass(frozen=True, eq=False, kw_only=True)
class CameraMotion:
    """How the camera moves. It never looks beyond the photo's edge: where it would, it is stopped there.

    Raises:
        MotionError: for a wrong shape, a zoom below 0 or above 1, or a value that is not finite.
    """

    values: npt.NDArray[np.float32]
    """float32 (T, 3), read-only: the columns are those of :data:`CAMERA`."""

    def __post_init__(self) -> None:
        try:
            values = frozen(self.values, np.float32, (None, len(CAMERA)), "CameraMotion.values")
        except ValueError as error:
            raise MotionError(str(error)) from error
        if not np.isfinite(values).all():
            raise MotionError("the camera's motion holds a value that is not a finite number")
        if len(values) and not (values[:, 2].min() >= 0 and values[:, 2].max() <= 1):
            raise MotionError("the camera's zoom must be 0..1")
        object.__setattr__(self, "values", values)


@dataclass(frozen=True, eq=False, kw_only=True)
class Motion:
    """The motion of every face of a photo, in the order of ``Analysis.faces``, and of the camera.

    Raises:
        MotionError: if the tables are not equally long, or ``fps`` is not positive.
    """

    fps: float
    faces: tuple[FaceMotion, ...]
    camera: CameraMotion | None = None
    """None: it stands still."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.fps) and self.fps > 0):
            raise MotionError(f"a motion's fps must be a positive number, not {self.fps}")
        if len({len(f.values) for f in self.faces}) > 1:
            raise MotionError("the faces of a motion must have the same number of frames")
        if self.camera is not None and len(self.camera.values) != self.frames:
            raise MotionError("the camera must have as many frames as the faces")

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.faces[0].values) if self.faces else 0

    def rests(self, row: int) -> bool:
        """Whether a row shows the photo as it is: nobody moves in it, nor the camera."""
        return not any(face.values[row].any() for face in self.faces) and (
            self.camera is None or not self.camera.values[row].any()
        )

    @property
    def closes(self) -> bool:
        """Whether the last row leads to the first: no channel jumps there more than it ever does within the film."""
        return not self.jumps

    @property
    def jumps(self) -> tuple[tuple[int | None, str], ...]:
        """What does not lead from the last row to the first: a face's index, or None for the camera, and a channel."""
        tables: list[tuple[int | None, tuple[str, ...], npt.NDArray[np.float32]]] = [
            (index, face.channels, face.values) for index, face in enumerate(self.faces)
        ]
        if self.camera is not None:
            tables.append((None, CAMERA, self.camera.values))
        found: list[tuple[int | None, str]] = []
        for index, channels, table in tables:
            steps = np.abs(np.diff(table[np.r_[: len(table), 0]], axis=0))
            if len(steps) > 1:
                torn = np.flatnonzero(steps[-1] > steps[:-1].max(axis=0) + 1e-3)
                found += [(index, channels[column]) for column in torn]
        return tuple(found)

    def to_dict(self) -> dict[str, Any]:
        """As plain lists: ``{"version": 1, "fps": f, "faces": [{"channels": [...], "values": [[...], ...]}]}``.

        A camera that moves is ``"camera": [[x, y, zoom], ...]``.
        """
        faces = [
            {"channels": list(f.channels), "values": [[round(float(v), 5) for v in row] for row in f.values]}
            for f in self.faces
        ]
        data = {"version": 1, "fps": self.fps, "faces": faces}
        if self.camera is not None:
            data["camera"] = [[round(float(v), 6) for v in row] for row in self.camera.values]
        return data

    @classmethod
    def from_dict(cls, data: Any) -> Motion:
        """Read what :meth:`to_dict` wrote.

        Raises:
            MotionError: if it is anything else.
        """
        try:
            if data["version"] != 1:
                raise MotionError(f"motion version {data['version']!r} is unknown; this photomotion reads version 1")
            faces = tuple(
                FaceMotion(
                    channels=tuple(str(c) for c in f["channels"]),
                    values=_table(f["values"], len(f["channels"])),
                )
                for f in data["faces"]
            )
            camera = None
            if data.get("camera") is not None:
                camera = CameraMotion(values=_table(data["camera"], len(CAMERA)))
            return cls(fps=float(data["fps"]), faces=faces, camera=camera)
        except KeyError as error:
            raise MotionError(f"this is not a motion: it has no {error.args[0]!r}") from error
        except (TypeError, ValueError) as error:
            raise MotionError(f"this is not a motion: {error}; write one with 'photomotion motion plan'") from error

    def save(self, path: str | PathLike[str]) -> None:
        """Write it by the file's ending: ``.json``, ``.npz``, or ``.csv`` for Live Link Face, which holds one face.

        Raises:
            MotionError: for another ending, or several faces in a ``.csv``.
        """
        from .motionfile import write_motion

        write_motion(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Motion:
        """Read a ``.json`` or ``.npz`` that :meth:`save` wrote, or a ``.csv`` of Live Link Face.

        Raises:
            MotionError: if the file is missing, damaged, or not a motion.
        """
        from .motionfile import read_motion

        return read_motion(path)


def _table(rows: Any, columns: int) -> npt.NDArray[np.float32]:
    """Lists of numbers as float32 (T, columns).

    Raises:
        MotionError: if one is not as long as the others.
    """
    for number, row in enumerate(rows, 1):
        if len(row) != columns:
            raise MotionError(f"row {number} has {len(row)} values, and there are {columns} channels")
    return np.asarray(rows, np.float32).reshape(len(rows), columns)
