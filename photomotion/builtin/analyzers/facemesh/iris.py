"""Lids and irises, from a closer look at each eye.

Ablavatski et al. 2020, "Real-time Pupil Tracking from Monocular Video for Digital Puppetry".
"""

from __future__ import annotations

import numpy as np

from .interpreter import Model
from .region import Floats, Region, Scales

__all__ = ["LEFT_LID", "RIGHT_LID", "EyeModel"]

SIDE = 64

RIGHT_LID = (33, 7, 163, 144, 145, 153, 154, 155, 133, 246, 161, 160, 159, 158, 157, 173)
"""Mesh points on the lid line of the person's right eye: the lower lid corner to corner, then the upper without corners."""
LEFT_LID = (263, 249, 390, 373, 374, 380, 381, 382, 362, 466, 388, 387, 386, 385, 384, 398)
"""The same of the left eye."""

# The rings around the lid line, in the order of the model's further points (mediapipe's UpdateFaceLandmarksCalculator).
_RIGHT_RINGS = (
    (130, 25, 110, 24, 23, 22, 26, 112, 243, 247, 30, 29, 27, 28, 56, 190),
    (226, 31, 228, 229, 230, 231, 232, 233, 244, 113, 225, 224, 223, 222, 221, 189),
)
_LEFT_RINGS = (
    (359, 255, 339, 254, 253, 252, 256, 341, 463, 467, 260, 259, 257, 258, 286, 414),
    (446, 261, 448, 449, 450, 451, 452, 453, 464, 342, 445, 444, 443, 442, 441, 413),
)
_RING_WEIGHTS = (0.6, 0.25)


class EyeModel:
    """Refines the lids of a fitted mesh and finds the irises."""

    def __init__(self) -> None:
        """Nothing is loaded before the first eye."""
        self._model = Model("iris_landmark.tflite")

    def refine(self, scales: Scales, mesh: Floats) -> Floats:
        """Return float32 (478, 3): the mesh with its lid lines refined, then five points for each iris.

        Points 468-472 belong to the person's right eye (33-133), 473-477 to the left; each is the middle, then the
        rim on the picture's right, top, left and bottom as MediaPipe numbers them. Depth stays the mesh's; an iris
        lies at the mean depth of its lids.
        """
        out = np.concatenate([mesh, np.zeros((10, 3), np.float32)])
        self._refine_eye(scales, mesh, out, (33, 133), (RIGHT_LID, *_RIGHT_RINGS), 468, mirrored=False)
        self._refine_eye(scales, mesh, out, (362, 263), (LEFT_LID, *_LEFT_RINGS), 473, mirrored=True)
        return out

    def _refine_eye(
        self,
        scales: Scales,
        mesh: Floats,
        out: Floats,
        corners: tuple[int, int],
        rings: tuple[tuple[int, ...], ...],
        iris: int,
        mirrored: bool,
    ) -> None:
        ends = mesh[list(corners)]
        level = Region.around(ends, ends[0], ends[1], 2.3)
        region = Region(level.x, level.y, level.size, level.angle, mirrored)
        contour, circle = self._model(region.cut(scales, SIDE).astype(np.float32) / 255.0)
        contour = region.to_photo(contour.reshape(-1, 3), SIDE)
        circle = region.to_photo(circle.reshape(-1, 3), SIDE)
        first = 0
        for ring, weight in zip(rings, (1.0, *_RING_WEIGHTS), strict=True):
            index = list(ring)
            seen = contour[first : first + len(ring), :2]
            out[index, :2] = weight * seen + (1 - weight) * mesh[index, :2]
            first += len(ring)
        out[iris : iris + 5, :2] = circle[:, :2]
        out[iris : iris + 5, 2] = mesh[list(rings[0]), 2].mean()
