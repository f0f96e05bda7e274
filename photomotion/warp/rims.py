"""Where the irises are: dark discs before the white, cut by lids and corners, looked for in both eyes together.

The landmark model pulls irises toward the middle when somebody looks far aside; the photo shows better where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import percentile

from .eyes import MIDDLE, Eye
from .geometry import Array, smoothstep

__all__ = ["find_irises"]

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating]

CELLS = 64
"""An eye is looked at this finely: cells to its width."""
REACH = 0.42
"""Eye widths looked at above and below the middle between the lids."""
SPOT = 0.15
"""Catch-lights up to this radius are painted over, in iris radii."""
DARKER, BRIGHTER, FAINT = 50, 85, 40.0
"""Percentiles of the light on the mesh's iris and between the lids that are taken for an iris and for the white, and
the least difference between them, gray levels."""
SLACK = 0.04
"""Eye widths from a lid within which a pixel counts less."""
SECTOR = np.radians(np.arange(-52.5, 60, 15))
"""The parts of a rim that are looked at, left and right of its middle; lids hide the others."""
COARSE = (np.arange(-16, 17) * 0.025, np.arange(-4, 5) * 0.025, 1.1)
"""Steps along and across the eye, in eye widths, from the mesh's iris, and the ratio of one circle to the next ..."""
FINE = (np.arange(-3, 4) * 0.008, np.arange(-3, 4) * 0.008, 1.05)
"""... and the same from what was found so."""
SMALLER, SIZES = 3, 7
"""So many smaller circles are tried, and so many in all."""
DARK = 1.0
"""What a disc that is dark all over counts, against a rim across which one side gets as bright as the white."""
DOUBT = 0.12
"""The mesh's radius is wrong by about so much (standard deviation of the logarithm)."""
ASTRAY, ASTRAY_ACROSS = 0.08, 0.03
"""Eye widths by which the mesh's iris may easily be wrong along and across the eye."""
APART = 0.1
"""How far both together easily are from looking the same way: eye widths along and across the eye."""
TRUST = 0.2
"""How much all that counts, against what the photo shows."""


def find_irises(pixels: Pixels, eyes: Mapping[str, Eye], frames: Mapping[str, Array]) -> dict[str, Eye]:
    """The eyes of one face, with their irises where the photo shows them.

    Both look the same way, and their irises are equally large: what one eye shows badly the other shows.

    Args:
        pixels: uint8 (H, W, 3).
        eyes: with the mesh's irises; both, one or none.
        frames: float32 (h, w) of each eye's box: 1 where the frames of glasses are.
    """
    if not eyes:
        return {}
    views = [_View(pixels, eye, frames[side]) for side, eye in eyes.items()]
    for along, across, ratio in (COARSE, FINE):
        scores = [view.judge(along, across, ratio) for view in views]
        found = [_agree(views, [score[..., k] for score in scores], along, across) for k in range(SIZES)]
        size = int(np.argmax([total for total, _ in found]))
        for view, (i, j) in zip(views, found[size][1], strict=True):
            view.move(along[i], across[j], ratio ** (size - SMALLER))
    return {side: replace(view.eye, iris=view.iris, radius=view.radius) for side, view in zip(eyes, views, strict=True)}


def _agree(
    views: list[_View], scores: list[Floats], along: Floats, across: Floats
) -> tuple[float, list[tuple[int, ...]]]:
    """What speaks for the best places, and which they are: for each eye the step along and the one across."""
    total = scores[0]
    if len(views) == 2:
        unit = sum(view.eye.width for view in views) / 2
        (s, t), (other_s, other_t) = (
            [(view.iris[0] + along - MIDDLE) * view.eye.width / unit, (view.iris[1] + across) * view.eye.width / unit]
            for view in views
        )
        # Steps along the eyes lead opposite ways: both to the nose.
        aside = np.log1p(((s[:, None] + other_s) / APART) ** 2)[:, None, :, None]
        level = 0.5 * (((t[:, None] - other_t) / APART) ** 2)[:, None, :]
        total = scores[0][:, :, None, None] + scores[1] - TRUST * (aside + level)
    best = [int(n) for n in np.unravel_index(int(np.argmax(total)), total.shape)]
    return float(total.max()), list(zip(best[::2], best[1::2], strict=True))


