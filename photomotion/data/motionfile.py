"""Motions in files: our own JSON, NumPy archives for long ones, and the tables of Epic's Live Link Face."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

import numpy as np
import numpy.typing as npt

from photomotion.errors import MotionError

from .motion import ARKIT, CameraMotion, FaceMotion, Motion

__all__ = ["read_motion", "write_motion"]

Floats = npt.NDArray[np.float64]

MOST_ROWS, LONGEST = 2_000_000, 9 * 3600
"""Of a table: rows, and seconds; the one is about the other at 60 frames a second."""
ROTATIONS = (
    "HeadYaw", "HeadPitch", "HeadRoll",
    "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch", "RightEyeRoll",
)  # fmt: skip
LOOKS = tuple(name for name in ARKIT if name.startswith("eyeLook"))
LOOK = 30.0
"""Degrees of a gaze whose eyeLook shape is 1 (judgement: Apple says only that it is the most there is)."""
RATES = (24, 25, 30, 48, 50, 60, 100, 120, 240)


def read_motion(path: str | PathLike[str]) -> Motion:
    """Read a motion by its file's ending: ``.json``, ``.npz``, or ``.csv`` as Live Link Face writes it.

    Raises:
        MotionError: if the file is missing, damaged, or something else.
    """
    path = Path(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise MotionError(f"{path} is no motion file: .json, .npz and .csv (Live Link Face) can be read")
    if not path.is_file():
        raise MotionError(f"cannot read the motion file {path}: it does not exist")
    try:
        return reader(path)
    except MotionError as error:
        raise MotionError(f"{path}: {error}") from error
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise MotionError(f"cannot read the motion file {path}: {error}") from error


def write_motion(motion: Motion, path: str | PathLike[str]) -> None:
    """Write a motion in the form of the file's ending: ``.json``, ``.npz``, or ``.csv`` for Live Link Face.

    Raises:
        MotionError: for another ending, or if there is more than one face and the table has room for one.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise MotionError(f"cannot write the motion {path}: name it .json, .npz or .csv")
    writer(motion, path)


def _read_json(path: Path) -> Motion:
    return Motion.from_dict(json.loads(path.read_text(encoding="utf-8")))


def _write_json(motion: Motion, path: Path) -> None:
    path.write_text(json.dumps(motion.to_dict()), encoding="utf-8")


def _read_npz(path: Path) -> Motion:
    """``fps`` (), for each face N ``channelsN`` (K,) of text and ``valuesN`` (T, K), and maybe ``camera`` (T, 3)."""
    if not zipfile.is_zipfile(path):
        raise ValueError("it is no .npz archive, or damaged")
    with np.load(path, allow_pickle=False) as file:
        if "fps" not in file.files:
            raise MotionError("this archive is not a motion: it has no fps")
        count = sum(name.startswith("values") for name in file.files)
        faces = tuple(
            FaceMotion(channels=tuple(str(c) for c in file[f"channels{n}"]), values=file[f"values{n}"])
            for n in range(count)
        )
        camera = CameraMotion(values=file["camera"]) if "camera" in file.files else None
        return Motion(fps=float(file["fps"]), faces=faces, camera=camera)


