"""Which part of a photo is a portrait of the people in it."""

from __future__ import annotations

from .data import Analysis

__all__ = ["portrait"]

MAIN = 0.5
"""Faces at least this high, compared with the largest, are in the portrait; smaller ones stand in the background."""
ABOVE, BELOW, ASIDE = 0.65, 1.2, 0.9
"""Room above the forehead, below the chin and beside a face, in heights of the face: head and shoulders, and room for
hats and hair (judgement)."""


def portrait(analysis: Analysis) -> tuple[int, int, int, int]:
    """The box around head and shoulders of everybody who is not small in the background.

    Args:
        analysis: of the photo, with at least one face.

    Returns:
        x0, y0, x1, y1 in px, within the photo, even in width and height if the photo allows.
    """
    height, width = analysis.matte.shape
    boxes = [face.box for face in analysis.faces]
    tallest = max(y1 - y0 for _, y0, _, y1 in boxes)
    around = []
    for x0, y0, x1, y1 in boxes:
        tall = y1 - y0
        if tall >= MAIN * tallest:
            around.append((x0 - ASIDE * tall, y0 - ABOVE * tall, x1 + ASIDE * tall, y1 + BELOW * tall))
    left, top = (max(round(min(box[i] for box in around)), 0) for i in (0, 1))
    right, bottom = (min(round(max(box[i] for box in around)), n) for i, n in ((2, width), (3, height)))
    return left, top, right - (right - left) % 2, bottom - (bottom - top) % 2
