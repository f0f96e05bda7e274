"""A mouth opens as an occlusion: the lips part along their line, and between them it is dark, with a hint of teeth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face

from .field import FaceField
from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid
from .inverse import invert
from .jaw import DROP, LOWER_LIP, UPPER_LIP, LipAxes, kept_back
from .light import extent
from .lipline import find_line, parted, rim
from .sampling import Closer
from .teeth import along, grain, inside, mouth_colours, softness, tongue, visible
from .tint import Tint

__all__ = ["Mouth"]

Pixels = npt.NDArray[np.uint8]

ABOVE, BELOW, ASIDE = 0.42, 0.2, 1.2
"""How far the box reaches above and below the line, in eye distances, and aside, in half mouths: as far as the two
fields of a jaw differ."""
EDGE = 2.35
"""A smooth step of this width, of a blur's sigma, is as steep as an edge that the blur has softened."""
BEHIND = 0.8
"""How much is seen of the tongue in a mouth that is open in the photo, of how much is seen of it in others."""
BARE = (0.0, 0.16)
"""``jawOpen`` up to which all that is below the line goes down, and from which only the lip does."""
SHADE, LIT = 0.6, (0.0, 0.2)
"""How much the lips shade the teeth as they begin to part, and from which ``jawOpen`` on they do not: lips that hardly
part show a dark gap, no second lip of teeth, and nothing bright appears at once."""
WIDE = (0.2, 0.35)
"""Distances of the inner lips between which what opens takes on the colour of the mouth there, instead of dark."""


