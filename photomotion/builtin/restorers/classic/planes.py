"""Pictures as float planes: brightness and colour apart, and small helpers that every step shares."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Floats", "Mask", "Pixels", "luma", "merge", "percentiles", "split"]

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def luma(picture: Floats) -> Floats:
    """Brightness of a float32 (H, W, 3) picture, 0..255: ITU-R BT.601, as JPEG has it."""
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.float32)


def split(picture: Floats) -> tuple[Floats, Floats, Floats]:
    """Y, Cr and Cb of a float32 (H, W, 3) picture, each (H, W); Cr and Cb are 0 for gray."""
    planes = cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb)
    return planes[..., 0].copy(), planes[..., 1] - 0.5, planes[..., 2] - 0.5


def merge(y: Floats, cr: Floats, cb: Floats) -> Floats:
    """The inverse of :func:`split`."""
    return np.asarray(cv2.cvtColor(np.dstack([y, cr + 0.5, cb + 0.5]), cv2.COLOR_YCrCb2RGB), np.float32)


def percentiles(values: Floats, *wanted: float) -> list[float]:
    """Percentiles, 0..100, of at most 250 000 of the values, evenly chosen: enough for any threshold here."""
    flat = values.reshape(-1)
    return [float(v) for v in np.percentile(flat[:: max(1, flat.size // 250_000)], wanted)]
