"""From 68 points to the mesh of 478 that the renderer moves.

A standard face is turned and scaled until its 68 points lie on those that were found; what is left between them bends
the mesh smoothly, as a thin plate that need not touch every point (Bookstein 1989, "Principal Warps"; Wahba 1990,
"Spline Models for Observational Data").
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

__all__ = ["CORRESPONDENCE", "fit_mesh", "reduce_mesh"]

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]

CORRESPONDENCE: tuple[tuple[int, ...], ...] = (
    # jaw, from the person's right ear over the chin to the left
    (127,), (234,), (93,), (132, 58), (58, 172), (136,), (150,), (176,), (152,),
    (400,), (379,), (365,), (397, 288), (361, 288), (323,), (454,), (356,),
    # right brow, left brow
    (70,), (63,), (105,), (66,), (107,), (336,), (296,), (334,), (293,), (300,),
    # bridge and underside of the nose
    (168,), (197,), (5,), (4,), (75,), (97,), (2,), (326,), (305,),
    # right eye, left eye, from the picture's left corner over the upper lid
    (33,), (160,), (158,), (133,), (153,), (144,), (362,), (385,), (387,), (263,), (373,), (380,),
    # outer lips, inner lips, from the picture's left corner over the upper lip
    (61,), (39,), (37,), (0,), (267,), (269,), (291,), (321,), (314,), (17,), (84,), (91,),
    (78,), (82,), (13,), (312,), (308,), (317,), (14,), (87,),
)  # fmt: skip
"""Mesh points whose mean each of the 68 points (Sagonas et al. 2013, "300 Faces in-the-Wild") corresponds to."""

JAW = np.arange(17)
STIFFNESS = 0.004
"""Smoothness against closeness. Of 0.0005 to 0.08, this loses little of the lids of faces whose mesh is known, and
smooths away some of what the points are off by."""
LOOSE = 25.0
"""How much less the jaw holds: along a contour nothing says where on it a point lies."""
TURNED = 45.0
"""Degrees of yaw at which the contour that is seen has nothing to do with the jaw any more."""


@cache
def _standard() -> Doubles:
    """A face of 478 points, eye distance 1: x right, y down, z away from the camera, the middle of the eyes at 0."""
    with files(__package__).joinpath("face.npy").open("rb") as file:
        return np.asarray(np.load(file), np.float64)


def reduce_mesh(landmarks: npt.NDArray[np.floating]) -> Doubles:
    """The 68 points of a mesh (478, N): float64 (68, N)."""
    return np.stack([np.asarray(landmarks, np.float64)[list(index)].mean(axis=0) for index in CORRESPONDENCE])


def fit_mesh(points: Floats) -> Floats:
    """A mesh for 68 points.

    Args:
        points: float32 (68, 2) as seen, px, or (68, 3) of the head itself with z away from the camera on x's scale.

    Returns:
        float32 (478, 3), px, z 0 at the head's middle. The irises are the standard face's.
    """
    face, sparse = _standard(), reduce_mesh(_standard())
    found = np.asarray(points, np.float64)
    weight = np.ones(68)
    weight[JAW] = 1 / LOOSE
    turn, scale, place = _fit_pose(sparse, found, weight)
    if found.shape[1] == 2:
        yaw = np.degrees(np.arctan2(-turn[2, 0], np.hypot(turn[0, 0], turn[1, 0])))
        weight[JAW] *= max(0.05, 1 - abs(yaw) / TURNED)
    posed = scale * face @ turn.T + place
    left = np.zeros((68, 3))
    left[:, : found.shape[1]] = found - reduce_mesh(posed)[:, : found.shape[1]]
    if found.shape[1] == 3:
        left[:, 2] -= np.average(left[:, 2], weights=weight)
    return np.asarray(posed + _plate(sparse[:, :2], left, weight, face[:, :2]), np.float32)


def _fit_pose(model: Doubles, found: Doubles, weight: Doubles) -> tuple[Doubles, float, Doubles]:
    """Rotation (3, 3), scale and translation (3,) that bring the model (N, 3) nearest to what was found (N, 2 or 3).

    Scaled orthographic projection: the affine map by least squares, then the nearest rotation (DeMenthon and Davis
    1995). Depth starts at the head's middle.
    """
    total = weight / weight.sum()
    middle, target = total @ model, total @ found
    a, b = model - middle, found - target
    if found.shape[1] == 3:
        u, s, vt = np.linalg.svd((b * total[:, None]).T @ a)
        sign = np.diag([1, 1, np.sign(np.linalg.det(u @ vt))])
        turn = u @ sign @ vt
        scale = float((s * np.diag(sign)).sum() / (total @ np.square(a).sum(axis=1)))
    else:
        root = np.sqrt(total)[:, None]
        affine = np.linalg.lstsq(a * root, b * root, rcond=None)[0].T
        u, s, vt = np.linalg.svd(affine, full_matrices=False)
        rows = u @ vt
        turn = np.vstack([rows, np.cross(rows[0], rows[1])])
        scale = float(s.mean())
    place = np.zeros(3)
    place[:2] = target[:2] - scale * (turn @ middle)[:2]
    return turn, scale, place


def _plate(at: Doubles, values: Doubles, weight: Doubles, where: Doubles) -> Doubles:
    """A smoothing thin plate through ``values`` (N, K) at ``at`` (N, 2), evaluated at ``where`` (M, 2)."""
    count = len(at)
    system = np.zeros((count + 3, count + 3))
    system[:count, :count] = _kernel(at, at) + np.diag(STIFFNESS / weight)
    flat = np.concatenate([np.ones((count, 1)), at], axis=1)
    system[:count, count:], system[count:, :count] = flat, flat.T
    solved = np.linalg.solve(system, np.concatenate([values, np.zeros((3, values.shape[1]))]))
    bent = _kernel(where, at) @ solved[:count]
    return np.asarray(bent + np.concatenate([np.ones((len(where), 1)), where], axis=1) @ solved[count:])


def _kernel(a: Doubles, b: Doubles) -> Doubles:
    square = np.square(a[:, None] - b[None]).sum(axis=-1)
    return np.asarray(0.5 * square * np.log(np.maximum(square, 1e-12)))
