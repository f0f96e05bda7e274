"""Traces of JPEG: found by the steps to which it rounded the picture's waves, and smoothed within those steps."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .planes import Floats
from .shrinkage import BASIS, SIDE, coefficients, cut, wiener

__all__ = ["Lattice", "measure", "remove"]

ANNEX_K = np.array([
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
], np.float32)  # fmt: skip
"""ITU-T T.81 annex K, table K.1: the luminance steps of quality 50."""
CHROMA = 24.0
"""Mean of the corresponding table's low frequencies for colour (K.2)."""
LOW = np.array([8 * u + v for u in range(3) for v in range(3)])
PROBED = np.array([1, 8, 16, 9, 2, 3, 10, 17, 24])
"""Coefficients whose steps are looked for."""
STEPS = np.arange(5.0, 80.0, 0.25, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Lattice:
    """How coarsely the picture was rounded."""

    scale: float
    """The steps over those of quality 50: 0.5 quality 75, 1 quality 50, 2.5 quality 20."""
    top: int
    """Row where the grid of blocks begins, 0..7."""
    left: int
    """Column where it begins, 0..7."""

    @property
    def quality(self) -> float:
        """The JPEG quality, 1..100, that has such steps."""
        return 50 / self.scale if self.scale > 1 else 100 - 50 * self.scale

    @property
    def steps(self) -> Floats:
        """The steps of the 64 coefficients."""
        return np.asarray(self.scale * ANNEX_K, np.float32)


def measure(y: Floats) -> Lattice | None:
    """Find the grid and its steps in a brightness plane; None if it was never rounded coarser than quality 88 or so."""
    top, left = _phase(np.abs(np.diff(y, axis=0)).mean(axis=1)), _phase(np.abs(np.diff(y, axis=1)).mean(axis=0))
    coefs = coefficients(y, top, left).reshape(-1, SIDE * SIDE)
    scales = []
    for k in PROBED:
        values = np.abs(coefs[:, k])
        values = values[values > 3][:20_000]
        step = _step(values)
        if step is not None:
            scales.append(step / ANNEX_K[k])
    if len(scales) < 4:
        return None
    middle = float(np.median(scales))
    agreeing = [s for s in scales if abs(s / middle - 1) < 0.15]
    return Lattice(middle, top, left) if len(agreeing) >= 4 else None


def _phase(steps: Floats) -> int:
    """Where blocks begin, judged by the mean difference of each line to the next."""
    excess = steps[1:-1] - 0.5 * (steps[:-2] + steps[2:])
    sums = [excess[p::SIDE].mean() if excess[p::SIDE].size else 0.0 for p in range(SIDE)]
    return (int(np.argmax(sums)) + 2) % SIDE


def _step(values: Floats) -> float | None:
    """The coarsest step of which nearly all values are multiples."""
    best = None
    for step in STEPS:
        large = values[values > 0.6 * step]
        if len(large) < 40:
            break
        if np.cos(2 * np.pi / step * large).mean() > 0.75:
            best = float(step)
    return best


def remove(
    y: Floats, cr: Floats, cb: Floats, lattice: Lattice, spectrum: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Smooth away blocks and ringing.

    Rounding is treated as noise, of a strength after Foi et al. 2007; brightness stays within the steps that the file
    names, so that nothing the file still knows is lost. ``spectrum`` (64,) is other noise that goes with it; then the
    steps bind no more.
    """
    noise = np.full(SIDE * SIDE, _noise(float(lattice.steps[LOW].mean())), np.float32)
    if spectrum is None:
        smooth = _within(wiener(y, cut(y, 2.7 * noise), noise), y, lattice)
    else:
        both = np.hypot(noise, spectrum).astype(np.float32)
        smooth = wiener(y, cut(y, 2.7 * both), both)
    noise[:] = _noise(lattice.scale * CHROMA)
    return smooth, _soften(cr, noise), _soften(cb, noise)


def _noise(step: float) -> float:
    return float(np.sqrt(0.69 * step**1.3))


def _within(smooth: Floats, y: Floats, lattice: Lattice) -> Floats:
    seen, wanted = (coefficients(p, lattice.top, lattice.left) for p in (y, smooth))
    reach = 0.5 * lattice.steps
    held = np.clip(wanted, seen - reach, seen + reach).reshape(-1, SIDE * SIDE) @ BASIS
    rows, columns = seen.shape[:2]
    out = smooth.copy()
    here = (slice(lattice.top, lattice.top + SIDE * rows), slice(lattice.left, lattice.left + SIDE * columns))
    out[here] = held.reshape(rows, columns, SIDE, SIDE).transpose(0, 2, 1, 3).reshape(SIDE * rows, SIDE * columns)
    return out


def _soften(plane: Floats, noise: Floats) -> Floats:
    height, width = plane.shape
    small = cv2.resize(plane, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    small = cut(small, 2.7 * noise)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
