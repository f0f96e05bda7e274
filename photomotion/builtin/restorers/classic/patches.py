"""What stands out from its surroundings: connected patches, light and dark, and what can be measured of all at once.

Lengths are in units of 1/512 of the picture's long edge, brightness in parts of the picture's own range.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .planes import Floats, Mask, percentiles

__all__ = ["Ground", "Patches"]

Labels = npt.NDArray[np.int32]

MEDIAN = 5.5
"""Half the window that tells what there would be without a flaw: those of up to that width are seen."""


@dataclass(frozen=True, eq=False)
class Patches:
    """Connected patches that stand out from their surroundings on one side, light or dark; one row a patch."""

    light: bool
    """Lighter than their surroundings, or darker."""
    labels: Labels
    """(H, W), the row of the patch there; row 0 is what is in none."""
    box: Labels
    """Left, top, width, height and area, px."""
    extent: Floats
    """From end to end, units."""
    thickness: Floats
    """Units."""
    contrast: Floats
    """By how much they stand out, 0 where that is not sure."""
    on_face: Floats
    """Part of each that lies on a face, and on its eyes, brows and mouth."""
    on_marks: Floats
    around: Floats
    """Spread of the surroundings as a part of the contrast."""

    def mask(self, i: int) -> tuple[slice, slice, Mask]:
        """Rows and columns of a patch, and the patch in them."""
        left, top, wide, high = (int(v) for v in self.box[i, :4])
        here = (slice(top, top + high), slice(left, left + wide))
        return (*here, self.labels[here] == i)


class Ground:
    """A brightness plane, how busy it is where, and the patches that stand out from it.

    Args:
        y: brightness, (H, W).
        sigma: its noise, gray levels.
        face: 1 on faces, else 0, (H, W).
        marks: the same for their eyes, brows and mouths.
    """

    def __init__(self, y: Floats, sigma: float, face: Floats, marks: Floats) -> None:
        self.y, self.sigma, self.face, self.marks = y, sigma, face, marks
        self.unit = max(0.6, max(y.shape) / 512)
        rounded = np.clip(np.round(y), 0, 255).astype(np.uint8)
        self.rise = y - cv2.medianBlur(rounded, 2 * round(MEDIAN * self.unit) + 1)
        busy = np.clip(4 * np.abs(self.rise), 0, 255).astype(np.uint8)
        self.busy = np.maximum(cv2.medianBlur(busy, 2 * round(12 * self.unit) + 1) / np.float32(4), 0.67 * sigma)
        low, high = percentiles(y, 0.5, 99)
        self.range = max(high - low, 1.0)
        self.patches = [self._patches(light) for light in (True, False)]

    def _patches(self, light: bool) -> Patches:
        rise = self.rise if light else -self.rise
        weak = (rise > np.maximum(9, 3.0 * self.busy)).astype(np.uint8)
        strong = rise > np.maximum(18, 5 * self.busy)
        count, labels, stats, middles = cv2.connectedComponentsWithStats(weak, connectivity=8)
        there = weak > 0
        of = labels[there]
        area = np.bincount(of, minlength=count).clip(1)

        def mean(values: Floats) -> Floats:
            return np.asarray(np.bincount(of, values[there], count) / area, np.float32)

        contrast = mean(rise)
        sure = (mean(strong.astype(np.float32)) >= 0.35) & (area >= 3 * self.unit)
        contrast[~sure] = 0
        contrast[0] = 0
        size = 2 * round(1.2 * self.unit) + 1
        clear = (cv2.dilate(weak, np.ones((size, size), np.uint8)) == 0).astype(np.float32)
        window = (2 * round(5 * self.unit) + 1,) * 2
        share = cv2.blur(clear, window)
        average = cv2.blur(self.y * clear, window) / np.maximum(share, 1e-3)
        spread = cv2.blur(self.y * self.y * clear, window) / np.maximum(share, 1e-3) - average * average
        spread = np.where(share > 0.25, np.sqrt(np.maximum(spread, 0)), 255)
        at = np.round(middles).astype(int)
        around = spread[at[:, 1].clip(0, spread.shape[0] - 1), at[:, 0].clip(0, spread.shape[1] - 1)]
        return Patches(
            light=light,
            labels=labels,
            box=stats,
            extent=np.hypot(stats[:, 2], stats[:, 3]).astype(np.float32) / self.unit,
            thickness=np.maximum(1, 4 * mean(cv2.distanceTransform(weak, cv2.DIST_L2, 3)) - 1) / self.unit,
            contrast=contrast / self.range,
            on_face=mean(self.face),
            on_marks=mean(self.marks),
            around=np.asarray(around / np.maximum(contrast, 1), np.float32),
        )
