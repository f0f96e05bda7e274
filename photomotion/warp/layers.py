"""The photo in two layers: the people, and what is behind them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array, smoothstep
from .grid import diffuse

__all__ = ["parted", "with_wisps"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.intp]

CALM, BUSY = (6.0, 10.0), 12.0
"""Gray levels by which a background differs from itself: up to the first everything else is taken for hair, from the
second on only what could be a mixture of person and background, and beyond the third nothing."""
LINES = 3.0
"""Beside a line or an edge, only what differs from the background this much more than these make it differ is hair."""
UNLIKE = (1.1, 0.5)
"""How far from such a mixture it may be, as a share of how far it is from the background; beyond 1 anything may."""
LOGARITHM = np.log1p(np.arange(256, dtype=np.float32))
FARTHER = [(r * np.sin(t), r * np.cos(t)) for r in (0.14, 0.26) for t in np.arange(14) * (np.pi / 7)]
"""Ways (down, right), in eye distances, to where the background may show what could be taken for a part of a person:
rails, frames, the panes of a window."""
SAME = 0.3
"""Hair is no nearer in colour to anything there than this share of how far it is from the background."""
RIM, SOFT = 0.03, 0.05
"""How far an opaque person reaches beyond the matte before a calm background, and over how much it fades out ..."""
TIGHT = (0.005, 0.02)
"""... and the same, beyond where the matte is one half, before one with lines or texture; in eye distances."""
FAINT = (0.05, 0.5)
"""Before one with lines or texture: the matte from which on a person shows, and where nothing else does."""
PLAIN = (5.0, 12.0)
"""Gray levels by which the background varies next to the outline: calm up to the first, textured from the second on."""
LOOK = 0.1
"""How far around a place it is looked at, in eye distances."""
PURE = 0.025
"""How far from the matte a pixel shows nothing of a person, in eye distances."""
STRANGE = (45.0, 90.0)
"""Gray levels by which a colour is unlike all of the background around it: from the second on it is the person's."""
DOUBT = (0.1, 2.0)
"""Where the matte is above the first, it counts as this much more unlike: ears are seen by the matte, but faintly."""
KIN = (1.5, 2.5)
"""How far it may be from the colours of the person nearby, as a share of how far it is from those of the background: up
to the first it goes along, from the second on it is a thing that stands there.
"""
PATCH = (0.02, 0.3, 0.7)
"""How far strange colours must reach, in eye distances; and the shares of strange ones around a pixel that goes along.
"""
APART = 0.5, 60.0
"""How far a pixel that shows both a person and what is behind is taken apart at most: as a share of how much it differs
from what is behind, or noise would become specks; and in gray levels."""


