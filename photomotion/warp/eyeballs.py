"""The ball between the lids: the iris glides over its white, whole; shade and lashes stay with the lids."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from .eyes import Eye
from .geometry import Array, smoothstep
from .grid import diffuse
from .irises import BRIGHT, FADE, RIM, find_lights, light_of, usual_iris
from .lidskin import scatter_pores
from .sampling import Sampler

__all__ = ["Eyeball"]

Pixels = npt.NDArray[np.uint8]

SHADED = (0.075, 0.05)
"""How far upper and lower lid shade the ball or lie on it with lashes and a wet rim, in eye widths ..."""
SHARE = 0.32
"""... and at most this part of the opening, each."""
DEEPEST, FAINTEST = 0.3, 0.85
"""The darkest that the upper lid's shade and lashes make the ball, and the lower lid's rim."""
SMOOTH = 0.1
"""Along the lid it changes over about this length, in eye widths."""
AT_ONCE = 0.01
"""Eye widths of way within which the ball takes the photo's place."""
LAG = 0.5
"""Of the way of the iris, how much a catch-light goes: it is the picture of a lamp in a curved mirror (Purkinje I),
which moves with the mirror's centre, about half as far from the ball's middle as the iris is."""


@dataclass(frozen=True, eq=False)
class Eyeball:
    """What is needed to draw one eyeball for any gaze. Straight ahead means: as in the photo."""

    eye: Eye
    window: tuple[int, int, int, int]
    """x0, y0, x1, y1 in px from the corner of the eye's box: what the tables below show ..."""
    visible: tuple[int, int, int, int]
    """... and what of it can be seen."""
    white: Sampler
    """The window without the iris and without the lids' shade, and how much of the ball is seen; uint8 (h, w, 4)."""
    iris: Sampler
    """The window's iris, whole, and its opacity; uint8 (h, w, 4)."""
    glint: Sampler | None
    """Catch-lights and their opacity; uint8 (h, w, 4); None if there are none."""
    shade: Sampler
    """What the lids' shade and lashes leave of the ball's light, 255 for all; uint8 (h, w, 4), the last unused."""

    @classmethod
    def of(cls, pixels: Pixels, eye: Eye, frames: Array) -> Eyeball:
        """Learn an eyeball from the photo.

        Args:
            pixels: uint8 (H, W, 3).
            eye: where, and where its iris is.
            frames: float32 (h, w), the eye's box: 1 where the frames of glasses are.
        """
        inside = np.minimum(eye.t - eye.upper, eye.lower - eye.t)
        seen = smoothstep(inside, -0.01, 0.035) * (1 - frames)
        seen *= smoothstep(eye.s, -0.06, 0.0) * (1 - smoothstep(eye.s, 1.0, 1.06))
        x, y, wide, tall = cv2.boundingRect((seen > 0).astype(np.uint8))
        margin = int(np.ceil(0.15 * eye.width)) + 2
        rows = slice(max(y - margin, 0), min(y + tall + margin, seen.shape[0]))
        columns = slice(max(x - margin, 0), min(x + wide + margin, seen.shape[1]))
        photo, seen = eye.crop(pixels)[rows, columns].astype(np.float32), seen[rows, columns]
        s, t, frames, upper, lower = (a[rows, columns] for a in (eye.s, eye.t, frames, eye.upper, eye.lower))
        aside, down = (s - eye.iris[0]) / eye.narrowed(eye.iris[0]), t - eye.iris[1]
        from_middle = np.asarray(np.hypot(aside, down) / eye.radius, np.float32)
        disc = 1 - smoothstep(from_middle, RIM, FADE)

        above, below = (np.asarray(np.minimum(part, SHARE * (lower - upper)) + 1e-3, np.float32) for part in SHADED)
        clear = smoothstep(t - upper, 0.15 * above, above) * smoothstep(lower - t, 0.15 * below, below)
        clear = np.asarray(clear * (1 - frames), np.float32)
        size = eye.radius * eye.width
        glint = find_lights(photo, clear, from_middle, size)
        shown = np.asarray(clear * smoothstep(from_middle, RIM - 0.05, FADE), np.float32)
        grain = 1 + (1 - shown)[..., None] * (scatter_pores(pixels, eye, frames)[rows, columns] - 1)
        white = np.clip(diffuse(photo, shown) * grain, 0, 255)
        # Only what lies under a fully opaque light is made up.
        known = clear * (1 - np.maximum(2 * glint - 1, 0))
        usual = usual_iris(photo, known, from_middle, size)
        # Near the lower lid, what is much brighter than the iris is skin: the lid reaches higher than was thought.
        low = 1 - smoothstep(np.asarray((lower - t) / np.maximum(lower - upper, 1e-3), np.float32), 0.25, 0.45)
        skin = low * smoothstep(light_of(photo) - light_of(usual), *BRIGHT) * (1 - smoothstep(from_middle, 0.95, RIM))
        known = known * (1 - cv2.GaussianBlur(skin, (0, 0), 0.6))
        whole = photo + ((1 - known) * (from_middle < FADE))[..., None] * (usual - photo)
        glint = np.minimum(2 * glint, 1)
        ball = white + disc[..., None] * (whole - white)
        # A lower lid casts no shade: what is dark there is the iris.
        deepest = np.where(t - upper < lower - t, DEEPEST, FAINTEST)
        left = _shade(photo, ball, deepest, (1 - clear) * (1 - glint), seen + 1e-4, eye)

        def table(colour: Array, opacity: Array) -> Sampler:
            return Sampler.of(np.round(np.dstack([colour, 255 * opacity])).astype(np.uint8))

        lights = table(photo, glint) if glint.any() else None
        window = (columns.start, rows.start, columns.stop, rows.stop)
        visible = (
            max(x - 1, window[0]),
            max(y - 1, window[1]),
            min(x + wide + 1, window[2]),
            min(y + tall + 1, window[3]),
        )
        return cls(eye, window, visible, table(white, seen), table(whole, disc), lights, table(255 * left, seen))

    def looking(self, yaw: float, pitch: float) -> tuple[tuple[float, float], tuple[float, float], float]:
        """How far the iris and how far catch-lights go for a gaze, px right and down, and how much of all this is
        shown, 0..1: what was invented about the ball, where lids end or lights were, comes in with the first bit of
        the way. Arguments as of :meth:`draw`."""
        x, y = self.eye.sight(yaw, pitch).tolist()
        return (x, y), (LAG * x, LAG * y), min(math.hypot(x, y) / (AT_ONCE * self.eye.width), 1.0)

    @cached_property
    def tables(self) -> tuple[object, ...]:
        """What the compiled loops read: white, iris, shade and glint, their size, how to come to their points from px
        of the eye's box, and the first and last of those px that can be seen."""
        tables = [part.table if part else None for part in (self.white, self.iris, self.shade, self.glint)]
        scale, (x, y, *_), (x0, y0, x1, y1) = self.white.scale, self.window, self.visible
        size = self.white.table.shape[:2]
        return (*tables, size, (scale, -scale * x, -scale * y), (x0, y0, x1 - 1, y1 - 1))

    def draw(self, picture: Pixels, at: Array, head: Array, yaw: float, pitch: float) -> None:
        """Draw the ball into a part of the picture, in place, looking elsewhere than in the photo.

        Args:
            picture: uint8 (h, w, 3), the part of the moved picture where the eye can be.
            at: float32 (h, w, 2), where each of its pixels comes from, px from the corner of the eye's box.
            head: the same if lids and skin had kept their places on the head: there the ball sits.
            yaw: degrees, positive toward the picture's left.
            pitch: degrees, positive down.
        """
        x0, y0, x1, y1 = self.visible
        there = cv2.inRange(at, (x0, y0, 0, 0), (x1 - 1, y1 - 1, 0, 0))
        column, row, width, height = cv2.boundingRect(there)
        if not width:
            return
        part = (slice(row, row + height), slice(column, column + width))
        way, glint_way, changed = self.looking(yaw, pitch)
        scale, corner = np.float32(self.white.scale), np.array(self.window[:2], np.float32)
        here, front = ((a[part] - corner) * scale for a in (at, head))
        white = self.white.read(here)
        ball = _over(white[..., :3].astype(np.float32), self.iris.read(front - scale * np.array(way, np.float32)))
        if self.glint is not None:
            ball = _over(ball, self.glint.read(front - scale * np.array(glint_way, np.float32)))
        ball *= self.shade.read(here)[..., :3] * np.float32(1 / 255)
        seen = cv2.bitwise_and(white[..., 3], there[part]) * np.float32(changed / 255)
        below = picture[part]
        below[:] = np.rint(below + seen[..., None] * (ball - below))


