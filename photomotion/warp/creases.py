"""Lines of a face that deepen with an expression: beside nose and mouth, across the forehead, between the brows.

Nobody gets a line that the photo does not hint at, but for the soft dent of a smile: what is deepened is the shading
that is there, smoothed along the line so that neither grain nor scratches nor hairs are taken for skin.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face
from photomotion.data.ranks import median

from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid
from .light import brighten, extent
from .sampling import read_softly

__all__ = ["Creases"]

Pixels = npt.NDArray[np.uint8]

FINE = 90
"""Points per eye distance, at most: a line is two or three wide."""
FOLDS = {"Right": (129, 203, 206, 216, 212), "Left": (358, 423, 426, 436, 432)}
"""From the wing of the nose to beside the corner of the mouth; mesh indices."""
FOLD_ACROSS = 0.15
"""How far beside that way the fold is looked for, in eye distances."""
FAINT, CHEEK = 0.07, 0.04
"""How much a smile darkens its fold and brightens the cheek beside it where the photo shows a fold."""
SOFT = 0.045
"""Width of that shading, in eye distances."""
DENT, DENTED = 0.025, 0.08
"""How much it darkens a cheek that has none, and how wide: a dent, no line, and nothing bright beside it."""
FOLDED = (0.025, 0.075)
"""Depths of the fold in the photo, as it is deepened, between which a cheek is taken to fold: half of all along it."""
SIDE = (0.04, 0.14)
"""Distances from the outline of a face between which folds are found, in eye distances: on the far side of a turned
head the outline itself is dark."""
DEEPER = 0.8
"""How much deeper a line of the photo gets with an expression at full strength, of its own depth."""
CORE, MOST = 0.012, 0.15
"""Logarithms of brightness: below the first it is noise; more than the second is not made deeper."""
HAIR = 0.2
"""Logarithm of brightness from which on something on a forehead is hair or its edge."""
DRAWN_BY = {
    "foldLeft": {"mouthSmileLeft": 1.0, "cheekSquintLeft": 0.3, "noseSneerLeft": 0.5},
    "foldRight": {"mouthSmileRight": 1.0, "cheekSquintRight": 0.3, "noseSneerRight": 0.5},
    "forehead": {"browInnerUp": 0.4, "browOuterUpLeft": 0.3, "browOuterUpRight": 0.3},
    "frown": {"browDownLeft": 0.5, "browDownRight": 0.5},
}
"""What draws each line, and how strongly."""


@dataclass(frozen=True, eq=False)
class Creases:
    """How the lines of one face change with its channels, in the head's own axes."""

    frame: HeadFrame
    corner: tuple[float, float]
    """u and v of the first point, in eye distances."""
    fine: float
    """Points per eye distance."""
    maps: Mapping[str, tuple[tuple[slice, slice], Array]]
    """For each channel that draws lines: rows and columns, and the logarithm of the factor there at 1, float32."""
    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 of all of them in the photo, px."""

    @classmethod
    def of(cls, pixels: Pixels, face: Face, frame: HeadFrame, channels: tuple[str, ...], glasses: bool) -> Creases:
        """Find a face's lines.

        Args:
            pixels: uint8 (H, W, 3).
            face: whose.
            frame: its axes.
            channels: that the motion has.
            glasses: whether the face wears them: between brows there are no lines but a bridge then.
        """
        fine = min(float(FINE), frame.unit)
        u, v = frame.uv(face.landmarks[:, 0], face.landmarks[:, 1])
        middle, brows, crown = float(u[9]), float(v[[105, 334]].mean()), float(v[10])
        shape = (round(fine * (float(v[152]) + 0.1 - crown)), round(1.5 * fine))
        corner = (middle - 0.75, crown)
        at_u = corner[0] + np.arange(shape[1], dtype=np.float32)[None] / fine + np.zeros(shape, np.float32)
        at_v = corner[1] + np.arange(shape[0], dtype=np.float32)[:, None] / fine + np.zeros(shape, np.float32)
        x, y = _place(frame, at_u, at_v)
        soft = read_softly(pixels, x, y, max(0.4 * frame.unit / fine, 0.5))
        light = cv2.cvtColor(soft, cv2.COLOR_RGB2GRAY).astype(np.float32) + 6

        outline = cv2.convexHull(np.stack([(u[:468] - corner[0]) * fine, (v[:468] - corner[1]) * fine], 1))
        bare = np.zeros((shape[0] + 2, shape[1] + 2), np.uint8)
        cv2.fillConvexPoly(bare[1:-1, 1:-1], np.round(outline).astype(np.int32), 1)
        deep = cv2.distanceTransform(bare, cv2.DIST_L2, 5)[1:-1, 1:-1] / np.float32(fine)
        above = brows - at_v
        seen = face.visibility
        found = {"forehead": smoothstep(above, 0.06, 0.16) * smoothstep(deep, 0.02, 0.1) * seen.forehead**2}
        found["forehead"] = found["forehead"] * _lines(light, 0.07 * fine, 0.045 * fine)
        if not glasses:
            between = smoothstep(0.16 - np.abs(at_u - middle), 0.0, 0.08) * smoothstep(above, -0.2, -0.08)
            between = between * (1 - smoothstep(above, 0.15, 0.3)) * seen.forehead**2
            found["frown"] = between * _lines(np.ascontiguousarray(light.T), 0.05 * fine, 0.035 * fine).T
        for side, outward, cheek in (("Left", 1.0, seen.left_cheek), ("Right", -1.0, seen.right_cheek)):
            points = list(FOLDS[side])
            way = np.stack([u[points] - corner[0], v[points] - corner[1]], 1) * np.float32(fine)
            inner = smoothstep(deep, *SIDE)
            found["fold" + side] = cheek * _fold(light, inner, np.asarray(way, np.float32), outward, fine)
        maps: dict[str, Array] = {}
        for line, drawn in found.items():
            for channel, share in DRAWN_BY[line].items():
                if channel in channels and drawn.any():
                    maps[channel] = np.asarray(share * drawn, np.float32)
        # No map reaches beyond the face's part of the photo, which was read above.
        box = (float(x.min()), float(y.min()), float(x.max()), float(y.max()))
        return cls(frame, corner, fine, {channel: _tight(drawn) for channel, drawn in maps.items()}, box)

    def draw(self, picture: Pixels, places: Array, grid: Grid, values: Mapping[str, float]) -> None:
        """Deepen the lines in the moved picture, uint8 (H, W, 3), in place; ``places`` is of :meth:`Grid.places`."""
        drawn = {name: weight for name in self.maps if (weight := values.get(name, 0.0)) > 0.01}
        if not drawn:
            return
        areas = [self.maps[name][0] for name in drawn]
        top, bottom = min(r.start for r, _ in areas), max(r.stop for r, _ in areas)
        left, right = min(c.start for _, c in areas), max(c.stop for _, c in areas)
        change = np.zeros((bottom - top, right - left), np.float32)
        for name, weight in drawn.items():
            (rows, columns), added = self.maps[name]
            part = change[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
            part += np.float32(weight) * added
        inner = places[1:-1, 1:-1]
        x0, y0, x1, y1 = self.box
        seen = cv2.inRange(inner, (x0 - grid.step, y0 - grid.step, 0, 0), (x1 + grid.step, y1 + grid.step, 0, 0))
        column, row, width, height = cv2.boundingRect(seen)
        if not width:
            return
        inner = inner[row : row + height, column : column + width]
        u, v = self.frame.uv(inner[..., 0], inner[..., 1])
        both = cv2.merge(
            [
                (u - self.corner[0]) * np.float32(self.fine) - np.float32(left),
                (v - self.corner[1]) * np.float32(self.fine) - np.float32(top),
            ]
        )
        finest = max(1, int(self.frame.unit / self.fine))
        step = max(part for part in range(1, finest + 1) if grid.step % part == 0)
        size = (both.shape[1] * grid.step // step, both.shape[0] * grid.step // step)
        at = cv2.resize(both, size, interpolation=cv2.INTER_LINEAR)
        moved = cv2.remap(change, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        corner = (grid.top + row * grid.step, grid.left + column * grid.step)
        brighten(picture, np.asarray(moved, np.float32), corner, step)


def _place(frame: HeadFrame, u: Array, v: Array) -> tuple[Array, Array]:
    """Head coordinates (eye distances) to the picture's (px), any shape."""
    c, s = np.float32(np.cos(frame.roll)), np.float32(np.sin(frame.roll))
    x = frame.origin[0] + frame.unit * (c * u - s * v)
    y = frame.origin[1] + frame.unit * (s * u + c * v)
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _lines(light: Array, along: float, across: float, deepest: float = HAIR) -> Array:
    """What deepens the lines that run along a picture's rows: logarithm of a factor, float32 of its shape.

    Args:
        light: float32 (h, w), brightness above 0.
        along: px over which a line is straight.
        across: px between which lines lie.
        deepest: logarithm of brightness from which on it is no line.
    """
    straight = cv2.GaussianBlur(np.log(light), (0, 0), along, sigmaY=0.6)
    own = straight - cv2.GaussianBlur(straight, (1, 0), 0.1, sigmaY=across)
    cored = np.sign(own) * np.maximum(np.abs(own) - CORE, 0)
    size = 2 * round(across) + 1
    edge = cv2.dilate(np.abs(own), np.ones((size, size), np.uint8))
    cored = cored * (1 - smoothstep(edge, 0.6 * deepest, deepest))
    return np.asarray(DEEPER * np.clip(cored, -MOST, MOST / 3), np.float32)


