"""The ball between the lids: the iris glides over its white, whole; shade and lashes stay with the lids."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from .eyes import Eye
from .geometry import Array, smoothstep
from .grid import diffuse
from .sampling import Sampler

__all__ = ["Eyeball"]

Pixels = npt.NDArray[np.uint8]

SHADED = (0.075, 0.05)
"""How far upper and lower lid shade the ball or lie on it with lashes and a wet rim, in eye widths ..."""
SHARE = 0.32
"""... and at most this part of the opening, each."""
RIM = 1.12
"""Radius of what moves whole, in iris radii: the dark rim of the iris is soft ..."""
FADE = 1.3
"""... and the white next to it fades out to here."""
SIZES = np.linspace(0.7, 1.5, 17)
"""Where the rim of the iris is looked for, in radii of the mesh's iris ..."""
DOUBT = 0.2
"""... which is wrong by about so much (standard deviation of the logarithm) ..."""
SHIFTS = np.linspace(-0.09, 0.09, 7)
"""... and its middle, in eye widths from the mesh's ..."""
ASTRAY = 0.05
"""... which is wrong by about so much."""
DEEPEST = 0.3
"""The darkest that a lid's shade and lashes make the ball."""
SKIN = (1.2, 1.6)
"""What is so many times brighter near a lid than the ball would be is not the ball, but the lid's wet rim."""
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
    """x0, y0, x1, y1 in px from the corner of the eye's box: what can be seen of the ball."""
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
            eye: where.
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
        inside, s, t, frames, upper, lower = (
            a[rows, columns] for a in (inside, eye.s, eye.t, frames, eye.upper, eye.lower)
        )
        middle_s, middle_t, radius = _find_iris(photo, smoothstep(inside, 0.0, 0.03) * (1 - frames), s, t, eye)
        from_middle = np.asarray(np.hypot((s - middle_s) / eye.narrow, t - middle_t) / radius, np.float32)
        disc = 1 - smoothstep(from_middle, RIM, FADE)

        above, below = (np.asarray(np.minimum(part, SHARE * (lower - upper)) + 1e-3, np.float32) for part in SHADED)
        clear = smoothstep(t - upper, 0.15 * above, above) * smoothstep(lower - t, 0.15 * below, below)
        clear = np.asarray(clear * (1 - frames), np.float32)
        glint = _catch_lights(photo, clear * (from_middle < 1), radius * eye.width)
        white = diffuse(photo, clear * smoothstep(from_middle, RIM - 0.05, FADE))
        # Only what lies under a fully opaque light is made up.
        whole = _whole_iris(photo, clear * (1 - np.maximum(2 * glint - 1, 0)), from_middle)
        glint = np.minimum(2 * glint, 1)
        ball = white + disc[..., None] * (whole - white)
        left, lid = _shade(photo, ball, np.asarray((1 - clear) * (1 - glint), np.float32))

        def table(colour: Array, opacity: Array) -> Sampler:
            return Sampler.of(np.round(np.dstack([colour, 255 * opacity])).astype(np.uint8))

        lights = table(photo, glint) if glint.any() else None
        window = (columns.start, rows.start, columns.stop, rows.stop)
        seen = seen * (1 - lid)
        return cls(eye, window, table(white, seen), table(whole, disc), lights, table(255 * left, seen))

    def draw(self, picture: Pixels, at: Array, head: Array, yaw: float, pitch: float) -> None:
        """Draw the ball into a part of the picture, in place, looking elsewhere than in the photo.

        Args:
            picture: uint8 (h, w, 3), the part of the moved picture where the eye can be.
            at: float32 (h, w, 2), where each of its pixels comes from, px from the corner of the eye's box.
            head: the same if lids and skin had kept their places on the head: there the ball sits.
            yaw: degrees, positive toward the picture's left.
            pitch: degrees, positive down.
        """
        x0, y0, x1, y1 = self.window
        there = cv2.inRange(at, (x0, y0, 0, 0), (x1 - 1, y1 - 1, 0, 0))
        column, row, width, height = cv2.boundingRect(there)
        if not width:
            return
        part = (slice(row, row + height), slice(column, column + width))
        way = self.eye.sight(yaw, pitch)
        # What was invented about the ball, where lids end or lights were, comes in with the first bit of the way.
        changed = min(float(np.hypot(*way)) / (AT_ONCE * self.eye.width), 1.0)
        here, front = (a[part] - np.array([x0, y0], np.float32) for a in (at, head))
        white = self._read(self.white, here)
        ball = _over(white[..., :3], self._read(self.iris, front - way))
        if self.glint is not None:
            ball = _over(ball, self._read(self.glint, front - np.float32(LAG) * way))
        ball = ball * (self._read(self.shade, here)[..., :3] * np.float32(1 / 255))
        seen = white[..., 3:] * (there[part] > 0)[..., None] * np.float32(changed / 255)
        picture[part] = np.round(picture[part] + seen * (ball - picture[part])).astype(np.uint8)

    def _read(self, sampler: Sampler, at: Array) -> Array:
        return sampler.read(sampler.scale * at).astype(np.float32)


