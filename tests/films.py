"""Photos that move by a few rows of channels, and how far pictures are apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photomotion.data import Analysis, FaceMotion, Motion, Photo
from photomotion.warp import Scene

__all__ = ["Pixels", "apart", "film", "shut"]

Pixels = npt.NDArray[np.uint8]


def shut(amount: float) -> dict[str, float]:
    return {"eyeBlinkLeft": amount, "eyeBlinkRight": amount}


def film(photo: Photo, analysis: Analysis, *rows: dict[str, float]) -> Scene:
    """A scene in which everybody in the photo moves by those rows."""
    channels = tuple(sorted({name for row in rows for name in row})) or ("headYaw",)
    values = np.array([[row.get(c, 0.0) for c in channels] for row in rows], np.float32)
    faces = tuple(FaceMotion(channels=channels, values=values) for _ in analysis.faces)
    return Scene(photo, analysis, Motion(fps=25, faces=faces))


def apart(a: Pixels, b: Pixels) -> npt.NDArray[np.int16]:
    return np.asarray(np.abs(a.astype(np.int16) - b), np.int16)