def _fold(light: Array, inner: Array, way: Array, outward: float, fine: float) -> Array:
    """The fold of a smile along ``way`` (N, 2), px: logarithm of a factor, float32 of the shape of ``light``.

    The strip around the way is laid out straight, the fold found in it, deepened, and laid back. ``inner`` is 1 within
    the face and 0 at its outline, ``outward`` the side of the cheek, 1 or -1, and ``fine`` px per eye distance.
    """
    along = np.linspace(0, 1, 33)
    curve = np.stack([np.interp(along, np.linspace(0, 1, len(way)), way[:, i]) for i in (0, 1)], 1)
    curve = cv2.GaussianBlur(curve, (1, 0), 0.1, sigmaY=3.0, borderType=cv2.BORDER_REPLICATE)
    tangent = np.gradient(curve, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-3) ** 2
    normal = outward * np.stack([tangent[:, 1], -tangent[:, 0]], 1)
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    aside = np.linspace(-FOLD_ACROSS, FOLD_ACROSS, 33)[:, None]
    spacing = FOLD_ACROSS / 16
    at = (curve + fine * aside[..., None] * normal).astype(np.float32)
    strip = cv2.remap(light, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    own = _lines(strip, 5.0, 0.05 / spacing, 1.0)
    own *= cv2.remap(inner, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    depth = np.maximum(-cv2.GaussianBlur(own, (0, 0), 4.0, sigmaY=0.8), 0)
    dark = depth + 0.004 * np.exp(-((aside / 0.04) ** 2))
    ridge = (dark * aside).sum(axis=0, keepdims=True) / dark.sum(axis=0)
    beside = aside - cv2.GaussianBlur(ridge, (0, 0), 4.0)
    made = CHEEK * np.exp(-(((beside - 1.8 * SOFT) / SOFT) ** 2)) - FAINT * np.exp(-((beside / (0.8 * SOFT)) ** 2))
    dent = -DENT * np.exp(-((beside / DENTED) ** 2))
    folded = smoothstep(np.full(1, median(depth.max(axis=0)[6:28]), np.float32), *FOLDED)
    made = dent + folded * (made - dent)
    ends = np.sin(np.pi * along**0.8) ** 0.7
    band = 1 - smoothstep(np.abs(aside).astype(np.float32), 0.6 * FOLD_ACROSS, FOLD_ACROSS)
    drawn = (np.minimum(own + made, CHEEK) * ends * band).astype(np.float32)

    y, x = np.mgrid[0 : light.shape[0], 0 : light.shape[1]]
    nearest = ((x[..., None] - curve[:, 0]) ** 2 + (y[..., None] - curve[:, 1]) ** 2).argmin(axis=-1)
    offset = np.dstack([x, y]) - curve[nearest]
    place = nearest + (offset * tangent[nearest]).sum(-1)
    across = ((offset * normal[nearest]).sum(-1) / fine + FOLD_ACROSS) / spacing
    laid = np.dstack([place, across]).astype(np.float32)
    return np.asarray(cv2.remap(drawn, laid, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT), np.float32)


def _tight(drawn: Array) -> tuple[tuple[slice, slice], Array]:
    """The part of a map in which anything is drawn, and where it is."""
    part = (slice(*extent(np.asarray(drawn.any(axis=1)))), slice(*extent(np.asarray(drawn.any(axis=0)))))
    return part, np.ascontiguousarray(drawn[part])
