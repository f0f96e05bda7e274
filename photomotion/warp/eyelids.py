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
        low, high = np.percentile(bright[trust > 0.5], [25, 65]) if (trust > 0.5).any() else (0.0, 1.0)
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
            fine, x + back * eye.down[0], y + back * eye.down[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101
        )
        skin = skin + 0.7 * fine

        light = np.maximum(cv2.cvtColor(skin, cv2.COLOR_RGB2GRAY), 8.0)
        ratio = np.clip(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / light, 0.2, 1.15)
        # Below the edge there is no lash but iris: let the last row above it fade out instead.
        within = smoothstep(t, upper - 1.6 * above, upper - 0.7 * above) * (1 - smoothstep(t, upper, upper + 0.03))
        strip = 1 + (ratio - 1) * within
        return cls(eye, skin, np.asarray(strip, np.float32), np.asarray(lower + 0.02 - upper, np.float32) * wide)

    def draw(self, closure: float) -> tuple[npt.NDArray[np.uint8], Array]:
        """The lid at ``closure`` (0 as in the photo ... 1 shut): pixels uint8 (h, w, 3) and opacity float32 (h, w)."""
        eye = self.eye
        s, t, upper = eye.s, eye.t, eye.upper
        moved = closure * self.travel
        edge = upper + moved
        x0, y0, *_ = eye.box
        height, width = t.shape
        map_y, map_x = np.mgrid[0:height, 0:width].astype(np.float32)
        map_x -= moved * eye.width * eye.down[0]
        map_y -= moved * eye.width * eye.down[1]
        lashes = cv2.remap(self.strip, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

        depth = np.clip((t - upper + LASH) / np.maximum(moved + LASH, 1e-3), 0, 1)
        bulge = 1 + closure * (0.05 * np.sin(np.pi * depth) - 0.10 * depth**4)
        line = 1 - 0.3 * closure * np.exp(-(((t - edge) / 0.03) ** 2)) * smoothstep(s, -0.08, 0.1)
        line = np.where(s > 0.85, 1 + (line - 1) * (1 - smoothstep(s, 0.85, 1.05)), line)
        colour = self.skin * (lashes * bulge * line)[..., None]
        soft = 0.6 / eye.width
        opacity = smoothstep(t, upper - 2.1 * LASH, upper - 1.05 * LASH) * (
            1 - smoothstep(t, edge - soft, edge + 0.02 + soft)
        )
        opacity = (
            opacity
            * smoothstep(np.asarray(self.travel, np.float32), 0.0, 0.03)
            * smoothstep(np.float32(closure) * np.ones_like(t), 0.0, 0.08)
        )
        return np.clip(np.round(colour), 0, 255).astype(np.uint8), np.asarray(opacity, np.float32)
