"""The outline of a flaw, pixel by pixel: what is filled beside it would be lost for nothing."""

from __future__ import annotations

import cv2
import numpy as np

from .planes import Floats, Mask

__all__ = ["trim"]

FAINTEST = 7.0
"""Gray levels by which the rim of a flaw stands out at least."""


def trim(y: Floats, masks: list[Mask], sigma: float) -> list[Mask]:
    """What stands out, within generous masks of flaws, by turns light and dark ones, from what there would be without.

    Every pixel more than the flaw itself costs what the photo still knows: of an eye, say, that a scratch runs across.
    """
    hole = np.logical_or.reduce(masks)
    if not hole.any():
        return masks
    rounded = np.clip(np.round(y), 0, 255).astype(np.uint8)
    calm = y if sigma < 3 else cv2.GaussianBlur(y, (0, 0), 0.7)
    least, cross = max(FAINTEST, 0.8 * sigma), np.ones((3, 3), np.uint8)
    tight = masks
    for _ in range(2):  # the first time what there would be is only guessed from far
        ground = cv2.inpaint(rounded, hole.astype(np.uint8), 3, cv2.INPAINT_NS).astype(np.float32)
        tight = [mask & ((calm - ground) * way > least) for mask, way in zip(masks, (1, -1, 1, -1), strict=True)]
        tight = [
            mask & (cv2.morphologyEx(one.astype(np.uint8), cv2.MORPH_CLOSE, cross) > 0)
            for one, mask in zip(tight, masks, strict=True)
        ]
        hole = cv2.dilate(np.logical_or.reduce(tight).astype(np.uint8), cross) > 0
    return tight
