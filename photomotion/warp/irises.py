"""What an iris looks like where it is hidden, and the lights on it."""

from __future__ import annotations

import cv2
import numpy as np

from photomotion.data.ranks import median

from .geometry import Array, smoothstep

__all__ = ["BRIGHT", "FADE", "RIM", "find_lights", "light_of", "usual_iris"]

RIM = 1.12
"""Radius of what moves whole, in iris radii: the dark rim of the iris is soft ..."""
FADE = 1.3
"""... and the white next to it fades out to here."""
LIT = 0.85
"""Catch-lights are looked for within this many radii: the white next to the iris is bright as well."""
LARGEST = 0.3
"""Their greatest area, in squared radii: what is larger is a bright part of the iris."""
BORROW = (0.02, 0.12, 1.0, 0.12, 0.02)
"""How much the rings of an iris next to one count for it."""
BRIGHT = (15.0, 45.0)
"""Gray levels brighter than the iris usually is: skin or a light."""


def light_of(colour: Array) -> Array:
    """Luma of float32 (h, w, 3)."""
    return np.asarray(cv2.cvtColor(np.asarray(colour, np.float32), cv2.COLOR_RGB2GRAY), np.float32)


def find_lights(photo: Array, clear: Array, from_middle: Array, radius: float) -> Array:
    """Opacity of the small bright spots on an iris of ``radius`` px, float32 (h, w)."""
    light = light_of(photo)
    within = (clear > 0.5) & (from_middle < LIT)
    if within.sum() < 9:
        return np.zeros_like(light)
    usual = light[within]
    bright = light - light_of(usual_iris(photo, clear, from_middle, radius))
    size = 2 * max(1, round(0.3 * radius)) + 1
    spot = cv2.morphologyEx(light, cv2.MORPH_TOPHAT, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    threshold = max(35.0, 0.6 * float(usual.max() - median(usual)))
    found = ((np.minimum(spot, 1.5 * bright) > threshold) & within).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(found)
    small = stats[:, cv2.CC_STAT_AREA] <= max(LARGEST * radius**2, 4.0)
    core = (found & small[labels]).astype(np.uint8)
    grown = cv2.dilate(core, np.ones((3, 3), np.uint8)).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grown, (0, 0), 0.7) * (clear > 0) * (from_middle < 1), np.float32)


def usual_iris(photo: Array, clear: Array, from_middle: Array, radius: float) -> Array:
    """The iris as it usually is at each distance from its middle, where it is known well enough to complete it.

    Args:
        photo: float32 (h, w, 3).
        clear: float32 (h, w), how surely each pixel is one of the ball.
        from_middle: float32 (h, w), in iris radii.
        radius: of the iris, px.

    Returns:
        That colour, float32 (h, w, 3), the photo's if nothing is known. What is much brighter does not count: lights,
        and skin, where a lid reaches farther than was thought.
    """
    bins = int(np.clip(FADE * radius, 4, 24))
    ring = np.minimum((from_middle * bins / FADE).astype(int), bins)
    light = light_of(photo)
    place = from_middle * bins / FADE - 0.5
    trust, usual = np.where(from_middle < FADE, clear, 0), photo
    for _ in range(2):
        weight = np.bincount(ring.ravel(), trust.ravel(), bins + 1)
        if weight.sum() < 4:
            break
        sums = [np.bincount(ring.ravel(), (trust * photo[..., c]).ravel(), bins + 1) for c in range(3)]
        # Rings of which little is seen borrow from the next.
        weight, *sums = (np.convolve(a, BORROW, "same") for a in (weight, *sums))
        known = np.flatnonzero(weight > 0.05)
        usual = np.dstack([np.interp(place, known, total[known] / weight[known]) for total in sums]).astype(np.float32)
        trust = trust * (1 - smoothstep(light - light_of(usual), *BRIGHT))
    return np.asarray(usual, np.float32)
