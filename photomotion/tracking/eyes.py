"""Blinks and glances from the places of lids and irises."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from photomotion.warp.geometry import smoothstep

from .filters import fill_nearest, median, odd, settle

__all__ = ["closures", "glances"]

Floats = npt.NDArray[np.float64]

DIP = 0.65
"""Part of its usual opening below which an eye may be blinking."""
LONGEST_BLINK = 0.5
"""Seconds; what lasts longer is a look down or a nap and says nothing about how far this person's lids close."""
SHUT = 0.33
"""What the mesh reads of shut lids, in openings, if nobody blinks: the middle of five portraits drawn so."""
LEAST_SHUT, MOST_SHUT = 0.1, 0.5
STILL = 0.06
"""Change of the opening that is taken for noise."""
LATE = 0.7
"""Exponent: the mesh follows a lid late; half shut it has gone a quarter of the way (the same five portraits)."""
WINK = (0.35, 0.6)
"""Difference between the lids from which each is believed, and from which it is believed entirely."""

SIDEWAYS = 0.00118
"""Eye distances that the iris is seen to move for a degree of gaze: half of what an eyeball of 24 mm does. The same for
portraits drawn with their eyes turned, and for people who turn their head and go on looking into the camera."""
UPRIGHT = 0.0010
"""The same up and down, by people who nod. Of drawn eyes only a third of this is seen, since their lids stay."""
DRAGGED = 0.0006
"""How far a turn of the head alone seems to move the irises, eye distances a degree of yaw."""
WIDEST = 30.0
"""Degrees that a gaze is believed."""


def closures(openings: Floats, yaw: Floats, fps: float) -> tuple[Floats, Floats]:
    """How far the lids are closed, 0 as usual for this person ... 1 as at the bottom of their usual blink.

    Nothing is smoothed. A single frame between two open ones is no blink from 24 frames a second on, and goes.

    Args:
        openings: (T, 2) left and right: height of the opening over its width, seen from the front.
        yaw: (T,) degrees: the eye on the far side counts less.
        fps: frames a second.

    Returns:
        Left and right, each (T,).
    """
    sides = np.stack([_closure(openings[:, side], fps) for side in (0, 1)], axis=1)
    near = np.clip(0.5 + yaw / 80, 0.05, 0.95)
    both = near * sides[:, 0] + (1 - near) * sides[:, 1]
    apart = median(sides[:, 0] - sides[:, 1], odd(0.15, fps, 3))
    # A head in profile has one eye, which speaks for both.
    own = smoothstep(np.abs(apart).astype(np.float32), *WINK) * smoothstep(np.abs(yaw).astype(np.float32), 35, 20)
    left, right = (_without_flashes(both + own * (sides[:, side] - both), fps) for side in (0, 1))
    return left, right


def _closure(opening: Floats, fps: float) -> Floats:
    usual = _usual(opening, fps)
    ratio = opening / usual
    low = np.flatnonzero(np.diff(np.r_[False, ratio < DIP, False].astype(np.int8)))
    minima = [
        ratio[a:b].min() for a, b in zip(low[::2], low[1::2], strict=True) if b - a <= max(2, LONGEST_BLINK * fps)
    ]
    shut = float(np.clip(np.median(minima), LEAST_SHUT, MOST_SHUT)) if minima else SHUT
    return np.asarray(np.clip((1 - ratio - STILL) / (1 - shut - STILL), 0, 1) ** LATE)


def _usual(opening: Floats, fps: float) -> Floats:
    """The opening between blinks around each frame, (T,): the median of eight seconds' open eyes, near that of all."""

    def between_blinks(part: Floats) -> float:
        return float(np.median(part[part >= DIP * np.percentile(part, 90)]))

    overall = max(between_blinks(opening), 1e-3)
    half, step = round(4 * fps), max(1, round(fps / 2))
    middles = np.arange(0, len(opening), step)
    local = [between_blinks(opening[max(0, m - half) : m + half + 1]) for m in middles]
    return np.clip(np.interp(np.arange(len(opening)), middles, local), 0.8 * overall, 1.2 * overall)


def _without_flashes(closure: Floats, fps: float) -> Floats:
    if fps < 24 or len(closure) < 3:
        return closure
    out = closure.copy()
    around = np.maximum(closure[:-2], closure[2:])
    out[1:-1] = np.where((around < 0.1) & (closure[1:-1] > 0.3), around, closure[1:-1])
    return out


def glances(irises: Floats, yaw: Floats, shut: Floats, fps: float) -> tuple[Floats, Floats]:
    """Where the eyes look in the head, degrees with the signs of Pose, about their usual direction.

    Under closing lids the last and the next glance are held. Jumps stay jumps.

    Args:
        irises: (T, 2, 2): left and right; right and down of the middle between the corners, seen from the front, in
            eye distances.
        yaw: (T,), of the head, degrees.
        shut: (T,), 0..1.
        fps: frames a second.

    Returns:
        gazeYaw and gazePitch, each (T,).
    """
    near = np.clip(0.5 + yaw / 80, 0.05, 0.95)[:, None]
    seen = near * irises[:, 0] + (1 - near) * irises[:, 1]
    good = shut < 0.3
    good &= np.r_[good[1:], True] & np.r_[True, good[:-1]]
    sideways = -seen[:, 0] + DRAGGED * yaw
    angles = []
    for moved, unit in ((sideways, SIDEWAYS), (seen[:, 1], UPRIGHT)):
        moved = fill_nearest(moved, good)
        angle = np.clip((moved - np.median(moved)) / unit, -WIDEST, WIDEST)
        angles.append(settle(median(angle, odd(0.12, fps, 3)), odd(0.2, fps, 3) // 2, 2.0))
    return angles[0], angles[1]
