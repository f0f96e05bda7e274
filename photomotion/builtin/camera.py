"""A gentle move of the camera, planned for a whole film."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from photomotion.data import Analysis, CameraMotion, Timing

from .easing import min_jerk

__all__ = ["Shot", "film"]

Floats = npt.NDArray[np.float64]
Shot = Literal["still", "push-in", "drift"]
"""How the camera moves: not at all, slowly nearer, or past the people."""

PACE, NEAREST = 0.02, 0.12
"""Zoom gained in a second, and at most: viewers notice the nearness, not the move (judgement)."""
CLOSE = 0.06
"""Zoom of a drift: it gives the room in which the camera can go aside without showing what is beyond the photo."""
SWAY, PERIOD = 0.7, 8.0
"""The share of that room that a drift uses, and seconds of going to and fro (judgement)."""


def film(shot: Literal["push-in", "drift"], analysis: Analysis, timing: Timing) -> CameraMotion:
    """Plan a move that begins with the whole photo, and in a loop ends with it too.

    Whatever the camera does, the faces stay where they are in the picture, but for the drift itself.

    Args:
        shot: which move.
        analysis: of the photo; the middle of its faces is what the camera looks at.
        timing: of the film.
    """
    share = np.arange(timing.frames) / max(timing.frames, 1)
    seconds = timing.frames / timing.fps
    rise = np.sin(np.pi * share) ** 2 if timing.loop else min_jerk(share)
    if shot == "push-in":
        zoom, aside = min(PACE * seconds, NEAREST) * rise, 0.0 * rise
    else:
        zoom = CLOSE * (rise if timing.loop else min_jerk(np.minimum(2 * share, 1)))
        aside = SWAY * np.sin(2 * np.pi * share * max(1, round(seconds / PERIOD)))
    room = zoom / (1 + zoom)
    right, down = _subject(analysis)
    values = np.stack([room * (right + aside * (0.5 - abs(right))), room * down, zoom], axis=1)
    return CameraMotion(values=values.astype(np.float32))


def _subject(analysis: Analysis) -> Floats:
    """Where the middle of all faces is, from the photo's middle, in widths and heights: each -0.5..0.5."""
    height, width = analysis.matte.shape
    middles = [face.landmarks[:468, :2].mean(axis=0) for face in analysis.faces]
    return np.asarray(np.clip(np.mean(middles, axis=0) / (width, height) - 0.5, -0.5, 0.5), np.float64)
