"""The skin of a lid that the photo does not show: its tone from above and below the eye, its pores, its lashes."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from .eyes import Eye
from .geometry import Array, smoothstep
from .grid import diffuse
from .irises import light_of

__all__ = ["HIGHEST", "find_ink", "find_lashes", "lash_height", "make_skin", "scatter_pores"]

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
EVEN = 0.035
"""Lashes are evened out along the lid over about this length, in eye widths: sparse ones would be torn into teeth."""
LIT = 1.0
"""How bright a lid is in a deep or shaded socket, of the skin under the eye."""
COLUMNS, ROWS = 41, 13
PATCHES_ALONG, PATCHES_BELOW = (0.15, 0.5, 0.85), (0.4, 0.65, 0.9)
"""Where skin is looked at for its pores: along the eye, and how far below the lower lid, in eye widths."""
FIELD = 4
"""Such a texture repeats itself after so many times the width of what it was learned from ..."""
CALM = 0.85
"""... and so strong."""
WHITE = 230.0
"""Skin as bright as this shows no pores."""
INK = 0.8
"""How dark the line of a closed eye is, of the darkest that an open one shows."""


def make_skin(pixels: npt.NDArray[np.uint8], eye: Eye, frames: Array) -> Array:
    """The eye's box as if there were only skin, float32 (h, w, 3), 0..255.

    A closed lid bulges out of the socket into the light. On 12 eyes of 6 people, filmed open and shut, it had the tone
    of the brighter skin under the brow (0.95 to 1.02 of it), or of that under the eye where this was the brighter one
    (0.85 to 1.1 of it). So it is here, column by column; far above, it goes over into the photo.

    Args:
        pixels: uint8 (H, W, 3), the photo.
        eye: where.
        frames: float32 (h, w), 1 where frames of glasses are.
    """
    photo = eye.crop(pixels).astype(np.float32)
    upper, lower = _tones(photo, eye, -1, ABOVE, frames), _tones(photo, eye, 1, BELOW, frames)
    opening = np.maximum(eye.lower - eye.upper, 0.05)
    down = smoothstep((eye.t - eye.upper) / opening, -0.6, 1.2)[..., None]
    place = (eye.s + 0.3) / 1.6 * (COLUMNS - 1)
    tone_above, tone_below = (
        np.dstack([np.interp(place, np.arange(COLUMNS), tones[:, c]) for c in range(3)]) for tones in (upper, lower)
    )
    shaded = 1 - light_of(tone_above) / np.maximum(LIT * light_of(tone_below), 1)
    lit = smoothstep(shaded, 0.0, 0.4) * (0.45 + 0.55 * down[..., 0])
    tone = tone_above + lit[..., None] * (LIT * tone_below - tone_above)
    # Brows and sockets grey the colour above; that below is fresher.
    tone = 0.5 * tone + 0.5 * (light_of(tone) / np.maximum(light_of(tone_below), 1))[..., None] * tone_below

    above = eye.upper - lash_height(eye) - eye.t
    trust = smoothstep(above, 0.0, 0.03) * (1 - frames)
    near = cv2.GaussianBlur(diffuse(photo, np.asarray(trust, np.float32)), (0, 0), max(0.05 * eye.width, 0.8))
    far = smoothstep(above, -0.12, 0.12)[..., None]
    skin = tone + 0.5 * far * (near - tone)
    return np.asarray(np.clip(skin * scatter_pores(pixels, eye), 0, 255), np.float32)


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


def scatter_pores(pixels: npt.NDArray[np.uint8], eye: Eye) -> Array:
    """Pores and grain like those of the smoother skin below the eye, as a factor, float32 (h, w, 3).

    A texture of the same spectrum, a patch scattered at random (Galerne et al., 2011): it has the fine structure of
    the skin and of the print, but none of its wrinkles. It lies in the eye's axes, so a mirrored photo has it mirrored.
    """
    size = int(np.clip(0.36 * eye.width, 8, 96))
    offsets = (np.arange(size) - 0.5 * size) / eye.width
    patches = [(0.0, np.zeros((size, size, 3), np.float32))]
    for s, below in product(PATCHES_ALONG, PATCHES_BELOW):
        t = float(eye.lids[1](s)) + below + offsets[:, None]
        x, y = eye.place(np.broadcast_to(s + offsets, (size, size)), np.broadcast_to(t, (size, size)))
        x, y = x + eye.box[0], y + eye.box[1]
        if x.min() < 0 or y.min() < 0 or x.max() > pixels.shape[1] - 1 or y.max() > pixels.shape[0] - 1:
            continue
        patch = cv2.remap(pixels, x, y, cv2.INTER_LANCZOS4).astype(np.float32)
        smooth = np.maximum(cv2.GaussianBlur(patch, (0, 0), max(0.035 * eye.width, 0.8)), 12.0)
        fine = np.asarray(patch / smooth - 1, np.float32)
        if patch.mean() < WHITE:
            patches.append((float(fine.std()), fine))
    # The calmest may be blurred or washed out, the roughest is wrinkled.
    rough, calm = sorted(patches, key=lambda patch: patch[0])[min(2, len(patches) - 1)]
    fade = np.outer(*2 * [np.hanning(size + 2)[1:-1]])
    spot = np.zeros((FIELD * size, FIELD * size, 3), np.float32)
    spot[:size, :size] = calm * (fade / np.sqrt((fade**2).sum()))[..., None]
    noise = np.random.default_rng(0).standard_normal(spot.shape[:2])
    field = np.fft.ifft2(np.fft.fft2(spot, axes=(0, 1)) * np.fft.fft2(noise)[..., None], axes=(0, 1)).real
    field = np.clip(CALM * field, -3 * rough, 3 * rough).astype(np.float32)
    x, y = (np.asarray(a * eye.width + size, np.float32) for a in (eye.s, eye.t))
    return np.asarray(1 + cv2.remap(field, x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_WRAP), np.float32)


def find_ink(photo: Array, eye: Eye) -> Array:
    """The colour of what is darkest at the lid's edge, float32 (3,): lashes, and the line where lids meet."""
    near = (eye.s > 0.05) & (eye.s < 0.95) & (eye.t > eye.upper - LASH) & (eye.t < eye.lower)
    colours = photo[near] if near.any() else photo.reshape(-1, 3)
    light = light_of(colours[None])[0]
    return np.asarray(INK * colours[light <= np.percentile(light, 6)].mean(0), np.float32)


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
