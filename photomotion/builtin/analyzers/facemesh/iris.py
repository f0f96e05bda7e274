"""Lids and irises, from a closer look at each eye.

Ablavatski et al. 2020, "Real-time Pupil Tracking from Monocular Video for Digital Puppetry".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .interpreter import Model
from .region import Floats, Region, Scales

__all__ = ["LEFT_LID", "RIGHT_LID", "EyeModel"]

SIDE = 64

RIGHT_LID = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
"""Mesh points on the lid line of the right eye: the lower lid corner to corner, then the upper without corners."""
LEFT_LID = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
"""The same of the left eye."""

RING_WEIGHTS = (1.0, 0.6, 0.25)
"""How far the lid line and the two rings of mesh points around it follow the closer look; the rest is the mesh's."""
ROOM = 2.75
"""Side of the square around an eye in eye widths. MediaPipe's 2.3 draws the corners a tenth too far in."""
LOOKS = ((1.0, 0.0), (1.05, 0.09), (0.95, -0.09))
"""Scale and turn (radians) of the looks at an eye that are averaged."""
SURE, LOST = 0.04, 0.10
"""Spread of the looks, in eye widths, up to which they are believed and from which the mesh is kept."""
HIDDEN = 0.3
"""An eye narrower than this part of the other is behind the nose: nothing there to look at."""


@dataclass(frozen=True)
class _Eye:
    """Where one eye is in the list of landmarks; the rings in the order of the model's points.

    The order is that of mediapipe's UpdateFaceLandmarksCalculator.
    """

    corners: tuple[int, int]
    rings: tuple[tuple[int, ...], ...]
    iris: int
    mirrored: bool


_RIGHT = _Eye(
    corners=(33, 133),
    rings=(
        RIGHT_LID,
        (130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190),
        (226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189),
    ),
    iris=468,
    mirrored=False,
)
_LEFT = _Eye(
    corners=(362, 263),
    rings=(
        LEFT_LID,
        (359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414),
        (446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413),
    ),
    iris=473,
    mirrored=True,
)


class EyeModel:
    """Refines the lids of a fitted mesh and finds the irises."""

    def __init__(self) -> None:
        """Nothing is loaded before the first eye."""
        self._model = Model("iris_landmark.tflite")

    def refine(self, scales: Scales, mesh: Floats) -> Floats:
        """Return float32 (478, 3): the mesh (468, 3) with its lid lines refined, then five points for each iris.

        Points 468-472 belong to the person's right eye (33-133), 473-477 to the left; each is the middle, then the
        rim at the eye's right, top, left and bottom as they are in the picture. Depth stays the mesh's; an iris
        lies at the mean depth of its lids. Where an eye is hidden or too unclear the lids stay the mesh's.
        """
        out = np.concatenate([mesh, np.zeros((10, 3), np.float32)])
        for eye in (_RIGHT, _LEFT):
            self._refine_eye(scales, mesh, out, eye)
        return out

    def _refine_eye(self, scales: Scales, mesh: Floats, out: Floats, eye: _Eye) -> None:
        start, end = eye.corners
        region = Region.around(mesh[[start, end]], mesh[start], mesh[end], ROOM)
        width = max(region.size / ROOM, 1e-3)
        looks = [
            self._look(scales, Region(region.x, region.y, region.size * scale, region.angle + turn), eye.mirrored)
            for scale, turn in LOOKS
        ]
        contours, irises = (np.stack(part) for part in zip(*looks, strict=True))
        spread = float(np.linalg.norm(contours.std(axis=0)[:16], axis=1).mean()) / width
        widest = max(float(np.ptp(mesh[list(e.corners), :2], axis=0).max()) for e in (_RIGHT, _LEFT))
        trust = float(np.clip((LOST - spread) / (LOST - SURE), 0, 1)) if width > HIDDEN * widest else 0.0
        contour, iris = contours.mean(axis=0), irises.mean(axis=0)
        first = 0
        for ring, weight in zip(eye.rings, RING_WEIGHTS, strict=True):
            index = list(ring)
            out[index, :2] += weight * trust * (contour[first : first + len(ring)] - mesh[index, :2])
            first += len(ring)
        out[eye.iris : eye.iris + 5, :2] = iris
        out[eye.iris : eye.iris + 5, 2] = mesh[list(eye.rings[0]), 2].mean()

    def _look(self, scales: Scales, region: Region, mirrored: bool) -> tuple[Floats, Floats]:
        """Contour (71, 2) and iris (5, 2) in the photo, px. The model knows right eyes only; left ones are mirrored."""
        region = Region(region.x, region.y, region.size, region.angle, mirrored)
        contour, iris = self._model(region.cut(scales, SIDE).astype(np.float32) / 255.0)
        iris = iris.reshape(5, 3)[[0, 3, 2, 1, 4]] if mirrored else iris.reshape(5, 3)
        return region.to_photo(contour.reshape(71, 3)[:, :2], SIDE), region.to_photo(iris[:, :2], SIDE)
