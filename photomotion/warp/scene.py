"""A photo made ready to move, and the drawing of one moment of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Analysis, Motion, Photo

from .eyelids import Eyelid
from .eyes import Eye
from .field import FaceField, invert
from .geometry import Array, HeadFrame
from .grain import split
from .grid import Grid
from .layers import background, compose, person, with_wisps
from .sampling import Sampler

__all__ = ["Scene"]

Pixels = npt.NDArray[np.uint8]


class Scene:
    """Everything that can be computed before the first frame. Drawing only reads it, so threads may share it."""

    def __init__(self, photo: Photo, analysis: Analysis, motion: Motion) -> None:
        self.photo = photo
        self.analysis = analysis
        self.motion = motion
        self.heads = [HeadFrame.of(face) for face in analysis.faces]
        units = [head.unit for head in self.heads]
        self.grid = Grid.over((0, 0, photo.width, photo.height), max(2, round(min(units) / 14)))
        clean, self.grain = split(photo.pixels)
        self.opacity = person(with_wisps(analysis.matte, clean, max(units)), max(units))
        self.plate = background(clean, self.opacity, max(units))
        self.people = Sampler.of(np.dstack([clean, self.opacity]))
        self.fields = [
            FaceField.of(analysis, index, self.grid, self.territory(index), face.channels)
            for index, face in enumerate(motion.faces)
        ]
        self.lids = [
            [
                Eyelid.of(clean, Eye.of(face, side, photo.height, photo.width), "glasses" in codes)
                for side in ("Left", "Right")
            ]
            for face, codes in zip(analysis.faces, map(analysis.suitability.of_face, range(len(units))), strict=True)
        ]
        y, x = np.mgrid[0 : photo.height, 0 : photo.width].astype(np.float32)
        self.identity = np.dstack([x, y]) * np.float32(self.people.scale)

    def territory(self, index: int) -> Array:
        """Which nodes are this person's and not a neighbour's, float32 (rows, columns), 0..1, soft between them."""
        x, y = self.grid.nodes
        near = []
        for head in self.heads:
            u, v = head.uv(x, y)
            near.append(np.exp(-8.0 * np.hypot(u, 0.7 * np.maximum(np.abs(v - 0.2) - 0.5, 0))))
        return np.asarray(near[index] / np.maximum(sum(near), 1e-20), np.float32)

    def values(self, row: int) -> list[dict[str, float]]:
        """The channels of each face at one row of the motion."""
        return [dict(zip(face.channels, map(float, face.values[row]), strict=True)) for face in self.motion.faces]

    def forward(self, values: Sequence[Mapping[str, float]]) -> Array:
        """How far everything smooth moves each node for those channels, px, float32 (rows, columns, 2)."""
        total = sum(field.at(v) for field, v in zip(self.fields, values, strict=True))
        nodes = np.reshape(total, (2, self.grid.rows, self.grid.columns))
        return np.ascontiguousarray(nodes.transpose(1, 2, 0), np.float32)

    def draw(self, row: int) -> Pixels:
        """The picture at one row of the motion, uint8 (H, W, 3). Depends on nothing but the row."""
        values = self.values(row)
        if not any(any(v.values()) for v in values):
            return self.photo.pixels
        grid = self.grid
        forward = self.forward(values)
        scale = np.float32(self.people.scale)
        source = grid.spread(scale * invert(forward, grid.step), self.photo.height, self.photo.width)
        cv2.add(source, self.identity, dst=source)

        reach = int(np.abs(forward).max()) + 2
        closing = []
        for lids, v in zip(self.lids, values, strict=True):
            for side, lid in zip(("Left", "Right"), lids, strict=True):
                area = lid.eye.area(reach, self.photo.height, self.photo.width)
                local = source[area] / scale - np.array(lid.eye.box[:2], np.float32)
                source[area] -= scale * lid.eye.glance(local, v.get("gazeYaw", 0.0), v.get("gazePitch", 0.0))
                closing.append((lid, area, local, v.get(f"eyeBlink{side}", 0.0)))

        moved = self.people.read(source)
        picture = cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB)
        for lid, area, local, closure in closing:
            if closure > 0:
                lid.draw(picture[area], local, closure)
        compose(picture, self.plate, cv2.extractChannel(moved, 3))
        if self.grain is not None:
            picture = cv2.add(picture, self.grain, dtype=cv2.CV_8U)
        return np.asarray(picture, np.uint8)
