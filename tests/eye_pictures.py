"""Eyes to draw: those of the portrait, seen from near, and a painted one."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from films import Pixels, apart, film, shut

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, Face, Photo
from photomotion.reading import read_photo
from photomotion.warp.eyes import BALL, EYES, IRIS, MIDDLE, Eye
from photomotion.warp.rims import find_irises

__all__ = [
    "SIDES",
    "Floats",
    "Pixels",
    "apart",
    "bare",
    "face",
    "film",
    "looked_at",
    "painted",
    "places",
    "portrait",
    "shut",
]

Floats = npt.NDArray[np.float32]

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"
SIDES = pytest.mark.parametrize("side", ["Left", "Right"])


@pytest.fixture(scope="session")
def portrait() -> tuple[Photo, Analysis]:
    """The head of the astronaut, twice as large, and what is known of it."""
    whole = read_photo(ASTRONAUT)
    photo = whole.with_pixels(np.ascontiguousarray(cv2.resize(whole.pixels[:260, 90:350], None, fx=2, fy=2)))
    return photo, FaceMeshAnalyzer().analyze(photo)


@pytest.fixture(scope="session")
def face(portrait: tuple[Photo, Analysis]) -> Face:
    """That of the portrait."""
    return portrait[1].faces[0]


def bare(eye: Eye) -> Floats:
    """No glasses."""
    return np.zeros(eye.t.shape, np.float32)


def looked_at(face: Face, side: str, pixels: Pixels) -> Eye:
    """An eye whose iris was found together with the other's."""
    eyes = {name: Eye.of(face, name, pixels) for name in EYES}
    return find_irises(pixels, eyes, {name: bare(eye) for name, eye in eyes.items()})[side]


def places(eye: Eye) -> Floats:
    """Every pixel of the eye's box."""
    y, x = np.mgrid[0 : eye.t.shape[0], 0 : eye.t.shape[1]].astype(np.float32)
    return np.dstack([x, y])


def painted(height: float = 20.0) -> tuple[Eye, Pixels, tuple[int, int]]:
    """A painted eye whose iris is hidden at the top, with a catch-light, and the iris' middle in its box."""
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[[263, 362, 33, 133], :2] = (300, 150), (200, 150), (-40, 150), (60, 150)
    landmarks[152, :2] = (130, 400)
    upper, lower, first = EYES["Left"]
    for indices, sign in ((upper, -1), (lower, 1)):
        for k, index in enumerate(indices):
            landmarks[index, :2] = 300 - 12.5 * k, 150 + sign * height * np.sin(np.pi * k / 8)
    landmarks[first : first + 5, :2] = np.array([250, 148]) + np.array([[0, 0], [22, 0], [0, 22], [-22, 0], [0, -22]])
    face = Face(box=(0, 0, 400, 400), landmarks=landmarks)
    pixels = np.full((300, 400, 3), 170, np.uint8)
    outline = np.concatenate([landmarks[list(upper), :2], landmarks[list(lower), :2][::-1]]).round().astype(np.int32)
    ball = np.full_like(pixels, 215)
    cv2.circle(ball, (250, 148), 22, (70, 70, 70), -1, cv2.LINE_AA)
    cv2.circle(ball, (250, 144), 2, (255, 255, 255), -1)
    inside = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(inside, [outline], 1)
    pixels[inside > 0] = ball[inside > 0]
    eye = Eye.of(face, "Left", pixels)
    return eye, pixels, (250 - eye.box[0], 148 - eye.box[1])


def glancing(aside: float, light: int = 60, noise: float = 0.0) -> tuple[Face, Pixels, dict[str, Floats]]:
    """A drawn face that looks aside, degrees to the picture's right, and the true middles of its irises.

    The mesh believes that it looks straight ahead. ``light`` is the irises' gray level, ``noise`` that of grain.
    """
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[152, :2] = (200, 480)
    pixels = np.full((520, 400, 3), (196, 150, 128), np.uint8)
    unit, width, truth = 200.0, 60.0, {}
    for side, sign in (("Right", 1.0), ("Left", -1.0)):
        upper, lower, first = EYES[side]
        outer = 200 - sign * unit / 2
        for indices, height in ((upper, -14), (lower, 12)):
            for k, index in enumerate(indices):
                landmarks[index, :2] = outer + sign * width * k / 8, 200 + height * np.sin(np.pi * k / 8)
        middle, radius = outer + sign * MIDDLE * width, IRIS * unit
        ring = np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]]) * radius
        landmarks[first : first + 5, :2] = ring + np.array([middle, 199])
        outline = (
            np.concatenate([landmarks[list(upper), :2], landmarks[list(lower), :2][::-1]]).round().astype(np.int32)
        )
        inside = np.zeros(pixels.shape[:2], np.uint8)
        cv2.fillPoly(inside, [outline], 1)
        ball = np.full_like(pixels, 222)
        x = middle + BALL * unit * np.sin(np.radians(aside))
        half = radius * np.cos(np.radians(aside)), radius
        at = tuple(round(16 * v) for v in (x, 199.0))
        cv2.ellipse(ball, at, tuple(round(16 * v) for v in half), 0, 0, 360, (light,) * 3, -1, cv2.LINE_AA, 4)
        cv2.circle(ball, (round(x) - 3, 195), 2, (255, 255, 255), -1)
        pixels[inside > 0] = ball[inside > 0]
        truth[side] = np.array([x, 199], np.float32)
    grain = np.random.default_rng(0).normal(0, noise, pixels.shape[:2])[..., None]
    pixels = np.clip(cv2.GaussianBlur(pixels, (0, 0), 1.0) + grain, 0, 255).astype(np.uint8)
    return Face(box=(60, 60, 280, 440), landmarks=landmarks), pixels, truth