def with_wisps(matte: Array, pixels: Pixels, unit: float) -> Array:
    """The matte with the loose hairs that stand out against a calm background, float32 (H, W).

    Left behind, they would hang in the air when the head moves. Near the outline, what differs from the background
    farther out by much more than that background differs from itself belongs to the person. Before a busy background
    nothing is added.
    """
    outside = cv2.distanceTransform((matte < 0.2).astype(np.uint8), cv2.DIST_L2, 3)
    reach = 0.16 * unit
    near, far = (outside > 0) & (outside <= reach), outside > reach
    if not near.any() or not far.any():
        return matte
    height, width = matte.shape
    shrink = max(1, round(max(height, width) / 192))
    size = (-(-width // shrink), -(-height // shrink))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    known = (cv2.resize(far.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.999).astype(np.float32)
    sigma = max(0.1 * unit / shrink, 1.0)
    behind = cv2.GaussianBlur(diffuse(small, known), (0, 0), sigma)
    wall = cv2.resize(np.round(behind).astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    apart = cv2.absdiff(pixels, wall)
    away = cv2.max(cv2.max(*cv2.split(apart)[:2]), cv2.extractChannel(apart, 2))
    beyond = (far & (outside < 3 * reach)).astype(np.float32)
    # The geometric mean is that of the many: one line or edge does not make a calm background rough. It counts beside
    # it, or it would be taken for hair there.
    rough, weight = (
        cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (cv2.LUT(away, LOGARITHM) * beyond, beyond)
    )
    usual = np.expm1(_blurred(rough, weight, 3 * sigma))
    square = cv2.resize(np.square(away, dtype=np.float32) * beyond, size, interpolation=cv2.INTER_AREA)
    lines = LINES * np.sqrt(np.maximum(_blurred(square, weight, sigma) - (1.5 * usual) ** 2, 0))
    bound = np.where(usual < BUSY, np.maximum(4 * usual + 8, lines), 256).astype(np.float32)
    found = near & (away > cv2.resize(bound, (width, height), interpolation=cv2.INTER_LINEAR))
    row, column = np.nonzero(found)
    cell = (2 * row + 1) * size[1] // (2 * height), (2 * column + 1) * size[0] // (2 * width)
    off, whole = pixels[row, column] - behind[cell], (_rim(small, matte, 0.15 * unit / shrink) - behind)[cell]
    unlike = np.interp(usual[cell], CALM, UNLIKE)
    part = np.clip((off * whole).sum(1) / np.maximum((whole * whole).sum(1), 1e-3), 0, 1.3)
    found[row, column] = np.linalg.norm(off - part[:, None] * whole, axis=1) < unlike * np.linalg.norm(off, axis=1)
    row, column = np.nonzero(found)
    off = (
        pixels[row, column] - behind[(2 * row + 1) * size[1] // (2 * height), (2 * column + 1) * size[0] // (2 * width)]
    )
    strange = _strangeness(pixels, (row, column), far, unit)
    found[row, column] = strange >= SAME * np.linalg.norm(off, axis=1)
    # Specks of grain and dust stand out too, but hair grows from a head.
    body = matte >= 0.2
    count, parts = cv2.connectedComponents((found | body).astype(np.uint8))
    rooted = np.zeros(count, bool)
    rooted[parts[body]] = True
    return np.where(found & rooted[parts], np.float32(1), matte)


def _strangeness(pixels: Pixels, at: tuple[Indices, ...], known: Mask, unit: float) -> Array:
    """How far colours are from all that the background, or the person, shows around them, gray levels, float32 (n,).

    Args:
        pixels: the photo, uint8 (H, W, 3).
        at: rows and columns of the pixels in question, n.
        known: what is background, or person, for sure, bool (H, W).
        unit: px per eye distance.
    """
    height, width = known.shape
    shrink = max(1, round(max(height, width) / 256))
    size = (-(-width // shrink), -(-height // shrink))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).reshape(-1, 3).astype(np.float32)
    sure = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA).ravel() > 0.999
    colour = pixels[at].astype(np.float32)
    least = np.full(len(colour), 3e5, np.float32)
    for down, right in FARTHER:
        row, column = ((part + round(way * unit)) // shrink for part, way in zip(at, (down, right), strict=True))
        inside = (row >= 0) & (column >= 0) & (row < size[1]) & (column < size[0])
        cell = np.where(inside, row * size[0] + column, 0)
        gap = colour - small.take(cell, axis=0)
        seen = inside & sure.take(cell)
        np.minimum(least, np.where(seen, np.einsum("ij,ij->i", gap, gap), np.float32(3e5)), out=least)
    return np.sqrt(least)


def _rim(small: Array, matte: Array, deep: float) -> Array:
    """The colours of the people just inside their outline, down to ``deep`` px, spread everywhere, float32 (h, w, 3).

    Args:
        small: the photo made smaller, float32 (h, w, 3).
        matte: float32 (H, W).
        deep: px of ``small``.
    """
    inside = cv2.resize(matte, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA) > 0.6
    away = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3)
    return diffuse(small, ((away > 0) & (away < max(deep, 2))).astype(np.float32))


def _blurred(values: Array, weight: Array, sigma: float) -> Array:
    """``values``, which hold their weights already, averaged around every place by a Gaussian."""
    total = cv2.GaussianBlur(weight, (0, 0), sigma)
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma) / np.maximum(total, 1e-3), np.float32)


def parted(matte: Array, pixels: Pixels, unit: float) -> tuple[Pixels, Pixels, Pixels]:
    """The photo parted into the people and what is behind them.

    Before a calm background people reach a hair's breadth beyond the matte and fade out over pixels that show pure
    background. So fine hair travels with the head, and nobody sees that some background does. Lines and textures that
    come up to the outline must stay where they are: before those, only what is coloured like nothing around it goes
    along, and a pixel on the outline, which shows something of both, is taken apart (Smith and Blinn, 1996): how much
    of each, a soft matte says.

    Args:
        matte: float32 (H, W).
        pixels: the photo, uint8 (H, W, 3).
        unit: px per eye distance.

    Returns:
        The people's pixels and the background's, uint8 (H, W, 3), and the people's opacity, uint8 (H, W). The ones
        laid over the others are the photo.
    """
    outside, off = (
        np.asarray(cv2.distanceTransform((matte < edge).astype(np.uint8), cv2.DIST_L2, 3), np.float32)
        for edge in (0.2, 0.5)
    )
    rim, soft, tight = max(1.0, RIM * unit), max(3.0, SOFT * unit), max(2.0, TIGHT[1] * unit)
    near = (off > 0) & (outside < rim + soft)
    wide = 1 - smoothstep(outside[near], rim, rim + soft)
    narrow = 1 - smoothstep(off[near], TIGHT[0] * unit, TIGHT[0] * unit + tight)
    calm = cv2.resize(_calmness(pixels, outside, unit), matte.shape[::-1], interpolation=cv2.INTER_LINEAR)[near]
    opacity = np.where(off > 0, np.uint8(0), np.uint8(255))
    opacity[near] = np.round(255 * (narrow + calm * (wide - narrow)))
    busy = near.copy()
    busy[near] = calm < 0.99
    if not busy.any():
        return pixels, pixels, opacity
    strange = np.zeros(matte.shape, np.float32)
    apart = _strangeness(pixels, np.nonzero(busy), outside > 1.5 * (rim + soft), unit)
    kin = _strangeness(pixels, np.nonzero(busy), matte > 0.95, unit) / np.maximum(apart, np.float32(1))
    own = 1 - smoothstep(np.asarray(kin, np.float32), *KIN)
    strange[busy] = own * smoothstep(apart * (1 + DOUBT[1] * smoothstep(matte[busy], 0.0, DOUBT[0])), *STRANGE)
    patch = cv2.GaussianBlur(strange, (0, 0), max(0.5, PATCH[0] * unit))[busy]
    share = np.maximum(opacity[busy] / np.float32(255), smoothstep(patch, *PATCH[1:]) * wide[calm < 0.99])
    share = np.maximum(share, smoothstep(matte[busy], *FAINT))
    share[share > 0.9] = 1
    opacity[busy] = np.round(255 * share)
    mixed = busy & (opacity > 0) & (opacity < 255)
    people, behind = pixels.copy(), pixels.copy()
    people[mixed], behind[mixed] = _taken_apart(pixels, mixed, opacity, (outside > PURE * unit + 1) & (opacity == 0))
    return people, behind, opacity


def _calmness(pixels: Pixels, outside: Array, unit: float) -> Array:
    """Whether the background is calm around every place, made smaller, float32 (h, w), 0..1.

    Args:
        pixels: the photo, uint8 (H, W, 3).
        outside: px from the people, float32 (H, W).
        unit: px per eye distance.
    """
    height, width = outside.shape
    shrink = max(1, round(max(height, width) / 256))
    size = (-(-width // shrink), -(-height // shrink))
    light = cv2.cvtColor(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY).astype(np.float32)
    share = cv2.resize((outside > 1.5).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    free = (share > 0.999).astype(np.float32)
    around = (2 * max(1, round(LOOK * unit / shrink)) + 1,) * 2
    count = np.maximum(cv2.blur(free, around), 1e-3)
    mean = cv2.blur(light * free, around) / count
    spread = np.sqrt(np.maximum(cv2.blur(light * light * free, around) / count - mean * mean, 0))
    return 1 - smoothstep(np.asarray(spread, np.float32), *PLAIN)


def _taken_apart(pixels: Pixels, mixed: Mask, opacity: Pixels, pure: Mask) -> tuple[Pixels, Pixels]:
    """What ``mixed`` pixels, n in all, show of the people and of what is behind them, each uint8 (n, 3).

    Behind them is what the nearest ``pure`` pixel shows.
    """
    if not (mixed.any() and pure.any()):
        return pixels[mixed], pixels[mixed]
    _, label = cv2.distanceTransformWithLabels((~pure).astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL)
    place = np.zeros(int(label.max()) + 1, np.intp)
    place[label[pure]] = np.flatnonzero(pure)
    colour, beside = (p.astype(np.float32) for p in (pixels[mixed], pixels.reshape(-1, 3)[place[label[mixed]]]))
    share = opacity[mixed][:, None] * np.float32(1 / 255)
    gap = (colour - beside) * np.minimum((1 - share) / share, APART[0])
    own = np.clip(np.round(colour + np.clip(gap, -APART[1], APART[1])), 0, 255)
    rest = np.clip((colour - share * own) / (1 - share), np.minimum(colour, beside), np.maximum(colour, beside))
    return own.astype(np.uint8), np.round(rest).astype(np.uint8)
