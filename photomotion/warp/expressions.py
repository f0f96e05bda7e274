"""What each expression does to a face: a few landmarks are pushed, the skin around them follows."""

from __future__ import annotations

import numpy as np

from photomotion.data import Face

from .brows import BROWS, Rim, moved
from .geometry import Array, HeadFrame
from .grid import Grid
from .jaw import carried, closed
from .smiles import SMILES, drawn

__all__ = ["PUSHES", "SHOWN", "expression"]

Push = tuple[int, float, float, float]
"""A landmark, how far it goes right and down in the picture, and how far the skin follows (all in eye distances)."""


def _both(left: str, right: str, pushes: dict[int, Push]) -> dict[str, tuple[Push, ...]]:
    """The person's left side as given; the right side mirrored, with the landmark in front of each push."""
    return {
        left: tuple(pushes.values()),
        right: tuple((mirror, -du, dv, reach) for mirror, (_, du, dv, reach) in pushes.items()),
    }


PUSHES: dict[str, tuple[Push, ...]] = {
    **_both("mouthSmileLeft", "mouthSmileRight", {
        205: (425, 0.02, -0.032, 0.165), 101: (330, 0.0, -0.02, 0.13),
    }),
    **_both("mouthFrownLeft", "mouthFrownRight", {61: (291, 0.005, 0.05, 0.13)}),
    **_both("mouthStretchLeft", "mouthStretchRight", {61: (291, 0.06, 0.02, 0.15)}),
    **_both("mouthPressLeft", "mouthPressRight", {
        39: (269, 0.0, 0.024, 0.065), 181: (405, 0.0, -0.032, 0.065), 61: (291, 0.012, 0.0, 0.1),
    }),
    **_both("mouthUpperUpLeft", "mouthUpperUpRight", {40: (270, 0.0, -0.03, 0.09)}),
    **_both("mouthLowerDownLeft", "mouthLowerDownRight", {91: (321, 0.0, 0.03, 0.09)}),
    **_both("cheekSquintLeft", "cheekSquintRight", {
        101: (330, 0.0, -0.03, 0.13), 50: (280, 0.008, -0.03, 0.17), 145: (374, 0.0, -0.022, 0.08),
    }),
    **_both("eyeSquintLeft", "eyeSquintRight", {145: (374, 0.0, -0.028, 0.075), 101: (330, 0.0, -0.012, 0.12)}),
    **_both("eyeWideLeft", "eyeWideRight", {159: (386, 0.0, -0.022, 0.06)}),
    **_both("noseSneerLeft", "noseSneerRight", {48: (278, 0.0, -0.025, 0.09)}),
    "mouthLeft": ((0, 0.05, 0.0, 0.2), (17, 0.05, 0.0, 0.2)),
    "mouthRight": ((0, -0.05, 0.0, 0.2), (17, -0.05, 0.0, 0.2)),
    "mouthPucker": (
        (61, 0.058, 0.0, 0.15), (291, -0.058, 0.0, 0.15), (0, 0.0, -0.012, 0.09), (17, 0.0, 0.014, 0.09),
    ),
    "mouthFunnel": (
        (61, 0.05, 0.0, 0.13), (291, -0.05, 0.0, 0.13), (0, 0.0, -0.018, 0.09), (17, 0.0, 0.022, 0.09),
    ),
    "mouthRollUpper": ((0, 0.0, 0.018, 0.06), (39, 0.0, 0.014, 0.06), (269, 0.0, 0.014, 0.06)),
    "mouthRollLower": ((17, 0.0, -0.026, 0.065), (181, 0.0, -0.018, 0.065), (405, 0.0, -0.018, 0.065)),
    "mouthShrugUpper": ((0, 0.0, -0.025, 0.12),),
    "mouthShrugLower": ((17, 0.0, -0.03, 0.13), (152, 0.0, -0.02, 0.16)),
    "jawLeft": ((152, 0.06, 0.0, 0.3),),
    "jawRight": ((152, -0.06, 0.0, 0.3),),
    "jawForward": ((148, -0.012, 0.012, 0.2), (377, 0.012, 0.012, 0.2), (17, 0.0, 0.01, 0.12)),
    "cheekPuff": ((187, -0.04, 0.0, 0.16), (411, 0.04, 0.0, 0.16)),
}  # fmt: skip
"""What pushes skin, at full strength (FACS level E). Brows, lids, gaze, head and what draws corners are elsewhere."""

SHOWN = tuple(dict.fromkeys((*PUSHES, *SMILES, *BROWS, "jawOpen", "mouthClose")))
"""Channels that move skin. Beyond them lids blink; what needs a tongue, or eyes that look apart, is not shown."""


def expression(channel: str, face: Face, frame: HeadFrame, grid: Grid, rim: Rim | None = None) -> Array:
    """Displacement of every node in px for a channel of :data:`SHOWN` at 1, float32 (2, rows, columns).

    Brows move above a ``rim`` of glasses.
    """
    if channel == "jawOpen":
        return carried(face, frame, grid)
    if channel == "mouthClose":
        return closed(face, frame, grid)
    if channel in BROWS:
        return moved(channel, face, frame, grid, rim)
    x, y = grid.nodes
    field = drawn(channel, face, frame, grid) if channel in SMILES else np.zeros((2, *x.shape), np.float32)
    for landmark, right, down, reach in PUSHES.get(channel, ()):
        px, py, _ = face.landmarks[landmark]
        vector = frame.vector(right, down)
        near = np.exp(-((x - px) ** 2 + (y - py) ** 2) / (2 * (reach * frame.unit) ** 2))
        field += vector[:2, None, None] * near
    return field
