"""For authors of face analyzers: the whole analysis of a photo, once it is known where the faces are.

An analyzer that brings its own networks finds the landmarks; pose, lids, visibility, matte, light and what will be hard
are measured by the core, so that they mean the same whoever found the faces::

    from photomotion.analysis import Describer, Sighting, search_turned

    class MyAnalyzer:
        def __init__(self):
            self._describer = Describer()

        def analyze(self, photo):
            return self._describer.describe(photo, search_turned(photo.pixels, self._find))

        def _find(self, pixels):
            return [Sighting(landmarks=points, confidence=score) for points, score in my_network(pixels)]

A stage that needs faces before the chosen analyzer has run, a restorer say, opens :class:`FaceMeshAnalyzer` by itself.

It imports OpenCV and a TFLite runtime: import it where an implementation is, not in a plugin's module.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.analyzers.facemesh.describing import Describer, Sighting

__all__ = ["Describer", "FaceMeshAnalyzer", "Sighting", "search_turned"]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

QUARTERS = (0, 1, 3, 2)
"""Turns of a photo that are tried, quarters to the left."""


def search_turned(pixels: Pixels, find: Callable[[Pixels], list[Sighting]], *, certain: float = 0.8) -> list[Sighting]:
    """Search a photo as it is and, if nobody is found for certain, turned by quarters; networks know upright faces.

    Args:
        pixels: uint8 (H, W, 3), sRGB.
        find: finds faces in such a picture.
        certain: the confidence at which no other turn is tried.

    Returns:
        What was found in the turn that gave the most certain face, the first of equals, in px of the photo as given.
    """
    best: list[Sighting] = []
    for quarters in QUARTERS:
        found = find(np.ascontiguousarray(np.rot90(pixels, quarters)))
        found = [_turned_back(one, quarters, pixels.shape[1], pixels.shape[0]) for one in found]
        best = max(best, found, key=lambda all_: max((one.confidence for one in all_), default=-1.0))
        if best and max(one.confidence for one in best) >= certain:
            break
    return best


def _turned_back(found: Sighting, quarters: int, width: int, height: int) -> Sighting:
    """The same in a photo of this size, px, that was turned by so many quarters to the left before it was searched."""

    def back(points: Floats) -> Floats:
        x, y, z = np.moveaxis(points, -1, 0)
        turned = {
            0: (x, y), 1: (width - 1 - y, x), 2: (width - 1 - x, height - 1 - y), 3: (y, height - 1 - x),
        }[quarters]  # fmt: skip
        return np.stack([*turned, z], axis=-1).astype(np.float32)

    looks = None if found.looks is None else back(found.looks)
    pose = found.pose and replace(found.pose, roll=math.remainder(found.pose.roll + 90 * quarters, 360))
    return replace(found, landmarks=back(found.landmarks), looks=looks, pose=pose)
