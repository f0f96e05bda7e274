"""Lids close as an occlusion: skin comes down over the ball, the lashes ride on its edge, the lower lid meets it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .eyes import Eye
from .geometry import Array, smoothstep
from .lidskin import find_lashes, lash_height, make_skin, shifted

__all__ = ["Eyelid"]

RISE = 0.13
"""How far the lower lid comes up to meet the upper one, in openings."""
OVERLAP = (0.02, 0.08)
"""How far the closed edge lies below the lower lid's, in eye widths and in openings, since landmarks are not exact."""
FOLD = 0.36
"""How far above the open edge the fold smooths out as the lid closes, in eye widths."""
SMOOTH = 0.19
"""Below this nothing of it is left but ..."""
SMOOTHED = 0.8
"""... a trace: how much of it is smoothed out when the eye is shut."""
DROP = 0.05
"""How far the fold comes down when the eye is shut, in eye widths."""


@dataclass(frozen=True, eq=False)
class Eyelid:
    """What is needed to draw one eye's lids at any closure."""

    eye: Eye
    skin: Array
    """float32 (h, w, 3), 0..255: the eye's box as if there were only skin."""
    lashes: Array
    """float32 (h, w): what the lashes do to that skin above the open lid's edge, as a factor; 1 elsewhere."""
    lash: Array
    """float32 (h, w): height of the strip that holds the lashes, at every pixel's s, in eye widths."""
    travel: Array
    """float32 (h, w): how far the edge goes to close, at every pixel's s, in eye widths."""
    pull: Array
    """float32 (h, w): how far the skin around comes down (fold) or up (lower lid) when shut, in eye widths."""
    free: Array
    """float32 (h, w): 0 where frames of glasses are, 1 elsewhere."""

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
        travel = ((1 - RISE + OVERLAP[1]) * opening + OVERLAP[0]) * wide
        ends = smoothstep(s, -0.2, 0.15) * (1 - smoothstep(s, 0.8, 1.15))
        free = 1 - cv2.dilate(frames, np.ones((3, 3), np.uint8))
        over = smoothstep(t, eye.upper - 0.42, eye.upper - 0.16) * (1 - smoothstep(t, eye.upper - 0.1, eye.upper))
        risen = eye.lower - RISE * opening
        under = smoothstep(t, risen - RISE * opening - 0.06, risen) * (1 - smoothstep(t, eye.lower, eye.lower + 0.4))
        pull = (DROP * over - RISE * opening * under) * ends * free
        return cls(
            eye,
            skin,
            find_lashes(photo, skin, eye),
            lash_height(eye),
            np.asarray(travel, np.float32),
            np.asarray(cv2.GaussianBlur(pull, (0, 0), max(0.02 * eye.width, 0.5)), np.float32),
            np.asarray(free, np.float32),
        )

    def pulled(self, at: Array, closure: float) -> Array:
        """How far the closing lid has brought the skin at each point, px, float32 (h, w, 2).

        Args:
            at: float32 (h, w, 2), px from the corner of the eye's box.
            closure: 0 as in the photo ... 1 shut.
        """
        pull = cv2.remap(self.pull, at, None, cv2.INTER_LINEAR)[..., None]
        return np.asarray(pull * (np.float32(closure * self.eye.width) * self.eye.across), np.float32)

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
        eye, s, t = self.eye, self.eye.s, self.eye.t
        fall = np.asarray(closure * self.travel, np.float32)
        edge = eye.upper + fall
        past = t - edge
        ends = smoothstep(s, -0.05, 0.2) * (1 - smoothstep(s, 0.85, 1.05))
        ends = np.asarray(ends * min(closure / 0.3, 1.0), np.float32)
        # Lashes point up from an open lid and down from a closed one.
        lashes = shifted(self.lashes, eye, np.where(past < 0, -fall, -fall - 2.5 * past))
        line = 1 - 0.45 * ends * np.exp(-((past / 0.022) ** 2))
        down = np.clip((t - eye.upper + 0.2) / (fall + 0.2), 0, 1)
        bulge = 1 + ends * closure * (0.05 * np.sin(np.pi * down) - 0.3 * np.exp(np.minimum(past, 0) / 0.06))
        lid = bulge * (1 + (1 - 0.4 * closure**2) * (lashes - 1)) * line
        cast = 1 - 0.35 * (1 - closure) * ends * np.exp(-np.maximum(past, 0) / 0.05)
        shade = np.where(past < 0, 1, (1 + 0.8 * closure**2 * ends * (lashes - 1)) * cast) * line

        soft = 0.6 / eye.width
        strip = smoothstep(t, eye.upper - self.lash - 0.06, eye.upper - self.lash + 0.01)
        fold = SMOOTHED * closure * smoothstep(t, eye.upper - FOLD, eye.upper - SMOOTH)
        above = 1 - (1 - strip) * (1 - fold)
        below = smoothstep(t, edge - soft, edge + soft + 0.01)
        opacity = above * (1 - below) * smoothstep(self.travel, 0.0, OVERLAP[0]) * min(closure / 0.08, 1.0) * self.free
        shadow = 1 + (shade - 1) * smoothstep(past, -soft, soft) * self.free
        light = np.clip(self.skin * lid[..., None], 0, 255) * opacity[..., None]
        return np.asarray(light, np.float32), np.asarray((1 - opacity) * shadow, np.float32)
