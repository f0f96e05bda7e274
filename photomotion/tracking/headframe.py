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


def straighten(points: Floats, steady: Floats, poses: Floats) -> tuple[Floats, Floats]:
    """Turn every frame's face to the front.

    The person's own steady points, averaged over the film with the poses that were measured for each frame alone, are
    fitted to each frame by rotation, scale and shift (Umeyama, 1991). That takes the shape of this head into account,
    and no open jaw or smile is mistaken for a turn.

    Args:
        points: (T, N, 3), px, z away from the camera on the same scale; x right, y down.
        steady: (T, S, 3), those of :data:`STEADY`, outer eye corners at 0 and 3.
        poses: (T, 3), yaw, pitch and roll, degrees.

    Returns:
        Poses (T, 3) in degrees with the signs of :class:`photomotion.data.Pose`, the same on average as those given,
        and points (T, N, 3) in the head's own axes, in eye distances from its middle.
    """
    turns = np.stack([rotation(*pose) for pose in poses]).astype(np.float64)
    middle = steady.mean(axis=1, keepdims=True)
    units = np.linalg.norm(steady[:, 0] - steady[:, 3], axis=1)
    shape = np.median(np.einsum("tij,tni->tnj", turns, steady - middle) / units[:, None, None], axis=0)
    for _ in range(2):
        shape -= shape.mean(axis=0)
        turns, scales = _fit(shape, steady - middle)
        own = np.einsum("tij,tni->tnj", turns, steady - middle) / scales[:, None, None]
        shape = np.median(own, axis=0)
        shape /= np.linalg.norm(shape[0] - shape[3])
    turned = np.einsum("tij,tni->tnj", turns, points - middle) / scales[:, None, None]
    return _angles(turns), turned


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
