"""Whether somebody wears glasses: thin lines, however faint, that run on over the nose and around both eyes."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median

from .region import Floats, Region, Scales

__all__ = ["Frame", "measure_frame"]

SIDE = 288
"""Faces are looked at at this size at most, px: a wire rim is a two-hundredth of a face wide."""
STEPS, WINDOW = 44, 15
"""Steps along a line that is searched for the frame, and those over which a frame is thin."""
LINES, SHIFT = 19, 3
"""Lines that are searched side by side, and steps by which a frame may lie higher or lower on the next of them."""
EYES = ((468, 205), (473, 425))
"""The middle of each eye, and of the cheek below it."""


class Frame(NamedTuple):
    """How plainly each part of a frame is seen, in the face's contrast, less what bare cheeks give."""

    bridge: float
    """A line across the bridge of the nose; the wrinkles of a frown come to 0.25."""
    rim: float
    """A line around the lower half of the eyes, the weaker eye's; bags under the eyes come to 0.045."""


def measure_frame(scales: Scales, landmarks: Floats, contrast: float) -> Frame:
    """Look for a frame on a face (478, 3) whose brightness, 0..1, has this contrast.

    A frame crosses every line from brow to nose and every ray from an eye downward, and at nearly the same place as on
    the line beside it; the plainest such path is found by dynamic programming (as Amini et al. 1990, "Using dynamic
    programming for solving variational problems in vision"). Grain, lashes and pores are as strong in places, but run
    nowhere.
    """
    loose = Region.around(landmarks[:468], landmarks[33], landmarks[263], 1.05)
    side = int(np.clip(loose.size, 32, SIDE))
    cut = loose.cut(scales, side, cv2.BORDER_REPLICATE)
    gray = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255.0
    points = loose.from_photo(landmarks, side)
    unit = float(np.linalg.norm(points[33, :2] - points[263, :2]))
    start, end = points[133, :2], points[362, :2]
    gap = float(np.linalg.norm(end - start))
    places = [_upright((start + end) / 2, 0.2 * gap, 0.45 * gap)]
    angles = np.radians(np.linspace(15, 165, LINES))
    rays = np.stack([np.cos(angles), np.sin(angles)])[..., None] * np.linspace(0.17 * unit, 0.44 * unit, STEPS)
    for eye, cheek in EYES:
        places.append(points[eye, :2, None, None] + rays)
        places.append(_upright(points[cheek, :2], 0.1 * unit, 0.13 * unit))
    bridge, right, right_cheek, left, left_cheek = _lines(gray, np.stack(places))
    usual = min(right_cheek, left_cheek)
    scale = max(contrast, 0.05)
    return Frame(max(0.0, bridge - usual) / scale, max(0.0, min(right, left) - usual) / scale)


def _upright(middle: npt.NDArray[np.floating], across: float, along: float) -> npt.NDArray[np.float64]:
    """x and y, (2, LINES, STEPS), of lines side by side that run down past ``middle``."""
    x, y = np.meshgrid(np.linspace(-across, across, LINES), np.linspace(-along, along, STEPS), indexing="ij")
    return np.stack([middle[0] + x, middle[1] + y])


def _lines(gray: Floats, places: npt.NDArray[np.floating]) -> list[float]:
    """How far the best path through each of (N, 2, LINES, STEPS) places strays from what is beside it, on average."""
    x, y = (np.ascontiguousarray(v.reshape(-1, STEPS), np.float32) for v in (places[:, 0], places[:, 1]))
    seen = cv2.remap(gray, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    padded = np.pad(seen, ((0, 0), (WINDOW // 2, WINDOW // 2)), mode="edge")
    usual = median(np.lib.stride_tricks.sliding_window_view(padded, WINDOW, axis=1), axis=-1)
    strays = np.abs(seen - usual).reshape(len(places), LINES, STEPS).transpose(1, 0, 2)  # wire shines and is dark
    best = strays[0]
    for line in strays[1:]:
        near = np.pad(best, ((0, 0), (SHIFT, SHIFT)), constant_values=-np.inf)
        best = line + np.lib.stride_tricks.sliding_window_view(near, 2 * SHIFT + 1, axis=1).max(axis=-1)
    strength = best.max(axis=1) / LINES
    return [float(v) for v in strength]
