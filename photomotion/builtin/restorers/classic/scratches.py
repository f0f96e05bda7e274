"""Finding scratches, cracks and dust: what lies on the print, not in the picture.

Lengths are in units of 1/512 of the picture's long edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from .faces import FaceSpot, cover, features
from .lines import find_lines
from .outline import trim
from .patches import Ground
from .planes import Floats, Mask

__all__ = ["Flaws", "find"]

LONGEST = 1024
"""Larger pictures are searched at this size, px: finer flaws than that are no wider than their grain."""
SPECKS = 17
"""Certain specks from which on a print counts as dusty; undamaged pictures have up to 14."""
RIM = 1.3
"""How far around what was searched a flaw may reach, units."""


@dataclass(frozen=True, eq=False)
class Flaws:
    """What lies on a print. Masks are (H, W), empty where there is too little to be sure of any of it."""

    lines: Mask
    """On scratches and cracks."""
    spots: Mask
    """On dust."""
    length: float
    """Lines that are certain, in long edges of the picture, whether masked or not."""
    count: int
    """Specks that are certain, whether masked or not."""


def find(
    y: Floats,
    sigma: float,
    faces: Sequence[FaceSpot],
    *,
    sure_lines: bool = False,
    sure_spots: bool = False,
    smeared: bool = False,
) -> Flaws:
    """Search a brightness plane (H, W) with noise of ``sigma`` gray levels.

    ``sure_lines`` and ``sure_spots`` take what looks like a flaw as one, however few there are; otherwise nothing is
    certain where there is no face to tell what the picture is of. ``smeared`` tells that JPEG spread the colour of
    flaws around them.
    """
    height, width = y.shape
    shrink = min(1.0, LONGEST / max(height, width))
    size = (max(8, round(width * shrink)), max(8, round(height * shrink)))
    small = y if shrink == 1 else np.asarray(cv2.resize(y, size, interpolation=cv2.INTER_AREA), np.float32)
    face, marks = (
        cv2.resize(draw(faces, height, width), size, interpolation=cv2.INTER_LINEAR) for draw in (cover, features)
    )
    ground = Ground(small, sigma * shrink, face, marks)
    lines, length = find_lines(ground, sure_lines)
    spots, count = _find_spots(ground, sure_spots)
    found = [
        mask if faces or sure else np.zeros_like(mask)
        for sure, masks in ((sure_lines, lines), (sure_spots, spots))
        for mask in masks
    ]
    reach = 2 * round(RIM * ground.unit) + 1
    rim = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    wide = [
        cv2.resize(cv2.dilate(mask.astype(np.uint8), rim), (width, height), interpolation=cv2.INTER_LINEAR) > 0
        for mask in found
    ]
    light_lines, dark_lines, light_spots, dark_spots = wide if smeared else trim(y, wide, sigma)
    return Flaws(light_lines | dark_lines, light_spots | dark_spots, length / 512, count)


def _find_spots(ground: Ground, sure: bool) -> tuple[list[Mask], int]:
    """Masks of specks, light and dark, and the number of those that are certain: strong, small, on calm ground."""
    masks: list[Mask] = []
    count = 0
    for p in ground.patches:
        speck = (p.extent <= 14) & (p.thickness < 7)
        elsewhere = (p.on_face < 0.4) & (p.on_marks < 0.2)
        small = speck & elsewhere
        count += int((small & (p.contrast > 0.12) & (p.around < 0.12)).sum())
        # On a face only what no mole, gleam or pupil is: nearly black or white, and sharply alone on smooth skin.
        bold = speck & ~elsewhere & (p.contrast > 0.4) & (p.around < 0.08)
        fibre = (p.extent <= 26) & (p.on_face < 0.1) & (p.on_marks < 0.1)
        taken = bold | (small & (p.contrast > 0.09) & (p.around < 0.25))
        taken |= fibre & (p.contrast > 0.15) & (p.around < 0.12)
        masks.append(taken[p.labels])
    if count < SPECKS and not sure:
        masks = [np.zeros_like(mask) for mask in masks]
    return masks, count
