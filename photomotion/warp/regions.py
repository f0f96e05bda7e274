"""Where in the picture something moves: soft masks of eyes, mouths, heads and people, wide enough for a whole film."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import FaceMotion

from .field import FaceField
from .geometry import Array, rotation, smoothstep
from .head import share
from .scene import Scene

__all__ = ["moving_regions"]

EYE = {
    "Right": (70, 63, 105, 66, 107, 55, 46, 130, 243, 23, 24, 110, 22, 26),
    "Left": (300, 293, 334, 296, 336, 285, 276, 359, 463, 253, 254, 339, 252, 256),
}
"""Brow, corners and the skin below the lower lid; mesh indices."""
MOUTH = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 57, 287, 202, 422, 176, 148, 152, 377, 400)
"""Lips, corners and the front of the chin."""
MARGIN = 2
"""px beyond the reach: what reading between pixels and the rounding of outlines need."""
AROUND = 0.08
"""How far the skin that follows an eye or a mouth goes beyond its outline, in eye distances."""
EDGE = 0.12
"""Width of the soft edge, outside of all that, in eye distances; 3 px at least."""


def moving_regions(scene: Scene) -> dict[str, Array]:
    """Masks of the parts that move, float32 (H, W), 0..1, at the photo's size.

    Each is 1 wherever its part is at any moment of the film, with a soft edge outside of that: outlines are widened by
    the greatest displacement that the motion can give them, which is bounded by the sum of what each channel does at
    its peak. The parts of all people are united.

    Returns:
        ``"eyes"`` (lids and brows too), ``"mouth"`` (lips and the front of the chin), ``"head"`` (what turns with a
        head, hair and neck included, fading through the neck as the turn does) and ``"person"`` (everything that the
        matte holds). No value of ``eyes`` or ``mouth`` is above that of ``head``, none of ``head`` above ``person``.
    """
    height, width = scene.opacity.shape
    reach = _reach(scene)
    unit = max(head.unit for head in scene.heads)
    seed = np.asarray(scene.opacity > 0, np.uint8)
    person = _widened(seed, _within(scene, reach, seed), unit)

    eyes, mouth = (np.zeros((height, width), np.float32) for _ in range(2))
    for head, face in zip(scene.heads, scene.analysis.faces, strict=True):
        points = face.landmarks[:, :2]
        for outline in EYE.values():
            _add_outline(eyes, points[list(outline)], scene, reach, head.unit)
        _add_outline(mouth, points[list(MOUTH)], scene, reach, head.unit)
    turning = _turning(scene, reach * _nodes(scene, seed))
    spread = scene.grid.spread(turning[..., None], height, width)
    head_mask = np.maximum(person * spread.reshape(height, width), np.maximum(eyes, mouth))
    return {"eyes": eyes, "mouth": mouth, "head": head_mask, "person": np.maximum(person, head_mask)}


def _reach(scene: Scene) -> Array:
    """Bound of how far each node is displaced in the film, px, float32 (rows, columns); one pass however long it is."""
    bound = np.zeros((2, scene.grid.rows, scene.grid.columns), np.float32)
    for field, motion in zip(scene.fields, scene.motion.faces, strict=True):
        bound += _turned(field, motion)
        for channel, area, by in field.pushes:
            bound[area] += np.abs(motion.column(channel)).max() * np.abs(by)
    moved = _filmed(scene, bound)
    return np.asarray(np.hypot(*moved), np.float32)


def _filmed(scene: Scene, bound: Array) -> Array:
    """A bound of what is displaced in the photo, px, float32 (2, rows, columns), with what the camera adds to it."""
    if scene.motion.camera is None:
        return bound
    size, still = (scene.photo.width, scene.photo.height), np.zeros((*bound.shape[1:], 2), np.float32)
    views = [scene.view(row) for row in range(scene.motion.frames)]
    added = np.zeros_like(still)
    for view in views:
        np.maximum(added, np.abs(view.move(still, scene.grid, *size)), out=added)
    return np.asarray(bound * np.float32(1 + max(view.zoom for view in views)) + added.transpose(2, 0, 1), np.float32)


def _turned(field: FaceField, motion: FaceMotion) -> Array:
    """Bound of what turning the head displaces, px, float32 (2, rows, columns)."""
    angles = zip(*(motion.column(name) for name in ("headYaw", "headPitch", "headRoll")), strict=True)
    lever = np.max([np.abs(rotation(*map(float, a)) - np.eye(3, dtype=np.float32))[:2] for a in angles], axis=0)
    return np.asarray(np.tensordot(lever, np.abs(field.arms), 1), np.float32)


def _within(scene: Scene, reach: Array, seed: npt.NDArray[np.uint8]) -> float:
    """The greatest reach in a part given as uint8 (H, W), px; 0 if the part is empty."""
    return float((reach * _nodes(scene, seed)).max())


def _nodes(scene: Scene, seed: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The nodes in or next to a part given as uint8 (H, W): 1 there, 0 elsewhere, uint8 (rows, columns)."""
    grid = scene.grid
    rows, columns = np.nonzero(seed)
    near = np.zeros((grid.rows, grid.columns), np.uint8)
    near[rows // grid.step, columns // grid.step] = 1
    return np.asarray(cv2.dilate(near, np.ones((3, 3), np.uint8)), np.uint8)


def _widened(seed: npt.NDArray[np.uint8], by: float, unit: float) -> Array:
    """1 within ``by`` px of ``seed``, falling to 0 over a soft edge, float32 (H, W)."""
    if not seed.any():
        return np.zeros(seed.shape, np.float32)
    outside = np.asarray(cv2.distanceTransform(1 - seed, cv2.DIST_L2, 5), np.float32)
    return 1 - smoothstep(outside, by + MARGIN, by + MARGIN + max(EDGE * unit, 3.0))


def _add_outline(mask: Array, points: Array, scene: Scene, reach: Array, unit: float) -> None:
    """Unite ``mask``, float32 (H, W), in place with the hull of ``points`` (N, 2), px, widened by its own reach."""
    height, width = mask.shape
    hull = cv2.convexHull(np.round(points).astype(np.int32))
    seed = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(seed, hull, 1)
    by = _within(scene, reach, seed) + AROUND * unit
    far = int(by + MARGIN + max(EDGE * unit, 3.0)) + 2
    (x0, y0), (x1, y1) = hull.min((0, 1)) - far, hull.max((0, 1)) + far + 1
    area = (slice(max(y0, 0), max(y1, 0)), slice(max(x0, 0), max(x1, 0)))
    if seed[area].size:
        np.maximum(mask[area], _widened(seed[area], by, unit), out=mask[area])


def _turning(scene: Scene, reach: Array) -> Array:
    """How much each node turns with any head at most, 0..1, float32 (rows, columns), widened by what heads move."""
    parts = [share(head, scene.grid) * scene.territories[index] for index, head in enumerate(scene.heads)]
    part = np.minimum(np.sum(parts, axis=0), 1)
    nodes = int(np.ceil((float((reach * (part > 0.5)).max()) + MARGIN) / scene.grid.step))
    return np.asarray(cv2.dilate(part, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * nodes + 1,) * 2)), np.float32)
