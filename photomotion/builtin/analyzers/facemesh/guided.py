"""An edge-keeping filter: a rough mask takes on the edges of the picture.

He et al. 2013, "Guided Image Filtering"; He and Sun 2015, "Fast Guided Filter".
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from .region import Floats

__all__ = ["Guide"]


class Guide:
    """A picture whose local statistics steer masks of the same size."""

    def __init__(self, planes: Sequence[Floats], radius: int, smoothness: float) -> None:
        """Prepare for one (gray) or three (colour) float32 (H, W) planes in 0..1.

        Contrasts weaker than ``sqrt(smoothness)`` are not followed.
        """
        self._window = (2 * radius + 1, 2 * radius + 1)
        self._planes = tuple(planes)
        self._means = tuple(self._box(p) for p in planes)
        if len(planes) == 1:
            self._inverse = [[1.0 / (self._covariance(0, 0) + smoothness)]]
            return
        rr, gg, bb = (self._covariance(i, i) + smoothness for i in range(3))
        rg, rb, gb = self._covariance(0, 1), self._covariance(0, 2), self._covariance(1, 2)
        # Inverse of the symmetric 3x3 covariance at every pixel, by cofactors.
        c00, c01, c02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
        c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
        one = 1.0 / (rr * c00 + rg * c01 + rb * c02)
        self._inverse = [
            [c00 * one, c01 * one, c02 * one],
            [c01 * one, c11 * one, c12 * one],
            [c02 * one, c12 * one, c22 * one],
        ]

    def steer(self, mask: Floats) -> tuple[list[Floats], Floats]:
        """The planes ``sum(slope * plane) + offset`` that explain float32 (H, W) ``mask`` around each pixel.

        Returns:
            One slope a plane and the offset, float32 (H, W); they may be enlarged and applied to a larger picture.
        """
        mean = self._box(mask)
        shared = [self._box(p * mask) - m * mean for p, m in zip(self._planes, self._means, strict=True)]
        offset = mean
        slopes = []
        for row, own in zip(self._inverse, self._means, strict=True):
            slope = sum((c * s for c, s in zip(row, shared, strict=True)), start=np.zeros_like(mean))
            offset = offset - slope * own
            slopes.append(self._box(slope))
        return slopes, self._box(offset)

    def _covariance(self, i: int, j: int) -> Floats:
        return self._box(self._planes[i] * self._planes[j]) - self._means[i] * self._means[j]

    def _box(self, values: Floats) -> Floats:
        return np.asarray(cv2.boxFilter(values, -1, self._window, borderType=cv2.BORDER_REFLECT), np.float32)
