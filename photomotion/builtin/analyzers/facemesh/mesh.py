"""468 points on a face.

Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs".
"""

from __future__ import annotations

import numpy as np

from .interpreter import Model
from .region import Floats, Region, Scales

__all__ = ["MeshModel"]

SIDE = 192
LOOKS = ((1.08, 0.07), (0.94, -0.07))
"""Further looks at a face: scale of the region and turn in radians. Averaging them halves the model's jitter."""
CROSSED = ((1.08, -0.07), (0.94, 0.07))
"""The same, turned the other way: a photo has the time for these too, a frame of a film has the frame before."""
ASKEW = ((1.22, 0.16), (0.84, -0.16))
"""Looks from further off, that only show where the model is in doubt: behind a hand it has nothing to hold on to."""
ROUNDS = 2
"""How often a photo's square is cut again. The model takes a tenth of what a square is off by over into the mesh."""


class MeshModel:
    """Places MediaPipe's face mesh."""

    def __init__(self) -> None:
        """Nothing is loaded before the first face."""
        self._model = Model("face_landmark.tflite")

    def fit(self, scales: Scales, region: Region) -> tuple[Floats, float, Floats]:
        """Fit the mesh to the face that the detector saw in ``region``.

        In the same square the mesh is steady, but squares are not: one gray level more makes a detector's square
        jump by some per cent of its side, and a part of that jump comes out in the mesh. So the square is cut again
        halfway to the one that the mesh itself asks for. The answer is the mean over five slightly different squares.

        Returns:
            float32 (468, 3) px in the photo (x right, y down, z away from the camera), the model's own belief
            0..1 that it looks at a face, and single looks, float32 (5, 468, 3): where they differ it is in doubt.
        """
        square = region
        for _ in range(ROUNDS):
            square = region.halfway(_follow(self._look(scales, square)[0]))
        points, presence = self._look(scales, square)
        looks = [points, *self._look_again(scales, square, LOOKS)]
        mean = np.mean([*looks, *self._look_again(scales, square, CROSSED)], axis=0)
        looks += self._look_again(scales, square, ASKEW)
        return np.asarray(mean, np.float32), presence, np.stack(looks)

    def follow(self, scales: Scales, before: Floats) -> tuple[Floats, float]:
        """Fit the mesh to a face of a film, knowing where it was one frame before.

        Args:
            scales: this frame.
            before: float32 (468, 3), px, the mesh in the frame before.

        Returns:
            float32 (468, 3) px, the mean over three slightly different squares, and the model's own belief 0..1 that
            it still looks at a face.
        """
        region = _follow(before)
        points, presence = self._look(scales, region)
        looks = [points, *self._look_again(scales, region, LOOKS)]
        return np.asarray(np.mean(looks, axis=0), np.float32), presence

    def _look_again(self, scales: Scales, at: Region, how: tuple[tuple[float, float], ...]) -> list[Floats]:
        """The mesh in squares about the same middle, each scaled and turned as ``how`` says."""
        squares = [Region(at.x, at.y, at.size * scale, at.angle + turn) for scale, turn in how]
        return [self._look(scales, square)[0] for square in squares]

    def _look(self, scales: Scales, region: Region) -> tuple[Floats, float]:
        image = region.cut(scales, SIDE).astype(np.float32) / 255.0
        raw, logit = self._model(image)
        points = region.to_photo(raw.reshape(-1, 3), SIDE)
        return points, float(1.0 / (1.0 + np.exp(-np.clip(float(logit.reshape(-1)[0]), -80, 80))))


def _follow(points: Floats) -> Region:
    """The square that the detector ought to have given for this mesh.

    MediaPipe's tracker takes 1.5 times the mesh's box; the detector's squares, which the model was trained on, are
    on average 5 % smaller and 3 % lower.
    """
    loose = Region.around(points, points[33], points[263], 1.5)
    down = loose.axes[1] * 0.03 * loose.size
    return Region(loose.x + float(down[0]), loose.y + float(down[1]), loose.size / 1.05, loose.angle)
