"""468 points on a face.

Kartynnik et al. 2019, "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs".
"""

from __future__ import annotations

import numpy as np

from .interpreter import Model
from .region import Floats, Region, Scales

__all__ = ["MeshModel"]

SIDE = 192


class MeshModel:
    """Places MediaPipe's face mesh."""

    def __init__(self) -> None:
        """Nothing is loaded before the first face."""
        self._model = Model("face_landmark.tflite")

    def fit(self, scales: Scales, region: Region) -> tuple[Floats, float]:
        """Fit the mesh to the face in ``region``.

        Returns:
            float32 (468, 3) px in the photo (x right, y down, z away from the camera), and the model's own belief
            0..1 that it looks at a face.
        """
        image = region.cut(scales, SIDE).astype(np.float32) / 255.0
        raw, logit = self._model(image)
        points = region.to_photo(raw.reshape(-1, 3), SIDE)
        return points, float(1.0 / (1.0 + np.exp(-float(logit.reshape(-1)[0]))))

    def follow(self, points: Floats) -> Region:
        """The region for another look at a face whose mesh is known, as MediaPipe's tracker cuts it."""
        return Region.around(points, points[33], points[263], 1.5)
