"""Grain belongs to the print, not to the skin: strong grain is split off, and does not move as the face does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median, percentile

from .geometry import Array, smoothstep

__all__ = ["Grain", "GrainMode", "measure", "split"]

Pixels = npt.NDArray[np.uint8]

GrainMode = Literal["still", "moving", "fresh", "off"]
"""What strong grain does while the picture moves: ``still`` as on paper, ``moving`` with the skin, ``fresh`` in every
frame as on film, ``off`` gone. Weaker grain always moves with the picture."""

CHANGE = 0.5
"""Seconds in which still grain goes over into fresh grain, or none: the first frame is the photo."""

VISIBLE = 4.0
"""Gray levels of grain from which on it is split off.

A compromise found by measuring: fine detail that is split off with weaker grain (from 3 levels on) cost more sharpness
in motion than the still grain was worth."""


def _radius(height: int, width: int) -> int:
    return max(2, round(max(height, width) / 300))


def measure(light: Array) -> float:
    """Strength of the grain in a float32 (H, W) picture, in gray levels.

    The standard deviation of what a small blur removes, in the calmer quarter of all blocks that are neither black
    nor white; so edges and cloth do not count.
    """
    radius = _radius(*light.shape)
    rough = light - cv2.GaussianBlur(light, (0, 0), 0.7 * radius)
    block = 4 * radius
    rows, columns = light.shape[0] // block, light.shape[1] // block
    if rows * columns < 16:
        return 0.0

    def blocks(picture: Array) -> Array:
        return picture[: rows * block, : columns * block].reshape(rows, block, columns, block)

    deviation, mean = blocks(rough).std(axis=(1, 3)), blocks(light).mean(axis=(1, 3))
    toned = deviation[(mean > 20) & (mean < 240)]
    return float(percentile(toned, 25)) if toned.size >= 16 else 0.0


def split(pixels: Pixels) -> tuple[Pixels, npt.NDArray[np.int16] | None]:
    """Part a photo into clean picture and grain; their sum is the photo, exactly.

    A self-guided filter (He et al., 2010) tells grain from structure; where there is structure nothing is taken away.

    Returns:
        The clean picture, uint8 (H, W, 3), and the grain, int16 (H, W, 3); or the photo itself and None if it has no
        grain to speak of.
    """
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    strength = measure(light)
    if strength < VISIBLE:
        return pixels, None
    window = (2 * _radius(*light.shape) + 1,) * 2
    mean = cv2.blur(light, window)
    variance = np.maximum(cv2.blur(light * light, window) - mean * mean, 0)
    slope = variance / (variance + (2 * strength) ** 2)
    structure = cv2.blur(slope, window)
    smooth = structure * light + cv2.blur((1 - slope) * mean, window)
    calm = 1 - smoothstep(np.asarray(structure, np.float32), 0.3, 0.6)
    grain = np.clip(light - smooth, -3 * strength, 3 * strength) * calm
    clean = np.clip(pixels - np.round(grain)[..., None], 0, 255).astype(np.uint8)
    return clean, pixels.astype(np.int16) - clean


@dataclass(frozen=True, eq=False)
class Grain:
    """The grain of a print, and what becomes of it."""

    pattern: npt.NDArray[np.int16]
    """int16 (H, W, 3), gray levels: what was split off."""
    even: Array | None
    """float32 (H, W, 3): the pattern as strong everywhere as on average, to be dealt out anew; None if it is not."""
    strength: Array | None
    """float32 (H, W, 1): how strong it is at each place of the print, relative to ``even``."""
    mode: GrainMode

    @classmethod
    def of(cls, pattern: npt.NDArray[np.int16], mode: GrainMode) -> Grain:
        """Prepare a pattern from :func:`split`."""
        if mode != "fresh":
            return cls(pattern, None, None, mode)
        power = cv2.cvtColor(pattern.astype(np.float32) ** 2, cv2.COLOR_RGB2GRAY)
        sigma = 4.0 * _radius(*power.shape)
        strength = np.sqrt(cv2.GaussianBlur(power, (0, 0), sigma))[..., None]
        floor = max(float(median(strength)), 0.5)
        return cls(pattern, pattern / np.maximum(strength, floor), np.asarray(strength, np.float32), mode)

    def put_on(self, picture: Pixels, row: int, seconds: float) -> Pixels:
        """Put the grain of one frame on a clean picture, uint8 (H, W, 3).

        Args:
            picture: the clean one.
            row: of the frame; equal rows get equal grain.
            seconds: since the first frame.
        """
        change = float(smoothstep(np.array(seconds, np.float32), 0.0, CHANGE)) if self.mode in ("fresh", "off") else 0.0
        if change == 0:
            return np.asarray(cv2.add(picture, self.pattern, dtype=cv2.CV_8U), np.uint8)
        grain = np.float32(np.sqrt(1 - change)) * self.pattern
        if self.even is not None and self.strength is not None:
            deal = np.random.default_rng(row)
            height, width = self.even.shape[:2]
            dealt = np.roll(self.even, (int(deal.integers(height)), int(deal.integers(width))), axis=(0, 1))
            turned = dealt[:: int(deal.choice([-1, 1])), :: int(deal.choice([-1, 1]))]
            grain = grain + np.float32(np.sqrt(change)) * self.strength * turned
        return np.clip(np.round(picture + grain), 0, 255).astype(np.uint8)
