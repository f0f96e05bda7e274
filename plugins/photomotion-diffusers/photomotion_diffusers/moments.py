"""Which moments of a motion are quick: there the draft is held longer, since what lasts two frames is lost first.

How quick a moment is, is a number from 0, quiet, to 1. The limits between which it rises are judgement: a blink closes
the lids within a tenth of a second, and between blinks they and the eyes hardly move; a jump of the gaze reaches some
hundred degrees a second and pursuit stays below thirty; a mouth that speaks opens and shuts several times a second.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from photomotion.data import ARKIT, FaceMotion, Motion

__all__ = ["at_rows", "quickness"]

Curve = npt.NDArray[np.float32]

CLOSED = (0.15, 0.5)
"""Lids: closure at which a moment begins to count, and at which it counts whole."""
LIDS = (1.0, 4.0)
"""Speed of the lids, closures a second."""
GAZE = (30.0, 120.0)
"""Speed of the eyes in the head, degrees a second."""
MOUTH = (1.0, 4.0)
"""Speed of the fastest of jaw, lips and tongue, full movements a second."""
MOVERS = tuple(name for name in ARKIT if name.startswith(("jaw", "mouth", "tongue")))


def quickness(motion: Motion) -> dict[str, Curve]:
    """How quick each row is in ``"eyes"`` and ``"mouth"``: float32 (T,), 0..1, of whoever is quickest.

    Args:
        motion: of everybody in the photo.
    """
    found = {name: np.zeros(motion.frames, np.float32) for name in ("eyes", "mouth")}
    for face in motion.faces:
        eyes = [
            _rise(_speed(np.stack([face.column("gazeYaw"), face.column("gazePitch")], 1), motion.fps), GAZE),
            *(_rise(face.column(f"eyeBlink{side}"), CLOSED) for side in ("Left", "Right")),
            *(_rise(_speed(face.column(f"eyeBlink{side}")[:, None], motion.fps), LIDS) for side in ("Left", "Right")),
        ]
        found["eyes"] = np.maximum.reduce([found["eyes"], *eyes])
        found["mouth"] = np.maximum(found["mouth"], _mouth(face, motion.fps))
    return found


def at_rows(curve: Curve, rows: Sequence[int]) -> Curve:
    """The most of a curve around each of some rows: up to half way to its neighbours, itself included.

    Args:
        curve: float32 (T,).
        rows: not falling; what lies behind the end of the curve is quiet.
    """
    centres = np.asarray(rows)
    half = np.diff(centres) // 2
    low = centres - np.concatenate([[0], half])
    high = centres + np.concatenate([half, [0]]) + 1
    parts = (curve[a:b] for a, b in zip(low, high, strict=True))
    return np.array([part.max() if len(part) else 0.0 for part in parts], np.float32)


def _mouth(face: FaceMotion, fps: float) -> Curve:
    moves = np.stack([face.column(name) for name in MOVERS], 1)
    fastest = np.stack([_speed(moves[:, [i]], fps) for i in range(len(MOVERS))]).max(axis=0)
    return _rise(fastest, MOUTH)


def _speed(values: npt.NDArray[np.float32], fps: float) -> Curve:
    """Length of the change to the row before or after, whichever is more, a second; values (T, n), result (T,)."""
    change = np.linalg.norm(np.diff(values, axis=0), axis=1) * fps
    around = np.concatenate([[0.0], change, [0.0]])
    return np.asarray(np.maximum(around[:-1], around[1:]), np.float32)


def _rise(values: Curve, limits: tuple[float, float]) -> Curve:
    return np.asarray(np.clip((values - limits[0]) / (limits[1] - limits[0]), 0, 1), np.float32)
