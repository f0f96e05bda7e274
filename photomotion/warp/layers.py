"""The photo in two layers: the people, and what is behind them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array, smoothstep
from .grid import diffuse

__all__ = ["compose", "person", "with_wisps"]

Pixels = npt.NDArray[np.uint8]


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
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    known = (cv2.resize(far.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0.999).astype(np.float32)
    behind = diffuse(cv2.resize(light, size, interpolation=cv2.INTER_AREA), known)
    sigma = max(0.1 * unit / shrink, 1.0)
    smooth = _blurred(behind, np.ones_like(known), sigma)
    away = np.abs(light - cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR))
    ring = (far & (outside < 3 * reach)).astype(np.float32)
    rough, weight = (cv2.resize(a, size, interpolation=cv2.INTER_AREA) for a in (away * ring, ring))
    usual = cv2.resize(_blurred(rough, weight, 3 * sigma), (width, height), interpolation=cv2.INTER_LINEAR)
    found = near & (away > 4 * usual + 8)
    # Specks of grain and dust stand out too, but hair grows from a head.
    _, parts = cv2.connectedComponents((found | (matte >= 0.2)).astype(np.uint8))
    rooted = np.unique(parts[matte >= 0.2])
    return np.where(found & np.isin(parts, rooted), np.float32(1), matte)


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
