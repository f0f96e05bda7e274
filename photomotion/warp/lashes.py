"""Lashes, and the line along the edge of a lid: in the photo's own colour, as sharp as the photo and no sharper."""

from __future__ import annotations

import cv2
import numpy as np

from photomotion.data.ranks import percentile

from .eyes import Eye
from .geometry import Array, smoothstep
from .irises import light_of

__all__ = ["HIGHEST", "find_ink", "find_lashes", "lash_height", "lash_line", "measure_lashes", "softness"]

LASH = 0.09
"""Height of the strip above the lid's edge that holds lashes and liner, in eye widths ..."""
WING = 0.06
"""... and how much higher it is at the outer corner."""
HIGHEST = LASH + WING
EVEN = 0.035
"""Lashes are evened out along the lid over about this length, in eye widths: sparse ones would be torn into teeth."""
OUTER = (0.1, 0.6)
"""Where lashes are longest, along the eye: there it is learned how dark and how many they are."""
LINE, DARKEST = 1.0, 0.9
"""How much of the line along a closed lid's edge is the colour of lashes, of how dark those of the open one are; and
at most."""
THICK, USUAL = (0.028, 0.042), 0.05
"""How thick the line is above and below the edge where lashes are as many as usual, in eye widths ..."""
TAPER = (0.45, 0.6)
"""... of which so much is left at the outer and at the inner corner ..."""
FADED = 0.8
"""... where it has faded to this. Of 33 faces, lashes of the inner quarter were a third as many; but of 7 people filmed
shut, the line had as much ink there as in the middle: lids that touch are dark without lashes, too."""
RIM = 0.6**0.5
"""So much farther, a line that falls off as 1 / (1 + x^2)^2 is as wide at half its strength as a Gaussian."""
SOFTEST = 0.05
"""A photo softer than this, in eye widths, is taken for one that shows no edge."""
INK = 0.65
"""How dark the line of a closed eye is, of the darkest that an open one shows."""


def find_ink(photo: Array, eye: Eye) -> Array:
    """The colour of what is darkest along the upper lid's edge, float32 (3,): its lashes, and not the pupil."""
    near = (eye.s > 0.0) & (eye.s < 0.95) & (eye.t > eye.upper - 0.6 * LASH) & (eye.t < eye.upper + 0.02)
    colours = photo[near] if near.any() else photo.reshape(-1, 3)
    light = light_of(colours[None])[0]
    return np.asarray(INK * colours[light <= percentile(light, 6)].mean(0), np.float32)


def softness(photo: Array, eye: Eye) -> float:
    """How blurred the sharpest edges of an eye are: standard deviation of the blur, in eye widths."""
    light = light_of(photo)
    near = (np.abs(eye.s - 0.5) < 0.55) & (eye.t > eye.upper - LASH) & (eye.t < eye.lower + LASH)
    if not near.any():
        return 0.0
    steep = np.hypot(*(cv2.Sobel(light, cv2.CV_32F, x, y, scale=1 / 8) for x, y in ((1, 0), (0, 1))))[near]
    low, high = percentile(light[near], (3, 97))
    # So steep is a blurred step of that height in its middle; the measure itself blurs by most of a pixel.
    blur = float(high - low) / (2.5 * max(float(percentile(steep, 98)), 1e-3))
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


def measure_lashes(lashes: Array, eye: Eye) -> tuple[float, float]:
    """How dark a person's lashes are, 0..1, and how many, as thickness of a black line, in eye widths.

    Args:
        lashes: float32 (h, w), of :func:`find_lashes`.
        eye: where.
    """
    outer = (eye.s > OUTER[0]) & (eye.s < OUTER[1])
    edge = outer & (np.abs(eye.t - eye.upper) < HIGHEST)
    if not edge.any():
        return 0.0, 0.0
    many = float((1 - lashes)[outer].sum()) / (eye.width**2 * (OUTER[1] - OUTER[0]))
    return float(percentile(1 - lashes[edge], 97)), many


def lash_line(s: Array, dark: float, many: float, soft: float) -> tuple[Array, Array, Array]:
    """The line of a closed eye at pixels ``s`` along it, as in :attr:`Eyelid.line`.

    Args:
        s: float32, any shape.
        dark: of :func:`measure_lashes`, as is ``many``.
        many: see there.
        soft: of the photo, from :func:`softness`.
    """
    outer, inner = smoothstep(s, -0.02, 0.25), 1 - smoothstep(s, 0.4, 0.95)
    taper = (TAPER[0] + (1 - TAPER[0]) * outer) * (TAPER[1] + (1 - TAPER[1]) * inner)
    taper = taper * np.float32(np.clip(many / USUAL, 0.6, 1.3))
    above, below = (np.hypot(taper * np.float32(thick), np.float32(soft)) for thick in THICK)
    # What is blurred is paler.
    strength = min(LINE * dark, DARKEST) * (sum(THICK) * taper / (above + below)) ** 0.5
    strength = strength * (FADED + (1 - FADED) * inner) * smoothstep(s, -0.14, 0.08) * (1 - smoothstep(s, 0.82, 1.08))
    above, below = (np.asarray(RIM / thick, np.float32) for thick in (above, below))
    return np.asarray(strength, np.float32), above, below
