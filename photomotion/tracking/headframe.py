"""How a head is turned in every frame, and its face as it would look from straight ahead."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photomotion.warp.geometry import rotation

__all__ = ["STEADY", "straighten"]

Floats = npt.NDArray[np.float64]

STEADY = (
    33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 193, 417, 122, 351, 196, 419, 3, 248, 127, 356, 234, 454, 143, 372,
    10, 109, 338, 67, 297,
)  # fmt: skip
"""Mesh points that bone carries: eye corners, nose, temples, hairline. None that lips, jaw or lids move."""


TRUST = 0.1
"""How much of the mesh's depth is believed: it is a guess that follows mouth and brows (chosen on eight films)."""
FILLINGS = 12
"""Rounds in which depth and turn are adjusted to each other; what is left is 2 % of the first correction."""
FOCAL = 2.0
"""Of the camera, in longer sides of the picture: a portrait lens, as for single photos."""


def straighten(points: Floats, steady: Floats, poses: Floats, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """Turn every frame's face to the front.

    The person's own steady points, averaged over the film with the poses that were measured for each frame alone, are
    fitted to each frame by rotation, scale and shift (Umeyama, 1991), mostly by where they are in the picture and
    little by their depth. That takes the shape of this head into account, and no open jaw or smile is mistaken for a
    turn. A face that only moves aside shows the camera its other side without turning: angles are about the camera's
    axis, not about the line of sight.

    Args:
        points: (T, N, 3), px, z away from the camera on the same scale; x right, y down.
        steady: (T, S, 3), those of :data:`STEADY`, outer eye corners at 0 and 3.
        poses: (T, 3), yaw, pitch and roll, degrees.
        size: width and height of the picture, px.

    Returns:
        Poses (T, 3) in degrees with the signs of :class:`photomotion.data.Pose`, and points (T, N, 3) in the head's
        own axes, in eye distances from its middle.
    """
    middle = steady.mean(axis=1, keepdims=True)
    sight = _line_of_sight(middle[:, 0, :2], size)
    turns = sight.transpose(0, 2, 1) @ np.stack([rotation(*pose) for pose in poses]).astype(np.float64)
    units = np.linalg.norm(steady[:, 0] - steady[:, 3], axis=1)
    shape = np.median(np.einsum("tij,tni->tnj", turns, steady - middle) / units[:, None, None], axis=0)
    for _ in range(2):
        shape -= shape.mean(axis=0)
        turns, scales = _fit_flat(shape, steady - middle)
        own = np.einsum("tij,tni->tnj", turns, steady - middle) / scales[:, None, None]
        shape = np.median(own, axis=0)
        shape /= np.linalg.norm(shape[0] - shape[3])
    turned = np.einsum("tij,tni->tnj", turns, points - middle) / scales[:, None, None]
    return _angles(sight @ turns), turned


def _line_of_sight(places: Floats, size: tuple[int, int]) -> Floats:
    """The shortest turns (T, 3, 3) from the camera's axis toward places (T, 2), px, in the picture."""
    aside = (places - np.array(size) / 2) / (FOCAL * max(size))
    x, y = aside.T
    length = np.sqrt(1 + x**2 + y**2)
    x, y, z = x / length, y / length, 1 / length
    rows = [[1 - x * x / (1 + z), -x * y / (1 + z), x], [-x * y / (1 + z), 1 - y * y / (1 + z), y], [-x, -y, z]]
    return np.array(rows).transpose(2, 0, 1)


def _fit_flat(shape: Floats, points: Floats) -> tuple[Floats, Floats]:
    """As :func:`_fit`, with depths that count by :data:`TRUST`; the rest is filled in from the fit itself.

    Expectation and maximisation in turn (Dempster, Laird and Rubin, 1977).
    """
    filled = points.copy()
    for _ in range(FILLINGS):
        turns, scales = _fit(shape, filled)
        drawn = scales[:, None] * np.einsum("tj,nj->tn", turns[:, 2], shape)
        filled[..., 2] = drawn + TRUST * (points[..., 2] - drawn)
    return turns, scales


def _fit(shape: Floats, points: Floats) -> tuple[Floats, Floats]:
    """Rotations (T, 3, 3) and scales (T,) that bring a centred shape (S, 3) onto centred points (T, S, 3)."""
    u, size, v = np.linalg.svd(np.einsum("tni,nj->tij", points, shape))
    sign = np.ones((len(points), 3))
    sign[:, 2] = np.sign(np.linalg.det(u @ v))
    return (u * sign[:, None]) @ v, (size * sign).sum(axis=1) / (shape**2).sum()


def _angles(turns: Floats) -> Floats:
    """Yaw, pitch and roll, degrees, (T, 3), of ``Rz(roll) @ Ry(yaw) @ Rx(pitch)``."""
    yaw = np.arctan2(-turns[:, 2, 0], np.hypot(turns[:, 0, 0], turns[:, 1, 0]))
    pitch = np.arctan2(turns[:, 2, 1], turns[:, 2, 2])
    roll = np.arctan2(turns[:, 1, 0], turns[:, 0, 0])
    return np.asarray(np.degrees(np.unwrap(np.stack([yaw, pitch, roll], axis=1), axis=0)))
