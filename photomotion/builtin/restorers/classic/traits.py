"""What tells a scratch from a hair, a seam or a wrinkle: eight numbers of a line, weighed.

The weights are a logistic regression of lines that code drew on undamaged portraits (light and dark, whole and
interrupted, single and in nets) against the lines that those portraits have of themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .planes import Floats, Mask

__all__ = ["Traits", "measure"]

LIGHT = (-3.2, 0.23, 1.32, 15.2, -0.65, -1.6, -0.95, 7.0, -10.1)
DARK = (-0.65, 0.07, 0.0, 14.2, -0.6, -1.25, -0.6, 7.3, -12.0)
"""Weight of nothing, then of each of the traits in :meth:`Traits.score`."""


@dataclass(frozen=True, kw_only=True)
class Traits:
    """A thin patch that stands out from its surroundings."""

    length: float
    """Its length along all branches, units."""
    thickness: float
    """Its width, units."""
    contrast: float
    """By how much it stands out, as a part of the picture's range."""
    ridge: float
    """Part of it that stands out from both its sides."""
    step: float
    """How unlike both its sides are, as a part of the contrast: an outline has two different sides."""
    unrest: float
    """How much its sides change further out, as a part of the contrast."""
    straightness: float
    """0 no direction ... 1 locally straight."""
    crossing: float
    """Standard deviation of what is beside it, in ranges: a scratch does not mind what it runs across."""
    mottling: float
    """Standard deviation of its own brightness, in ranges: a scratch is of one brightness."""
    extent_in_radii: float
    """Its extent in radii of the circle that fits it best."""
    stray: float
    """How far it strays from that circle, in extents."""

    @property
    def clean(self) -> bool:
        """Whether it stands out from both its sides all along, and these are alike."""
        return self.ridge > 0.75 and self.step < 0.5

    def score(self, light: bool) -> float:
        """Logarithm of the odds that it is a scratch, were scratches as frequent as other lines."""
        values = (
            1.0,
            float(np.log(max(self.length, 1.0))),
            float(np.log(self.thickness)),
            min(self.contrast, 0.4),
            min(self.step, 2.0),
            min(self.unrest, 2.0),
            self.straightness,
            min(self.crossing, 0.25),
            min(self.mottling, 0.3),
        )
        return float(np.dot(LIGHT if light else DARK, values))


def measure(
    y: Floats, shape: Floats, thickness: float, contrast: float, span: float, unit: float, *, light: bool
) -> Traits:
    """Measure a patch.

    Args:
        y: brightness around it, (h, w).
        shape: 1 on the patch, else 0, (h, w).
        thickness: its width, units.
        contrast: by how much it stands out, in ranges.
        span: the picture's range, gray levels.
        unit: 1/512 of the picture's long edge, px.
        light: whether it is lighter than its surroundings, or darker.
    """
    wide = thickness * unit
    soft = cv2.GaussianBlur(shape, (0, 0), max(1.0, 0.6 * wide))
    dx, dy = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(v, (0, 0), 3 * unit) for v in (dx * dx, dy * dy, dx * dy))
    rows, columns = np.nonzero(shape)
    few = slice(None, None, max(1, len(rows) // 300))
    at_rows, at_columns = rows[few], columns[few]
    xx, yy, xy = (v[at_rows, at_columns] for v in (xx, yy, xy))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    reach = 0.5 * wide + 2.5 * unit
    calm = cv2.GaussianBlur(y, (0, 0), 0.8 * unit)
    far_one, one, two, far_two = (
        cv2.remap(
            calm,
            (at_columns + way * np.cos(angle)).astype(np.float32)[None],
            (at_rows + way * np.sin(angle)).astype(np.float32)[None],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )[0]
        for way in (-2 * reach, -reach, reach, 2 * reach)
    )
    levels = contrast * span
    own = y[at_rows, at_columns]
    out_of_one, out_of_two = ((own - side) * (1 if light else -1) > 0.35 * levels for side in (one, two))
    extent_in_radii, stray = _arc(shape > 0)
    return Traits(
        length=len(rows) / (unit * wide),
        thickness=thickness,
        contrast=contrast,
        ridge=float((out_of_one & out_of_two).mean()),
        step=float(np.median(np.abs(one - two))) / levels,
        unrest=float(np.median(np.abs(far_one - one) + np.abs(far_two - two))) / levels,
        straightness=float(np.median(np.hypot(xx - yy, 2 * xy) / np.maximum(xx + yy, 1e-6))),
        crossing=float(np.std(0.5 * (one + two))) / span,
        mottling=float(np.std(own)) / span,
        extent_in_radii=extent_in_radii,
        stray=stray,
    )


def _arc(mask: Mask) -> tuple[float, float]:
    """The circle nearest to a line (Kåsa, 1976): the line's extent in radii, and how far it strays, in extents."""
    rows, columns = np.nonzero(mask)
    x, y = columns - columns.mean(), rows - rows.mean()
    system = np.stack([x, y, np.ones_like(x)], axis=1)
    (a, b, c), *_ = np.linalg.lstsq(system, x * x + y * y, rcond=None)
    radius = float(np.sqrt(max(c + (a * a + b * b) / 4, 1e-6)))
    extent = float(np.hypot(np.ptp(x), np.ptp(y)))
    return extent / radius, float((np.hypot(x - a / 2, y - b / 2) - radius).std()) / extent
