"""Is it still that person? How far a network moved a face, and how much of it may stay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face, Photo
from photomotion.stages import FaceAnalyzer

from .alignment import EYES, TEMPLATE, Box, Floats, five_points
from .tones import luma

__all__ = ["Change", "Guard", "Verdict", "at_one_sharpness", "likeness", "shift"]

Points = npt.NDArray[np.floating]

LIPS = (61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146)
NOSE = (1, 2, 4, 5, 19, 94, 98, 327, 129, 358)
BROWS = (70, 63, 105, 66, 107, 300, 293, 334, 296, 336)
PARTS = (*EYES, NOSE, LIPS, BROWS)
"""Parts of a face whose place makes the person, as points of the mesh."""

WINDOW = 6.0
"""Sigma of the window in which structure is compared, px of the square: a third of an iris."""
GRAIN, SAMPLING = 2.0, 0.7
"""Sigma of the blur that takes grain away before faces are compared: at least so many px of the square, and so many px
of the scan."""
SOFTEST = 16.0
"""Sigma beyond which no picture is blurred to match another, px of the square."""
STABLE = (0.03 * 255) ** 2 / 2
"""Keeps the comparison calm where there is nothing to see (C3 of Wang et al. 2004)."""
STEPS = 5
"""Halvings of the blend: it is found to 1/32."""


@dataclass(frozen=True)
class Change:
    """How much a face is another one."""

    shift: float
    """How far the part of it that moved most has moved, in distances between the outer eye corners."""
    likeness: float
    """1 the same structure in eyes and mouth ... 0 another; of the part that is least alike."""
    seen: bool = True
    """Whether there is still a face in its place; if not, ``shift`` is 1."""


@dataclass(frozen=True)
class Verdict:
    """How much of the network's face stays."""

    blend: float
    """0 none ... 1 all of it."""
    wanted: Change
    """The change at the blend that was asked for."""
    kept: Change
    """The change at the blend that is left."""
    limit: float
    """The shift that was let pass, in eye distances: the bound, or one px of the scan where that is more."""


def shift(before: Points, after: Points) -> float:
    """How far a face moved, in distances between its outer eye corners: the mean over the part that moved most.

    Args:
        before: landmarks (478, 2 or more), px.
        after: the same after it was redrawn.
    """
    eye_distance = float(np.linalg.norm(before[33, :2] - before[263, :2]))
    moved = np.linalg.norm(after[:, :2] - before[:, :2], axis=1)
    return max(float(moved[list(part)].mean()) for part in PARTS) / eye_distance


def likeness(scan: Floats, made: Floats, landmarks: Points) -> float:
    """How alike two pictures of a face, of one sharpness, are in eyes and mouth, 0..1, whatever their contrast.

    The structure term of SSIM (Wang et al. 2004) as a mean over each eye and the mouth; the least of the three.

    Args:
        scan: float32 (H, W, 3), 0..255.
        made: float32 (H, W, 3), 0..255.
        landmarks: (478, 2 or more), px.
    """
    structure = _structure(luma(scan), luma(made))
    return float(np.clip(min(float(structure[box].mean()) for box in _boxes(landmarks, scan.shape)), 0, 1))


def at_one_sharpness(scan: Floats, made: Floats, landmarks: Points) -> tuple[Floats, Floats]:
    """Blur the sharper of two pictures of a face until its eyes and mouth are as soft as the other's.

    What the scan is too soft to know can then neither be held against the network nor mislead the landmarks: on a face
    of 60 px the analyzer's own error is several times the shift that it is to find.

    Args:
        scan: float32 (H, W, 3), 0..255.
        made: float32 (H, W, 3), 0..255.
        landmarks: (478, 2 or more), px.

    Returns:
        The two, the softer one as it came.
    """
    boxes = _boxes(landmarks, scan.shape)
    fine = _detail(luma(scan), boxes), _detail(luma(made), boxes)
    if fine[0] < fine[1]:
        return scan, _softened(made, fine[0], boxes)
    return _softened(scan, fine[1], boxes), made


