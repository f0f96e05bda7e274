"""Lashes, and the line along the edge of a lid: in the photo's own colour, as sharp as the photo and no sharper."""

from __future__ import annotations

import cv2
import numpy as np

from .eyes import Eye
from .geometry import Array, smoothstep
from .irises import light_of

__all__ = ["HIGHEST", "find_ink", "find_lashes", "lash_height", "lash_line", "softness"]

LASH = 0.09
"""Height of the strip above the lid's edge that holds lashes and liner, in eye widths ..."""
WING = 0.06
"""... and how much higher it is at the outer corner."""
HIGHEST = LASH + WING
EVEN = 0.035
"""Lashes are evened out along the lid over about this length, in eye widths: sparse ones would be torn into teeth."""
LINE, THICK = 0.92, (0.024, 0.034)
"""How much of the line along the lid's edge is the colour of lashes, and how thick it is above and below the edge, in
eye widths ..."""
TAPER = (0.45, 0.5)
"""... of which so much is left at the outer and at the inner corner: lashes are longest on the outer half."""
SOFTEST = 0.05
"""A photo softer than this, in eye widths, is taken for one that shows no edge."""
INK = 0.65
"""How dark the line of a closed eye is, of the darkest that an open one shows."""


def find_ink(photo: Array, eye: Eye) -> Array:
    """The colour of what is darkest along the upper lid's edge, float32 (3,): its lashes, and not the pupil."""
    near = (eye.s > 0.0) & (eye.s < 0.95) & (eye.t > eye.upper - 0.6 * LASH) & (eye.t < eye.upper + 0.02)
    colours = photo[near] if near.any() else photo.reshape(-1, 3)
    light = light_of(colours[None])[0]
    return np.asarray(INK * colours[light <= np.percentile(light, 6)].mean(0), np.float32)


def softness(photo: Array, eye: Eye) -> float:
    """How blurred the sharpest edges of an eye are: standard deviation of the blur, in eye widths."""
    light = light_of(photo)
    near = (np.abs(eye.s - 0.5) < 0.55) & (eye.t > eye.upper - LASH) & (eye.t < eye.lower + LASH)
    if not near.any():
        return 0.0
    steep = np.hypot(*(cv2.Sobel(light, cv2.CV_32F, x, y, scale=1 / 8) for x, y in ((1, 0), (0, 1))))[near]
    low, high = np.percentile(light[near], (3, 97))
    # So steep is a blurred step of that height in its middle; the measure itself blurs by most of a pixel.
    blur = float(high - low) / (2.5 * max(float(np.percentile(steep, 98)), 1e-3))
    return float(np.clip(np.sqrt(max(blur**2 - 0.64, 0.16)) / eye.width, 0, SOFTEST))


def lash_height(eye: Eye) -> Array:
    """Height of the strip above the lid's edge that holds lashes and liner, in eye widths, float32 (h, w)."""
    return np.asarray(LASH + WING * (1 - smoothstep(eye.s, 0.05, 0.4)), np.float32)


def find_lashes(photo: Array, skin: Array, eye: Eye) -> Array:
    """What lashes and liner make of the skin above the lid's edge, as a factor, float32 (h, w); 1 elsewhere.

    They are what is dark and thin there: the shadow of a deep socket is dark and wide.
    """
    light, bright = (np.maximum(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), 8.0) for p in (photo, skin))
    # Below the edge there is no lash but iris.
    ball = smoothstep(eye.t, eye.upper - 0.005, eye.upper + 0.02)
    above = light + ball * (np.maximum(bright, light) - light)
    size = 2 * max(1, round(0.08 * eye.width)) + 1
    around = cv2.morphologyEx(above, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    around = np.maximum(cv2.GaussianBlur(around, (0, 0), max(0.03 * eye.width, 0.6)), 8.0)
    # Half of the shadow next to the lashes goes down with them.
    around = 0.5 * (around + np.maximum(around, bright))
    ratio = np.clip(light / around, 0.2, 1.0)
    height = lash_height(eye)
    within = smoothstep(eye.t, eye.upper - height, eye.upper - 0.5 * height)
    within = within * (1 - smoothstep(eye.t, eye.upper, eye.upper + 0.03))
    within = within * smoothstep(eye.s, -0.1, 0.06) * (1 - smoothstep(eye.s, 0.95, 1.06))
    return along_lid(np.asarray(1 + (ratio - 1) * within, np.float32), eye)


def along_lid(values: Array, eye: Eye) -> Array:
    """Smooth a float32 (h, w) picture of the eye's box a little along the eye."""
    sigma = EVEN * eye.width
    reach = max(1, round(2 * sigma))
    x, y = np.meshgrid(np.arange(-reach, reach + 1), np.arange(-reach, reach + 1))
    kernel = np.exp(-0.5 * ((x * eye.along[0] + y * eye.along[1]) / max(sigma, 0.4)) ** 2)
    kernel *= np.exp(-0.5 * ((x * eye.across[0] + y * eye.across[1]) / 0.5) ** 2)
    return np.asarray(cv2.filter2D(values, -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE), np.float32)


def lash_line(s: Array, soft: float) -> tuple[Array, Array, Array]:
    """The line of a closed eye at pixels ``s`` along it, in a photo as ``soft`` as told; as in :attr:`Eyelid.line`."""
    outer, inner = smoothstep(s, -0.02, 0.25), 1 - smoothstep(s, 0.5, 1.0)
    taper = (TAPER[0] + (1 - TAPER[0]) * outer) * (TAPER[1] + (1 - TAPER[1]) * inner)
    above, below = (np.hypot(taper * np.float32(thick), np.float32(soft)) for thick in THICK)
    # What is blurred is paler.
    strength = LINE * (sum(THICK) * taper / (above + below)) ** 0.5
    strength = strength * smoothstep(s, -0.14, 0.08) * (1 - smoothstep(s, 0.82, 1.08))
    return np.asarray(strength, np.float32), np.asarray(1 / above, np.float32), np.asarray(1 / below, np.float32)
