"""The skin of a lid that the photo does not show: its tone from above and below the eye, its pores, its lashes."""

from __future__ import annotations

import cv2
import numpy as np

from .eyes import Eye
from .geometry import Array, smoothstep
from .grid import diffuse

__all__ = ["HIGHEST", "find_lashes", "lash_height", "make_skin", "shifted"]

LASH = 0.09
"""Height of the strip above the lid's edge that holds lashes and liner, in eye widths ..."""
WING = 0.06
"""... and how much higher it is at the outer corner."""
ABOVE = (0.06, 0.30)
"""Where the tone of a lid is looked for above its edge, in eye widths: up to the brow ..."""
BELOW = (0.10, 0.32)
"""... and below the lower lid: under the lashes."""
LIGHT = (45, 85)
"""Percentiles of brightness that count there: neither folds and hairs nor glints."""
HIGHEST = LASH + WING
LIT = 1.0
"""How bright a lid is in a deep or shaded socket, of the skin under the eye."""
COLUMNS, ROWS = 41, 13


def make_skin(photo: Array, eye: Eye, frames: Array) -> Array:
    """The eye's box as if there were only skin, float32 (h, w, 3), 0..255.

    A closed lid bulges out of the socket into the light. On 12 eyes of 6 people, filmed open and shut, it had the tone
    of the brighter skin under the brow (0.95 to 1.02 of it), or of that under the eye where this was the brighter one
    (0.85 to 1.1 of it). So it is here, column by column; far above, it goes over into the photo.

    Args:
        photo: float32 (h, w, 3), the eye's box.
        eye: where.
        frames: float32 (h, w), 1 where frames of glasses are.
    """
    upper, lower = _tones(photo, eye, -1, ABOVE, frames), _tones(photo, eye, 1, BELOW, frames)
    opening = np.maximum(eye.lower - eye.upper, 0.05)
    down = smoothstep((eye.t - eye.upper) / opening, -0.6, 1.2)[..., None]
    place = (eye.s + 0.3) / 1.6 * (COLUMNS - 1)
    tone_above, tone_below = (
        np.dstack([np.interp(place, np.arange(COLUMNS), tones[:, c]) for c in range(3)]) for tones in (upper, lower)
    )
    shaded = 1 - _light(tone_above) / np.maximum(LIT * _light(tone_below), 1)
    lit = smoothstep(shaded, 0.0, 0.4) * (0.45 + 0.55 * down[..., 0])
    tone = tone_above + lit[..., None] * (LIT * tone_below - tone_above)

    above = eye.upper - lash_height(eye) - eye.t
    trust = smoothstep(above, 0.0, 0.03) * (1 - frames)
    near = cv2.GaussianBlur(diffuse(photo, np.asarray(trust, np.float32)), (0, 0), max(0.05 * eye.width, 0.8))
    far = smoothstep(above, -0.12, 0.12)[..., None]
    skin = tone + 0.5 * far * (near - tone)
    return np.asarray(np.clip(skin * _pores(photo, eye, frames)[..., None], 0, 255), np.float32)


def _light(colour: Array) -> Array:
    """Luma of float32 (h, w, 3)."""
    return np.asarray(cv2.cvtColor(np.asarray(colour, np.float32), cv2.COLOR_RGB2GRAY), np.float32)


def _tones(photo: Array, eye: Eye, direction: int, reach: tuple[float, float], frames: Array) -> Array:
    """The tone of the brighter skin above (-1) or below (1) the eye, along it, float32 (COLUMNS, 3)."""
    s = np.linspace(-0.3, 1.3, COLUMNS)
    edge = np.array([lid(np.clip(s, 0, 1)) for lid in eye.lids])
    edge = edge.min(0) if direction < 0 else edge.max(0)
    away = np.linspace(*reach, ROWS)[:, None]
    x, y = eye.place(np.broadcast_to(s, (ROWS, COLUMNS)), edge + direction * away)
    strip = cv2.remap(photo, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    free = cv2.remap(frames, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) < 0.1
    free &= (x >= 0) & (y >= 0) & (x < photo.shape[1]) & (y < photo.shape[0])
    light = cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY)
    low, high = np.percentile(np.where(free, light, np.median(light)), LIGHT, axis=0)
    weight = (free & (light >= low) & (light <= high + 1e-3)) + 1e-4
    tones = (strip * weight[..., None]).sum(0) / weight.sum(0)[:, None]
    smooth = cv2.GaussianBlur(tones.astype(np.float32), (1, 0), 0.1, sigmaY=0.12 * (COLUMNS - 1) / 1.6)
    return np.asarray(smooth, np.float32).reshape(COLUMNS, 3)


def _pores(photo: Array, eye: Eye, frames: Array) -> Array:
    """Pores and grain from under the eye, mirrored over it, as a factor, float32 (h, w); wrinkles are cut down."""
    light = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    smooth = cv2.GaussianBlur(light, (0, 0), max(0.022 * eye.width, 0.8))
    fine = (light - smooth) / np.maximum(smooth, 12.0) * (1 - frames)
    limit = 2 * float(np.median(np.abs(fine))) + 0.005
    return 1 + shifted(np.clip(fine, -limit, limit).astype(np.float32), eye, 2 * (eye.lower + 0.09 - eye.t))


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
    return np.asarray(1 + (ratio - 1) * within, np.float32)


def shifted(picture: Array, eye: Eye, along: Array) -> Array:
    """Read a picture of the eye's box ``along`` eye widths farther down the eye; mirrored at the edge."""
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    map_x, map_y = (base + along * eye.width * part for base, part in zip((x, y), eye.across, strict=True))
    return np.asarray(cv2.remap(picture, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.float32)
