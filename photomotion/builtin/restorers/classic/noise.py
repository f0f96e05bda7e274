"""Grain and noise: how much there is, and taking it away without taking detail along.

The level is read off the calmest blocks of the picture (Ponomarenko et al., 2007); as the spectrum is measured too,
soft grain of a scanned film is known as well as the white noise of a camera. It counts only if it is everywhere: what
is strong in one place and weak in another is cloth, grass or hair.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .planes import Floats, percentiles
from .shrinkage import SIDE, coefficients, cut, wiener

__all__ = ["Noise", "measure", "remove"]

RINGS = np.add.outer(np.arange(SIDE), np.arange(SIDE)).reshape(-1)
"""Sum of both frequencies of each coefficient, 0..14."""
CALM = (0.03, 0.1)
"""Which part of the blocks is read, ordered from calm to busy; the very calmest are flat for other reasons."""
BUSIER = (0.25, 0.5)
"""Which part they are compared with."""


@dataclass(frozen=True, eq=False)
class Noise:
    """Noise of one plane."""

    sigma: float = 0.0
    """Standard deviation in gray levels."""
    evenness: float = 0.0
    """Noise of calm parts over that of busier ones: about 0.85 for grain, below 0.7 for texture."""
    spectrum: Floats | None = None
    """Standard deviation of each of the 64 cosine coefficients."""


def measure(plane: Floats) -> Noise:
    """Read the noise of a float32 (H, W) plane; none if the plane is too small or all black and white to tell."""
    coefs = coefficients(plane).reshape(-1, SIDE * SIDE)
    mean = coefs[:, 0] / SIDE
    low, high = percentiles(plane, 1, 99)
    edge = 0.08 * (high - low)
    coefs = coefs[(mean > low + edge) & (mean < high - edge)]
    if len(coefs) < 200:
        return Noise()
    power = np.square(coefs)
    order = np.argsort(power[:, (RINGS > 0) & (RINGS < 6)].sum(axis=1))

    def read(part: tuple[float, float]) -> Floats:
        first, last = (round(p * len(order)) for p in part)
        return np.asarray(power[order[first : max(last, first + 20)]].mean(axis=0), np.float32)

    calm, busier = read(CALM), read(BUSIER)
    fine = RINGS >= 5
    rings = np.array([calm[ring == RINGS].mean() for ring in range(2 * SIDE - 1)])
    rings[:3] = np.minimum(rings[:3], 1.2 * rings[3])  # below, it is more shading than noise
    spectrum = np.sqrt(rings)[RINGS].astype(np.float32)
    evenness = float(np.sqrt(calm[fine].mean() / max(busier[fine].mean(), 1e-6)))
    return Noise(float(np.sqrt(np.square(spectrum[1:]).mean())), evenness, spectrum)


def remove(plane: Floats, spectrum: Floats) -> Floats:
    """The plane without noise of that spectrum (64,): dropped below 2.7 standard deviations, then weighed (Wiener)."""
    pilot = cut(plane, 2.7 * spectrum)
    return wiener(plane, pilot, spectrum)
