"""Lids close as an occlusion: skin comes down over the ball, the lashes ride on its edge, the lower lid meets it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .eyes import Eye
from .geometry import Array, smoothstep
from .lidskin import HIGHEST, find_lashes, lash_height, make_skin, shifted

__all__ = ["Eyelid"]

RISE = 0.13
"""How far the lower lid comes up to meet the upper one, in openings."""
OVERLAP = (0.03, 0.08)
"""How far the closed edge lies below the lower lid's, in eye widths and in openings, since landmarks are not exact."""
FOLD = 0.36
"""How far above the open edge the fold smooths out as the lid closes, in eye widths."""
SMOOTH = 0.19
"""Below this nothing of it is left but ..."""
SMOOTHED = 0.9
"""... a trace: how much of it is smoothed out when the eye is shut."""
PULLED = 0.42
"""How far above the open edge a closing lid pulls the skin, in eye widths."""
SYNTHETIC = (0.12, 0.4)
"""Closures between which a lid goes over from the photo's own, pulled down, to skin made for it: the farther it is
pulled, the more its lashes are drawn out over it."""
FLIPPED = 5.0
"""How much shorter than above the edge lashes look below it, when the eye is shut."""
REACH = 0.08
"""The farthest that a gaze takes the lids, in eye widths."""
UPPER, LOWER = 0.95, 0.4
"""Of the way of the ball's front up and down, how much each lid's edge goes with it (the upper: Becker and Fuchs, 1988;
the lower: judgement)."""


