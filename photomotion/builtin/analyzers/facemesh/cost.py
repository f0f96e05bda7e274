"""What a film will take, told before it is made."""

from __future__ import annotations

from collections.abc import Sequence

from photomotion.data import Cost, Face

__all__ = ["estimate_cost"]

# Fitted to films of 5 s at 25 fps through the built-in stages on a machine with two cores, of one to three faces.
START, START_PER_MEGAPIXEL, START_PER_FACE = 0.5, 0.5, 0.1
FRAME, FRAME_PER_MEGAPIXEL, FRAME_PER_FACE = 0.001, 0.02, 0.002
MEMORY, MEMORY_PER_MEGAPIXEL = 160.0, 160.0


def estimate_cost(width: int, height: int, faces: Sequence[Face]) -> Cost:
    """The cost of a film of a photo of this size, px, at its own size."""
    area = width * height / 1e6
    return Cost(
        start=START + START_PER_MEGAPIXEL * area + START_PER_FACE * len(faces),
        frame=FRAME + FRAME_PER_MEGAPIXEL * area + FRAME_PER_FACE * len(faces),
        memory=MEMORY + MEMORY_PER_MEGAPIXEL * area,
    )
