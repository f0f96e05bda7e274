"""OpenPose's skeleton of a person (Cao et al., 2019) as far as a portrait shows it, in its own colours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.warp import Scene, posed_points

from .contours import FINE, at, draw_dots, thickness

__all__ = ["Shoulders", "draw_skeleton"]

Picture = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]
Colour = tuple[int, int, int]

JOINTS: dict[str, Colour] = {
    "nose": (255, 0, 0),
    "neck": (255, 85, 0),
    "right shoulder": (255, 170, 0),
    "left shoulder": (85, 255, 0),
    "right eye": (170, 0, 255),
    "left eye": (255, 0, 255),
    "right ear": (255, 0, 170),
    "left ear": (255, 0, 85),
}
"""The joints that a portrait can show, of OpenPose's 18, and their RGB colours."""
BONES: tuple[tuple[str, str, Colour], ...] = (
    ("neck", "right shoulder", (255, 0, 0)),
    ("neck", "left shoulder", (255, 85, 0)),
    ("neck", "nose", (0, 0, 255)),
    ("nose", "right eye", (85, 0, 255)),
    ("right eye", "right ear", (170, 0, 255)),
    ("nose", "left eye", (255, 0, 255)),
    ("left eye", "left ear", (255, 0, 170)),
)
"""Drawn in this order, at :data:`DIM` of their colours."""
DIM = 0.6

NECK, SHOULDER = 0.85, 1.0
"""How far below the chin the neck's joint (between collar bones) and the shoulders' are, in eye distances."""
BROAD = 1.9
"""How far aside a shoulder joint is at most, in eye distances: half of 34 cm."""
WITHIN = 0.85
"""How far aside it is if the person ends earlier: this share of the way to the outline, a joint being inside an arm."""
NARROW = 0.7
"""If the person ends before that, in eye distances, no shoulder is there to be seen."""
EAR = 0.06
"""How far beyond the edge of the mesh an ear is, in widths of the face."""
BEHIND = 0.8
"""An ear is hidden when the other is that much nearer to the camera, in eye distances: a turn of about 30 degrees."""


@dataclass(frozen=True, eq=False)
class Shoulders:
    """Where neck and shoulders are in the photo: nobody has looked for them, they follow from head and outline."""

    joints: Mapping[str, Points]
    """float32 (2,), px, for each that is in the picture."""

    @classmethod
    def of(cls, scene: Scene, face: int) -> Shoulders:
        """Those of one person."""
        head = scene.heads[face]
        height, width = scene.opacity.shape
        mine = scene.analysis.matte
        c, s = math.cos(head.roll), math.sin(head.roll)

        def place(aside: float, below: float) -> Points:
            # Along the head's own axis to the chin, from there straight down: shoulders do not lean with the head.
            chin = head.origin[:2] + head.unit * head.chin * np.array([-s, c])
            return np.asarray(chin + head.unit * np.array([aside, below]), np.float32)

        def held(point: Points) -> bool:
            x, y = (round(float(v)) for v in point)
            return 0 <= x < width and 0 <= y < height and bool(mine[y, x] >= 0.5)

        joints: dict[str, Points] = {}
        neck = place(0, NECK)
        if not held(neck):
            return cls(joints)
        joints["neck"] = neck
        for side, way in (("right shoulder", -1.0), ("left shoulder", 1.0)):
            steps = np.arange(0.1, BROAD / WITHIN, 0.05)
            inside = [held(place(way * float(step), SHOULDER)) for step in steps]
            reach = float(steps[inside.index(False)]) if False in inside else BROAD / WITHIN
            edge = place(way * reach, SHOULDER)
            cut = not 0 <= edge[0] < width or edge[1] >= height
            if reach >= NARROW and not (cut and reach < BROAD):
                joints[side] = place(way * min(WITHIN * reach, BROAD), SHOULDER)
        return cls(joints)

    def at(self, scene: Scene, row: int) -> dict[str, Points]:
        """Where they are at one row of the motion, px: they breathe."""
        if not self.joints:
            return {}
        moved = posed_points(scene, row, np.stack(list(self.joints.values())))
        return dict(zip(self.joints, moved, strict=True))


def draw_skeleton(picture: Picture, points: Points, shoulders: Mapping[str, Points]) -> None:
    """Draw one person.

    Args:
        picture: uint8 (H, W, 3), sRGB; changed.
        points: float32 (478, 3), px, the face's mesh.
        shoulders: ``"neck"``, ``"right shoulder"`` and ``"left shoulder"``, those that are known, px.
    """
    joints = {**_head(points), **shoulders}
    wide = thickness(picture, 4)
    for first, second, colour in BONES:
        if first in joints and second in joints:
            dim = (int(DIM * colour[0]), int(DIM * colour[1]), int(DIM * colour[2]))
            _bone(picture, joints[first], joints[second], wide, dim)
    for name, point in joints.items():
        cv2.circle(picture, at(point), wide << FINE, JOINTS[name], -1, cv2.LINE_AA, FINE)
    draw_dots(picture, points)


def _head(points: Points) -> dict[str, Points]:
    """The joints of the head that are seen."""
    joints = {"nose": points[1], "right eye": points[468], "left eye": points[473]}
    unit = float(np.linalg.norm(points[33] - points[263]))
    across = EAR * (points[454] - points[234])
    nearer = float(points[454, 2] - points[234, 2]) / unit
    if nearer > -BEHIND:
        joints["right ear"] = points[234] - across
    if nearer < BEHIND:
        joints["left ear"] = points[454] + across
    return {name: point[:2] for name, point in joints.items()}


def _bone(picture: Picture, first: Points, second: Points, wide: int, colour: Colour) -> None:
    """An ellipse from joint to joint."""
    length, width = float(np.linalg.norm(second - first)) / 2, float(wide)
    turns = np.linspace(0, 2 * np.pi, 73, dtype=np.float32)[:, None]
    along = (second - first) / max(2 * length, 1e-3)
    across = np.array([-along[1], along[0]])
    outline = (first + second) / 2 + length * np.cos(turns) * along + width * np.sin(turns) * across
    path = np.array([at(point) for point in outline.astype(np.float32)], np.int32)
    cv2.fillConvexPoly(picture, path, colour, cv2.LINE_AA, FINE)
