"""The skin of a lid that the photo does not show: its tone from above and below the eye, and its pores."""

from __future__ import annotations

from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median, percentile

from .eyes import Eye
from .geometry import Array, smoothstep
from .grid import diffuse
from .irises import light_of
from .lashes import HIGHEST, lash_height

__all__ = ["find_bulge", "make_skin", "scatter_pores"]

ABOVE = (0.06, 0.30)
"""Where the tone of a lid is looked for above its edge, in eye widths: up to the brow ..."""
BELOW = (0.10, 0.32)
"""... and below the lower lid: under the lashes."""
LIGHT = (45, 85)
"""Percentiles of brightness that count there: neither folds and hairs nor glints."""
LID = (0.06, 0.2)
"""Where an open eye still shows its lid, above its edge, in eye widths."""
TINTED = (0.08, 0.2)
"""How much more blue and less red there is than under the eye, in parts of brightness, from where on this is make-up
or tinted glass: shade and blood make skin redder."""
FADES = 0.4
"""How much of it is gone at the lower lid."""
CORNER = 0.4
"""How much of the light and colour beside an eye a lid has at its corners."""
BENT = 0.1
"""How little it may bend and lean: the more, the more even is the light along a lid."""
SUNK, SINKS = 0.45, (-0.22, 0.14)
"""How much of the photo's own light and shade a lid has at its top, so it comes out of the socket without a step, and
from where to where that fades, in eye widths above the lashes of the open eye."""
DEEPEST, FRESH = 0.55, 0.85
"""How dark that may be, of what the lid itself is, and how much of its hue is the lid's ..."""
COOLER = (-0.35, -0.1)
"""... unless the lid's is less red and more blue than that by this, in parts of brightness: some shade is warm."""
BULGE = 0.4
"""How much brighter a closing lid is where it bulges most, in quarters ..."""
BRIGHT = (140.0, 240.0)
"""... if it is not bright already: between these, of 255, that fades to nothing."""
CORNERS = (-0.18, 0.0)
"""Where a lid goes over to that, along the eye."""
BESIDE, COARSE = (-0.34, -0.26), 32.0
"""How far lashes reach beyond the outer corner, along the eye; and px to its width, so finely it is looked at there."""
COLUMNS, ROWS = 41, 13
PATCHES_ALONG, PATCHES_BELOW = (0.15, 0.5, 0.85), (0.4, 0.65, 0.9)
"""Where skin is looked at for its pores: along the eye, and how far below the lower lid, in eye widths."""
FIELD = 4
"""Such a texture repeats itself after so many times the width of what it was learned from."""
ROUGHER = 1.4
"""What is rougher than the calm ones by this much is crossed by folds or by what was not found to be a frame."""
HIDDEN = 0.3
"""Where there is so much of a frame, no skin is looked at."""
FINE = 0.055
"""Pores, grain and the wrinkles of aged skin are finer than this, in eye widths."""
OUTLYING = 3.0
"""What stands out by this much more than is usual in a patch is the edge of a fold, a shadow or a lens."""
WHITE = 230.0
"""Skin as bright as this shows no pores."""