class Guard:
    """Measures how much a redrawn face is another one, and lowers the blend until it is that person again.

    Args:
        open_analyzer: gives the analyzer that finds the landmarks; called when it is first needed.
        max_shift: the greatest shift that may stay, in eye distances.
        min_likeness: the least likeness that must stay, 0..1.
    """

    def __init__(self, open_analyzer: Callable[[], FaceAnalyzer], max_shift: float, min_likeness: float) -> None:
        self._open = open_analyzer
        self.max_shift = max_shift
        self.min_likeness = min_likeness

    def judge(self, scan: Floats, made: Floats, landmarks: Points, blend: float, scale: float = 1.0) -> Verdict:
        """Find how much of the network's face may stay, at most what is asked for, so that it is within the bounds.

        Args:
            scan: float32 (512, 512, 3), 0..255, the aligned face of the scan.
            made: the same from the network.
            landmarks: (478, 2), where the scan's face lies in the square: for a scan that is too soft for the analyzer
                to find it there again.
            blend: share of the network's face that is asked for, 0..1.
            scale: px of the square to a px of the scan.
        """
        sigma = max(GRAIN, SAMPLING * scale)
        scan, made = (np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.float32) for picture in (scan, made))
        seen = self._landmarks(scan)
        limit = max(self.max_shift, scale / float(np.linalg.norm(landmarks[33, :2] - landmarks[263, :2])))
        wanted = self._change(scan, made, landmarks, blend, seen)
        if self._allows(wanted, limit):
            return Verdict(blend, wanted, wanted, limit)
        low, high, kept = 0.0, blend * self._proportion(wanted, limit), Change(0.0, 1.0)
        change = self._change(scan, made, landmarks, high, seen)
        if self._allows(change, limit):
            return Verdict(high, wanted, change, limit)
        for _ in range(STEPS):
            middle = (low + high) / 2
            change = self._change(scan, made, landmarks, middle, seen)
            if self._allows(change, limit):
                low, kept = middle, change
            else:
                high = middle
        return Verdict(low, wanted, kept, limit)

    def _proportion(self, wanted: Change, limit: float) -> float:
        """The share at which the change would be within bounds if it grew evenly.

        More is never kept: two faces laid over each other do not meet halfway. Landmarks and structure stay with the
        stronger one, while both mouths are seen.
        """
        by_shift = limit / max(wanted.shift, limit)
        by_likeness = (1 - self.min_likeness) / max(1 - wanted.likeness, 1 - self.min_likeness, 1e-6)
        return min(by_shift, by_likeness)

    def _allows(self, change: Change, limit: float) -> bool:
        return change.seen and change.shift <= limit and change.likeness >= self.min_likeness

    def _change(self, scan: Floats, made: Floats, landmarks: Points, blend: float, seen: Points | None) -> Change:
        a, b = at_one_sharpness(scan, scan + blend * (made - scan), landmarks)
        alike = likeness(a, b, landmarks)
        before, after = seen if a is scan else self._landmarks(a), self._landmarks(b)
        if after is None and before is not None:
            return Change(1.0, alike, seen=False)
        # In a scan so soft that its face is not even seen, only the structure can tell.
        return Change(0.0 if before is None or after is None else shift(before, after), alike)

    def _landmarks(self, square: Floats) -> Points | None:
        """Where the aligned face is, float32 (478, 3), or None if no face is seen in its place."""
        photo = Photo(pixels=np.clip(np.round(square), 0, 255).astype(np.uint8), name="face")

        def apart(face: Face) -> float:
            return float(np.linalg.norm(five_points(face) - TEMPLATE, axis=1).mean())

        face = min(self._open().analyze(photo).faces, key=apart, default=None)
        return face.landmarks if face is not None and apart(face) < 0.5 * face.eye_distance else None


def _boxes(landmarks: Points, shape: tuple[int, ...]) -> list[Box]:
    """Eyes and mouth with a fifth of their width around them."""
    boxes = []
    for part in (*EYES, LIPS):
        points = landmarks[list(part), :2]
        margin = 0.2 * float(np.ptp(points[:, 0]))
        low, high = points.min(axis=0) - margin, points.max(axis=0) + margin + 1
        (x0, y0), (x1, y1) = (np.clip(corner, 0, (shape[1], shape[0])).astype(int) for corner in (low, high))
        # A part outside the square is compared where it is nearest.
        x0, y0 = min(x0, shape[1] - 2), min(y0, shape[0] - 2)
        boxes.append((slice(y0, max(y1, y0 + 2)), slice(x0, max(x1, x0 + 2))))
    return boxes


def _detail(picture: Floats, boxes: list[Box]) -> float:
    """Mean square of the gradient over the variance: how fine the structure is, whatever the contrast."""
    power, variance = 0.0, STABLE
    for box in boxes:
        part = picture[box]
        power += float((np.diff(part, axis=0) ** 2).mean() + (np.diff(part, axis=1) ** 2).mean())
        variance += float(part.var())
    return power / variance


def _softened(picture: Floats, detail: float, boxes: list[Box]) -> Floats:
    """The picture, blurred until its structure is no finer than ``detail``; the same object if it is not."""
    light = luma(picture)
    if _detail(light, boxes) <= detail:
        return picture
    low, high = 0.0, SOFTEST
    for _ in range(6):
        sigma = (low + high) / 2
        if _detail(cv2.GaussianBlur(light, (0, 0), sigma), boxes) > detail:
            low = sigma
        else:
            high = sigma
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), high), np.float32)


def _structure(a: Floats, b: Floats) -> Floats:
    """Correlation in a Gaussian window around each pixel, -1..1."""

    def mean(picture: Floats) -> Floats:
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), WINDOW), np.float32)

    ma, mb = mean(a), mean(b)
    spread = np.sqrt(np.maximum(mean(a * a) - ma * ma, 0) * np.maximum(mean(b * b) - mb * mb, 0))
    return np.asarray((mean(a * b) - ma * mb + STABLE) / (spread + STABLE), np.float32)
