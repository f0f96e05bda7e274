"""The border around a print, or the bed of the scanner around it: one plain colour, and a straight picture inside."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .planes import Pixels

__all__ = ["Border", "crop", "find"]

LEAST, MOST = 0.25, 0.96
"""Part of the scan that the picture inside fills, at least and at most."""


@dataclass(frozen=True, eq=False)
class Border:
    """The picture inside a border."""

    middle: tuple[float, float]
    """Its middle, px."""
    size: tuple[float, float]
    """Its width and height, px."""
    angle: float
    """How it is turned, degrees clockwise, -15..15."""
    share: float
    """Part of the scan that is border."""


def find(pixels: Pixels) -> Border | None:
    """Look for a border around a picture, uint8 (H, W, 3); None unless it is plain and the inside a rectangle."""
    height, width = pixels.shape[:2]
    scale = min(1.0, 384 / max(height, width))
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.int16)
    rim = np.concatenate([small[0], small[-1], small[:, 0], small[:, -1]])
    colour = np.median(rim, axis=0)
    if (np.abs(rim - colour).max(axis=1) < 14).mean() < 0.93:
        return None
    inside = (np.abs(small - colour).max(axis=2) >= 18).astype(np.uint8)
    inside = cv2.morphologyEx(inside, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    middle, size, angle = cv2.minAreaRect(hull)
    if abs(angle) > 45:  # OpenCV's versions differ in which side they measure from
        angle, size = angle - np.copysign(90, angle), (size[1], size[0])
    area = size[0] * size[1]
    fills = area / (small.shape[0] * small.shape[1])
    outline = cv2.contourArea(max(outlines, key=cv2.contourArea))
    if not LEAST < fills < MOST or abs(angle) > 15 or outline < 0.96 * area:
        return None
    back = (np.array(middle) + 0.5) / scale - 0.5
    return Border((float(back[0]), float(back[1])), (size[0] / scale, size[1] / scale), float(angle), 1 - fills)


def crop(pixels: Pixels, border: Border) -> Pixels:
    """The picture inside, set straight."""
    width, height = (max(8, int(s) - 2) for s in border.size)
    if abs(border.angle) < 0.3:
        left, top = (max(0, round(m - s / 2)) for m, s in zip(border.middle, (width, height), strict=True))
        return np.ascontiguousarray(pixels[top : top + height, left : left + width])
    matrix = cv2.getRotationMatrix2D(border.middle, border.angle, 1.0)
    matrix[:, 2] += np.array([(width - 1) / 2, (height - 1) / 2]) - border.middle
    flags = cv2.INTER_CUBIC
    return np.asarray(
        cv2.warpAffine(pixels, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )
