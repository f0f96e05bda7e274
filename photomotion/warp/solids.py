"""How large the solid is that a head turns as: its outline in the photo is where it turns away from us."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from photomotion.data.ranks import median

from .geometry import Array, HeadFrame
from .head import SKULL_CENTRE

__all__ = ["with_skull"]

WIDE, HIGH = (0.7, 0.9), (0.95, 1.7)
"""Least and greatest half width and half height that are believed, in eye distances. Hair makes heads higher, but what
is beside the ears is as far back as these."""
TEMPLES = (-0.75, -0.6, -0.45)
"""v at which the width is measured: above the ears."""
CROWN = (-0.3, -0.15, 0.0, 0.15, 0.3)
"""u, from the middle of the head, at which the height is measured."""
FARTHEST, STEP = 2.2, 0.02
"""How far the outline is looked for, and in what steps, in eye distances."""


def with_skull(frame: HeadFrame, matte: Array) -> HeadFrame:
    """The frame with the size of the head under its hair, as far as the matte shows it.

    A solid that is larger than its outline would carry the crown along as if it lay in front; a smaller one would leave
    the hair standing.

    Args:
        frame: of the head.
        matte: float32 (H, W), of the photo.
    """
    centre = frame.origin + frame.vector(*SKULL_CENTRE)
    u, v = (float(x) for x in frame.uv(centre[0], centre[1]))
    wide, high = frame.skull
    up = [_reach(frame, matte, u + aside, v, 0.0, -1.0) for aside in CROWN]
    tops = [reach / np.sqrt(1 - (aside / wide) ** 2) for aside, reach in zip(CROWN, up, strict=True) if reach]
    if len(tops) > len(CROWN) / 2:
        high = float(np.clip(median(tops), *HIGH))
    sides = [_reach(frame, matte, u, at, way, 0.0) for at in TEMPLES for way in (-1.0, 1.0)]
    found = [
        reach / np.sqrt(1 - min(abs(at - v) / high, 0.9) ** 2)
        for at, reach in zip(np.repeat(TEMPLES, 2), sides, strict=True)
        if reach
    ]
    if len(found) > len(TEMPLES):
        wide = float(np.clip(median(found), *WIDE))
    return replace(frame, skull=(wide, high))


def _reach(frame: HeadFrame, matte: Array, u: float, v: float, right: float, down: float) -> float:
    """How far the person goes on from (u, v) that way, in eye distances; 0 if that cannot be seen."""
    along = np.arange(0, FARTHEST, STEP, dtype=np.float32)
    c, s = np.cos(frame.roll), np.sin(frame.roll)
    du, dv = u + right * along, v + down * along
    x = np.round(frame.origin[0] + frame.unit * (c * du - s * dv)).astype(int)
    y = np.round(frame.origin[1] + frame.unit * (s * du + c * dv)).astype(int)
    inside = (x >= 0) & (y >= 0) & (x < matte.shape[1]) & (y < matte.shape[0])
    person = matte[y.clip(0, matte.shape[0] - 1), x.clip(0, matte.shape[1] - 1)] > 0.5
    ended = np.flatnonzero(~person | ~inside)
    if not ended.size or not inside[ended[0]]:
        return 0.0
    return float(along[ended[0]])
