"""Lids close as an occlusion: skin comes down over the ball, the lashes ride on its edge, the ball stays."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .eyes import Eye
from .geometry import Array, smoothstep
from .grid import diffuse

__all__ = ["Eyelid"]

LASH = 0.10
"""Height of the strip above the lid's edge that holds lashes, liner and the fold's shadow, in eye widths."""


@dataclass(frozen=True, eq=False)
class Eyelid:
    """What is needed to draw one upper lid at any closure."""

    eye: Eye
    skin: Array
    """float32 (h, w, 3), 0..255: the eye's box as if there were only skin."""
    strip: Array
    """float32 (h, w): what the lashes and the edge do to that skin, as a factor; 1 elsewhere."""
    travel: Array
    """float32 (h, w): how far the edge goes to close, at every pixel's s, in eye widths."""

    @classmethod
    def of(cls, pixels: npt.NDArray[np.uint8], eye: Eye) -> Eyelid:
        """Learn an eye's lid from the photo: skin around the eye continued over it, and the lashes on top."""
        x0, y0, x1, y1 = eye.box
        photo = pixels[y0:y1, x0:x1].astype(np.float32)
        s, t, upper, lower = eye.s, eye.t, eye.upper, eye.lower
        wide = smoothstep(s, -0.2, 0.0) * (1 - smoothstep(s, 1.0, 1.15))
        above = LASH * np.maximum(wide, 0.3)
        # Skin that may be trusted: above the lash strip, below the lower lashes, and beyond the corners.
        distance = np.maximum(upper - above - t, t - lower - 0.09)
        outside = np.maximum(distance, np.maximum(-0.14 - s, s - 1.10))
        trust = smoothstep(outside, 0.0, 0.02)
        # A closed lid bulges into the light: folds and shadows around the eye must not colour it.
        bright = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
        low, high = map(float, np.percentile(bright[trust > 0.5], [25, 65])) if (trust > 0.5).any() else (0.0, 1.0)
        skin = diffuse(photo, trust * (0.02 + 0.98 * smoothstep(bright, low, high + 1e-3)))
        sigma = max(0.06 * eye.width, 0.8)
        skin = cv2.GaussianBlur(skin, (0, 0), sigma)
        # Pores, grain and wrinkles from under the eye, mirrored over it.
        y, x = np.mgrid[0 : t.shape[0], 0 : t.shape[1]].astype(np.float32)
        back = 2 * (lower + 0.1 - t) * eye.width
        fine = photo - cv2.GaussianBlur(photo, (0, 0), max(0.03 * eye.width, 0.8))
        limit = 2.0 * float(np.median(np.abs(fine))) + 1.0
        fine = np.clip(fine, -limit, limit)
        fine = cv2.remap(
            fine,
            x + back * eye.across[0],
            y + back * eye.across[1],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )
        skin = skin + 0.7 * fine

        light = np.maximum(cv2.cvtColor(skin, cv2.COLOR_RGB2GRAY), 8.0)
        ratio = np.clip(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / light, 0.2, 1.15)
        # Below the edge there is no lash but iris: let the last row above it fade out instead.
        within = smoothstep(t, upper - 1.6 * above, upper - 0.7 * above) * (1 - smoothstep(t, upper, upper + 0.03))
        strip = 1 + (ratio - 1) * within
        return cls(eye, skin, np.asarray(strip, np.float32), np.asarray(lower + 0.02 - upper, np.float32) * wide)

    def draw(self, picture: npt.NDArray[np.uint8], at: Array, closure: float) -> None:
        """Draw the lid over a part of the picture, in place.

        Args:
            picture: uint8 (h, w, 3), the part of the moved picture where the eye can be.
            at: float32 (h, w, 2), where each of its pixels comes from, px from the corner of the eye's box.
            closure: 0 as in the photo ... 1 shut.
        """
        skin, opacity = self.close(closure)
        skin = cv2.remap(skin, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        opacity = cv2.remap(opacity, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)[..., None]
        picture[:] = np.round(picture + opacity * (skin - picture)).astype(np.uint8)

    def close(self, closure: float) -> tuple[Array, Array]:
        """The lid at ``closure``, in the eye's box: colour float32 (h, w, 3), 0..255, and opacity float32 (h, w)."""
        eye, s, t, upper = self.eye, self.eye.s, self.eye.t, self.eye.upper
        fall = np.asarray(closure * self.travel, np.float32)
        edge = upper + fall
        y, x = np.mgrid[0 : t.shape[0], 0 : t.shape[1]].astype(np.float32)
        back = -fall * eye.width
        lashes = cv2.remap(
            self.strip, x + back * eye.across[0], y + back * eye.across[1], cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip

        down = np.clip((t - upper + LASH) / (fall + LASH), 0, 1)
        bulge = 1 + closure * (0.05 * np.sin(np.pi * down) - 0.10 * down**4)
        ends = smoothstep(s, -0.08, 0.1) * (1 - smoothstep(s, 0.85, 1.05))
        line = 1 - 0.3 * closure * ends * np.exp(-(((t - edge) / 0.03) ** 2))
        colour = np.clip(self.skin * (lashes * bulge * line)[..., None], 0, 255)

        soft = np.float32(0.6 / eye.width)
        above = smoothstep(t, upper - 2.1 * LASH, upper - 1.05 * LASH)
        below = smoothstep(t, edge - soft, edge + soft + 0.02)
        opacity = above * (1 - below) * smoothstep(self.travel, 0.0, 0.03) * min(closure / 0.08, 1.0)
        return np.asarray(colour, np.float32), np.asarray(opacity, np.float32)
