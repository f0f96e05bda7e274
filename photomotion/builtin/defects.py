"""What is wrong with a print or its scan, measured on pixels alone: grain, scratches, fading, cast, border.

Every function takes uint8 (H, W, 3) sRGB and works at the size it is given; :func:`shrunk` brings a scan to the size at
which people look at it, where a few milliseconds are enough.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median, percentile

from .cielab import to_lab

__all__ = [
    "Cast",
    "Mask",
    "Tones",
    "measure_cast",
    "measure_grain",
    "measure_tones",
    "picture_box",
    "print_outline",
    "scratch_mask",
    "shrunk",
]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BLOCK = 8
"""Side, px, of the blocks that grain is measured in."""
STANDS_OUT = 14.0
"""Gray levels by which a scratch differs from what is beside it."""
GAP = 6
"""Rows or columns, px, over which the edge between a border and the picture is measured."""


class Tones(NamedTuple):
    """The range of lightness that a picture uses, CIE L*, 0..100."""

    black: float
    """Lightness of the deepest tones (0.3rd percentile): a bright picture too has pupils and nostrils."""
    white: float
    """Lightness of the brightest tones (99th percentile)."""

    @property
    def range(self) -> float:
        """How much lies between them; a fresh print uses 80 or more."""
        return self.white - self.black


class Cast(NamedTuple):
    """A tint that lies over everything, in CIELAB's a* (green to red) and b* (blue to yellow)."""

    dark: tuple[float, float]
    """a* and b* of the darkest tones."""
    bright: tuple[float, float]
    """a* and b* of the brightest tones."""
    spread: float
    """How much colour differs from the mean colour of its lightness; below 4 the picture has one hue: gray or sepia."""
    extent: float
    """Part of the picture that is tinted at least half as strongly the same way, 0..1."""

    @property
    def strength(self) -> float:
        """The tint that dark and bright tones share, in units of CIELAB; above 8 people notice. 0 if they differ."""
        return float(np.linalg.norm(_shared(self.dark, self.bright)))


def shrunk(pixels: Pixels, long_edge: int) -> Pixels:
    """The picture with its long edge no longer than ``long_edge`` px, averaged down; itself if it is smaller."""
    scale = long_edge / max(pixels.shape[:2])
    if scale >= 1:
        return pixels
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def measure_grain(pixels: Pixels) -> float:
    """Strength of grain or noise, gray levels: the standard deviation of fine detail where the picture is calm.

    Fine detail is what a small blur removes. The calmest tenth of all blocks that are neither black nor white counts
    (after Olsen 1993, "Estimation of noise in images": smooth blocks hold nothing but noise). 0 if there are too few.
    """
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    rows, columns = light.shape[0] // BLOCK, light.shape[1] // BLOCK
    if rows * columns < 20:
        return 0.0
    fine = light - cv2.GaussianBlur(light, (0, 0), 1.5)

    def blocks(picture: Floats) -> Floats:
        return picture[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)

    mean = blocks(light).mean(axis=(1, 3))
    toned = blocks(fine).std(axis=(1, 3))[(mean > 30) & (mean < 225)]
    return float(percentile(toned, 10)) if toned.size >= 20 else 0.0


