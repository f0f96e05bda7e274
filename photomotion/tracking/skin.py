"""Mouth and brows: how much of each channel explains what the skin did."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["BROWS", "MOUTH", "brow_marks", "explain", "from_rest", "mouth_marks", "untangle"]

Floats = npt.NDArray[np.float64]

# Displacements that count as 1, in eye distances. Of what the built-in renderer draws, the built-in analyzer sees a
# half of a smile and a quarter of a raised brow; of living faces it sees nearly all. Smiles and brows count as the
# analyzer sees them drawn (about the mean over five portraits, left and right made alike), so that a film of a film is
# like the first; the others as they are drawn, which is three times that, so that talking is not exaggerated.
# Corner of the mouth on the person's left (outward, down), the same on the right, middle of the lips to the person's
# left, gap between the lips.
MOUTH = {
    "mouthSmileLeft": (0.0280, -0.0228, 0.0126, -0.0130, 0.0080, 0.0080),
    "mouthSmileRight": (0.0126, -0.0130, 0.0280, -0.0228, -0.0080, 0.0080),
    "mouthFrownLeft": (-0.0050, 0.0500, 0.0, 0.0150, -0.0020, -0.0050),
    "mouthFrownRight": (0.0, 0.0150, -0.0050, 0.0500, 0.0020, -0.0050),
    "mouthPucker": (-0.0600, 0.0100, -0.0600, 0.0100, 0.0, 0.0060),
    "mouthStretchLeft": (0.0600, 0.0200, 0.0100, 0.0, 0.0100, 0.0),
    "mouthStretchRight": (0.0100, 0.0, 0.0600, 0.0200, -0.0100, 0.0),
    "mouthLeft": (0.0350, 0.0, -0.0350, 0.0, 0.0500, 0.0),
    "mouthRight": (-0.0350, 0.0, 0.0350, 0.0, -0.0500, 0.0),
    # Not drawn: the gap that the analyzer calls wide open, and corners that go along by a third (judgement).
    "jawOpen": (-0.0300, 0.1400, -0.0300, 0.1400, 0.0, 0.4500),
}
# Inner and outer brow on the person's left (down), the same on the right. The inner end is not seen to rise alone.
BROWS = {
    "browOuterUpLeft": (-0.0187, -0.0199, -0.0110, -0.0077),
    "browOuterUpRight": (-0.0110, -0.0077, -0.0187, -0.0199),
    "browDownLeft": (0.0160, 0.0096, 0.0060, 0.0040),
    "browDownRight": (0.0060, 0.0040, 0.0160, 0.0096),
}

READY = ("mouthSmileLeft", "mouthSmileRight", "jawOpen", "browOuterUpLeft", "browOuterUpRight")
"""What a face does often; the rest has to explain so many times more before it is believed."""
UNREADY = 3.0
TALKING = (0.025, 0.05)
"""How far, in eye distances, the corners of closed lips may be from their median in who only talks, and from which on
somebody grins (judgement, on eight films)."""
CONFUSED = 6.0
"""Degrees of head motion from which what goes along with it in a face is taken for an error of the mesh by half."""


def mouth_marks(at: dict[int, Floats]) -> Floats:
    """The six columns of :data:`MOUTH`, (T, 6), from mesh points (T, 3) seen from the front."""
    left, right, middle = at[291], at[61], (at[0] + at[17]) / 2
    gap = at[14][:, 1] - at[13][:, 1]
    return np.stack([left[:, 0], left[:, 1], -right[:, 0], right[:, 1], middle[:, 0], gap], axis=1)


def brow_marks(at: dict[int, Floats]) -> Floats:
    """The four columns of :data:`BROWS`, (T, 4)."""
    parts = ((336, 296), (334, 293, 300), (107, 66), (105, 63, 70))
    return np.stack([np.mean([at[i][:, 1] for i in part], axis=0) for part in parts], axis=1)


def untangle(marks: Floats, poses: Floats) -> Floats:
    """Displacements (T, K) from the usual face, without what only follows the head's turning.

    A mesh that is turned far is bent a little, in proportion. How much is found by regression on yaw and pitch, and
    believed the more the head has moved.

    Args:
        marks: (T, K), eye distances.
        poses: (T, 3), degrees.
    """
    moved = marks - np.median(marks, axis=0)
    turned = poses[:, :2] - poses[:, :2].mean(axis=0)
    share = turned.T @ turned / len(turned) + np.eye(2) * CONFUSED**2
    slopes = np.linalg.solve(share, turned.T @ (moved - moved.mean(axis=0)) / len(turned))
    moved = moved - turned @ slopes
    return np.asarray(moved - np.median(moved, axis=0))


def from_rest(moved: Floats, gap: Floats) -> Floats:
    """Displacements (T, 6) of a mouth from where it rests, instead of from its median.

    They are the same for who is calm or talks. Who grins for half of the film rests where the lips are closest.

    Args:
        moved: (T, 6), eye distances, as :func:`mouth_marks` orders them.
        gap: (T,), between the lips.
    """
    closed = np.median(moved[gap <= np.percentile(gap, 35)], axis=0)
    apart = float(np.hypot(*(np.abs(closed[:2]) + np.abs(closed[2:4])) / 2))
    return np.asarray(moved - closed * np.interp(apart, TALKING, (0.0, 1.0)))


def explain(moved: Floats, columns: Mapping[str, tuple[float, ...]], noise: float) -> dict[str, Floats]:
    """The least channels, 0 or more, that explain displacements: least squares with a price on each.

    Coordinate descent for the non-negative lasso (Friedman, Hastie and Tibshirani, 2010), for all frames at once.

    Args:
        moved: (T, K).
        columns: displacements (K,) of each channel at 1.
        noise: eye distances that need no explanation.

    Returns:
        For each channel (T,), 0..1.
    """
    table = np.array(list(columns.values()))
    gram = table @ table.T
    price = noise * np.sqrt(np.diag(gram)) * [1.0 if name in READY else UNREADY for name in columns]
    # A ridge keeps two channels that do nearly the same from taking turns.
    steep = np.diag(gram) + noise**2
    wanted = moved @ table.T
    found = np.zeros_like(wanted)
    for _ in range(60):
        for k in range(len(table)):
            rest = wanted[:, k] - found @ gram[:, k] + found[:, k] * gram[k, k]
            found[:, k] = np.maximum(0, (rest - price[k]) / steep[k])
    return {name: _limited(found[:, k]) for k, name in enumerate(columns)}


def _limited(value: Floats) -> Floats:
    """As it is up to 0.7, then slower and never above 1."""
    return np.asarray(np.where(value < 0.7, value, 0.7 + 0.3 * np.tanh((value - 0.7) / 0.3)))
