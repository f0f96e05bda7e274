"""Breathing: the chest rises and widens, the shoulders lift, the head rides along a little."""

from __future__ import annotations

import numpy as np

from .geometry import Array, HeadFrame, smoothstep
from .grid import Grid

__all__ = ["breathing"]

CHEST, SHOULDERS, HEAD = 0.042, 0.022, 0.006
"""How far each rises at full breath, in eye distances (about 3.8, 2.0 and 0.5 mm: De Groote 1997 and judgement)."""


def breathing(frame: HeadFrame, grid: Grid) -> Array:
    """Displacement of every node in px for a full breath (``breath`` = 1), float32 (2, rows, columns)."""
    u, v = frame.uv(*grid.nodes)
    below = v - frame.chin
    lift = HEAD + (SHOULDERS - HEAD) * smoothstep(below, 0.1, 0.9) + (CHEST - SHOULDERS) * smoothstep(below, 0.7, 2.0)
    lift = lift * (1 - 0.8 * smoothstep(below, 2.6, 4.5)) * (1 - smoothstep(np.abs(u), 2.6, 4.0))
    widen = 0.012 * smoothstep(below, 0.4, 1.8) * (1 - smoothstep(below, 2.6, 4.5)) * np.clip(u / 1.5, -1, 1)
    return np.stack([widen * frame.unit, -lift * frame.unit]).astype(np.float32)
