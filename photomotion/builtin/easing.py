"""The way bodies go from one place to another."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["min_jerk"]

Floats = npt.NDArray[np.float64]


def min_jerk(s: npt.ArrayLike) -> Floats:
    """The smoothest way from 0 to 1 while ``s`` goes from 0 to 1; flat outside.

    Position, velocity and acceleration are continuous; the peak velocity is 1.875 of the mean (Flash & Hogan 1985).
    """
    x: Floats = np.clip(s, 0.0, 1.0)
    out: Floats = x * x * x * (10.0 + x * (6.0 * x - 15.0))
    return out