def _over(below: Array, above: Pixels) -> Array:
    """Lay a uint8 (h, w, 4) picture with opacity over a float32 (h, w, 3) one."""
    opacity = above[..., 3:] * np.float32(1 / 255)
    return np.asarray(below + opacity * (above[..., :3] - below), np.float32)


def _shade(photo: Array, ball: Array, deepest: Array, near: Array, weight: Array, eye: Eye) -> Array:
    """What shade and lashes leave of the ball's light, float32 (h, w, 3), 0..1.

    Shade runs along a lid: it is smoothed that way, so that no piece of the iris is taken for it.

    Args:
        photo: float32 (h, w, 3).
        ball: float32 (h, w, 3), without lids.
        deepest: float32 (h, w), the least that may be left.
        near: float32 (h, w), 1 at the lids.
        weight: float32 (h, w), how much of the ball is seen.
        eye: whose axes count.
    """
    part = np.clip(np.maximum(photo, 4) / np.maximum(ball, 4), deepest[..., None], 1)
    reach = max(2, round(1.5 * SMOOTH * eye.width))
    x, y = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    kernel = np.exp(-0.5 * ((x * eye.along[0] + y * eye.along[1]) / (SMOOTH * eye.width)) ** 2)
    kernel *= np.exp(-0.5 * ((x * eye.across[0] + y * eye.across[1]) / 0.5) ** 2)
    total, count = (cv2.filter2D(np.asarray(a, np.float32), -1, kernel) for a in (part * weight[..., None], weight))
    return np.asarray(1 + near[..., None] * (total / count[..., None] - 1), np.float32)
