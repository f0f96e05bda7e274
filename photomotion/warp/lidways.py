"""The ways of an eye's lids: where they meet, and how far the skin around goes with them."""

from __future__ import annotations

import cv2
import numpy as np

from .eyes import Eye
from .geometry import Array, smoothstep

__all__ = ["PULLED", "RISE", "closing", "following", "meeting", "wing"]

RISE = 0.13
"""How far the lower lid comes up to meet the upper one, in openings."""
OVERLAP = (0.035, 0.05)
"""How far the closed edge lies below the lower lid's, in eye widths and in openings: landmarks are not exact ..."""
OUTER = 0.03
"""... and so much lower at the outer corner, where landmarks leave out most of what is white."""
DROOP = 0.6
"""How much of the depth of the line in which the lids meet is left at the outer corner, where the upper lid comes down
over the lower one. Of 7 people filmed open and shut, the line went from the inner corner almost straight to 0.16 below
the outer one, in the median; nobody's went up to it again as the lower lid does."""
PULLED = 0.42
"""How far above the open edge a closing lid pulls the skin, in eye widths."""
WING_AT, WING_SIZE, WING_FALL = (-0.06, -0.1), (0.12, 0.12), 0.12
"""Where beyond the outer corner lashes come down with the lid, how far around (standard deviations), and how far."""


def meeting(eye: Eye) -> Array:
    """t of the line in which the lids meet, at every pixel's s, float32 (h, w).

    It runs near the lower lid, evenly from corner to corner, however abruptly the lower lid bends.
    """
    s = np.linspace(0.02, 0.98, 33)
    upper, lower = (np.asarray(lid(s), np.float64) for lid in eye.lids)
    arch = 4 * s * (1 - s)
    basis = np.stack([arch, arch * (s - 0.5)], axis=1)
    (depth, lean), *_ = np.linalg.lstsq(basis, lower - RISE * np.maximum(lower - upper, 0), rcond=None)
    along = np.clip(eye.s, 0, 1)
    return np.asarray(4 * along * (1 - along) * (depth + lean * (along - 0.5)), np.float32)


def closing(eye: Eye, middle: Array) -> Array:
    """How far the upper lid's edge goes to close, at every pixel's s, in eye widths, float32 (h, w).

    Args:
        eye: whose.
        middle: of :func:`meeting`.
    """
    s = eye.s
    beyond = OVERLAP[0] + OUTER * (1 - smoothstep(s, 0.0, 0.5))
    beyond = beyond + DROOP * max(float(middle.max()), 0.0) * np.clip(1 - 2 * s, 0, 1) ** 2
    way = np.maximum(middle - eye.upper + OVERLAP[1] * (eye.lower - eye.upper), 0) + beyond
    return np.asarray(way * smoothstep(s, -0.24, -0.06) * (1 - smoothstep(s, 1.0, 1.15)), np.float32)


def wing(eye: Eye) -> Array:
    """See :attr:`Eyelid.wing`. The corner itself hardly moves, and nothing folds."""
    s, t = (eye.s - WING_AT[0]) / WING_SIZE[0], (eye.t - WING_AT[1]) / WING_SIZE[1]
    return np.asarray(WING_FALL * np.exp(-0.5 * (s * s + t * t)), np.float32)


def following(eye: Eye, free: Array) -> tuple[Array, Array]:
    """How far the skin around an eye goes with its upper and with its lower lid's edge, float32 (h, w) each, 0..1."""
    s, t = eye.s, eye.t
    part = np.clip((t - eye.upper) / np.maximum(eye.lower - eye.upper, 0.04), 0, 1)
    ends = smoothstep(s, -0.12, 0.3) * (1 - smoothstep(s, 0.75, 1.12)) * free
    upper = smoothstep(t, eye.upper - PULLED, eye.upper) * (1 - part) * ends
    lower = (1 - smoothstep(t, eye.lower, eye.lower + PULLED)) * part * ends
    upper, lower = (cv2.GaussianBlur(a, (0, 0), max(0.02 * eye.width, 0.5)) for a in (upper, lower))
    return upper, lower
