"""Where the points of a face are, and how far away everything is, at one moment of a motion.

Nothing here looks at pixels: it is the renderer's own field, lids and eyeballs applied to what is known of the photo.
What is drawn from it (skeletons, contours, depth) shows the same moment as :meth:`Scene.draw`.
"""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from .eyes import EYES
from .geometry import Array, rotation
from .head import depth, pivot
from .inverse import invert
from .jaw import opening
from .scene import Scene

__all__ = ["posed_depth", "posed_landmarks", "posed_points"]

CAMERA = 8.0
"""Distance of the camera from the nearest head, in eye distances (about 70 cm: a portrait)."""


def posed_points(scene: Scene, row: int, points: Array) -> Array:
    """Where places of the photo are at one row of the motion.

    Args:
        scene: photo and motion.
        row: of the motion.
        points: float32 (N, 2), px in the photo.

    Returns:
        float32 (N, 2), px; ``points`` itself, bit for bit, at a row that rests.
    """
    values = scene.values(row)
    moved = _at(scene, scene.forward(values, scene.view(row)), points)
    for index in range(len(values)):
        moved += _kept_back(scene, row, index, points)
    return points + moved


def posed_landmarks(scene: Scene, row: int, face: int) -> Array:
    """The mesh of one face at one row of the motion.

    Lids close, eyes turn, skin is pushed and the head is turned as in the drawn picture; depth follows the turn, and
    where the camera shows people larger, it grows with them.

    Args:
        scene: photo and motion.
        row: of the motion.
        face: index into ``Analysis.faces``.

    Returns:
        float32 (478, 3) as in :class:`photomotion.data.Face`; the analysis' own landmarks, bit for bit, at a row that
        rests.
    """
    values = scene.values(row)
    own = values[face]
    found = scene.analysis.faces[face].landmarks
    points = found.copy()
    for side, (ball, lid) in scene.eyes[face].items():
        upper, lower, first = EYES[side]
        pitch, closure = own.get("gazePitch", 0.0), own.get(f"eyeBlink{side}", 0.0)
        points[first : first + 5, :2] += ball.eye.sight(own.get("gazeYaw", 0.0), pitch)
        lids = [*upper, *lower[1:-1]]
        in_box = points[lids, :2] - np.array(ball.eye.box[:2], np.float32)
        points[lids, :2] += lid.followed(in_box[None], pitch, closure)[0]
        _close(points, upper, lower, closure)
    view = scene.view(row)
    moved = _at(scene, scene.forward(values, view), points[:, :2])
    moved += _kept_back(scene, row, face, points[:, :2], mesh=True)
    arms = found - pivot(scene.heads[face])
    points[:, 2] += arms @ (_turn(own) - np.eye(3, dtype=np.float32))[2]
    points[:, 2] *= np.float32(1 + view.zoom)
    points[:, :2] += moved
    return points


def posed_depth(scene: Scene, row: int) -> Array:
    """How near everything is at one row of the motion, as disparity: what depth models give.

    People are the built-in renderer's solids, each as far away as the head is small; behind them is infinity.

    Returns:
        float32 (H, W), 0 at infinity, 1 at the point of the photo that is nearest to the camera; a little more if
        something comes nearer later.
    """
    grid, values = scene.grid, scene.values(row)
    largest = max(head.unit for head in scene.heads)
    near = np.zeros((grid.rows, grid.columns), np.float32)
    rest = 0.0
    for index, (head, face) in enumerate(zip(scene.heads, scene.analysis.faces, strict=True)):
        away = CAMERA * largest / head.unit + depth(face, head, grid) / head.unit
        mine = scene.territories[index]
        rest = max(rest, float((mine / away).max()))
        lever = np.tensordot((_turn(values[index]) - np.eye(3, dtype=np.float32))[2], scene.fields[index].arms, 1)
        near += mine / (away + lever / head.unit)
    back = invert(scene.forward(values, scene.view(row)), grid.step)
    height, width = scene.photo.height, scene.photo.width
    source = grid.between(grid.places(back), (0, 0, width, height))
    people = np.dstack([grid.spread(near / np.float32(rest), height, width), scene.analysis.matte])
    people[..., 0] *= people[..., 1]
    moved = cv2.remap(people, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved[..., 0], np.float32)


def _kept_back(scene: Scene, row: int, face: int, points: Array, mesh: bool = False) -> Array:
    """What an opening mouth adds at points (N, 2), px: its upper lip stays; ``mesh`` if they are the face's own."""
    mouth, apart = scene.mouths[face], opening(scene.values(row)[face]) * (1 + scene.view(row).zoom)
    if mouth is None or not apart:
        return np.zeros_like(points)
    return np.float32(apart) * _at(scene, mouth.kept, points) * mouth.lifted(points, mesh)[:, None]


def _turn(values: Mapping[str, float]) -> Array:
    return rotation(*(values.get(name, 0.0) for name in ("headYaw", "headPitch", "headRoll")))


def _at(scene: Scene, forward: Array, points: Array) -> Array:
    """A field on the nodes, float32 (rows, columns, 2), read at points (N, 2), px."""
    grid = scene.grid
    half = (grid.step - 1) / 2
    x = np.ascontiguousarray((points[:, 0] - grid.left - half) / grid.step)[None]
    y = np.ascontiguousarray((points[:, 1] - grid.top - half) / grid.step)[None]
    return np.asarray(cv2.remap(forward, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0], np.float32)


def _close(points: Array, upper: tuple[int, ...], lower: tuple[int, ...], closure: float) -> None:
    """Let the upper lid's points, in place, come down to the lower lid's line: 0 not at all, 1 all the way."""
    top, bottom = points[list(upper), :2], points[list(lower), :2]
    along = (top[-1] - top[0]) / max(float(np.linalg.norm(top[-1] - top[0])), 1e-3)
    places, line = (top - top[0]) @ along, (bottom - top[0]) @ along
    order = np.argsort(line)
    meets = np.stack([np.interp(places, line[order], bottom[order, axis]) for axis in (0, 1)], axis=1)
    points[list(upper), :2] = top + np.float32(closure) * (meets - top).astype(np.float32)
