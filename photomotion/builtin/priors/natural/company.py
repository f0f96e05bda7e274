"""People in one photo: who stands beside whom, and when they look at each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photomotion.data import Face

from .curves import Floats
from .gaze import REACH, Look
from .span import Span

__all__ = ["exchange", "neighbours"]

EYES = 0.088
"""Distance between outer eye corners, m, from which a face's distance is guessed."""
VIEW = 1.2
"""Focal length in long edges of the photo: a usual portrait lens (judgement)."""
BESIDE = 11.0
"""How far apart neighbours may be, in the distance of their outer eye corners: about a metre (judgement)."""
ANSWERED = 0.45
"""Share of looks that are returned (judgement)."""


def neighbours(faces: Sequence[Face], size: tuple[int, int]) -> list[dict[int, tuple[float, float]]]:
    """For each face the nearest one on its left and on its right, and in which direction it is.

    Faces stand as deep in the picture as their eyes are apart. The direction is where the other one really is, yaw and
    pitch as :class:`photomotion.data.Pose`, for someone who faces the camera; it is often at 90 degrees and cut
    down to what eyes and head can show here.

    Args:
        faces: all in the photo.
        size: height and width of the photo, px.
    """
    spots = np.array([_place(face, size) for face in faces]).reshape(-1, 3)
    middles = np.array([[(f.box[0] + f.box[2]) / 2, (f.box[1] + f.box[3]) / 2] for f in faces]).reshape(-1, 2)
    apart = np.array([_eye_distance(face) for face in faces])
    out: list[dict[int, tuple[float, float]]] = []
    for i in range(len(faces)):
        found: dict[int, tuple[float, float]] = {}
        for side in (-1, 1):
            reach = BESIDE * (apart[i] + apart) / 2
            gap = np.linalg.norm(middles - middles[i], axis=1)
            alike = (apart < 2 * apart[i]) & (apart > apart[i] / 2)
            there = (side * (middles[:, 0] - middles[i, 0]) > 0) & alike & (gap < reach) & (gap > apart[i] / 2)
            if there.any():
                j = int(np.argmin(np.where(there, gap, np.inf)))
                found[j] = _direction(spots[j] - spots[i])
        out.append(found)
    return out


def exchange(
    rngs: Sequence[np.random.Generator],
    beside: Sequence[dict[int, tuple[float, float]]],
    free: Sequence[bool],
    span: Span,
) -> list[list[Look]]:
    """Looks of each face at its neighbours: every 10..30 s, some of them answered after a moment.

    Args:
        rngs: chance of each face.
        beside: from :func:`neighbours`.
        free: whether each face's eyes may move.
        span: the film.

    Returns:
        The looks of each face in order, at least 1.5 s apart; none for one who has nobody beside.
    """
    looks: list[list[Look]] = [[] for _ in beside]
    for i, (rng, found) in enumerate(zip(rngs, beside, strict=True)):
        t = rng.uniform(2.5, 12.0)
        while found and t < span.seconds - 3.0:
            j = int(rng.choice(list(found)))
            end = t + rng.uniform(0.8, 2.0)
            answers, wait, stay = rng.random() < ANSWERED, rng.uniform(0.3, 0.7), rng.uniform(0.7, 1.4)
            if free[i] and end < span.seconds - 1.6:
                looks[i].append(Look(start=t, end=end, toward=found[j]))
            if free[i] and free[j] and answers and i in beside[j] and t + wait + stay < span.seconds - 1.6:
                looks[j].append(Look(start=t + wait, end=t + wait + stay, toward=beside[j][i]))
            t = end + rng.uniform(9.0, 28.0)
    return [_apart(own) for own in looks]


def _apart(looks: list[Look]) -> list[Look]:
    out: list[Look] = []
    for one in sorted(looks, key=lambda look: look.start):
        if not out or one.start >= out[-1].end + 1.5:
            out.append(one)
    return out


def _eye_distance(face: Face) -> float:
    """Distance of the outer eye corners, px, as if the face looked into the lens."""
    return face.eye_distance / max(float(np.cos(np.radians(face.pose.yaw))), 0.35)


def _place(face: Face, size: tuple[int, int]) -> Floats:
    """Where a face is, m, in the camera's frame."""
    focal = VIEW * max(size)
    depth = EYES * focal / max(_eye_distance(face), 1e-6)
    x = (face.box[0] + face.box[2]) / 2 - size[1] / 2
    y = (face.box[1] + face.box[3]) / 2 - size[0] / 2
    return np.array([x / focal, y / focal, 1.0]) * depth


def _direction(way: Floats) -> tuple[float, float]:
    """Yaw and pitch toward ``way`` (3,), degrees, together no more than the reach of a look."""
    x, y, z = way
    angles = np.degrees([np.arctan2(-x, -z), np.arctan2(y, np.hypot(x, z))])
    angles *= min(1.0, REACH / max(float(np.linalg.norm(angles)), 1e-9))
    return float(angles[0]), float(angles[1])
