"""The photo in two layers: the people, and what is behind them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array, smoothstep
from .grid import diffuse

__all__ = ["compose", "person", "with_wisps"]

Pixels = npt.NDArray[np.uint8]

CALM, BUSY = (6.0, 10.0), 12.0
"""Gray levels by which a background differs from itself: up to the first everything else is taken for hair, from the
second on only what could be a mixture of person and background, and beyond the third nothing."""
UNLIKE = (1.1, 0.5)
"""How far from such a mixture it may be, as a share of how far it is from the background; beyond 1 anything may."""
LOGARITHM = np.log1p(np.arange(256, dtype=np.float32))


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
    # The geometric mean is that of the many: one line or edge does not make a calm background rough.
    rough, weight = (
        cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (cv2.LUT(away, LOGARITHM) * beyond, beyond)
    )
    usual = np.expm1(_blurred(rough, weight, 3 * sigma))
    bound = np.where(usual < BUSY, 4 * usual + 8, 256).astype(np.float32)
    found = near & (away > cv2.resize(bound, (width, height), interpolation=cv2.INTER_LINEAR))
    row, column = np.nonzero(found)
    cell = (2 * row + 1) * size[1] // (2 * height), (2 * column + 1) * size[0] // (2 * width)
    off, whole = pixels[row, column] - behind[cell], (_rim(small, matte, 0.15 * unit / shrink) - behind)[cell]
    unlike = np.interp(usual[cell], CALM, UNLIKE)
    part = np.clip((off * whole).sum(1) / np.maximum((whole * whole).sum(1), 1e-3), 0, 1.3)
    found[row, column] = np.linalg.norm(off - part[:, None] * whole, axis=1) < unlike * np.linalg.norm(off, axis=1)
    # Specks of grain and dust stand out too, but hair grows from a head.
    body = matte >= 0.2
    count, parts = cv2.connectedComponents((found | body).astype(np.uint8))
    rooted = np.zeros(count, bool)
    rooted[parts[body]] = True
    return np.where(found & rooted[parts], np.float32(1), matte)


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


def person(matte: Array, unit: float) -> Pixels:
    """Opacity of the people's layer, uint8 (H, W).

    It reaches a hair's breadth beyond the matte and fades out over pixels that show pure background. So fine hair
    travels with the head, and a picture that is put together again without motion is the photo, bit for bit.
    """
    outside = cv2.distanceTransform((matte < 0.2).astype(np.uint8), cv2.DIST_L2, 3)
    rim = max(1.0, 0.03 * unit)
    fade = 1 - smoothstep(np.asarray(outside, np.float32), rim, rim + max(3.0, 0.05 * unit))
    return np.asarray(np.round(fade * 255), np.uint8)


def compose(picture: Pixels, plate: Pixels, opacity: Pixels) -> None:
    """Lay ``picture`` over ``plate``, in place; all uint8, (H, W, 3), (H, W, 3) and (H, W), without gaps in memory."""
    cv2.copyTo(plate, cv2.inRange(opacity, 0, 0), picture)
    at = np.flatnonzero((opacity - np.uint8(1)) < 254)
    own, under = picture.reshape(-1, 3), plate.reshape(-1, 3)
    behind = under.take(at, axis=0).astype(np.float32)
    share = opacity.ravel().take(at)[:, None] * np.float32(1 / 255)
    own[at] = np.round(behind + share * (own.take(at, axis=0) - behind)).astype(np.uint8)
