"""Blur: how wide the sharpest edges are, and a careful way back."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .planes import Floats

__all__ = ["enlarge", "measure", "sharpen"]

FIRST, SECOND = 1.5, 3.0
"""Blurs that the picture is compared under, px."""


def measure(y: Floats) -> float:
    """Standard deviation of the blur of the sharpest strong edges, px; 0 if there are too few to tell.

    At an edge, how much a first blur changes against how much a second one does tells how wide it was before (Hu and
    de Haan, 2006).
    """
    one, two = (cv2.GaussianBlur(y, (0, 0), s) for s in (FIRST, SECOND))
    slope = np.hypot(cv2.Sobel(one, cv2.CV_32F, 1, 0), cv2.Sobel(one, cv2.CV_32F, 0, 1)) / 8
    strong = slope > max(6.0, float(np.percentile(slope[::2, ::2], 96)))
    window = (5, 5)
    change = cv2.dilate(np.abs(y - one), np.ones(window, np.uint8))
    next_change = cv2.dilate(np.abs(one - two), np.ones(window, np.uint8))
    if strong.sum() < 60:
        return 0.0
    ratio = change[strong] / np.maximum(next_change[strong], 1e-3)
    return _width(float(np.percentile(ratio, 75)))


def _width(ratio: float) -> float:
    """The blur of a straight step at which both changes have that ratio; found by trying."""
    widths = np.linspace(0.2, 5, 97)
    x = np.linspace(-12, 12, 481)
    best, found = np.inf, 0.0
    for width in widths:
        steps = [_step(x, np.hypot(width, s)) for s in (0.0, FIRST, SECOND)]
        there = np.abs(steps[0] - steps[1]).max() / np.abs(steps[1] - steps[2]).max()
        if abs(there - ratio) < best:
            best, found = abs(there - ratio), float(width)
    return found


def _step(x: npt.NDArray[np.float64], width: float) -> npt.NDArray[np.float64]:
    """A step blurred by a Gaussian, as a logistic curve (within 1 %)."""
    return 1 / (1 + np.exp(-1.702 * x / max(width, 1e-3)))


def sharpen(y: Floats, width: float, sigma: float, strength: float) -> Floats:
    """Undo a Gaussian blur of ``width`` px in part: Richardson (1972) and Lucy (1974), few rounds, bounded.

    Nothing gets lighter or darker than what is around it by more than a little, and what is not stronger than the
    noise of ``sigma`` gray levels stays.
    """
    width = min(width, 3.0)
    rounds = 8 if sigma < 2 else 4
    sharp = seen = np.maximum(y, 1.0)
    for _ in range(rounds):
        blurred = cv2.GaussianBlur(sharp, (0, 0), width)
        sharp = sharp * cv2.GaussianBlur(seen / np.maximum(blurred, 1.0), (0, 0), width)
    size = 2 * round(width) + 3
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    sharp = np.clip(sharp, cv2.erode(y, kernel) - 3, cv2.dilate(y, kernel) + 3)
    detail = sharp - y
    floor = 0.5 + 1.2 * sigma
    trust = cv2.GaussianBlur(detail * detail, (0, 0), width)
    trust = trust / (trust + floor * floor)
    return np.asarray(y + strength * trust * detail, np.float32)


def enlarge(picture: Floats, factor: int) -> Floats:
    """Enlarge by a whole number: Lanczos, then back-projection (Irani and Peleg, 1991); averaging gives it back.

    Memory: ``factor`` squared times the picture, four times over.
    """
    height, width = picture.shape[:2]
    size = (width * factor, height * factor)
    large = cv2.resize(picture, size, interpolation=cv2.INTER_LANCZOS4)
    for _ in range(4):
        missing = picture - cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
        large = large + cv2.resize(missing, size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(large, np.float32)