def make_skin(pixels: npt.NDArray[np.uint8], eye: Eye, frames: Array) -> Array:
    """The eye's box as if there were only skin, float32 (h, w, 3), 0..255.

    A closed lid bulges out of the socket into the light. On 12 eyes of 6 people, filmed open and shut, it had the tone
    of the brighter skin under the brow (0.95 to 1.02 of it), or of that under the eye where this was the brighter one
    (0.85 to 1.1 of it). So it is here, column by column; far above, it is half the photo's.

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
    own = 1 - _tint(photo, eye, lower, frames)
    shaded = np.asarray(1 - light_of(tone_above) / np.maximum(light_of(tone_below), 1), np.float32)
    lit = own * smoothstep(shaded, 0.0, 0.4) * (0.45 + 0.55 * down[..., 0]) + (1 - own) * FADES * down[..., 0]
    tone = tone_above + lit[..., None] * (tone_below - tone_above)
    # Brows and sockets grey the colour above, the more the darker they are; that below is fresher.
    fresh = (light_of(tone) / np.maximum(light_of(tone_below), 1))[..., None] * tone_below
    greyed = (0.5 + 0.5 * smoothstep(shaded, 0.2, 0.6)) * _redder(tone_below, tone_above)
    tone = tone + (own * greyed)[..., None] * (fresh - tone)

    above = eye.upper - lash_height(eye) - eye.t
    trust = smoothstep(above, 0.0, 0.03) * (1 - frames)
    near = cv2.GaussianBlur(diffuse(photo, np.asarray(trust, np.float32)), (0, 0), max(0.08 * eye.width, 0.8))
    # Lashes, brows and an eye that stands higher than its mesh are among it: they shade a lid, but do not blacken it.
    level = np.maximum(light_of(near), DEEPEST * light_of(tone))[..., None]
    near, shade = (level / np.maximum(light_of(skin), 1)[..., None] * skin for skin in (near, tone))
    near = near + (own * FRESH * _redder(tone, near))[..., None] * (shade - near)
    far = smoothstep(above, *SINKS)[..., None]
    skin = tone + SUNK * far * (near - tone)
    # At its corners a lid turns away into the dark beside it.
    outside = smoothstep(np.abs(eye.s - 0.5), 0.55, 0.65) * (1 - frames)
    beside = cv2.GaussianBlur(diffuse(photo, np.asarray(outside, np.float32)), (0, 0), max(0.05 * eye.width, 0.8))
    skin = skin + (CORNER * smoothstep(np.abs(eye.s - 0.5), 0.2, 0.6))[..., None] * (np.minimum(beside, skin) - skin)
    # Beyond the outer corner there are lashes, and what is around them.
    skin = skin + (1 - smoothstep(eye.s, *CORNERS))[..., None] * (_around(photo, eye, frames) - skin)
    return np.asarray(np.clip(skin * scatter_pores(pixels, eye, frames), 0, 255), np.float32)


def _around(photo: Array, eye: Eye, frames: Array) -> Array:
    """The eye's box as if there were nothing but what is around eye and lashes, float32 (h, w, 3), 0..255: even."""
    height, width = eye.s.shape
    size = max(round(width * min(COARSE / eye.width, 1)), 2), max(round(height * min(COARSE / eye.width, 1)), 2)
    small, s, t, upper, lower, frames = (
        cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (photo, eye.s, eye.t, eye.upper, eye.lower, frames)
    )
    hidden = smoothstep(t, upper - HIGHEST - 0.06, upper - HIGHEST) * (1 - smoothstep(t, lower + 0.04, lower + 0.1))
    hidden = hidden * smoothstep(s, *BESIDE) * (1 - smoothstep(s, 1.0, 1.1))
    found = cv2.GaussianBlur(diffuse(small, np.asarray((1 - hidden) * (1 - frames), np.float32)), (0, 0), 0.8)
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def _redder(skin: Array, other: Array) -> Array:
    """Where ``skin`` is of a warmer hue than the ``other``, both float32 (h, w, 3); 1 where they are alike."""
    warmth, others = ((a[..., 0] - a[..., 2]) / np.maximum(light_of(a), 4) for a in (skin, other))
    return smoothstep(np.asarray(warmth - others, np.float32), *COOLER)


def find_bulge(s: Array, skin: Array) -> Array:
    """How much brighter ``skin``, float32 (h, w, 3), 0..255, gets at ``s`` along a lid where it bulges, in quarters."""
    middle = np.clip(4 * s * (1 - s), 0, 1)
    return np.asarray(BULGE * middle * (1 - smoothstep(light_of(skin), *BRIGHT)), np.float32)


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
    low, high = percentile(np.where(free, light, median(light)), LIGHT, axis=0)
    weight = (free & (light >= low) & (light <= high + 1e-3)) + 1e-4
    tones = (strip * weight[..., None]).sum(0) / weight.sum(0)[:, None]
    # Light changes evenly along a lid: a parabola keeps its fall and drops the shadows of folds and of the nose.
    along = np.clip(s, 0.0, 1.0) - 0.5
    basis = np.stack([np.ones_like(along), along, along**2 - 1 / 12], axis=1)
    trust = np.exp(-0.5 * (along / 0.35) ** 2) * (s >= 0) * (s <= 1)
    normal = basis.T @ (trust[:, None] * basis) + BENT * trust.sum() * np.diag([0.0, 0.02, 0.2])
    return np.asarray(basis @ np.linalg.solve(normal, basis.T @ (trust[:, None] * tones)), np.float32)


