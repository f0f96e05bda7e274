"""A face as coloured contours on black, and as the 68 white dots of skeleton films."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["DOTS", "draw_contours", "draw_dots", "thickness"]

Picture = npt.NDArray[np.uint8]
Points = npt.NDArray[np.float32]
Colour = tuple[int, int, int]

OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109, 10)  # fmt: skip
RIGHT_EYE = (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7, 33)
LEFT_EYE = (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249, 263)
RIGHT_BROW = ((70, 63, 105, 66, 107), (46, 53, 52, 65, 55))
LEFT_BROW = ((300, 293, 334, 296, 336), (276, 283, 282, 295, 285))
LIPS = (
    (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146, 61),
    (78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 324, 318, 402, 317, 14, 87, 178, 88, 95, 78),
)

CONTOURS: tuple[tuple[tuple[int, ...], Colour], ...] = (
    (OVAL, (10, 200, 10)),
    *((line, (180, 220, 10)) for line in RIGHT_BROW),
    *((line, (10, 220, 180)) for line in LEFT_BROW),
    (RIGHT_EYE, (180, 200, 10)),
    (LEFT_EYE, (10, 200, 180)),
    *((line, (10, 180, 10)) for line in LIPS),
)
"""Lines through mesh points and their RGB colours: what the ControlNet for MediaPipe faces was trained on."""
PUPILS: tuple[tuple[int, Colour], ...] = ((468, (250, 200, 10)), (473, (10, 200, 250)))
"""Right and left."""

DOTS = (127, 234, 93, 132, 172, 150, 176, 148, 152, 377, 400, 379, 397, 361, 323, 454, 356,
        70, 63, 105, 66, 107, 336, 296, 334, 293, 300, 168, 197, 5, 4, 75, 97, 2, 326, 305,
        33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
        61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181, 78, 82, 13, 312, 308, 317, 14, 87)  # fmt: skip
"""The mesh points nearest to the 68 of Sagonas et al. (2013), in their order: jaw, brows, nose, eyes, lips."""

FINE = 4
"""Bits of a pixel's fraction that lines keep: a slow turn must not jump from pixel to pixel."""


def thickness(picture: Picture, wanted: float) -> int:
    """Pixels, 1 at least, that are ``wanted`` in a picture of 512 a side: that is what control models have seen."""
    side: int = min(picture.shape[:2])
    return max(1, round(wanted * side / 512))


def at(point: Points) -> tuple[int, int]:
    """A place in the fixed-point pixels that OpenCV draws in, far ones brought near enough for it."""
    x, y = np.clip(np.round(point[:2] * 2**FINE), -(2**24), 2**24).astype(int)
    return int(x), int(y)


def draw_contours(picture: Picture, points: Points) -> None:
    """Draw one face's contours and pupils.

    Args:
        picture: uint8 (H, W, 3), sRGB; changed.
        points: float32 (478, 2 or more), px.
    """
    wide = thickness(picture, 2)
    for line, colour in CONTOURS:
        path = np.array([at(points[index]) for index in line], np.int32)
        cv2.polylines(picture, [path], False, colour, wide, cv2.LINE_AA, FINE)
    for index, colour in PUPILS:
        cv2.circle(picture, at(points[index]), wide << FINE, colour, -1, cv2.LINE_AA, FINE)


def draw_dots(picture: Picture, points: Points) -> None:
    """Draw one face's 68 dots, white.

    Args:
        picture: uint8 (H, W, 3); changed.
        points: float32 (478, 2 or more), px.
    """
    size = thickness(picture, 3)
    # In a small face dots as large as that would run together.
    span = float(np.linalg.norm(points[33, :2] - points[263, :2]))
    size = max(1, min(size, round(span / 30)))
    for index in DOTS:
        cv2.circle(picture, at(points[index]), size << FINE, (255, 255, 255), -1, cv2.LINE_AA, FINE)
