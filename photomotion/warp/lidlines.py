"""Where the lids' edges really are: the mesh's, moved a little to where the white of the eye ends in the photo."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import percentile

from .geometry import Array

__all__ = ["follow_lids"]

LIMITS = np.array([[-0.2, 0.0], [-0.03, 0.06], [0.0, 0.06], [0.0, 0.06], [0.0, 0.06], [-0.06, 0.08], [-0.06, 0.08]])
"""How far the outline may go, in eye widths: outer corner along and across the eye, inner corner along it; the upper
lid up, on the outer and on the inner half; the lower lid down, on the outer and on the inner half. The mesh draws
large eyes too small, hardly ever small ones too large."""
SPREAD = np.array([0.09, 0.04, 0.05, 0.035, 0.035, 0.045, 0.045])
"""How far it goes if the photo shows it moderately well; lids move inward only half as far."""
CAUTION = 0.3
"""How much contrast must be gained for going that far, of the contrast around the eye."""
STEPS = (0.04, 0.02)
SAMPLES = 15


def follow_lids(
    pixels: npt.NDArray[np.uint8], upper: Array, lower: Array, iris: Array, radius: float
) -> tuple[Array, Array]:
    """Move both lids' edges to where the photo shows them.

    A few offsets of the whole outline are searched for the greatest contrast across it: the white is brighter than
    lashes and skin in the darkest colour channel, the iris darker than the lower lid. What the photo does not show
    clearly stays near the mesh.

    Args:
        pixels: uint8 (H, W, 3).
        upper: float32 (N, 2), px, from the outer to the inner corner.
        lower: likewise; both share their corners.
        iris: float32 (2,), px.
        radius: of the iris, px.

    Returns:
        The moved ``upper`` and ``lower``.
    """
    outer, inner = upper[0], upper[-1]
    width = float(np.linalg.norm(inner - outer))
    if width < 8:
        return upper, lower
    along = (inner - outer) / width
    across = np.array([-along[1], along[0]])
    across = across * (1.0 if float((lower.mean(0) - upper.mean(0)) @ across) >= 0 else -1.0)
    axes = np.stack([along, across]) / width
    top, bottom = (upper - outer) @ axes.T, (lower - outer) @ axes.T

    margin = 0.6 * width
    x0, y0 = np.maximum(np.floor(np.minimum(outer, inner) - margin), 0).astype(int)
    x1, y1 = np.ceil(np.maximum(outer, inner) + margin).astype(int)
    light = pixels[y0:y1, x0:x1].min(axis=2).astype(np.float32)
    if min(light.shape) < 4:
        return upper, lower
    light = cv2.GaussianBlur(light, (0, 0), max(0.02 * width, 0.6))
    contrast = float(percentile(light, 90) - percentile(light, 10)) + 10
    middle = float((iris - outer) @ axes[0])
    reach = radius / width
    place = np.linspace(0.04, 0.96, SAMPLES)

    def score(offsets: npt.NDArray[np.float64]) -> float:
        inward = np.r_[np.zeros(3), np.minimum(offsets[3:], 0)]
        total = -CAUTION * float((((offsets + inward) / SPREAD) ** 2).mean())
        for points, sign in zip(_moved(top, bottom, offsets), (-1.0, 1.0), strict=True):
            s = np.interp(place, np.linspace(0, 1, len(points)), points[:, 0])
            t = np.interp(s, points[:, 0], points[:, 1])
            sides = []
            for out in (-0.03, 0.035):
                at = outer + width * (s[:, None] * along + (t + sign * out)[:, None] * across) - (x0, y0)
                at = at.astype(np.float32)[None]
                sides.append(cv2.remap(light, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)[0])
            fall = np.clip((sides[0] - sides[1]) / contrast, -0.5, 0.5)
            before_iris = np.abs(s - middle) < 0.9 * reach
            weight = np.where(before_iris, -0.5 if sign > 0 else 0.0, 1.0)
            total += float((weight * fall).mean())
        return total

    best = np.zeros(len(SPREAD))
    value = score(best)
    for step in STEPS:
        for _ in range(3):
            before = value
            for index in range(len(best)):
                for direction in (-step, step):
                    trial = best.copy()
                    trial[index] = np.clip(trial[index] + direction, *LIMITS[index])
                    found = score(trial)
                    if found > value + 1e-6:
                        best, value = trial, found
            if value == before:
                break
    edges = (outer + width * (p[:, :1] * along + p[:, 1:] * across) for p in _moved(top, bottom, best))
    moved_upper, moved_lower = (np.asarray(p, np.float32) for p in edges)
    return moved_upper, moved_lower


def _moved(
    top: npt.NDArray[np.float64], bottom: npt.NDArray[np.float64], offsets: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Both edges in eye axes, (N, 2) s and t, moved by the seven offsets."""
    found = []
    for points, sign, (outward, inward) in ((top, -1.0, offsets[3:5]), (bottom, 1.0, offsets[5:7])):
        s = np.clip(points[:, 0], 0, 1)
        between = np.clip(4 * s * (1 - s), 0, 1) ** 0.7
        t = points[:, 1] + offsets[1] * (1 - s) ** 2 + sign * between * ((1 - s) * outward + s * inward) * 1.5
        found.append(np.stack([points[:, 0] + offsets[0] * (1 - s) ** 1.5 + offsets[2] * s**3, t], axis=1))
    return found[0], found[1]
