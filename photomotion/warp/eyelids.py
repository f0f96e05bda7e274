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
FOLD = 0.34
"""How far above the open edge the fold smooths out as the lid closes, in eye widths ..."""
FOLD_BEHIND_GLASSES = 0.14
"""... and behind glasses, whose rim must stay."""


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
    fold: float
    """How far above the open edge the fold smooths out, in eye widths."""

    @classmethod
    def of(cls, pixels: npt.NDArray[np.uint8], eye: Eye, glasses: bool) -> Eyelid:
        """Learn an eye's lid from the photo: skin around the eye continued over it, and the lashes on top."""
        x0, y0, x1, y1 = eye.box
        photo = pixels[y0:y1, x0:x1].astype(np.float32)
        wide = smoothstep(eye.s, -0.2, 0.0) * (1 - smoothstep(eye.s, 1.0, 1.15))
        above = LASH * np.maximum(wide, 0.3)
        skin = _lit_skin(photo, eye, above) + 0.7 * _texture(photo, eye)
        travel = (eye.lower + 0.02 - eye.upper) * wide
        fold = FOLD_BEHIND_GLASSES if glasses else FOLD
        return cls(eye, skin, _lashes(photo, skin, eye, above), np.asarray(travel, np.float32), fold)

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
        lashes = _shifted(self.strip, eye, -fall)
        down = np.clip((t - upper + LASH) / (fall + LASH), 0, 1)
        bulge = 1 + closure * (0.05 * np.sin(np.pi * down) - 0.10 * down**4)
        ends = smoothstep(s, -0.08, 0.1) * (1 - smoothstep(s, 0.85, 1.05))
        line = 1 - 0.3 * closure * ends * np.exp(-(((t - edge) / 0.03) ** 2))
        colour = np.clip(self.skin * (lashes * bulge * line)[..., None], 0, 255)

        soft = np.float32(0.6 / eye.width)
        above = smoothstep(t, upper - LASH - 0.02 - closure * (self.fold - LASH), upper - LASH)
        below = smoothstep(t, edge - soft, edge + soft + 0.02)
        opacity = above * (1 - below) * smoothstep(self.travel, 0.0, 0.03) * min(closure / 0.08, 1.0)
        return np.asarray(colour, np.float32), np.asarray(opacity, np.float32)


def _lit_skin(photo: Array, eye: Eye, above: Array) -> Array:
    """The colour of a closed lid.

    It bulges into the light: brighter than the folds and shadows next to it, which the colour of the nearest skin alone
    would make it, and darker than the brightest skin around. So it is half of each.
    """
    s, t = eye.s, eye.t
    # Skin is trusted above the lash strip, below the lower lashes, and beyond the corners.
    outside = np.maximum(np.maximum(eye.upper - above - t, t - eye.lower - 0.09), np.maximum(-0.14 - s, s - 1.10))
    trust = smoothstep(outside, 0.0, 0.02)
    nearest = cv2.GaussianBlur(diffuse(photo, trust), (0, 0), max(0.06 * eye.width, 0.8))
    bright = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    seen = bright[trust > 0.5]
    if not seen.size:
        return np.asarray(nearest, np.float32)
    low, high = map(float, np.percentile(seen, [20, 60]))
    weight = trust * (0.01 + 0.99 * smoothstep(bright, low, high + 1e-3))
    sigma = max(0.3 * eye.width, 0.8)
    around = cv2.GaussianBlur(photo * weight[..., None], (0, 0), sigma)
    around = around / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-4)[..., None]
    return np.asarray(0.5 * around + 0.5 * nearest, np.float32)


def _texture(photo: Array, eye: Eye) -> Array:
    """Pores and grain from under the eye, mirrored over it, float32 (h, w, 3) about 0; wrinkles are cut down."""
    fine = photo - cv2.GaussianBlur(photo, (0, 0), max(0.03 * eye.width, 0.8))
    limit = 2 * float(np.median(np.abs(fine))) + 1
    return _shifted(np.clip(fine, -limit, limit), eye, 2 * (eye.lower + 0.1 - eye.t))


def _lashes(photo: Array, skin: Array, eye: Eye, above: Array) -> Array:
    """What lashes, liner and the fold's shadow make of the skin, as a factor, float32 (h, w)."""
    light = np.maximum(cv2.cvtColor(skin, cv2.COLOR_RGB2GRAY), 8.0)
    ratio = np.clip(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / light, 0.2, 1.15)
    # Below the edge there is no lash but iris.
    within = smoothstep(eye.t, eye.upper - 1.6 * above, eye.upper - 0.7 * above)
    within = within * (1 - smoothstep(eye.t, eye.upper, eye.upper + 0.03))
    return np.asarray(1 + (ratio - 1) * within, np.float32)


def _shifted(picture: Array, eye: Eye, along: Array) -> Array:
    """Read a picture of the eye's box ``along`` eye widths farther down the eye; mirrored at the edge."""
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    map_x, map_y = (base + along * eye.width * part for base, part in zip((x, y), eye.across, strict=True))
    return np.asarray(cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.float32)