class _View:
    """One eye, small, with what is known of its iris."""

    def __init__(self, pixels: Pixels, eye: Eye, frames: Array) -> None:
        """Look at the eye."""
        self.eye, self.iris, self.radius = eye, eye.iris, eye.radius
        s, top = np.arange(-0.1, 1.1, 1 / CELLS), float(sum(lid(0.5) for lid in eye.lids)) / 2 - REACH
        s, t = np.meshgrid(s, np.arange(top, top + 2 * REACH, 1 / CELLS))
        self.corner = np.array([s[0, 0], t[0, 0]])
        x, y = eye.place(s, t)
        # Skin is as bright as the white in red, and blue irises are as dark as brown ones.
        light = cv2.GaussianBlur(eye.crop(pixels)[..., 0].astype(np.float32), (0, 0), max(0.02 * eye.width, 0.3))
        light, hidden = (cv2.remap(a, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE) for a in (light, frames))
        side = 2 * max(1, round(SPOT * eye.radius * CELLS)) + 1
        light = cv2.morphologyEx(light, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)))
        upper, lower = (lid(np.clip(s[0], 0, 1)) for lid in eye.lids)
        inside = np.minimum(t - np.minimum(upper, lower), np.maximum(upper, lower) - t)
        seen = smoothstep(np.asarray(inside, np.float32), 0, SLACK) * ((s > 0) & (s < 1)) * (1 - hidden)
        iris = np.hypot((s - eye.iris[0]) / eye.narrowed(eye.iris[0]), t - eye.iris[1]) < eye.radius
        inner, whole = (light[(seen > 0.5) & part] for part in (iris, True))
        dark = float(percentile(inner, DARKER)) if inner.size else 0.0
        bright = float(percentile(whole, BRIGHTER)) if whole.size else 0.0
        light = np.clip((light - dark) / max(bright - dark, FAINT), -0.1, 1)
        self.seen = np.dstack([seen, seen * light]).astype(np.float32)

    def judge(self, along: Floats, across: Floats, ratio: float) -> Floats:
        """How much speaks for an iris so far from where it is thought to be, float64 (along, across, sizes)."""
        rings = ratio ** np.arange(-SMALLER - 6.0, SIZES - SMALLER + 2)
        s, t = self.iris[0] + along[:, None, None, None], self.iris[1] + across[:, None, None]
        rise = np.zeros((len(along), len(across), SIZES))
        disc = np.zeros((len(along), len(across), len(rings), 2))
        for side in (-1, 1):
            x = s + side * self.radius * self.eye.narrowed(s) * rings[:, None] * np.cos(SECTOR)
            y = t + self.radius * rings[:, None] * np.sin(SECTOR)
            x, y = np.broadcast_arrays(x, y)
            shape = x.shape
            at = [
                ((a - c) * CELLS).astype(np.float32).reshape(len(along), -1)
                for a, c in zip((x, y), self.corner, strict=True)
            ]
            arc = cv2.remap(self.seen, at[0], at[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
            arc = arc.reshape(*shape, 2).sum(axis=3, dtype=float)
            disc += arc
            pairs = arc[:, :, 1:] + arc[:, :, :-1]
            inner, outer = pairs[:, :, 4 : 4 + SIZES], pairs[:, :, 7:]
            weight = np.clip(np.minimum(inner[..., 0], outer[..., 0]) * 2 / len(SECTOR), 0, 1)
            light = [a[..., 1] / np.maximum(a[..., 0], 0.3) for a in (inner, outer)]
            # A pupil or a light part of the iris makes a rim as well, but not before the white.
            rise += weight * np.clip(light[1] - light[0], -0.5, 1) * np.clip(light[1], 0.2, 1)
        area = rings[:, None] ** 2
        within = np.cumsum(disc * area, axis=2)[:, :, 5:-3] / (2 * len(SECTOR) * np.cumsum(area, axis=0)[5:-3])
        rise += DARK * (0.5 * within[..., 0] - within[..., 1])
        # What the mesh says.
        sizes = self.radius / self.eye.radius * ratio ** np.arange(-SMALLER, SIZES - float(SMALLER))
        rise -= TRUST * 0.5 * (np.log(sizes) / DOUBT) ** 2
        rise -= TRUST * np.log1p(((s[..., 0] - self.eye.iris[0]) / ASTRAY) ** 2)
        rise -= TRUST * 0.5 * ((t[..., 0] - self.eye.iris[1]) / ASTRAY_ACROSS) ** 2
        return rise

    def move(self, along: float, across: float, growth: float) -> None:
        """The iris is there."""
        self.iris = (self.iris[0] + float(along), self.iris[1] + float(across))
        self.radius *= growth
