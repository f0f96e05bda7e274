"""What a film will take, told before it is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from photomotion.data import Cost, Face

__all__ = ["estimate_cost"]

# Fitted to the processor time of whole films of 2 and 8 s at 25 fps, 256 to 2048 px square, of one and four faces,
# through the built-in stages: 50 to 200 frames tell apart what each frame takes and what does not depend on it.
START, START_PER_MEGAPIXEL, START_PER_FACE = 0.85, 0.10, 0.03
FRAME, FRAME_PER_MEGAPIXEL, FRAME_PER_FURTHER_FACE = 0.0018, 0.0128, 0.0025
SIDE_BY_SIDE = 0.7
"""Seconds for each second of processor time where two cores are idle: half the work is drawing, beside encoding."""
AREAS = (0.07, 0.26, 1.05, 2.1, 4.2, 6.0, 8.4, 12.0)
MEMORY = (200.0, 250.0, 475.0, 565.0, 890.0, 1190.0, 1000.0, 1320.0)
"""Megapixels, and MB of a whole process on one face: peaks of films of 2 s; 5 s and 60 s need the same within 2 %. Of
large pictures less is held at once, so there is a step down."""
MEMORY_PER_FURTHER_MEGAPIXEL = 90.0


def estimate_cost(width: int, height: int, faces: Sequence[Face]) -> Cost:
    """The cost of a film of a photo of this size, px, at its own size."""
    area = width * height / 1e6
    frame = FRAME + FRAME_PER_MEGAPIXEL * area + FRAME_PER_FURTHER_FACE * max(0, len(faces) - 1)
    return Cost(
        start=SIDE_BY_SIDE * (START + START_PER_MEGAPIXEL * area + START_PER_FACE * len(faces)),
        frame=SIDE_BY_SIDE * frame,
        memory=float(np.interp(area, AREAS, MEMORY)) + MEMORY_PER_FURTHER_MEGAPIXEL * max(0.0, area - AREAS[-1]),
    )