def scratch_mask(pixels: Pixels, grain: float) -> Mask:
    """bool (H, W): thin, long, lonely lines, lighter or darker than both sides, as cracks and scratches are.

    What a median filter removes is thin; of it, parts that hang together over a tenth of the short side and are
    narrow for their length are kept. Lines between two tones, an outline say, are not scratches, nor are lines that
    lie close together: those are hair, lace or grass. Nor is what ``grain`` gray levels of noise can do.
    """
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    short = min(light.shape)
    out = np.zeros(light.shape, bool)
    if short < 48:
        return out
    window = 2 * max(3, round(max(light.shape) / 130)) + 1
    calm = cv2.medianBlur(light, min(window, 31))
    outline = cv2.morphologyEx(calm, cv2.MORPH_GRADIENT, np.ones((window, window), np.uint8))
    threshold = int(max(STANDS_OUT, 4.5 * grain))
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (window // 2 + 2,) * 2)
    for thin in (cv2.subtract(light, calm), cv2.subtract(calm, light)):
        strong = (thin > threshold).astype(np.uint8)
        strong[strong > 0] = outline[strong > 0] < 0.8 * thin[strong > 0]  # few pixels: the rest is not compared
        joined = cv2.morphologyEx(strong, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        joined -= cv2.morphologyEx(joined, cv2.MORPH_OPEN, wide)
        outlines, _ = cv2.findContours(joined, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        boxes = [(cv2.boundingRect(outline), outline[0, 0]) for outline in outlines]
        long = [(box, start) for box, start in boxes if math.hypot(*box[2:]) > 0.1 * short]
        if not long:
            continue
        crowd = cv2.blur(joined.astype(np.float32), (8 * window + 1,) * 2)
        for (x, y, width, height), start in long:
            box = (slice(y, y + height), slice(x, x + width))
            _, labels = cv2.connectedComponents(joined[box], connectivity=8)
            own = labels == labels[start[1] - y, start[0] - x]
            if crowd[box][own].mean() < 0.15:
                out[box] |= own
    return out


def measure_tones(pixels: Pixels) -> Tones:
    """Black and white point of the picture."""
    light = to_lab(pixels)[..., 0]
    black, white = percentile(light, [0.3, 99])
    return Tones(float(black), float(white))


def measure_cast(pixels: Pixels) -> Cast:
    """Tint of the darkest and the brightest twentieth of the picture, and how many colours there are besides.

    Pure black and white have no tint left and do not count (the ends of a film's dye curves shift first and together
    when it fades; after Gasparini and Schettini 2004, "Color balancing of digital photos").
    """
    lab = to_lab(shrunk(pixels, 320)).reshape(-1, 3)
    lab = lab[(lab[:, 0] > 4) & (lab[:, 0] < 98)]
    if len(lab) < 100:
        return Cast((0.0, 0.0), (0.0, 0.0), 0.0, 0.0)
    low, high = percentile(lab[:, 0], [5, 95])
    dark, bright = (median(lab[part, 1:], axis=0) for part in (lab[:, 0] <= low, lab[:, 0] >= high))
    step = np.minimum((lab[:, 0] / 5).astype(np.int32), 19)
    count = np.maximum(np.bincount(step, minlength=20), 1)
    apart = [lab[:, c] - (np.bincount(step, lab[:, c], 20) / count)[step] for c in (1, 2)]
    spread = float(percentile(np.hypot(*apart), 90))
    ends = (float(dark[0]), float(dark[1])), (float(bright[0]), float(bright[1]))
    shared = _shared(*ends)
    along = lab[:, 1:] @ shared / max(float(np.linalg.norm(shared)), 1e-6)
    return Cast(*ends, spread, float((along > 0.5 * np.linalg.norm(shared)).mean()))


def picture_box(pixels: Pixels) -> tuple[int, int, int, int]:
    """x0, y0, x1, y1 (exclusive) of the picture inside its printed border or black padding; all of it if none.

    A border is an even band that ends in an edge along most of its length (a quarter, if it is as even as only
    padding is), on at least three sides, no wider than a third of the picture on any.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < 32:
        return 0, 0, width, height
    upright = cv2.GaussianBlur(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), (3, 3), 0).astype(np.float32)
    sides = [_band(upright.T), _band(upright), _band(upright.T[::-1]), _band(upright[::-1])]
    if sum(side > 0 for side in sides) < 3:
        return 0, 0, width, height
    left, top, right, bottom = sides
    return left, top, width - right, height - bottom


def print_outline(pixels: Pixels, inside: Floats) -> npt.NDArray[np.float32] | None:
    """Corners (4, 2), px, of a print that was photographed with what it lies on; None if there is none.

    It is the smallest four-sided outline of edges around the points ``inside`` (N, 2), those of a face, that fills its
    own corners and takes 6 % to 90 % of the picture.
    """
    small = shrunk(pixels, 400)
    scale = np.array([small.shape[1] / pixels.shape[1], small.shape[0] / pixels.shape[0]])
    points = [(float(x), float(y)) for x, y in inside * scale]
    whole = small.shape[0] * small.shape[1]
    best, best_area = None, 0.9 * whole
    calm = cv2.GaussianBlur(small, (3, 3), 0)
    for low, high in ((30, 80), (60, 160)):
        edges = cv2.dilate(cv2.Canny(calm, low, high), np.ones((3, 3), np.uint8))
        outlines, _ = cv2.findContours(edges, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
        for outline in outlines:
            if math.prod(cv2.boundingRect(outline)[2:]) < 0.06 * whole:
                continue
            hull = cv2.convexHull(outline)
            area = cv2.contourArea(hull)
            if not 0.06 * whole < area < best_area or cv2.contourArea(outline) < 0.85 * area:
                continue
            corners = cv2.approxPolyDP(hull, 0.04 * cv2.arcLength(hull, True), True)
            if len(corners) != 4 or cv2.contourArea(corners) < 0.9 * area:
                continue
            if all(cv2.pointPolygonTest(corners, point, False) > 0 for point in points):
                best, best_area = corners[:, 0], area
    return None if best is None else np.asarray(best / scale, np.float32)


def _shared(dark: tuple[float, float], bright: tuple[float, float]) -> npt.NDArray[np.float64]:
    """What two tints have in common, for each of a* and b*: the smaller if the signs agree, else 0."""
    a, b = np.array(dark), np.array(bright)
    return np.where(a * b > 0, np.sign(b) * np.minimum(np.abs(a), np.abs(b)), 0.0)


def _band(light: Floats) -> int:
    """Rows from the top that are one even band ending in an edge; 0 if there is no such band."""
    if float((np.abs(light[0] - median(light[0])) < 14).mean()) <= 0.85:
        return 0  # as most photos
    deepest = len(light) // 3
    middle = median(light[: deepest + GAP], axis=1)
    even = np.abs(light[: deepest + GAP] - middle[:, None]) < 14
    flat = (even.mean(axis=1) > 0.85) & (np.abs(middle - median(middle[:3])) < 14)
    rows = int(np.argmin(flat)) if not flat.all() else 0
    if not 2 <= rows <= deepest:
        return 0
    inner, outer = light[min(rows + GAP, len(light) - 1)], light[max(rows - 2, 0)]
    padding = float((np.abs(light[: rows - 1] - middle[0]) < 3).mean()) > 0.99
    return rows if float((np.abs(inner - outer) > 14).mean()) > (0.25 if padding else 0.5) else 0
