"""Redrawn faces back into the picture, without an edge."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .alignment import SIZE, Alignment, Floats

__all__ = ["OVAL", "Canvas", "face_mask"]

Pixels = npt.NDArray[np.uint8]

OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
"""Outline of the face in the mesh, once around."""
FEATHER = 48.0
"""Width over which the mask rises from the face's outline inward, and from the square's border, px of the square."""


def face_mask(landmarks: npt.NDArray[np.floating]) -> Floats:
    """Where a face may be redrawn: 0 outside its outline, rising smoothly to 1 inside.

    Args:
        landmarks: (478, 2 or more), in the square's px.

    Returns:
        float32 (512, 512), 0..1, steeper than 1.5 / 48 nowhere.
    """
    inside = np.zeros((SIZE + 2, SIZE + 2), np.uint8)
    outline = cv2.convexHull(np.round(landmarks[list(OVAL), :2]).astype(np.int32) + 1)
    cv2.fillPoly(inside, [outline], 1)
    # The rim of zeros makes the square's border an edge too.
    inside[[0, -1]] = inside[:, [0, -1]] = 0
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1] - 1
    t = np.clip(depth / FEATHER, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


class Canvas:
    """The picture as it grows: the scan, or the scan enlarged, into which faces are put one after the other.

    Args:
        pixels: uint8 (H, W, 3), what is around the faces.
        plain: uint8 (H, W, 3), the scan at that size without any network's work, on which faces are put.
        made_up: share of ``pixels`` that a network made up, 0..1.
    """

    def __init__(self, pixels: Pixels, plain: Pixels, made_up: float = 0.0) -> None:
        self.pixels = pixels.copy()
        self._plain = plain
        self._free = np.ones(pixels.shape[:2], np.float32)
        self.generated: Floats = np.full(pixels.shape[:2], made_up, np.float32)
        """float32 (H, W), 0..1, how much of each pixel a network made up."""

    def put(self, alignment: Alignment, difference: Floats, mask: Floats, blend: float) -> None:
        """Add what a network changed in a face. Detail finer than the network saw stays the scan's.

        Where faces overlap, the first has its way.

        Args:
            alignment: where the face lies in this picture.
            difference: float32 (512, 512, 3), the redrawn face less the scan's.
            mask: float32 (512, 512), 0..1, where it may be redrawn.
            blend: share of the redrawn face, 0..1.
        """
        box = alignment.box(*self.pixels.shape[:2])
        if not self.pixels[box].size:
            return
        here = np.minimum(np.clip(alignment.back(mask, box), 0, 1), self._free[box])
        here[here < 1 / 512] = 0
        self._free[box] -= here
        own = self.pixels[box].astype(np.float32)
        change = self._plain[box] - own + blend * alignment.back(difference, box)
        made = np.round(np.clip(own + here[..., None] * change, 0, 255)).astype(np.uint8)
        self.pixels[box] = made
        self.generated[box] += here * (blend - self.generated[box])

    def changed(self) -> Floats:
        """float32 (H, W), 0..1: what is generated, but 0 where the scan's own pixel is still there."""
        return np.asarray(self.generated * (self.pixels != self._plain).any(axis=2), np.float32)
