"""Colours as people tell them apart: CIELAB. OpenCV's own conversion first fills tables for a tenth of a second."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["to_lab"]

Floats = npt.NDArray[np.float32]

_D65 = np.array([0.950456, 1.0, 1.088754])
"""The white of sRGB, X, Y and Z."""
_TO_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]], np.float64
)
_WHITE_XYZ = np.asarray(_TO_XYZ / _D65[:, None], np.float32)
_OPPONENTS = np.array([[0, 116, 0, -16], [500, -500, 0, 0], [0, 200, -200, 0]], np.float32)


def to_lab(colours: npt.NDArray[np.uint8] | Floats) -> Floats:
    """sRGB to CIELAB (CIE 15:2004, illuminant D65).

    Args:
        colours: (H, W, 3), uint8 0..255 or float32 0..1.

    Returns:
        float32 (H, W, 3): L* 0..100, a* (green to red) and b* (blue to yellow).
    """
    if colours.dtype == np.uint8:
        light = cv2.LUT(colours, _linear(np.linspace(0, 1, 256, dtype=np.float32)))
    else:
        light = _linear(np.asarray(colours, np.float32))
    xyz = cv2.transform(light, _WHITE_XYZ)
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + np.float32(16 / 116))
    return np.asarray(cv2.transform(root.astype(np.float32), _OPPONENTS), np.float32)


def _linear(values: Floats) -> Floats:
    """Without the curve of sRGB (IEC 61966-2-1)."""
    bent = cv2.pow((values + np.float32(0.055)) * np.float32(1 / 1.055), 2.4).reshape(values.shape)
    return np.where(values <= 0.04045, values * np.float32(1 / 12.92), bent).astype(np.float32)