def _over(below: Array, above: Array) -> Array:
    """Lay a float32 (h, w, 4) picture with opacity, 0..255, over a float32 (h, w, 3) one."""
    return np.asarray(below + above[..., 3:] * np.float32(1 / 255) * (above[..., :3] - below), np.float32)


def _find_iris(photo: Array, clear: Array, s: Array, t: Array, eye: Eye) -> tuple[float, float, float]:
    """Middle (s, t) and radius of the iris, in eye widths.

    Near the mesh's iris the circle is looked for across which it gets brighter fastest, left and right of the middle.

    Args:
        photo: float32 (h, w, 3).
        clear: float32 (h, w), how much of the ball is seen.
        s: of the pixels, float32 (h, w).
        t: of the pixels, float32 (h, w).
        eye: with the mesh's iris.
    """
    visible = clear > 0.3
    light = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[visible]
    trust, s, t = clear[visible], s[visible], t[visible]
    edges = eye.radius * np.append(SIZES, SIZES[-1] + SIZES[1] - SIZES[0])
    likely = np.exp(-0.5 * (np.log(SIZES[1:-1]) / DOUBT) ** 2)
    best, found = 8.0, (*eye.iris, eye.radius)
    for aside, down in product(SHIFTS, SHIFTS):
        dx, dy = (s - eye.iris[0] - aside) / eye.narrow, t - eye.iris[1] - down
        ring = np.digitize(np.hypot(dx, dy), edges)
        rises = []
        for side in (dx > np.abs(dy), -dx > np.abs(dy)):
            weight = np.bincount(ring[side], trust[side], len(edges) + 1)[1:-1]
            total = np.bincount(ring[side], (trust * light)[side], len(edges) + 1)[1:-1]
            mean = total / np.maximum(weight, 0.3)
            seen = np.minimum(weight[2:], weight[:-2]) >= 0.3
            rises.append(np.where(seen, np.clip(mean[2:] - mean[:-2], -20, 60), -20))
        rise = (rises[0] + rises[1]) * likely * np.exp(-0.5 * (aside**2 + down**2) / ASTRAY**2)
        if rise.max() > best:
            best = float(rise.max())
            size = float(SIZES[1 + int(np.argmax(rise))])
            found = (eye.iris[0] + aside, eye.iris[1] + down, size * eye.radius)
    return found


def _shade(photo: Array, ball: Array, near: Array) -> tuple[Array, Array]:
    """What the lids do to the ball at their edges, where ``near`` (float32 (h, w), 0..1) is 1.

    Returns:
        What shade and lashes leave of the ball's light, float32 (h, w, 3), 0..1, and where there is no ball but the
        lid's rim, float32 (h, w), 0..1.
    """
    part = np.maximum(photo, 4) / np.maximum(ball, 4)
    light = cv2.cvtColor(np.asarray(part, np.float32), cv2.COLOR_RGB2GRAY)
    left = 1 + near[..., None] * (np.clip(part, DEEPEST, 1) - 1)
    return np.asarray(left, np.float32), near * smoothstep(light, *SKIN)


def _catch_lights(photo: Array, iris: Array, radius: float) -> Array:
    """Opacity of the small bright spots on an iris, float32 (h, w)."""
    light = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    size = 2 * max(1, round(0.3 * radius)) + 1
    spot = cv2.morphologyEx(light, cv2.MORPH_TOPHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    within = iris > 0.5
    if within.sum() < 9:
        return np.zeros_like(light)
    usual = light[within]
    threshold = max(35.0, 0.6 * float(usual.max() - np.median(usual)))
    core = ((spot > threshold) & within).astype(np.uint8)
    grown = cv2.dilate(core, np.ones((3, 3), np.uint8)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grown, (0, 0), 0.7) * (iris > 0), np.float32)


def _whole_iris(photo: Array, clear: Array, from_middle: Array) -> Array:
    """The photo with the iris completed where lids and catch-lights hide it, float32 (h, w, 3).

    What is hidden is taken from what is seen at the same distance from the middle, but for what is much brighter than
    the rest there: skin, if a lid lies lower than was thought.
    """
    bins = 24
    ring = np.minimum((from_middle * bins / FADE).astype(int), bins)
    light = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    place = from_middle * bins / FADE - 0.5
    trust, filled = np.where(from_middle < FADE, clear, 0), photo
    for _ in range(2):
        weight = np.bincount(ring.ravel(), trust.ravel(), bins + 1)
        if weight.sum() < 4:
            break
        sums = [np.bincount(ring.ravel(), (trust * photo[..., c]).ravel(), bins + 1) for c in range(3)]
        known = np.flatnonzero(weight > 0.3)
        if not known.size:
            break
        filled = np.dstack([np.interp(place, known, total[known] / weight[known]) for total in sums])
        usual = cv2.cvtColor(filled.astype(np.float32), cv2.COLOR_RGB2GRAY)
        trust = trust * (1 - smoothstep(light - usual, 10.0, 40.0))
    hidden = ((1 - clear) * (from_middle < FADE))[..., None]
    return np.asarray(photo + hidden * (filled - photo), np.float32)
