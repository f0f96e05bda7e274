"""A photo made ready to move, and the drawing of one moment of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Analysis, Face, Motion, Photo

from .areas import Area, extent_of, outside
from .border import Border
from .brows import BROWS
from .camera import WHOLE, View
from .creases import Creases
from .eyeballs import Eyeball
from .eyelids import Eyelid
from .eyes import EYES, Eye
from .field import FaceField
from .folds import unfold
from .geometry import Array, HeadFrame
from .glasses import find_frames, find_rim
from .grain import Grain, GrainMode, split
from .grid import Grid
from .groups import territories
from .inverse import sources
from .jaw import limited, opening
from .layers import parted, with_wisps
from .laying import compose, lay
from .light import Light
from .limbs import Front
from .looking import look
from .margins import around, find_margins, inside
from .mouth import Mouth
from .plate import background
from .rims import find_irises
from .sampling import Closer, Sampler
from .solids import with_skull

__all__ = ["Scene"]

Pixels = npt.NDArray[np.uint8]

STRIPS = 5
"""Parts, one below the other, in which people are read: heads are narrower than shoulders, so a third less is read."""


class Scene:
    """Everything that can be computed before the first frame. Drawing only reads it, so threads may share it."""

    def __init__(self, photo: Photo, analysis: Analysis, motion: Motion, grain: GrainMode = "moving") -> None:
        self.photo = photo
        self.analysis = analysis
        self.motion = motion
        self.heads = [with_skull(HeadFrame.of(face), analysis.matte) for face in analysis.faces]
        units = [head.unit for head in self.heads]
        self.grid = Grid.over((0, 0, photo.width, photo.height), max(2, round(min(units) / 14)))
        clean, pattern = (photo.pixels, None) if grain == "moving" else split(photo.pixels)
        self.grain = None if pattern is None else Grain.of(pattern, grain)
        # Pictures as a whole are worked on beside Python; meanwhile the people's small parts are made ready.
        with ThreadPoolExecutor(2, thread_name_prefix="scene") as pool:
            parting = pool.submit(self._part, clean, units, pool)
            self._meet(clean)
            parting.result()

    def _part(self, clean: Pixels, units: Sequence[float], pool: ThreadPoolExecutor) -> None:
        """Make ready the layers: the people, what is behind them, and what is before them."""
        photo, analysis = self.photo, self.analysis
        margins = find_margins(clean, [face.landmarks[:, :2] for face in analysis.faces])
        inner = inside(margins, photo.height, photo.width)
        matte = with_wisps(analysis.matte[inner], clean[inner], max(units))
        shown, behind, opacity = parted(matte, clean[inner], max(units))
        plate = pool.submit(background, behind, opacity, max(units))
        self.opacity = around(opacity, inner, np.zeros_like(clean[..., 0]))
        self.front = Front.of(clean, analysis.matte, self.opacity, analysis.faces, self.heads, self.grid)
        self.border = Border.of(self.opacity, self.grid, max(units), margins)
        layers = np.dstack([around(shown, inner, clean), self.opacity])
        if self.front:
            self.front.uncover(layers, analysis.matte)
        left, top, right, bottom = (int(v) for v in np.clip(analysis.faces[0].box, 0, [photo.width, photo.height] * 2))
        self.people = Sampler.of(layers, (slice(top, bottom), slice(left, right)), 2)
        # Skin is looked at most closely.
        self.faces = [Closer.of(layers, *one) for one in zip(analysis.faces, units, strict=True)]
        held = [extent_of(row) for row in np.array_split(self.opacity, np.arange(1, self.grid.rows) * self.grid.step)]
        self.lefts, self.rights = zip(*held, strict=True)
        self.plate = around(plate.result(), inner, clean)

    def _meet(self, clean: Pixels) -> None:
        """Make ready what each person is drawn with."""
        photo, analysis, motion = self.photo, self.analysis, self.motion
        self.territories = territories(analysis.faces, self.heads, self.grid)
        wearing = ["glasses" in analysis.suitability.of_face(index) for index in range(len(analysis.faces))]
        eyes = [
            {side: Eye.of(face, side, clean) for side in EYES if _inside(face, side, photo)} for face in analysis.faces
        ]
        rims = [
            find_rim(clean, list(own.values()), head) if glasses else None
            for own, head, glasses in zip(eyes, self.heads, wearing, strict=True)
        ]
        # A forehead that moves alone, above brows that a frame is before, is a grimace.
        shown = [
            tuple(c for c in face.channels if c not in BROWS or rim or not glasses)
            for face, rim, glasses in zip(motion.faces, rims, wearing, strict=True)
        ]
        self.fields = [
            FaceField.of(analysis, index, self.grid, self.territories[index], channels, rims[index])
            for index, channels in enumerate(shown)
        ]
        self.eyes = [_look(clean, own, glasses) for own, glasses in zip(eyes, wearing, strict=True)]
        self.lights = [
            Light.of(analysis.lighting, face, head, self.grid)
            for face, head in zip(analysis.faces, self.heads, strict=True)
        ]
        self.creases = [
            Creases.of(clean, face, head, channels, glasses)
            for face, head, channels, glasses in zip(analysis.faces, self.heads, shown, wearing, strict=True)
        ]
        self.mouths = [
            Mouth.of(clean, face, head, self.grid, field) if motion.column("jawOpen").any() else None
            for face, head, field, motion in zip(analysis.faces, self.heads, self.fields, motion.faces, strict=True)
        ]

    def values(self, row: int) -> list[dict[str, float]]:
        """The channels of each face at one row of the motion, within what can be shown."""
        found = [dict(zip(face.channels, map(float, face.values[row]), strict=True)) for face in self.motion.faces]
        return [limited(values) for values in found]

    def view(self, row: int) -> View:
        """What the camera shows at one row of the motion."""
        return View.at(self.motion.camera, row, self.photo.width, self.photo.height)

    def forward(self, values: Sequence[Mapping[str, float]], view: View = WHOLE) -> Array:
        """How far everything smooth moves each node for those channels, px, float32 (rows, columns, 2)."""
        forward = np.zeros((self.grid.rows, self.grid.columns, 2), np.float32)
        for field, own in zip(self.fields, values, strict=True):
            field.move(forward, own)
        self.border.hold(forward)
        return view.move(unfold(forward, self.grid.step), self.grid, self.photo.width, self.photo.height)

    def strips(self, reach: int) -> list[Area]:
        """The parts of the picture, side by side, in which people can be when they move by at most ``reach`` px."""
        height, width = self.opacity.shape
        step, far = self.grid.step, -(-reach // self.grid.step)
        tall = -(-self.grid.rows // STRIPS)
        found = []
        for row in range(0, self.grid.rows, tall):
            near = slice(max(row - far, 0), row + tall + far)
            left, right = max(min(self.lefts[near]) - reach, 0), min(max(self.rights[near]) + reach, width)
            if left < right:
                found.append((slice(row * step, min((row + tall) * step, height)), slice(left, right)))
        return found

    def draw(self, row: int) -> Pixels:
        """The picture at one row of the motion, uint8 (H, W, 3). Depends on nothing but the row."""
        values, view = self.values(row), self.view(row)
        changing = self.grain is not None and self.grain.mode in ("fresh", "off") and row > 0
        if not changing and self.motion.rests(row):
            return self.photo.pixels
        forward = self.forward(values, view)
        places = sources(forward, self.grid)
        reach = _reach(forward)
        plate = view.behind(self.plate)
        picture, opacity = plate.copy(), np.zeros_like(self.opacity)
        nearer = [
            (area, face.corner, face.table)
            for face in self.faces
            if (area := face.inner(self._reach_near(forward, face.area, reach)))
        ]
        strips = self.strips(reach)
        if nearer:
            strips = [part for strip in strips for part in outside(strip, nearer[0][0])]
        parts = [*((strip, (0, 0), self.people) for strip in strips), *nearer]
        for area, corner, table in parts:
            lay(picture, opacity, area, places, self.grid, table, corner)
        for mouth, face, own in zip(self.mouths, self.faces, values, strict=True):
            if mouth and (apart := opening(own)):
                mouth.draw(picture, face, forward, self.grid, apart * (1 + view.zoom))
        look(picture, places, self.grid, reach, list(zip(self.eyes, self.faces, values, strict=True)))
        for light, creases, own in zip(self.lights, self.creases, values, strict=True):
            light.draw(picture, places, self.grid, own)
            creases.draw(picture, places, self.grid, own)
        compose(picture, plate, opacity)
        if self.front:
            self.front.draw(picture, view)
        if self.grain is not None:
            picture = self.grain.put_on(picture, row, row / self.motion.fps)
        return np.asarray(picture, np.uint8)

    def _reach_near(self, forward: Array, area: Area, reach: int) -> int:
        """px that nothing which comes to an area moves farther than; nothing anywhere moves farther than ``reach``."""
        rows, columns = (
            slice(max(part.start - reach, 0) // self.grid.step, (part.stop + reach) // self.grid.step + 1)
            for part in area
        )
        return _reach(forward[rows, columns])


def _reach(forward: Array) -> int:
    """px that nothing of a field, float32 (rows, columns, 2), moves farther than."""
    return int(cv2.norm(forward, cv2.NORM_INF)) + 2


def _inside(face: Face, side: str, photo: Photo) -> bool:
    """Whether an eye is in the picture whole; what the photo cuts off is not moved."""
    upper, lower, _ = EYES[side]
    points = face.landmarks[[*upper, *lower], :2]
    return bool((points > 1).all() and (points < (photo.width - 2, photo.height - 2)).all())


def _look(pixels: Pixels, eyes: dict[str, Eye], glasses: bool) -> dict[str, tuple[Eyeball, Eyelid]]:
    """What the eyes of a face are drawn with."""
    frames = {
        side: find_frames(pixels, eye) if glasses else np.zeros(eye.t.shape, np.float32) for side, eye in eyes.items()
    }
    return {
        side: (Eyeball.of(pixels, eye, frames[side]), Eyelid.of(pixels, eye, frames[side]))
        for side, eye in find_irises(pixels, eyes, frames).items()
    }