def _tint(photo: Array, eye: Eye, below: Array, frames: Array) -> float:
    """How surely the lid is tinted, by make-up or by glass, 0..1: it is bluer than the skin ``below``."""
    lid = _tones(photo, eye, -1, LID, frames)
    hue, bare = (tones / np.maximum(light_of(tones[None])[0], 4.0)[:, None] for tones in (lid, below))
    red, _, blue = median(hue - bare, axis=0)
    return float(smoothstep(np.asarray(blue - max(red, 0.0), np.float32), *TINTED))


def scatter_pores(pixels: npt.NDArray[np.uint8], eye: Eye, frames: Array) -> Array:
    """Pores and grain like those of the smoother skin below the eye, as a factor, float32 (h, w, 3).

    A texture of the same spectrum, a patch scattered at random (Galerne et al., 2011): it has the fine structure of
    the skin and of the print, but none of its wrinkles. It lies in the eye's axes, so a mirrored photo has it mirrored.
    """
    size = int(np.clip(0.36 * eye.width, 8, 96))
    offsets = (np.arange(size) - 0.5 * size) / eye.width
    patches = []
    for s, below in product(PATCHES_ALONG, PATCHES_BELOW):
        t = float(eye.lids[1](s)) + below + offsets[:, None]
        x, y = eye.place(np.broadcast_to(s + offsets, (size, size)), np.broadcast_to(t, (size, size)))
        if cv2.remap(frames, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT).max() > HIDDEN:
            continue
        x, y = x + eye.box[0], y + eye.box[1]
        if x.min() < 0 or y.min() < 0 or x.max() > pixels.shape[1] - 1 or y.max() > pixels.shape[0] - 1:
            continue
        patch = cv2.remap(pixels, x, y, cv2.INTER_LANCZOS4).astype(np.float32)
        smooth = np.maximum(cv2.GaussianBlur(patch, (0, 0), max(FINE * eye.width, 0.8)), 12.0)
        fine = np.asarray(patch / smooth - 1, np.float32)
        usual = OUTLYING * float(median(np.abs(fine)))
        if patch.mean() < WHITE:
            patches.append((float(fine.std()), np.clip(fine, -usual, usual)))
    if not patches:
        return np.ones((*eye.t.shape, 3), np.float32)
    # The calmest may be blurred or washed out, the roughest have folds; several have no pattern of their own.
    patches.sort(key=lambda patch: patch[0])
    first = 1 if len(patches) > 4 else 0
    calm = [patch for patch in patches[first : first + 4] if patch[0] <= ROUGHER * patches[first][0]]
    fade = np.outer(*2 * [np.hanning(size + 2)[1:-1]])
    fade = (fade / np.sqrt(len(calm) * (fade**2).sum()))[..., None]
    noise = np.random.default_rng(0).standard_normal((len(calm), FIELD * size, FIELD * size))
    spots = np.zeros((len(calm), FIELD * size, FIELD * size, 3), np.float32)
    for spot, (_, fine) in zip(spots, calm, strict=True):
        spot[:size, :size] = fine * fade
    spectrum = (np.fft.rfft2(spots, axes=(1, 2)) * np.fft.rfft2(noise)[..., None]).sum(axis=0)
    field = np.fft.irfft2(spectrum, spots.shape[1:3], axes=(0, 1))
    most = 3 * calm[-1][0]
    field = np.clip(field, -most, most).astype(np.float32)
    x, y = (np.asarray(a * eye.width + size, np.float32) for a in (eye.s, eye.t))
    return np.asarray(1 + cv2.remap(field, x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_WRAP), np.float32)
