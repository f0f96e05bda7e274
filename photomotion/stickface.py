"""A motion seen without a photo: a drawn face for each, that does what the motion says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from .animator import Animator
from .clip import Report
from .data import Analysis, Conditioning, Frame, Motion, Photo, Timing
from .errors import MotionError
from .plugin import Event
from .portrait import OUTLINES
from .testing.fakes import fake_analysis, fake_photo
from .warp import Scene, posed_landmarks, posed_points

__all__ = ["draw_stickfaces"]

WIDTH, HEIGHT = 360, 448
"""Of one face's picture, px."""
PAPER, INK, IRIS, SHIRT = (24, 25, 28), (236, 236, 230), (110, 190, 255), (120, 235, 190)
SHOULDERS = np.array([[x, 358 + 80 * (abs(x - 180) / 140) ** 4] for x in range(40, 321, 10)], np.float32)
"""A line across the chest, px."""
NOSES = ((168, 6, 197, 195, 5, 4, 1), (98, 97, 2, 326, 327))
"""The nose's back and its base in the mesh."""
IRISES = (468, 473)


def draw_stickfaces(
    motion: Motion, destination: Path, *, name: str, progress: Callable[[Event], None] | None = None
) -> Report:
    """Write the film of a motion on drawn faces, side by side.

    Args:
        motion: what they do.
        destination: the film; its ending chooses the encoder.
        name: how messages call the motion.
        progress: told of each frame.

    Raises:
        MotionError: if nobody is in the motion.
        DestinationError: if the film cannot be written.
    """
    if not motion.frames:
        raise MotionError(
            f"{name} is a motion of nobody, or without any frame; plan one with 'photomotion motion plan'"
        )
    blank = np.full((HEIGHT, WIDTH * len(motion.faces), 3), PAPER, np.uint8)
    photo = Photo(pixels=blank, name=name, source_size=(blank.shape[1], blank.shape[0]))
    with Animator(
        analyzer=StickAnalyzer(), motion=GivenMotion(motion), backend=StickBackend(), progress=progress
    ) as animator:
        return animator.animate(photo, seconds=motion.frames / motion.fps, fps=motion.fps).save(destination)


class StickAnalyzer:
    """Finds one drawn face in every :data:`WIDTH` pixels."""

    def analyze(self, photo: Photo) -> Analysis:
        """Return the faces; nothing else is known of them."""
        face = fake_analysis(WIDTH, HEIGHT).faces[0]
        return Analysis(faces=(face,) * (photo.width // WIDTH), matte=np.zeros((photo.height, photo.width), np.float32))


class GivenMotion:
    """The motion prior that has one motion.

    Args:
        motion: that one.
    """

    def __init__(self, motion: Motion) -> None:
        self.motion = motion

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Return it."""
        return self.motion


class StickBackend:
    """Draws each face as lines, moved as the built-in renderer moves pixels."""

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        """Yield the frames."""
        motion = conditioning.motion
        photo, analysis = fake_photo(WIDTH, HEIGHT), fake_analysis(WIDTH, HEIGHT)
        scenes = [Scene(photo, analysis, replace(motion, faces=(face,))) for face in motion.faces]
        for row in range(timing.frames):
            pictures = [_draw(scene, row) for scene in scenes]
            yield Frame(index=row, time=row / timing.fps, pixels=np.hstack(pictures))


def _draw(scene: Scene, row: int) -> npt.NDArray[np.uint8]:
    canvas = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
    points = posed_landmarks(scene, row, 0)[:, :2]
    _line(canvas, posed_points(scene, row, SHOULDERS), SHIRT, closed=False)
    for first in IRISES:
        radius = float(np.linalg.norm(points[first + 1 : first + 5] - points[first], axis=1).mean())
        cv2.circle(
            canvas, np.rint(points[first] * 16).astype(int).tolist(), round(radius * 16), IRIS, -1, cv2.LINE_AA, 4
        )
    for place, outline in enumerate(OUTLINES):
        if place in (1, 2):
            _shut(canvas, points[list(outline)])
        _line(canvas, points[list(outline)], INK, closed=True)
    for line in NOSES:
        _line(canvas, points[list(line)], INK, closed=False)
    return canvas


def _shut(canvas: npt.NDArray[np.uint8], eye: npt.NDArray[np.float32]) -> None:
    """Leave of the iris only what is between the lids."""
    inside = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.rint(eye).astype(np.int32)], 1)
    x, y, width, height = cv2.boundingRect(eye)
    box = slice(max(y - height - 8, 0), y + 2 * height + 8), slice(max(x - 4, 0), x + width + 4)
    canvas[box][inside[box] == 0] = PAPER


def _line(
    canvas: npt.NDArray[np.uint8], points: npt.NDArray[np.float32], colour: tuple[int, int, int], *, closed: bool
) -> None:
    cv2.polylines(canvas, [np.rint(points * 16).astype(np.int32)], closed, colour, 2, cv2.LINE_AA, 4)
