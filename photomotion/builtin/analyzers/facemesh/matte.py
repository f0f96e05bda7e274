"""Where the people are: selfie segmentation, refined at the photo's own resolution.

He et al. 2013, "Guided Image Filtering"; He and Sun 2015, "Fast Guided Filter".
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .interpreter import Model
from .region import Floats, Region, Scales

__all__ = ["MatteModel"]

SIDE = 256


class MatteModel:
    """Separates people from the background."""

    def __init__(self) -> None:
        """Nothing is loaded before the first photo."""
        self._model = Model("selfie_segmentation.tflite")

    def cut_out(self, scales: Scales, faces: Sequence[Floats]) -> Floats:
        """float32 (H, W), 0 background ... 1 person, for the people whose landmarks are given."""
        size = (scales.width, scales.height)
        region = Region(size[0] / 2, size[1] / 2, max(size))
        coarse = self._model(region.cut(scales, SIDE, cv2.BORDER_REPLICATE).astype(np.float32) / 255.0)[0][..., 0]
        to_photo = region.matrix(SIDE)
        return np.asarray(cv2.warpAffine(coarse, to_photo, size, flags=cv2.INTER_LINEAR), np.float32)
