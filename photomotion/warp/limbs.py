"""Arms and hands before a head: they keep still, and the head moves behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face
from photomotion.data.ranks import median

from .camera import View
from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid, diffuse
from .groups import OUTLINE
from .head import share
from .lines import mirrored
from .sampling import Sampler
from .tint import Tint

__all__ = ["Front"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

FINE = 56
"""px per eye distance in which limbs are looked for."""
HEAD = (1.3, 1.75)
"""Half width and half height, in eye distances, beyond which there is hardly hair or a hat any more."""
OTHERS = 2.2
"""How far around other people's faces nothing is looked for, in their eye distances."""
SKIN, LIGHT, SMOOTH = 3.0, 0.4, 0.04
"""A limb is coloured as the face, up to so many standard deviations; it is at least that light, and its slopes per px
are at most these, as shares of the face's lightness."""
SLACK = 8.0
"""Added to the variance of the face's colours."""
VARIED = 0.5
"""How varied the photo's colours are at least: in gray and sepia hair looks as skin does."""
LEAST, SURE = 0.06, 0.2
"""Area of one piece of a limb beyond the head, and of all of them together, in squared eye distances."""
INNER = 0.24
"""How far inside its outline a face cannot be hidden by the limb, in eye distances."""
CLEAR = 0.05
"""Matte below which nobody is."""
FRINGE = 0.16
"""How far from a limb what fades out beside it is its own, in eye distances."""
EDGE = 0.14
"""How far a limb reaches beyond where its edge was found, in eye distances: nothing of it is left on the head."""
BEHIND = 0.45
"""How far behind a limb the head goes on, in eye distances, ..."""
MIRROR = 0.15
"""... as in a mirror up to here, in eye distances, and as smooth colours beyond: no eye is seen twice."""
WIDER = 1.3
"""Half width of a head with its hair, its own being 1."""
MARGIN = 2
"""px around it that are read with it: between pixels its edge fades as in the photo."""
HELD = (0.05, 0.15)
"""Share of the head's motion from which on a limb is held: what moves less is joined to the body."""


