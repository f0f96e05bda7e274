"""The drawn portrait with mouths that are shut, apart, lined and streaked."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Analysis, Face, Photo
from photomotion.testing.fakes import fake_analysis, fake_face, fake_photo
from photomotion.warp.geometry import HeadFrame
from photomotion.warp.jaw import LOWER_LIP, UPPER_LIP, LipAxes

Pixels = npt.NDArray[np.uint8]

__all__ = ["apart_face", "drawn_line", "enlarged", "shut_analysis", "shut_face", "streak"]


def shut_face() -> Face:
    """The drawn face with its lips together."""
    face = fake_face()
    landmarks = face.landmarks.copy()
    both = (landmarks[list(UPPER_LIP)] + landmarks[list(LOWER_LIP)]) / 2
    landmarks[list(UPPER_LIP)] = landmarks[list(LOWER_LIP)] = both
    return replace(face, landmarks=landmarks)


def apart_face(gap: float) -> Face:
    """The drawn face with its lips ``gap`` eye distances apart, for the mesh."""
    face = shut_face()
    landmarks = face.landmarks.copy()
    part = gap * face.eye_distance * np.sin(np.linspace(0, np.pi, len(UPPER_LIP) + 2)[1:-1]) / 2
    landmarks[list(UPPER_LIP), 1] -= part
    landmarks[list(LOWER_LIP), 1] += part
    return replace(face, landmarks=landmarks)


def shut_analysis() -> Analysis:
    """What is known of the drawn portrait, but for its lips, which are together."""
    return replace(fake_analysis(), faces=(shut_face(),))


def drawn_line(height: float = 0.02) -> Photo:
    """The drawn portrait with a dark line between its lips, ``height`` eye distances below the mesh's."""
    photo, axes = fake_photo(), LipAxes(shut_face(), HeadFrame.of(shut_face()))
    s = np.linspace(-0.95, 0.95, 20, dtype=np.float32)
    line = np.stack(axes.place(s, np.full_like(s, height)), axis=1)
    pixels = photo.pixels.copy()
    cv2.polylines(pixels, [np.round(line * 16).astype(np.int32)], False, (60, 30, 28), 1, cv2.LINE_AA, 4)
    return photo.with_pixels(pixels)


def enlarged(photo: Photo, face: Face, by: int = 6) -> tuple[Pixels, Face]:
    """A larger print of the same, and the face in it."""
    large = cv2.resize(photo.pixels, None, fx=by, fy=by, interpolation=cv2.INTER_CUBIC)
    x0, y0, x1, y1 = ((v + 0.5) * by - 0.5 for v in face.box)
    return np.asarray(large, np.uint8), replace(face, box=(x0, y0, x1, y1), landmarks=(face.landmarks + 0.5) * by - 0.5)


def streak(
    pixels: Pixels,
    axes: LipAxes,
    height: float,
    colour: tuple[int, int, int],
    wide: float,
    half: float = 0.8,
    middle: float = 0.0,
) -> None:
    """Draw along a mouth, ``height`` below the mesh's line, ``wide`` eye distances high, ``half`` mouths long."""
    s = np.linspace(middle - half, middle + half, 20, dtype=np.float32)
    line = np.stack(axes.place(s, np.full_like(s, height)), axis=1)
    cv2.polylines(pixels, [np.round(line).astype(np.int32)], False, colour, round(wide * axes.unit))
