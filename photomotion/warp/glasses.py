"""The frames of glasses: thin, long and unlike skin. They are on top of the lids and do not move with them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median

from .eyes import Eye
from .geometry import Array

__all__ = ["find_frames"]

THICK = 0.11
"""Frames are thinner than this, in eye widths ..."""
LONG = 0.7
"""... and longer than this."""
LIDS = (-0.11, 0.09)
"""Above the upper and below the lower lid's edge, dark lines are lashes and folds, in eye widths."""
RIM, OWN = 0.16, 0.8
"""A bright line of which so much is no farther than that below the lower lid's edge, in eye widths, and between the
corners is the lid's own rim in the light: frames go on beyond an eye."""


def find_frames(pixels: npt.NDArray[np.uint8], eye: Eye) -> Array:
    """Where the frames of glasses pass an eye, float32 (h, w) of its box, 0..1, with soft edges.

    Brows and deep wrinkles may be found too; they may stay in place as well as frames.
    """
    light = cv2.cvtColor(eye.crop(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    light = cv2.GaussianBlur(light, (0, 0), max(0.012 * eye.width, 0.6))
    size = 2 * max(1, round(0.5 * THICK * eye.width)) + 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    near_lids = (eye.s > -0.12) & (eye.s < 1.1) & (eye.t > eye.upper + LIDS[0]) & (eye.t < eye.lower + LIDS[1])
    opening = (eye.t > eye.upper - 0.02) & (eye.t < eye.lower + 0.02)
    rim = (eye.s > -0.05) & (eye.s < 1.05) & (eye.t > eye.lower - 0.05) & (eye.t < eye.lower + RIM)
    frames = np.zeros(light.shape, np.uint8)
    for kind, banned in ((cv2.MORPH_BLACKHAT, near_lids), (cv2.MORPH_TOPHAT, opening)):
        thin = cv2.morphologyEx(light, kind, window)
        usual = float(median(thin))
        found = ((thin > 4 * usual + 10) & ~banned).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(found)
        for label in range(1, count):
            extent = np.hypot(stats[label, cv2.CC_STAT_WIDTH], stats[label, cv2.CC_STAT_HEIGHT])
            line = labels == label
            if extent > LONG * eye.width and (kind == cv2.MORPH_BLACKHAT or rim[line].mean() < OWN):
                frames[line] = 1
    frames = cv2.dilate(frames, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(frames.astype(np.float32), (0, 0), max(0.01 * eye.width, 0.6)), np.float32)
