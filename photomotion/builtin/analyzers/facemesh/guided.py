"""An edge-keeping filter: a rough mask takes on the edges of the picture.

He et al. 2013, "Guided Image Filtering"; He and Sun 2015, "Fast Guided Filter".
"""

from __future__ import annotations

import cv2
import numpy as np

from .region import Floats

__all__ = ["Guide"]


class Guide:
    """A colour picture whose local statistics steer masks of the same size."""

    def __init__(self, picture: Floats, radius: int, smoothness: float) -> None:
        """Prepare for float32 (H, W, 3) in 0..1; edges weaker than ``sqrt(smoothness)`` are not followed."""
        self._picture = picture
        self._window = (2 * radius + 1, 2 * radius + 1)
        self._mean = self._box(picture)
        r, g, b = (picture[..., i] for i in range(3))
        mr, mg, mb = (self._mean[..., i] for i in range(3))
        products = self._box(np.stack([r * r, r * g, r * b, g * g], axis=-1))
        rest = self._box(np.stack([g * b, b * b], axis=-1))
        rr = products[..., 0] - mr * mr + smoothness
        rg = products[..., 1] - mr * mg
        rb = products[..., 2] - mr * mb
        gg = products[..., 3] - mg * mg + smoothness
        gb = rest[..., 0] - mg * mb
        bb = rest[..., 1] - mb * mb + smoothness
        # Inverse of the symmetric 3x3 covariance at every pixel, by cofactors.
        c00, c01, c02 = gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb
        c11, c12, c22 = rr * bb - rb * rb, rb * rg - rr * gb, rr * gg - rg * rg
        determinant = rr * c00 + rg * c01 + rb * c02
        self._inverse = tuple(c / determinant for c in (c00, c01, c02, c11, c12, c22))

    def steer(self, mask: Floats) -> tuple[Floats, Floats]:
        """The plane ``a . colour + b`` that explains float32 (H, W) ``mask`` around each pixel.

        Returns:
            a, float32 (H, W, 3), and b, float32 (H, W); they may be enlarged and applied to a larger picture.
        """
        mean = self._box(mask)
        covariance = self._box(self._picture * mask[..., None]) - self._mean * mean[..., None]
        x, y, z = (covariance[..., i] for i in range(3))
        c00, c01, c02, c11, c12, c22 = self._inverse
        slope = np.stack([c00 * x + c01 * y + c02 * z, c01 * x + c11 * y + c12 * z, c02 * x + c12 * y + c22 * z], -1)
        offset = mean - np.einsum("hwc,hwc->hw", slope, self._mean)
        return self._box(slope), self._box(offset)

    def filter(self, mask: Floats) -> Floats:
        """``mask`` with the picture's edges, 0..1."""
        slope, offset = self.steer(mask)
        return np.clip(np.einsum("hwc,hwc->hw", slope, self._picture) + offset, 0, 1)

    def _box(self, values: Floats) -> Floats:
        return np.asarray(cv2.boxFilter(values, -1, self._window, borderType=cv2.BORDER_REFLECT), np.float32)
