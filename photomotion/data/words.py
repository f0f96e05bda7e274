"""A motion in words, for models that follow a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from .motion import FaceMotion, Motion

__all__ = ["blinks", "describe"]

Signal = npt.NDArray[np.float32]

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

LEFT, RIGHT, UP, DOWN = WAYS = ("to the left", "to the right", "up", "down")
"""As the viewer sees it."""

SHUT, OPEN = 0.6, 0.45
"""A blink begins when both lids are lower than the first and is over when one is higher than the second: a planned one
reaches 1, and lids that follow a lowered gaze stay below 0.3."""
ASIDE, BACK = 3.3, 2.8
"""Degrees away from where the photo looks: a viewer's face is within 2.6, a glance goes 6 or more."""
IN_HEAD = 1.0
"""Degrees that the eyes must turn in the head, or it is the head that looks away."""
TURNED, LOWERED = 2.0, 1.5
"""Degrees from which on a turn and a nod are seen; half of it ends them."""
NOD = 1.5
"""Seconds; a head that is down for longer is lowered, and does not nod."""
SMILE = 0.08
"""Mean of both mouthSmile channels from which on a smile is seen."""
BREATH = 0.1
"""Greatest breath from which on it is seen."""


def describe(motion: Motion, *, gray: bool = False, extra: str = "") -> str:
    """A motion in two plain sentences: what the people do, and what stays as it is.

    Left and right are the viewer's. For several people a number is said once, as a range if they differ. What cannot be
    known from a motion - who they are, what they feel - is not said.

    Args:
        motion: of at least one face.
        gray: whether the photo has no colour.
        extra: words put at the end.
    """
    faces = motion.faces
    one = len(faces) == 1
    who = "The person" if one else f"The {_number(len(faces))} people"

    def verb(word: str) -> str:
        return word + "s" if one else word

    said = []
    if often := _times([len(blinks(face)) for face in faces]):
        said.append(f"{verb('blink')} {often}")
    if ways := _ways([_glances(face) for face in faces]):
        said.append(f"{verb('glance')} {ways}")
    if ways := _ways([_turns(face) for face in faces]):
        size = max(float(np.abs(face.column("headYaw")).max()) for face in faces)
        head = "the head" if one else "their heads"
        said.append(f"{verb('turn')} {head}{_size(size, 5, 15, (' slightly', '', ' far'))} {ways}")
    if often := _times([_nods(face, motion.fps) for face in faces]):
        said.append(f"{verb('nod')} {often}")
    smile = max(float(_smile(face).max()) for face in faces)
    if smile >= SMILE:
        said.append(f"{verb('smile')}{_size(smile, 0.45, 0.7, (' faintly', '', ' broadly'))}")
    if max(float(np.abs(face.column("breath")).max()) for face in faces) >= BREATH:
        said.append(f"{verb('breathe')} calmly")

    does = f"{who} {_listed(said) if said else verb('hold') + ' still'}."
    moves = motion.camera is not None and bool(motion.camera.values[:, 2].any())
    camera = "The camera moves gently" if moves else "Static camera"
    stays = f"{camera}, the {'face' if one else 'faces'} and the background stay the same"
    return f"{does} {stays}{', black-and-white picture' if gray else ''}. {extra.strip()}".rstrip()


def _runs(signal: Signal, on: float, off: float) -> list[tuple[int, int]]:
    """First and last row, the last not included, of each stretch that rises to ``on`` and lasts until below ``off``."""
    runs: list[tuple[int, int]] = []
    start = None
    for row, value in enumerate(signal):
        if start is None and value >= on:
            start = row
        elif start is not None and value < off:
            runs.append((start, row))
            start = None
    return runs if start is None else [*runs, (start, len(signal))]


def blinks(face: FaceMotion) -> list[tuple[int, int]]:
    """First and last row, the last not included, of each time that both eyes are shut."""
    return _runs(np.minimum(face.column("eyeBlinkLeft"), face.column("eyeBlinkRight")), SHUT, OPEN)


def _glances(face: FaceMotion) -> dict[str, int]:
    """How often the eyes leave the viewer, by where they go; they look along the head's angle plus their own in it."""
    own = np.stack([face.column("gazeYaw"), face.column("gazePitch")])
    look = own + np.stack([face.column("headYaw"), face.column("headPitch")])
    away = np.asarray(np.hypot(*look), np.float32)
    found = dict.fromkeys(WAYS, 0)
    for first, last in _runs(away, ASIDE, BACK):
        if np.hypot(*own[:, first:last]).max() >= IN_HEAD:
            yaw, pitch = look[:, first + int(away[first:last].argmax())]
            sideways, upright = LEFT if yaw > 0 else RIGHT, DOWN if pitch > 0 else UP
            found[sideways if abs(yaw) >= abs(pitch) else upright] += 1
    return found


def _turns(face: FaceMotion) -> dict[str, int]:
    yaw = face.column("headYaw")
    return {way: len(_runs(sign * yaw, TURNED, TURNED / 2)) for way, sign in ((LEFT, 1), (RIGHT, -1))}


def _nods(face: FaceMotion, fps: float) -> int:
    runs = _runs(face.column("headPitch"), LOWERED, LOWERED / 2)
    return sum(last - first <= NOD * fps and last < len(face.values) for first, last in runs)


def _smile(face: FaceMotion) -> Signal:
    return np.asarray((face.column("mouthSmileLeft") + face.column("mouthSmileRight")) / 2, np.float32)


def _number(count: int) -> str:
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def _times(counts: Sequence[int]) -> str:
    """How often, in words, empty for never: ``"twice"``, ``"two to four times each"``, ``"at most once"``."""
    low, high = min(counts), max(counts)
    if high == 0:
        return ""
    most = {1: "once", 2: "twice"}.get(high, f"{_number(high)} times")
    if len(counts) == 1:
        return most
    if low == high:
        return f"{most} each"
    if low == 0:
        return f"at most {most}"
    return f"{'once or twice' if high == 2 else f'{_number(low)} to {most}'} each"


def _ways(found: Sequence[Mapping[str, int]]) -> str:
    """How often each way, in words, from one count a face: ``"to the left once and up twice"``."""
    often = {way: _times([counts[way] for counts in found]) for way in found[0]}
    return _listed([f"{way} {words}" for way, words in often.items() if words])


def _size(value: float, low: float, high: float, words: tuple[str, str, str]) -> str:
    return words[0] if value < low else words[1] if value < high else words[2]


def _listed(parts: Sequence[str]) -> str:
    """``""``, ``"a"``, ``"a and b"``, ``"a, b and c"``."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