def _write_npz(motion: Motion, path: Path) -> None:
    arrays: dict[str, npt.NDArray[np.generic]] = {"fps": np.asarray(motion.fps)}
    for n, face in enumerate(motion.faces):
        arrays[f"channels{n}"], arrays[f"values{n}"] = np.array(face.channels), face.values
    if motion.camera is not None:
        arrays["camera"] = motion.camera.values
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _read_table(path: Path) -> Motion:
    """A table of Live Link Face: shapes 0..1, rotations in radians, a timecode ``HH:MM:SS:FF.part`` in each row.

    Axes are taken to be ARKit's (x to the viewer's right, y up, z toward the viewer, right-handed). Rows that were
    dropped are filled in by straight lines.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        header = [name.strip().lower() for name in next(rows, [])]
        if "timecode" not in header or "eyeblinkleft" not in header:
            raise MotionError("this table is not from Live Link Face: it has no columns Timecode and EyeBlinkLeft")
        table: list[list[str]] = []
        for number, row in enumerate(rows, 2):
            if not any(row):
                continue
            if len(row) != len(header):
                raise MotionError(f"line {number} has {len(row)} columns, the first line {len(header)}")
            if len(table) >= MOST_ROWS:
                raise MotionError(f"this table has more than {MOST_ROWS:,} rows; cut it into parts")
            table.append(row)
    if not table:
        raise MotionError("this table has no rows")
    column = {name: [row[at] for row in table] for at, name in enumerate(header)}
    times, fps = _times(column["timecode"])
    numbers = {
        name: _numbers(values, name) for name, values in column.items() if name not in ("timecode", "blendshapecount")
    }
    even = np.arange(round((times[-1] - times[0]) * fps) + 1) / fps + times[0]
    channels = {name: np.interp(even, times, values) for name, values in _channels(numbers).items()}
    values = np.stack(list(channels.values()), axis=1).astype(np.float32)
    return Motion(fps=fps, faces=(FaceMotion(channels=tuple(channels), values=values),))


def _numbers(values: list[str], name: str) -> Floats:
    try:
        numbers = np.array(values, np.float64)
    except ValueError as error:
        raise MotionError(f"column {name} holds something that is not a number: {error}") from error
    if not np.isfinite(numbers).all():
        raise MotionError(f"line {int(np.argmin(np.isfinite(numbers))) + 2} of column {name} is not a finite number")
    return numbers


def _times(codes: list[str]) -> tuple[Floats, float]:
    """Seconds of each row, rising, and frames in a second: the usual rate above the greatest frame number."""
    try:
        parts = np.array([[float(part) for part in code.replace(";", ":").split(":")] for code in codes], np.float64)
        hours, minutes, seconds, frames = parts.T
    except ValueError as error:
        raise MotionError("a Timecode is not of the form HH:MM:SS:FF.part") from error
    fps = float(next((rate for rate in RATES if frames.max() < rate), frames.max() + 1))
    times = hours * 3600 + minutes * 60 + seconds + frames / fps
    times = times + 86400 * np.r_[0, np.cumsum(np.diff(times) < -43200)]
    rising = np.r_[True, np.diff(np.maximum.accumulate(times)) > 0]
    if not rising.all():
        raise MotionError(f"line {int(np.argmin(rising)) + 2} is not later than the line before it")
    if times[-1] - times[0] > LONGEST:
        raise MotionError("the timecodes span more than nine hours")
    return times, fps


def _channels(numbers: Mapping[str, Floats]) -> dict[str, Floats]:
    """Our channels from a table's columns; the names of both differ in their capitals."""
    out = {name: numbers[name.lower()] for name in ARKIT if name.lower() in numbers and name not in LOOKS}
    for channel, column, sign in (
        ("headYaw", "headyaw", -1),
        ("headPitch", "headpitch", 1),
        ("headRoll", "headroll", -1),
    ):
        if column in numbers:
            out[channel] = sign * np.degrees(numbers[column])
    for channel, axis, sign in (("gazeYaw", "yaw", -1), ("gazePitch", "pitch", 1)):
        eyes = [numbers[f"{side}eye{axis}"] for side in ("left", "right") if f"{side}eye{axis}" in numbers]
        if any(eye.any() for eye in eyes):
            out[channel] = sign * np.degrees(np.mean(eyes, axis=0))
        else:
            out[channel] = _look(numbers, channel)
    return out


def _look(numbers: Mapping[str, Floats], channel: str) -> Floats:
    """Gaze in degrees from the eyeLook shapes, for recordings without eye rotations."""

    rest = np.zeros(len(next(iter(numbers.values()))))

    def mean(*names: str) -> Floats:
        return np.asarray(np.mean([numbers.get(name, rest) for name in names], axis=0), np.float64)

    if channel == "gazePitch":
        return LOOK * (mean("eyelookdownleft", "eyelookdownright") - mean("eyelookupleft", "eyelookupright"))
    # To the left of the picture, which is the person's own right.
    return LOOK * (mean("eyelookinleft", "eyelookoutright") - mean("eyelookoutleft", "eyelookinright"))


def _write_table(motion: Motion, path: Path) -> None:
    if len(motion.faces) != 1:
        raise MotionError(f"a .csv holds one face, the motion has {len(motion.faces)}; write .json or .npz")
    if motion.camera is not None:
        raise MotionError("a .csv holds no camera, and in this motion it moves; write .json or .npz")
    face = motion.faces[0]
    names = [name[0].upper() + name[1:] for name in LIVE_LINK]
    yaw, pitch = face.column("gazeYaw"), face.column("gazePitch")
    looks = {
        "eyeLookInLeft": yaw, "eyeLookOutRight": yaw, "eyeLookOutLeft": -yaw, "eyeLookInRight": -yaw,
        "eyeLookDownLeft": pitch, "eyeLookDownRight": pitch, "eyeLookUpLeft": -pitch, "eyeLookUpRight": -pitch,
    }  # fmt: skip
    shapes = [np.clip(looks[n] / LOOK, 0, 1) if n in looks else face.column(n) for n in LIVE_LINK]
    still = np.zeros(motion.frames)
    eye = (-np.radians(yaw), np.radians(pitch), still)
    head = (
        -np.radians(face.column("headYaw")),
        np.radians(face.column("headPitch")),
        -np.radians(face.column("headRoll")),
    )
    values = np.stack([*shapes, *head, *eye, *eye], axis=1)
    whole = next((rate for rate in RATES if abs(rate - motion.fps) < 0.5), round(motion.fps))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["Timecode", "BlendshapeCount", *names, *ROTATIONS])
        for row, numbers in enumerate(values):
            second, frame = divmod(row, max(whole, 1))
            code = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}:{frame:02}.000"
            writer.writerow([code, len(names) + len(ROTATIONS), *(f"{value:.8f}" for value in numbers)])


LIVE_LINK: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawRight", "jawLeft", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthRight", "mouthLeft", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""The 52 shapes in the order of the app's tables."""

_READERS: Mapping[str, Callable[[Path], Motion]] = {".json": _read_json, ".npz": _read_npz, ".csv": _read_table}
_WRITERS: Mapping[str, Callable[[Motion, Path], None]] = {
    ".json": _write_json,
    ".npz": _write_npz,
    ".csv": _write_table,
}
