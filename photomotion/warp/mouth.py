"""A mouth opens as an occlusion: the lips part along their line, and between them it is dark, with a hint of teeth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face

from .field import FaceField, invert
from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid
from .jaw import LOWER_LIP, UPPER_LIP, LipAxes, kept_back
from .light import extent
from .lipline import find_line
from .sampling import Sampler
from .tint import Tint

__all__ = ["Mouth"]

Pixels = npt.NDArray[np.uint8]

ABOVE, BELOW, ASIDE = 0.42, 0.2, 1.2
"""How far the box reaches above and below the line, in eye distances, and aside, in half mouths: as far as the two
fields of a jaw differ."""
APART = 0.03
"""Distance of the inner lips, in eye distances, from which on they are apart in the photo: it shows what is inside."""
WIDE = (0.2, 0.35)
"""Distances of the inner lips between which what opens takes on the colour of the mouth there, instead of dark."""
DARK, TEETH, GUM = 0.16, 0.66, 0.3
"""How bright the inside, the teeth and the inner side of the lower lip are, of the skin around the mouth."""
TOOTH = 0.05
"""How far the teeth reach below the upper lip, in eye distances (4.5 mm: middle incisors at slightly parted lips)."""
EDGES = (0.0, 0.095, 0.165, 0.245)
"""Where one tooth ends and the next begins, from the middle aside, in eye distances."""


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
    below: Pixels
    """uint8 (h, w, 2): 255 below the line, 0 above; and how much is seen of the lower lip's inner side."""
    flesh: Array
    """float32 (3,): its colour."""
    within: Array
    """float32 (h, w): 1 between the corners, 0 beyond."""

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
        jaw = field.pushes[field.channels.index("jawOpen")].reshape(2, grid.rows, grid.columns)
        kept = -jaw * kept_back(face, frame, grid)
        x0, y0, x1, y1 = _box(axes, pixels.shape[1], pixels.shape[0])
        x, y = np.meshgrid(np.arange(x0, x1, dtype=np.float32), np.arange(y0, y1, dtype=np.float32))
        s, t = axes.st(x, y)
        line = find_line(pixels, axes, face.landmarks)
        t = t - np.interp(s, np.linspace(-1, 1, len(line)), line).astype(np.float32)
        soft = max(0.008, 0.8 / frame.unit)
        under = smoothstep(t, -soft, soft)
        tint = Tint.of(pixels, face)
        inner = face.landmarks[[UPPER_LIP[4], LOWER_LIP[4]], :2]
        apart = float(np.linalg.norm(inner[0] - inner[1])) / frame.unit
        closed = apart < APART
        dark, flesh = tint.mixed(DARK, tint.lip, -0.7), tint.mixed(GUM, tint.lip, -0.4)
        if closed:
            inside = _inside(s, t, axes, dark, tint.mixed(TEETH, tint.skin, 0.25))
        else:
            inside = dark + smoothstep(np.full(1, apart, np.float32), *WIDE) * (_along(pixels, axes, line, s) - dark)
        inside = inside * (1 + _grain(pixels[y0:y1, x0:x1], frame.unit))[..., None]
        glow = np.exp(np.minimum(t, 0) / 0.035) * (1 - smoothstep(np.abs(s), 0.2, 0.9)) * (0.7 if closed else 0.35)
        within = (1 - smoothstep(np.abs(s), 0.9, 1.0)) * smoothstep(t, -0.1, -0.05)
        layers = [np.dstack([inside, 255 * (1 - under)]), np.dstack([255 * under, 255 * glow])]
        above, below = (np.asarray(np.round(np.clip(a, 0, 255)), np.uint8) for a in layers)
        return cls(axes, (x0, y0), np.ascontiguousarray(kept.transpose(1, 2, 0)), above, below, flesh, within)

    def lifted(self, points: Array, mesh: bool = False) -> npt.NDArray[np.bool_]:
        """Which of ``points`` (N, 2), px in the photo, go with the upper lip; ``mesh`` if they are a face's 478."""
        found = self.axes.st(points[:, 0], points[:, 1])[1] < 0
        if mesh:
            found[list(UPPER_LIP)], found[list(LOWER_LIP)] = True, False
        return np.asarray(found, np.bool_)

    def draw(self, picture: Pixels, people: Sampler, forward: Array, grid: Grid, apart: float) -> None:
        """Draw the upper lip where it stays, and what is seen between it and the lower one, in place.

        Args:
            picture: uint8 (H, W, 3), moved with the jaw.
            people: the photo to read from.
            forward: float32 (rows, columns, 2), how far each node is moved, the jaw included, px.
            grid: its nodes.
            apart: how far the lips part, of :func:`photomotion.warp.jaw.opening`, times as large as they are shown.
        """
        height, width = picture.shape[:2]
        reach = int(np.abs(forward).max()) + 2
        (x0, y0), (h, w) = self.corner, self.within.shape
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
        inside, below, within = (
            cv2.remap(a, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
            for a, at in ((self.above, upper), (self.below, lower), (self.within, upper))
        )
        up, down = inside[..., 3] / 255, below[..., 0] / 255
        gap = (np.clip(1 - up - down, 0, 1) * within)[..., None]
        upper_share = (up / np.maximum(up + down, 1e-3))[..., None]
        read = people.read((upper + corner) * np.float32(people.scale))[..., :3].astype(np.float32)
        glow = (below[..., 1] / 255)[..., None]
        colour = inside[..., :3] + glow * np.maximum(self.flesh - inside[..., :3], 0)
        area = picture[top:bottom, left:right]
        lips = area + upper_share * (read - area)
        area[:] = np.round(lips + gap * (colour - lips)).astype(np.uint8)


def _box(axes: LipAxes, width: int, height: int) -> tuple[int, int, int, int]:
    """The box around a mouth in which the two fields of a jaw differ, px, within the picture and never empty."""
    s, t = (a.astype(np.float32) for a in np.meshgrid(np.linspace(-ASIDE, ASIDE, 9), (-ABOVE, BELOW)))
    x, y = axes.place(s, t)
    x0, y0 = (int(np.clip(np.floor(a.min()), 0, n - 1)) for a, n in ((x, width), (y, height)))
    return x0, y0, int(np.clip(np.ceil(x.max()), x0 + 1, width)), int(np.clip(np.ceil(y.max()), y0 + 1, height))


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


def _inside(s: Array, t: Array, axes: LipAxes, dark: Array, teeth: Array) -> Array:
    """The inside of a mouth that is closed in the photo, float32 (h, w, 3): dark, with the edge of the upper teeth."""
    aside = np.abs(np.where(s < 0, s * axes.ends[0], s * axes.ends[1]))
    edge = TOOTH * (1 - 0.5 * smoothstep(np.abs(s), 0.1, 0.8))
    seams = [np.abs(aside - e) for e in EDGES]
    between = np.min(seams, axis=0)
    edge = edge - 0.008 * np.exp(-((between / 0.012) ** 2))
    seen = smoothstep(t, 0.002, 0.03) * (1 - smoothstep(t, edge - 0.012, edge + 0.004))
    seen = seen * (1 - smoothstep(np.abs(s), 0.35, 0.85)) * (1 - 0.25 * np.exp(-((between / 0.006) ** 2)))
    return np.asarray(dark + seen[..., None] * np.maximum(teeth - dark, 0), np.float32)


def _along(pixels: Pixels, axes: LipAxes, line: Array, s: Array) -> Array:
    """The photo's colour on the line where lips part, at each of ``s`` (h, w), float32 (h, w, 3)."""
    places = np.linspace(-1, 1, len(line), dtype=np.float32)
    x, y = axes.place(places, line)
    soft = cv2.GaussianBlur(pixels, (0, 0), max(0.01 * axes.unit, 0.5))
    found = cv2.remap(soft, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0]
    found = cv2.GaussianBlur(found.astype(np.float32), (1, 0), 0.1, sigmaY=2.0)
    return np.dstack([np.interp(s, places, found[:, c]) for c in range(3)]).astype(np.float32)


def _grain(photo: Pixels, unit: float) -> Array:
    """Pores and grain of the skin around, upside down so that no line meets its own image, as a factor less 1."""
    light = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(light, (0, 0), max(0.012 * unit, 0.8))
    fine = (light - smooth) / np.maximum(smooth, 12.0)
    limit = 2 * float(np.median(np.abs(fine))) + 0.005
    return np.asarray(np.clip(fine[::-1], -limit, limit), np.float32)
