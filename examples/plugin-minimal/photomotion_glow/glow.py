"""The glow: bright places spill over into their neighbourhood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import cv2
import numpy as np

from photomotion.data import Analysis, Frame, Photo


class Glow:
    """Adds each frame's blurred light to it by "screen", which never overflows.

    Args:
        strength: how much of it, 0..1.
    """

    def __init__(self, strength: float) -> None:
        self._strength = strength

    def process(self, frames: Iterable[Frame], photo: Photo, analysis: Analysis) -> Iterator[Frame]:
        """Yield the frames with their glow."""
        for frame in frames:
            light = frame.pixels.astype(np.float32) / 255
            spilled = cv2.GaussianBlur(light, (0, 0), max(photo.width, photo.height) / 50)
            glowing = 1 - (1 - light) * (1 - self._strength * spilled**2)
            yield replace(frame, pixels=np.round(glowing * 255).astype(np.uint8))
