"""Where a face lies in a scan, and the way between the scan and the square that the networks know."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face

__all__ = ["SIZE", "Alignment", "Box", "Floats", "enlargement", "five_points", "resample", "similarity"]

Floats = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]
Box = tuple[slice, slice]
"""Rows and columns of a picture."""

SIZE = 512
"""Edge of the square, px."""

TEMPLATE: Matrix = np.array([
    [192.98138, 239.94708], [318.90277, 240.1936], [256.63416, 314.01935],
    [201.26117, 371.41043], [313.08905, 371.15118],
])  # fmt: skip
"""Where the networks expect the eye at the picture's left, the other eye, the tip of the nose and the corners of the
mouth: the mean of FFHQ's faces at 512 px, as in facexlib (Wang 2021), with which all of them were trained."""

EYES = (
    (33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7),
    (263, 466, 388, 387, 386, 385, 384, 398, 362, 382, 381, 380, 374, 373, 390, 249),
)
"""Rims of the eye at the picture's left and of the other one, in the mesh. Their middles stay when the gaze wanders."""
NOSE, MOUTH = 4, (61, 291)
"""Tip of the nose and corners of the mouth, in the mesh."""


def five_points(face: Face) -> Matrix:
    """The five points of :data:`TEMPLATE` on a face, float64 (5, 2), px."""
    points = face.landmarks[:, :2].astype(np.float64)
    eyes = [points[list(rim)].mean(axis=0) for rim in EYES]
    return np.stack([*eyes, points[NOSE], *(points[i] for i in MOUTH)])


def similarity(source: Matrix, target: Matrix) -> Matrix:
    """The turn, scale and shift that brings points closest to others in the sense of least squares (Umeyama 1991).

    Args:
        source: float64 (N, 2).
        target: float64 (N, 2).

    Returns:
        float64 (3, 3), never a mirroring.
    """
    middles = source.mean(axis=0), target.mean(axis=0)
    a, b = ((points - middle) @ np.array([1, 1j]) for points, middle in zip((source, target), middles, strict=True))
    turn = complex(np.vdot(a, b) / np.vdot(a, a))
    matrix = np.array([[turn.real, -turn.imag, 0], [turn.imag, turn.real, 0], [0, 0, 1]])
    matrix[:2, 2] = middles[1] - matrix[:2, :2] @ middles[0]
    return matrix


def enlargement(x: float, y: float) -> Matrix:
    """The map of pixel centres, float64 (3, 3), when a picture is resized by these factors."""
    return np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])


def resample(picture: Floats, matrix: Matrix, height: int, width: int) -> Floats:
    """Bring a picture into another frame, without aliasing where it becomes smaller.

    Args:
        picture: float32 (H, W) or (H, W, C).
        matrix: float64 (3, 3), a similarity from its pixels to those of the frame.
        height: rows of the frame.
        width: columns of the frame.

    Returns:
        float32 (height, width) or (height, width, C); beyond its border the picture is mirrored.
    """
    scale = _scale(matrix)
    if scale < 1:
        rows, columns = picture.shape[:2]
        wide, high = max(1, round(columns * scale)), max(1, round(rows * scale))
        picture = np.asarray(cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA))
        matrix = matrix @ np.linalg.inv(enlargement(wide / columns, high / rows))
    warped = cv2.warpAffine(
        picture, matrix[:2], (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101
    )
    return np.asarray(warped, np.float32)


@dataclass(frozen=True, eq=False)
class Alignment:
    """The way between a picture and the square in which a face looks like the mean of FFHQ's."""

    matrix: Matrix
    """float64 (3, 3), from the picture's pixels to the square's."""

    @classmethod
    def of(cls, face: Face) -> Alignment:
        """Align a face by five of its points."""
        return cls(similarity(five_points(face), TEMPLATE))

    @property
    def scale(self) -> float:
        """Px of the square to a px of the picture."""
        return _scale(self.matrix)

    def in_enlarged(self, factor: int) -> Alignment:
        """The same face in the picture enlarged so many times."""
        return Alignment(self.matrix @ np.linalg.inv(enlargement(factor, factor)))

    def apply(self, points: npt.NDArray[np.floating]) -> Matrix:
        """Bring points (N, 2) of the picture into the square."""
        return np.asarray(points @ self.matrix[:2, :2].T + self.matrix[:2, 2], np.float64)

    def box(self, height: int, width: int) -> Box:
        """Rows and columns of a picture of that size that the square covers; empty if it lies outside."""
        corners = np.array([[0, 0, SIZE, SIZE], [0, SIZE, 0, SIZE], [1, 1, 1, 1]]) - [[0.5], [0.5], [0]]
        x, y = (np.linalg.inv(self.matrix) @ corners)[:2]
        x0, x1 = (int(np.clip(v, 0, width)) for v in (np.floor(x.min()), np.ceil(x.max()) + 1))
        y0, y1 = (int(np.clip(v, 0, height)) for v in (np.floor(y.min()), np.ceil(y.max()) + 1))
        return slice(y0, y1), slice(x0, x1)

    def crop(self, pixels: npt.NDArray[np.uint8]) -> Floats:
        """The square, float32 (512, 512, 3) 0..255, of a picture uint8 (H, W, 3)."""
        box = self.box(*pixels.shape[:2])
        part = pixels[box].astype(np.float32)
        return np.clip(resample(part, self.matrix @ _shift(box), SIZE, SIZE), 0, 255)

    def back(self, square: Floats, box: Box) -> Floats:
        """A square, float32 (512, 512) or (512, 512, C), brought back to a box of the picture."""
        height, width = (part.stop - part.start for part in box)
        return resample(square, np.asarray(np.linalg.inv(self.matrix @ _shift(box)), np.float64), height, width)


def _scale(matrix: Matrix) -> float:
    return float(np.sqrt(abs(np.linalg.det(matrix[:2, :2]))))


def _shift(box: Box) -> Matrix:
    """From a box's own pixels to those of the picture it was taken from."""
    matrix = np.eye(3)
    matrix[:2, 2] = box[1].start, box[0].start
    return matrix
