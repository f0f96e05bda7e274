"""Control films drawn from the plan: for models that follow a skeleton, contours, depth or a face instead of a draft.

==============  ====================================================================================================
``pose``        OpenPose's skeleton as far as a portrait shows it, head, neck and shoulders, and the face as white dots
``landmarks``   contours of face, eyes, brows and lips, and the pupils, in the colours of the MediaPipe face control
``depth``       disparity, 0 at infinity, 255 nearest, as depth models give it
``face``        the face of the draft, cut out square, 512 x 512, as Wan-Animate wants it
==============  ====================================================================================================

All show the same moment as the draft: their points are the built-in renderer's own (:mod:`photomotion.warp`). Nothing
is drawn before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Analysis, Conditioning, Guide, Motion, Photo, describe
from photomotion.warp import Scene, moving_regions, posed_depth, posed_landmarks

from .contours import draw_contours
from .skeleton import Shoulders, draw_skeleton

__all__ = ["CONTROLS", "FACE", "ControlsConditioner", "control_films"]

Picture = npt.NDArray[np.uint8]

CONTROLS = ("pose", "landmarks", "depth", "face")
"""Their names."""
FACE = 512
"""Pixels a side of the film ``face``."""
AROUND = 1.3
"""Side of the square that is cut out around a face, in the larger side of its box."""


class ControlsConditioner:
    """Adds control films, and draft and words as the conditioner ``guide`` does.

    Args:
        extra: words put at the prompt's end.
    """

    def __init__(self, extra: str = "") -> None:
        self.extra = extra

    def condition(self, photo: Photo, analysis: Analysis, motion: Motion) -> Conditioning:
        """Return the three with a guide, a prompt, and ``extras["controls"]``: see :func:`control_films`."""
        scene = Scene(photo, analysis, motion)
        guide = Guide(draw=scene.draw, frames=motion.frames, regions=moving_regions(scene))
        return Conditioning(
            photo=photo,
            analysis=analysis,
            motion=motion,
            prompt=describe(motion, gray=photo.gray, extra=self.extra),
            guide=guide,
            extras={"controls": control_films(scene)},
        )


def control_films(scene: Scene) -> Mapping[str, Callable[[int], Picture]]:
    """For each name in :data:`CONTROLS`, what draws one row of the motion.

    A picture is uint8 (H, W, 3) of the photo's size, ``face`` (512, 512, 3). The row after the last, which only a loop
    has, is the first. They may be called from several threads.
    """
    shoulders = [Shoulders.of(scene, index) for index in range(len(scene.heads))]
    draw: dict[str, Callable[[int], Picture]] = {
        "pose": partial(_pose, scene, shoulders),
        "landmarks": partial(_landmarks, scene),
        "depth": partial(_depth, scene),
        "face": partial(_face, scene),
    }
    return {name: partial(_in_turn, film, scene.motion.frames) for name, film in draw.items()}


def _in_turn(film: Callable[[int], Picture], frames: int, row: int) -> Picture:
    return film(row % frames)


def _pose(scene: Scene, shoulders: list[Shoulders], row: int) -> Picture:
    picture = np.zeros_like(scene.photo.pixels)
    for index in _from_small_to_large(scene):
        draw_skeleton(picture, posed_landmarks(scene, row, index), shoulders[index].at(scene, row))
    return picture


def _landmarks(scene: Scene, row: int) -> Picture:
    picture = np.zeros_like(scene.photo.pixels)
    for index in _from_small_to_large(scene):
        draw_contours(picture, posed_landmarks(scene, row, index))
    return picture


def _depth(scene: Scene, row: int) -> Picture:
    gray = np.clip(np.round(posed_depth(scene, row) * 255), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(gray, cv2.COLOR_GRAY2RGB), np.uint8)


def _face(scene: Scene, row: int) -> Picture:
    """The largest face; it stays in the middle while the head moves. Beyond the photo's edge its last pixels go on."""
    points = posed_landmarks(scene, row, 0)[:468, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    scale = FACE / max(AROUND * float((high - low).max()), 1.0)
    # Pixels are squares: the middle of the face goes to the middle between the two middle ones.
    shift = (FACE - 1) / 2 - scale * (low + high) / 2
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]], np.float64)
    reading = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    cut = cv2.warpAffine(scene.draw(row), matrix, (FACE, FACE), flags=reading, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(cut, np.uint8)


def _from_small_to_large(scene: Scene) -> list[int]:
    """The faces, so that what is drawn last, and lies on top, is in front."""
    return sorted(range(len(scene.heads)), key=lambda index: scene.heads[index].unit)