@dataclass(frozen=True, eq=False)
class Mouth:
    """What is needed to draw one mouth at any opening."""

    axes: LipAxes
    corner: tuple[int, int]
    """Left and top of the box that all pictures here are of, px."""
    kept: Array
    """float32 (rows, columns, 2): what the upper lip adds to the displacement of all, px for ``jawOpen`` 1."""
    above: Pixels
    """uint8 (h, w, 4): the inside as it goes with the upper lip, and 255 above the line, 0 below."""
    beside: Pixels
    """uint8 (h, w, 2): 255 between the corners, 0 beyond; and 255 up to where what goes with the upper lip ends."""
    below: Pixels
    """uint8 (h, w, 3): 255 below the line, 0 above; how much is seen of the lower lip's inner side; and 255 from where
    the lower lip itself begins."""
    dark: Array
    """float32 (3,): the colour of the dark."""
    shade: float
    """How much of what is brighter than that lies in the shadow of lips that hardly part."""
    flesh: Array
    """float32 (3,): the colour of the lower lip's inner side."""

    @classmethod
    def of(cls, pixels: Pixels, face: Face, frame: HeadFrame, grid: Grid, field: FaceField) -> Mouth:
        """Learn a mouth from the photo.

        Args:
            pixels: uint8 (H, W, 3).
            face: whose.
            frame: its axes.
            grid: of the picture's motion.
            field: the person's, in which ``jawOpen`` is what the jaw carries.
        """
        axes = LipAxes(face, frame)
        jaw = field.push("jawOpen")
        kept = -jaw * kept_back(face, frame, grid)
        x0, y0, x1, y1 = _box(axes, pixels.shape[1], pixels.shape[0])
        x, y = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
        s, t = axes.st(x, y)
        tint = Tint.of(pixels, face)
        already = parted(pixels, axes, face.landmarks, tint)
        line = find_line(pixels, axes, face.landmarks, tint, already)
        t = t - _at(s, line)
        blur = softness(pixels, face, frame.unit)
        soft = max(0.008, 0.8 / frame.unit, EDGE * blur / frame.unit)
        under = smoothstep(t, -soft, soft)
        opens = np.float32(min(float(np.hypot(*kept).max()) / (DROP * frame.unit), 1.0))  # not in a profile
        lower = smoothstep(t - opens * _at(s, rim(pixels, axes, line, 1)), -soft, soft)
        upper = 1 - (smoothstep(t + opens * _at(s, rim(pixels, axes, line, -1)), -soft, soft) if already else under)
        lips = face.landmarks[[UPPER_LIP[4], LOWER_LIP[4]], :2]
        apart = float(np.linalg.norm(lips[0] - lips[1])) / frame.unit
        around = pixels[y0:y1, x0:x1]
        dark, light, flesh = mouth_colours(tint, around)
        shown = tongue(s, t, face.pose.yaw)
        if already:
            shown = shown * np.float32(BEHIND)
            inner = dark + smoothstep(np.full(1, apart, np.float32), *WIDE) * (along(pixels, axes, line, s) - dark)
        else:
            light = dark + np.float32(visible(face.pose.yaw, blur / frame.unit, apart)) * (light - dark)
            inner = inside(s, t, line, axes, dark, light, blur / frame.unit)
        inner = inner * (1 + grain(around, frame.unit))[..., None]
        within = (1 - smoothstep(np.abs(s), 0.9, 1.0)) * smoothstep(t, -0.1, -0.05)
        masks = [255 * np.dstack(m) for m in ((within, upper), (under, shown, lower))]
        layers = [np.dstack([inner, 255 * (1 - under)]), *masks]
        above, beside, below = (np.asarray(np.round(np.clip(a, 0, 255)), np.uint8) for a in layers)
        kept = np.ascontiguousarray(kept.transpose(1, 2, 0))
        return cls(axes, (x0, y0), kept, above, beside, below, dark, 0.0 if already else SHADE, flesh)

    def lifted(self, points: Array, mesh: bool = False) -> npt.NDArray[np.bool_]:
        """Which of ``points`` (N, 2), px in the photo, go with the upper lip; ``mesh`` if they are a face's 478."""
        found = self.axes.st(points[:, 0], points[:, 1])[1] < 0
        if mesh:
            found[list(UPPER_LIP)], found[list(LOWER_LIP)] = True, False
        return np.asarray(found, np.bool_)

    def draw(self, picture: Pixels, face: Closer, forward: Array, grid: Grid, apart: float) -> None:
        """Draw the upper lip where it stays, and what is seen between it and the lower one, in place.

        Args:
            picture: uint8 (H, W, 3), moved with the jaw.
            face: the photo around it to read from.
            forward: float32 (rows, columns, 2), how far each node is moved, the jaw included, px.
            grid: its nodes.
            apart: how far the lips part, of :func:`photomotion.warp.jaw.opening`, times as large as they are shown.
        """
        height, width = picture.shape[:2]
        reach = int(np.abs(forward).max()) + 2
        (x0, y0), (h, w) = self.corner, self.above.shape[:2]
        near, part = _near(grid, (x0 - 2 * reach, y0 - 2 * reach, x0 + w + 2 * reach, y0 + h + 2 * reach))
        own = np.ascontiguousarray(forward[part])
        corner = np.array(self.corner, np.float32)
        fields = [near.places(invert(f, grid.step)) - corner for f in (own, own + np.float32(apart) * self.kept[part])]
        seen = _within(fields[1][1:-1, 1:-1], w, h, grid.step)
        rows, columns = (extent(np.asarray(seen.any(axis=axis))) for axis in (1, 0))
        left, right = (min(near.left + c * grid.step, width) for c in columns)
        top, bottom = (min(near.top + r * grid.step, height) for r in rows)
        if left >= right or top >= bottom:
            return
        lower, upper = (near.between(f, (left, top, right, bottom)) for f in fields)
        layers = [
            cv2.remap(a, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            for a, at in ((self.above, upper), (self.beside, upper), (self.below, lower))
        ]
        # All is the upper lip's in the rows before these, and the lower one's after them.
        first, last = (extent(mask.min(axis=1) < 255) for mask in (layers[1][..., 1], layers[2][..., 2]))
        mixed = slice(first[0], last[1])
        area, read = picture[top:bottom, left:right], face.read(upper + corner)[..., :3]
        area[: mixed.start] = read[: mixed.start]
        inside, beside, below = (layer[mixed].astype(np.float32) for layer in layers)
        bare = np.float32(smoothstep(np.full(1, apart, np.float32), *BARE)[0])
        up, down = (
            (all_ + bare * (lip - all_)) / 255
            for all_, lip in ((inside[..., 3], beside[..., 1]), (below[..., 0], below[..., 2]))
        )
        gap = (np.clip(1 - up - down, 0, 1) * beside[..., 0] / 255)[..., None]
        upper_share = (up / np.maximum(up + down, 1e-3))[..., None]
        glow = (below[..., 1] / 255)[..., None]
        lit = 1 - np.float32(self.shade) * (1 - smoothstep(np.full(1, apart, np.float32), *LIT))
        colour = self.dark + lit * (inside[..., :3] - self.dark)
        colour += glow * np.maximum(self.flesh - colour, 0)
        moved = area[mixed].astype(np.float32)
        lips = moved + upper_share * (read[mixed] - moved)
        area[mixed] = np.round(lips + gap * (colour - lips)).astype(np.uint8)


def _box(axes: LipAxes, width: int, height: int) -> tuple[int, int, int, int]:
    """The box around a mouth in which the two fields of a jaw differ, px, within the picture and never empty."""
    s, t = (a.astype(np.float32) for a in np.meshgrid(np.linspace(-ASIDE, ASIDE, 9), (-ABOVE, BELOW)))
    x, y = axes.place(s, t)
    x0, y0 = (int(np.clip(np.floor(a.min()), 0, n - 1)) for a, n in ((x, width), (y, height)))
    return x0, y0, int(np.clip(np.ceil(x.max()), x0 + 1, width)), int(np.clip(np.ceil(y.max()), y0 + 1, height))


def _at(s: Array, values: Array) -> Array:
    """Values (N,) at even places from corner to corner, at each of ``s``, any shape."""
    return np.interp(s, np.linspace(-1, 1, len(values)), values).astype(np.float32)


def _near(grid: Grid, box: tuple[int, int, int, int]) -> tuple[Grid, tuple[slice, slice]]:
    """The part of a grid that covers a box, as a grid of its own and as rows and columns."""
    x0, y0, x1, y1 = box
    step = grid.step
    left, top = max((x0 - grid.left) // step, 0), max((y0 - grid.top) // step, 0)
    right = min((x1 - 1 - grid.left) // step + 1, grid.columns)
    bottom = min((y1 - 1 - grid.top) // step + 1, grid.rows)
    near = Grid(grid.left + left * step, grid.top + top * step, right - left, bottom - top, step)
    return near, (slice(top, bottom), slice(left, right))


def _within(at: Array, width: int, height: int, margin: int) -> npt.NDArray[np.bool_]:
    """Which of places (rows, columns, 2) are in a box at the origin or within a margin around it."""
    x, y = at[..., 0], at[..., 1]
    found = (x > -margin) & (x < width + margin) & (y > -margin) & (y < height + margin)
    return np.asarray(found, np.bool_)
