"""What colour a print is: a restorer may sharpen a face, it may not paint it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Photo

from .alignment import Floats

__all__ = ["Tone", "luma"]

TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]], np.float32)
"""RGB to Y, Cb, Cr (ITU-R BT.601, full range)."""
TO_RGB = np.linalg.inv(TO_YCC.astype(np.float64)).astype(np.float32)
TONED = 2.5
"""Levels by which the colour of a print with one dye strays from its curve, root mean square. Sepia scans were at 0.8
and 1.3, the dullest colour photos at 4 to 6."""

COLOUR = 3.0
"""How many times finer the scan's colour is kept than its brightness: there is no detail in it to be redrawn."""


def luma(pixels: Floats) -> Floats:
    """Float32 (H, W) of float32 (H, W, 3), ITU-R BT.601."""
    return np.asarray(pixels @ TO_YCC[0], np.float32)


@dataclass(frozen=True, eq=False)
class Tone:
    """The colours of a print."""

    kind: Literal["gray", "toned", "colour"]
    """Without colour; of one dye, so that brightness decides colour, like sepia; or of many colours."""
    curve: npt.NDArray[np.float64]
    """float64 (3, 2): Cb and Cr over brightness 0..1, as a polynomial of second degree, constant first."""

    @classmethod
    def of(cls, photo: Photo) -> Tone:
        """Measure a photo's tone, on at most 256 x 256 px, which takes grain and the scanner's colour noise away."""
        shrink = min(1.0, 256 / max(photo.height, photo.width))
        size = max(1, round(photo.width * shrink)), max(1, round(photo.height * shrink))
        small = cv2.resize(photo.pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        ycc = cv2.GaussianBlur(small, (0, 0), 1.0).reshape(-1, 3) @ TO_YCC.T
        powers = np.vander(ycc[:, 0].astype(np.float64) / 255, 3, increasing=True)
        curve, *_ = np.linalg.lstsq(powers, ycc[:, 1:].astype(np.float64), rcond=None)
        strays = float(np.sqrt(np.mean((powers @ curve - ycc[:, 1:]) ** 2)))
        return cls("gray" if photo.gray else "toned" if strays < TONED else "colour", curve)

    def keep(self, made: Floats, scan: Floats, sigma: float) -> Floats:
        """Give a network's picture the scan's tones.

        That is the brightness of all that is larger than ``sigma``, and the colour of all that is larger than a third
        of it. In a print without colour, or of one dye, nothing gets a colour of its own.

        Args:
            made: float32 (H, W, 3), 0..255, the network's.
            scan: float32 (H, W, 3), 0..255, the same part of the scan.
            sigma: of the Gaussian that tells large from small, px.

        Returns:
            float32 (H, W, 3), 0..255.
        """
        light, own = luma(made), luma(scan)
        lift = np.asarray(cv2.GaussianBlur(own - light, (0, 0), sigma), np.float32)
        if self.kind == "colour":
            colour = scan - made - (own - light)[..., None]
            tint = cv2.GaussianBlur(colour, (0, 0), sigma / COLOUR)
            return np.asarray(np.clip(made + lift[..., None] + tint, 0, 255), np.float32)
        light = np.asarray(np.clip(light + lift, 0, 255), np.float32)
        if self.kind == "gray":
            return np.repeat(light[..., None], 3, axis=2)
        strays = scan @ TO_YCC[1:].T - self._colour(own)
        colour = self._colour(light) + cv2.GaussianBlur(strays, (0, 0), sigma)
        return np.asarray(np.clip(np.dstack([light, colour]) @ TO_RGB.T, 0, 255), np.float32)

    def _colour(self, light: Floats) -> Floats:
        """Cb and Cr, float32 (H, W, 2), that the print has at a brightness."""
        x = light[..., None] / 255
        c = self.curve.astype(np.float32)
        return np.asarray(c[0] + x * (c[1] + x * c[2]), np.float32)