@dataclass(frozen=True, eq=False)
class Front:
    """What stays where it is, before the people."""

    pixels: Pixels
    """The photo, uint8 (H, W, 3)."""
    hides: Pixels
    """1 where it hides what is behind it, uint8 (H, W)."""
    head: Mask
    """Where a head can be behind it, bool (H, W)."""
    opacity: Pixels
    """uint8 (H, W)."""
    area: tuple[slice, slice]
    """The rows and columns that hold all of it, with a margin in which nothing of it is."""
    closer: Sampler
    """These, to be read between pixels: when the camera moves, it stays as sharp as the people."""
    unit: float
    """px per eye distance."""

    @classmethod
    def of(
        cls,
        pixels: Pixels,
        matte: Array,
        opacity: Pixels,
        faces: Sequence[Face],
        heads: Sequence[HeadFrame],
        grid: Grid,
    ) -> Front | None:
        """Look for limbs beside each head; None if there are none.

        Args:
            pixels: the photo, uint8 (H, W, 3).
            matte: float32 (H, W).
            opacity: of the people, uint8 (H, W).
            faces: of the people.
            heads: their frames.
            grid: on which motion is given.
        """
        height, width = matte.shape
        limb = np.zeros((height, width), np.float32)
        hides, solid = (np.zeros((height, width), bool) for _ in range(2))
        for face, head in zip(faces, heads, strict=True):
            found = _limb(pixels, matte, face, head, [other for other in heads if other is not head])
            if found is None:
                continue
            turns = grid.spread(share(head, grid)[..., None], height, width).reshape(height, width)
            away = cv2.distanceTransform((~found).astype(np.uint8), cv2.DIST_L2, 3)
            found = away < EDGE * head.unit
            whole = found | ((away < FRINGE * head.unit) & (matte < 0.5) & (opacity > 0))
            own = np.where(found, np.float32(1), opacity * np.float32(1 / 255) * whole)
            # Soft outward only: at rest it lies on what it shows itself.
            own = np.maximum(own, np.where(away < EDGE * head.unit + 2, cv2.GaussianBlur(own, (0, 0), 0.8), 0))
            limb = np.maximum(limb, own * smoothstep(turns, *HELD))
            hides |= whole & (turns > HELD[1])
            u, v = head.uv(*grid.nodes)
            dome = np.hypot(u / (WIDER * head.skull[0]), np.minimum(v, 0) / head.skull[1])
            solid |= grid.spread(dome[..., None], height, width).reshape(height, width) < 1
        if not hides.any():
            return None
        x, y, columns, rows = cv2.boundingRect((limb > 0).astype(np.uint8))
        area = (slice(max(y - MARGIN, 0), y + rows + MARGIN), slice(max(x - MARGIN, 0), x + columns + MARGIN))
        own = np.round(255 * limb).astype(np.uint8)
        closer = Sampler.of(np.dstack([pixels[area], own[area]]), finest=2)
        return cls(pixels, hides.astype(np.uint8), solid, own, area, closer, max(head.unit for head in heads))

    def uncover(self, layers: Pixels, matte: Array) -> None:
        """Let the people go on behind it as they do beside it, in place.

        Args:
            layers: uint8 (H, W, 4), the people's pixels and opacity.
            matte: float32 (H, W).
        """
        depth, band, across, _ = mirrored(self.hides, self.pixels, BEHIND * self.unit, self.unit)
        flat = layers.reshape(-1, 4)
        beside = flat[across].astype(np.float32)
        nobody = (self.hides.ravel()[across] > 0) | (matte.ravel()[across] < 0.5) | ~self.head[band]
        beside[nobody, 3] = 0
        near = 1 - smoothstep(depth[band] / np.float32(self.unit), 0.0, MIRROR)[:, None]
        smooth = self._around(layers, matte)[band]
        beside[:, :3] = smooth + near * (beside[:, :3] - smooth)
        layers[self.hides > 0, 3] = 0
        layers[band] = np.round(beside)

    def _around(self, layers: Pixels, matte: Array) -> Array:
        """The colours of the people around it, spread over where it hides them, float32 (H, W, 3)."""
        height, width = self.hides.shape
        shrink = max(1, round(self.unit / 24))
        size = (-(-width // shrink), -(-height // shrink))
        seen = ((matte > 0.9) & (self.hides == 0)).astype(np.float32)
        known = (cv2.resize(seen, size, interpolation=cv2.INTER_AREA) > 0.999).astype(np.float32)
        small = cv2.resize(layers[..., :3].astype(np.float32), size, interpolation=cv2.INTER_AREA)
        spread = cv2.resize(diffuse(small, known), (width, height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(spread, np.float32)

    def draw(self, picture: Pixels, view: View) -> None:
        """Lay it over uint8 (H, W, 3), in place, as the camera shows it."""
        area, own, weight = self._seen(view)
        part = picture[area]
        cv2.copyTo(own, cv2.inRange(weight, 255, 255), part)
        at = np.nonzero((weight > 0) & (weight < 255))
        under = part[at].astype(np.float32)
        part[at] = np.round(under + weight[at][:, None] * np.float32(1 / 255) * (own[at] - under))

    def _seen(self, view: View) -> tuple[tuple[slice, slice], Pixels, Pixels]:
        """Rows and columns in which the camera shows it, its pixels there, and their opacity."""
        if view.whole:
            return self.area, self.pixels[self.area], self.opacity[self.area]
        size, larger = np.array(self.opacity.shape[::-1]), 1 + view.zoom
        shift = -0.5 * view.zoom * (size - 1) - larger * np.array([view.right, view.down])
        start, stop = (np.array([getattr(part, end) for part in self.area[::-1]]) for end in ("start", "stop"))
        first = np.clip(np.floor(larger * start + shift), 0, size - 1).astype(int)
        last = np.clip(np.ceil(larger * stop + shift), first + 1, size).astype(int)
        back = self.closer.scale * np.column_stack([np.eye(2) / larger, (first - shift) / larger - start])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        moved = cv2.warpAffine(self.closer.table, back, last - first, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        area = (slice(first[1], last[1]), slice(first[0], last[0]))
        return area, np.asarray(cv2.cvtColor(moved, cv2.COLOR_RGBA2RGB), np.uint8), np.asarray(moved[..., 3], np.uint8)


def _limb(pixels: Pixels, matte: Array, face: Face, head: HeadFrame, others: Sequence[HeadFrame]) -> Mask | None:
    """An arm or a hand that reaches from beyond a head to it, bool (H, W); None if there is none.

    What is coloured as the face and smooth, in places where hair and hats do not reach, is a limb for sure, and what is
    well inside the face is not. Between them the steepest edges decide (watershed: Meyer, 1992).
    """
    height, width = matte.shape
    shrink = max(1.0, head.unit / FINE)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    scale = np.array([size[0] / width, size[1] / height], np.float32)
    there = cv2.resize(matte, size, interpolation=cv2.INTER_AREA)
    x, y = np.meshgrid(*((np.arange(n, dtype=np.float32) + 0.5) / s for n, s in zip(size, scale, strict=True)))
    u, v = head.uv(x, y)
    beyond = (v < head.chin - 0.1) & (np.hypot(u / HEAD[0], (v + 0.05) / HEAD[1]) > 1) & (there > 0.5)
    theirs = np.zeros(beyond.shape, bool)
    for other in others:
        middle, far = scale * other.origin[:2], scale * np.float32(OTHERS * other.unit) + 1
        (left, top), (right, bottom) = (np.maximum(middle + way * far, 0).astype(int) for way in (-1, 1))
        near = (slice(top, bottom + 1), slice(left, right + 1))
        theirs[near] |= np.hypot(*other.uv(x[near], y[near])) < OTHERS
    beyond &= ~theirs
    cell = (shrink / head.unit) ** 2
    if beyond.sum() * cell < SURE:
        return None
    small = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
    oval = np.zeros(size[::-1], np.uint8)
    points = face.landmarks[list(OUTLINE), :2] * scale
    cv2.fillConvexPoly(oval, cv2.convexHull(np.round(points).astype(np.int32)), 1)
    inner = cv2.distanceTransform(oval, cv2.DIST_L2, 3) > INNER * head.unit / shrink
    if not inner.any():
        return None
    unlike, light = _unlike(small, inner)
    slopes = np.hypot(*(cv2.Sobel(light, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))) / 8
    smooth = cv2.blur(np.asarray(slopes, np.float32), (9, 9)) < SMOOTH
    seen = (beyond & (unlike < SKIN) & (light > LIGHT) & smooth).astype(np.uint8)
    _, label, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(seen, cv2.MORPH_OPEN, np.ones((5, 5))))
    large = stats[:, cv2.CC_STAT_AREA] * cell > LEAST
    large[0] = False
    if stats[large, cv2.CC_STAT_AREA].sum() * cell < SURE or Tint.of(pixels, face).variety < VARIED:
        return None
    marks = np.zeros(label.shape, np.int32)
    marks[(there < CLEAR) & ((unlike > SKIN) | (light < 0.5 * LIGHT))] = 3
    marks[large[label]] = 2
    marks[inner | theirs] = 1
    parts = cv2.watershed(cv2.GaussianBlur(small, (0, 0), 1.0), marks)
    limb = cv2.morphologyEx((parts == 2).astype(np.float32), cv2.MORPH_CLOSE, np.ones((3, 3)))
    return np.asarray(cv2.resize(cv2.GaussianBlur(limb, (0, 0), 1.0), (width, height)) > 0.5)


def _unlike(small: Pixels, inner: Mask) -> tuple[Array, Array]:
    """How many standard deviations each colour is from a face's, and how light it is, the face's being 1.

    Args:
        small: uint8 (h, w, 3).
        inner: the face, bool (h, w).

    Returns:
        float32 (h, w) each.
    """
    light, red, blue = (plane.astype(np.float32) for plane in cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2YCrCb)))
    light /= max(float(median(light[inner])), 1.0)
    # In the shade a colour is paler in the same share as it is darker.
    red, blue = ((plane - 128) / np.maximum(light, 0.25) for plane in (red, blue))
    square = np.zeros_like(light)
    for plane in (red, blue):
        away = plane - median(plane[inner])
        square += np.square(away) / (np.square(1.48 * median(np.abs(away[inner]))) + SLACK)
    return np.asarray(np.sqrt(square), np.float32), light
