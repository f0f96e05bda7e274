"""A photo made ready to move, and the drawing of one moment of it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Analysis, Motion, Photo

from .eyelids import Eyelid
from .eyes import BALL, Eye
from .field import FaceField, invert
from .geometry import Array, HeadFrame
from .grid import Grid
from .layers import background, person

__all__ = ["Scene"]

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Gaze:
    """One eye's gaze and lid."""

    face: int
    side: str
    eye: Eye
    lid: Eyelid
    slide: tuple[Array, Array]
    right: Array
    down: Array


class Scene:
    """Everything that can be computed before the first frame. Drawing reads it only, so threads may share it."""

    def __init__(self, photo: Photo, analysis: Analysis, motion: Motion) -> None:
        self.photo = photo
        self.motion = motion
        self.frames = [HeadFrame.of(face) for face in analysis.faces]
        units = [f.unit for f in self.frames]
        self.grid = Grid.over((0, 0, photo.width, photo.height), max(2, round(min(units) / 20)))
        opacity = person(analysis.matte, max(units))
        self.plate = background(photo.pixels, opacity, max(units))
        self.sheet = np.dstack([photo.pixels, opacity])
        self.fields = [
            FaceField.of(analysis, i, self.grid, self._territory(i), m.channels) for i, m in enumerate(motion.faces)
        ]
        self.eyes = [self._gaze(analysis, i, side) for i in range(len(motion.faces)) for side in ("Left", "Right")]
        y, x = np.mgrid[0 : photo.height, 0 : photo.width].astype(np.float32)
        self.identity = np.dstack([x, y])

    def _territory(self, index: int) -> Array:
        """Which nodes belong to this person and not to a neighbour, 0..1, soft where they touch."""
        x, y = self.grid.nodes
        near = []
        for frame in self.frames:
            u, v = frame.uv(x, y)
            near.append(np.exp(-2.0 * np.hypot(u, np.maximum(np.abs(v - 0.2) - 0.5, 0) * 0.7)))
        return np.asarray(near[index] ** 4 / np.maximum(sum(n**4 for n in near), 1e-20), np.float32)

    def _gaze(self, analysis: Analysis, index: int, side: str) -> Gaze:
        eye = Eye.of(analysis.faces[index], side, self.photo.height, self.photo.width)
        frame = self.frames[index]
        return Gaze(
            index,
            side,
            eye,
            Eyelid.of(self.photo.pixels, eye),
            eye.looseness,
            frame.vector(BALL, 0)[:2],
            frame.vector(0, BALL)[:2],
        )

    def draw(self, row: int) -> Pixels:
        """The picture at one row of the motion, uint8 (H, W, 3). Depends on nothing but the row."""
        height, width = self.photo.height, self.photo.width
        grid = self.grid
        forward = sum(f.at(m, row) for f, m in zip(self.fields, self.motion.faces, strict=True))
        nodes = np.asarray(forward, np.float32).reshape(2, grid.rows, grid.columns).transpose(1, 2, 0)
        reach = int(np.ceil(np.abs(nodes).max())) + 2
        source = self.identity + grid.spread(invert(np.ascontiguousarray(nodes), grid.step), height, width)
        lids = []
        for gaze in self.eyes:
            motion = self.motion.faces[gaze.face]
            value = {c: float(v) for c, v in zip(motion.channels, motion.values[row], strict=True)}
            x0, y0, x1, y1 = gaze.eye.box
            box = (max(x0 - reach, 0), max(y0 - reach, 0), min(x1 + reach, width), min(y1 + reach, height))
            area = (slice(box[1], box[3]), slice(box[0], box[2]))
            local = source[area] - np.array([x0, y0], np.float32)
            yaw, pitch = np.radians(value.get("gazeYaw", 0.0)), np.radians(value.get("gazePitch", 0.0))
            if yaw or pitch:
                sideways = cv2.remap(gaze.slide[0], local, None, cv2.INTER_LINEAR)
                upward = cv2.remap(gaze.slide[1], local, None, cv2.INTER_LINEAR)
                source[area] += (
                    np.sin(yaw) * sideways[..., None] * gaze.right - np.sin(pitch) * upward[..., None] * gaze.down
                )
            closure = value.get(f"eyeBlink{gaze.side}", 0.0)
            if closure > 0.004:
                lids.append((gaze.lid, area, local, closure))
        moved = cv2.remap(self.sheet, source, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        out = np.ascontiguousarray(moved[..., :3])
        for lid, area, local, closure in lids:
            pixels, opacity = lid.draw(closure)
            skin = cv2.remap(pixels, local, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            cover = cv2.remap(opacity, local, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)[..., None]
            out[area] = np.round(out[area] + cover * (skin.astype(np.float32) - out[area])).astype(np.uint8)
        opacity = moved[..., 3]
        cv2.copyTo(self.plate, (opacity == 0).astype(np.uint8), out)
        edge = np.flatnonzero((opacity > 0) & (opacity < 255))
        flat, plate = out.reshape(-1, 3), self.plate.reshape(-1, 3)
        part = opacity.reshape(-1)[edge, None].astype(np.float32) / 255
        behind = plate[edge].astype(np.float32)
        flat[edge] = np.round(behind + part * (flat[edge] - behind)).astype(np.uint8)
        return out