@dataclass(frozen=True, eq=False)
class Eyelid:
    """What is needed to draw one eye's lids at any closure."""

    eye: Eye
    skin: Array
    """float32 (h, w, 3), 0..255: the eye's box as if there were only skin."""
    lashes: Array
    """float32 (h, w): what the lashes do to that skin above the open lid's edge, as a factor; 1 elsewhere."""
    travel: Array
    """float32 (h, w): how far the edge goes to close, at every pixel's s, in eye widths."""
    rise: Array
    """float32 (h, w): how far the skin below comes up when the eye is shut, in eye widths."""
    ends: Array
    """float32 (h, w): 1 between the corners, falling to 0 there."""
    strip: Array
    """float32 (h, w): 1 from the top of the lashes downward."""
    fold: Array
    """float32 (h, w): where the fold smooths out."""
    free: Array
    """float32 (h, w): 0 where frames of glasses are, 1 elsewhere."""
    room: Array
    """float32 (h, w): how far frames of glasses are away, in eye widths: skin comes from no farther."""
    cover: Array
    """float32 (h, w): 1 where a lid can cover anything: not beyond the corners nor on frames."""
    following: Array
    """float32 (h, w, 2): how far the skin goes with the ball's front, by the upper and by the lower lid, 0..1."""

    @classmethod
    def of(cls, pixels: npt.NDArray[np.uint8], eye: Eye, frames: Array) -> Eyelid:
        """Learn an eye's lids from the photo.

        Args:
            pixels: uint8 (H, W, 3).
            eye: where.
            frames: float32 (h, w), the eye's box: 1 where the frames of glasses are.
        """
        photo = eye.crop(pixels).astype(np.float32)
        s, t, opening = eye.s, eye.t, eye.lower - eye.upper
        skin = make_skin(photo, eye, frames)
        wide = smoothstep(s, -0.22, -0.02) * (1 - smoothstep(s, 1.0, 1.15))
        travel = np.asarray(((1 - RISE + OVERLAP[1]) * opening + OVERLAP[0]) * wide, np.float32)
        free = np.asarray(1 - cv2.dilate(frames, np.ones((3, 3), np.uint8)), np.float32)
        room = cv2.distanceTransform((free > 0.95).astype(np.uint8), cv2.DIST_L2, 3) / np.float32(eye.width)
        if (free > 0.95).all():
            room = np.ones_like(free)
        risen = eye.lower - RISE * opening
        under = smoothstep(t, risen - RISE * opening - 0.06, risen) * (1 - smoothstep(t, eye.lower, eye.lower + 0.4))
        under = RISE * opening * under * smoothstep(s, -0.2, 0.15) * (1 - smoothstep(s, 0.8, 1.15)) * free
        top = eye.upper - lash_height(eye)
        return cls(
            eye,
            skin,
            find_lashes(photo, skin, eye),
            travel,
            np.asarray(cv2.GaussianBlur(under, (0, 0), max(0.02 * eye.width, 0.5)), np.float32),
            smoothstep(s, -0.05, 0.2) * (1 - smoothstep(s, 0.85, 1.05)),
            smoothstep(t, top - 0.06, top + 0.01),
            SMOOTHED * smoothstep(t, eye.upper - FOLD, eye.upper - SMOOTH),
            free,
            room,
            smoothstep(travel, 0.0, OVERLAP[0]) * free,
            _following(eye, np.asarray(np.minimum(room / REACH, 1), np.float32)),
        )

    def followed(self, at: Array, pitch: float, closure: float) -> Array:
        """How far the lids have gone with a gaze, px, float32 (h, w, 2); arguments as of :meth:`pulled`.

        A lid that is lowered anyway, as the natural prior lowers it to look down, goes only what is missing.
        """
        way = self.eye.sight(0.0, pitch)
        down = float(way @ self.eye.across) / self.eye.width
        already = closure * float(self.travel.max())
        upper = UPPER * (down if down < 0 else max(down - already, 0.0))
        share = cv2.remap(self.following, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        moved = share[..., 0] * np.float32(upper) + share[..., 1] * np.float32(LOWER * down)
        return np.asarray(moved[..., None] * (np.float32(self.eye.width) * self.eye.across), np.float32)

    def pulled(self, at: Array, closure: float) -> Array:
        """How far the closing lids have brought the skin at each point, px, float32 (h, w, 2): down with the upper
        lid, up with the lower one. The ball between them stays.

        Args:
            at: float32 (h, w, 2), px from the corner of the eye's box.
            closure: 0 as in the photo ... 1 shut.
        """
        eye = self.eye
        fall = np.asarray(closure * self.travel, np.float32)
        edge = eye.upper + fall
        down = np.minimum(fall * smoothstep(eye.t, eye.upper - PULLED, edge) * self.cover, self.room) * (eye.t < edge)
        way = np.asarray(down - closure * self.rise * (eye.t >= edge), np.float32)
        way = cv2.remap(way, at, None, cv2.INTER_LINEAR)[..., None]
        return np.asarray(way * (np.float32(eye.width) * eye.across), np.float32)

    def draw(self, picture: npt.NDArray[np.uint8], at: Array, closure: float) -> None:
        """Draw the lid over a part of the picture, in place.

        Args:
            picture: uint8 (h, w, 3), the part of the moved picture where the eye can be.
            at: float32 (h, w, 2), where each of its pixels comes from, px from the corner of the eye's box.
            closure: 0 as in the photo ... 1 shut.
        """
        colour, left = self.close(closure)
        layer = np.dstack([colour, 1 - left])
        layer = cv2.remap(layer, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        picture[:] = np.round(np.clip(picture * (1 - layer[..., 3:]) + layer[..., :3], 0, 255)).astype(np.uint8)

    def close(self, closure: float) -> tuple[Array, Array]:
        """The lid at ``closure``, in the eye's box, as what is laid over the picture.

        Returns:
            Light that the lid adds, float32 (h, w, 3), 0..255, and how much it leaves of the picture, float32 (h, w):
            0 under skin, a little less than 1 in its shadow, 1 elsewhere.
        """
        eye, t = self.eye, self.eye.t
        fall = np.asarray(closure * self.travel, np.float32)
        edge = eye.upper + fall
        past = t - edge
        ends = np.float32(min(closure / 0.3, 1.0)) * self.ends
        # Lashes point up from an open lid and down from a closed one.
        lashes = shifted(self.lashes, eye, np.where(past < 0, -fall, -fall - FLIPPED * past))
        lashes = np.where(past < HIGHEST / FLIPPED, lashes, 1)
        line = 1 - 0.45 * ends * np.exp(-((past / 0.022) ** 2))
        down = np.clip((t - eye.upper + 0.2) / (fall + 0.2), 0, 1)
        bulge = 1 + ends * closure * (0.05 * np.sin(np.pi * down) - 0.3 * np.exp(np.minimum(past, 0) / 0.06))
        lid = bulge * (1 + (1 - 0.4 * closure**2) * (lashes - 1)) * line
        cast = 1 - 0.35 * (1 - closure) * ends * np.exp(-np.maximum(past, 0) / 0.05)
        shade = np.where(past < 0, 1, (1 + 0.8 * closure**2 * ends * (lashes - 1)) * cast) * line

        soft = 0.6 / eye.width
        above = 1 - (1 - self.strip) * (1 - closure * self.fold)
        below = smoothstep(past, -soft, soft + 0.01)
        opacity = above * (1 - below) * self.cover * smoothstep(np.array(closure, np.float32), *SYNTHETIC)
        shadow = 1 + (shade - 1) * smoothstep(past, -soft, soft) * self.free
        light = np.clip(self.skin * lid[..., None], 0, 255) * opacity[..., None]
        return np.asarray(light, np.float32), np.asarray((1 - opacity) * shadow, np.float32)


def _following(eye: Eye, free: Array) -> Array:
    """How far the skin around an eye goes with its upper and with its lower lid's edge, float32 (h, w, 2), 0..1."""
    s, t = eye.s, eye.t
    part = np.clip((t - eye.upper) / np.maximum(eye.lower - eye.upper, 0.04), 0, 1)
    ends = smoothstep(s, -0.12, 0.3) * (1 - smoothstep(s, 0.75, 1.12)) * free
    upper = smoothstep(t, eye.upper - PULLED, eye.upper) * (1 - part) * ends
    lower = (1 - smoothstep(t, eye.lower, eye.lower + PULLED)) * part * ends
    return np.dstack([cv2.GaussianBlur(a, (0, 0), max(0.02 * eye.width, 0.5)) for a in (upper, lower)])
