"""The ``steer`` dial as numbers: at which noise level each region of the picture is let go to the model.

A latent held down to sigma keeps what is coarser than the noise of that level and leaves the rest to the model. Sigmas
are EDM's (latent = z + sigma * eps, latents of about unit variance), whatever the number of steps. At ``steer`` 0.7
they are Time-to-Move's for SVD (2025: start 75, release 31), continued inward, because small motion is lost in much
noise: one latent is 8 pixels, and a blink moves two or three of them. ::

    steer         0      0.7     1
    start       700       75    15     the whole picture begins as the draft with this much noise
    background  start  start  start    is the model's from the first step
    person      700       31     0     and 0 is never: the region is the draft's
    head        700       15     0
    mouth       700        6     0
    eyes        700        4     0

Between the columns sigmas go evenly in their logarithm. That is for quiet moments. Where the draft blinks, or eyes or
mouth move fast (:mod:`.moments`), their levels are multiplied by up to ``QUICK``: about two steps of 25 longer, so that
what lasts two frames is not smoothed away by a model that sees no reason for it. These two figures are judgement, not
measured on a model; the dial scales them too, and from its middle on they count whole.

Rectified flow ((1 - t) * z + t * eps: Wan, LTX, Hunyuan ...) has the same ratio of noise to picture at
``t = sigma / (1 + sigma)``: 75 is 0.987, 31 is 0.969, which are Time-to-Move's own steps 3 and 7 of 50 for Wan 2.2 with
a shift of 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from .clocks import Clock, Schedule

__all__ = ["Steering", "make_clock", "release_map", "to_schedule"]

MIDDLE = 0.7
"""The dial's position at which Time-to-Move's levels hold. The backends' default is above it, where a small model that
was trained for the question first showed the blinks of the draft."""
HIGH, LOW = 700.0, 0.002
"""SVD's own highest and lowest sigma."""
START = (75.0, 15.0)
"""First sigma at the middle and at 1."""
RELEASE = {"person": 31.0, "head": 15.0, "mouth": 6.0, "eyes": 4.0}
"""Release at the middle, outermost region first: each lies inside the one before."""
QUICK = {"mouth": 0.6, "eyes": 0.35}
"""What a level is multiplied by in the quickest moments."""

Map = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Steering:
    """Noise levels, in EDM sigmas."""

    start: float
    """The run begins with the draft at this level."""
    release: Mapping[str, float]
    """For each region, outermost first, the level at which it is let go; 0 is never."""
    quick: Mapping[str, float] = field(default_factory=dict)
    """For some regions, what that level is multiplied by in the quickest moments, 0..1."""

    @classmethod
    def of(cls, steer: float) -> Steering:
        """The levels for a position of the dial, 0..1."""
        return cls(
            start=_between(steer, START[0], START[1]),
            release={k: 0.0 if steer >= 1 else _between(steer, v, LOW) for k, v in RELEASE.items()},
            quick={k: v ** min(max(steer, 0.0) / MIDDLE, 1.0) for k, v in QUICK.items()},
        )

    def levels(self, name: str, quick: Map) -> Map:
        """A region's level, float32 like ``quick``: how quick each moment is, 0..1."""
        return np.asarray(self.release[name] * self.quick.get(name, 1.0) ** quick, np.float32)


def _between(steer: float, middle: float, end: float) -> float:
    """From HIGH at 0 over ``middle`` to ``end`` at 1, evenly in the logarithm."""
    if steer <= MIDDLE:
        begin, end, part = HIGH, middle, max(steer, 0.0) / MIDDLE
    else:
        begin, end, part = middle, end, min((steer - MIDDLE) / (1 - MIDDLE), 1.0)
    return float(begin ** (1 - part) * end**part)


def to_schedule(sigma: float, schedule: Schedule) -> float:
    """An EDM sigma as the level of the same noise-to-picture ratio in ``schedule``; infinity stays."""
    if schedule == "edm" or math.isinf(sigma):
        return sigma
    return sigma / (1 + sigma)


def release_map(
    regions: Mapping[str, Map],
    steering: Steering,
    *,
    cell: int,
    frames: int,
    pinned: Collection[int] = (0,),
    schedule: Schedule = "edm",
    quick: Mapping[str, Map] | None = None,
) -> torch.Tensor:
    """The level at which each latent is let go, at each place and in each frame.

    Args:
        regions: float32 (H, W), 0..1, at the size of the generated picture; a name that is not in the steering is
            passed over. Where a region is soft, its level and that of what lies outside are mixed in their logarithm.
        steering: the levels.
        cell: pixels of one latent, a side. A latent belongs to a region as much as its strongest pixel.
        frames: latent frames.
        pinned: latent frames that are never let go, anywhere: the first is the photo.
        schedule: which the result's levels belong to.
        quick: for some regions, how quick each latent frame is in them, float32 (frames,), 0..1; left out, quiet. In no
            frame is a region let go later than what lies inside it: a fast mouth takes the eyes along.

    Returns:
        float32 (frames, H / cell, W / cell).
    """
    level: Map | None = None
    outer = np.full(frames, np.inf, np.float32)
    for name in steering.release:
        if name not in regions:
            continue
        region = regions[name]
        height, width = region.shape[0] // cell, region.shape[1] // cell
        inside = region[: height * cell, : width * cell].reshape(height, cell, width, cell).max(axis=(1, 3))
        if level is None:
            level = np.full((frames, height, width), steering.start, np.float32)
        moments = np.zeros(frames, np.float32) if quick is None or name not in quick else quick[name]
        outer = np.minimum(outer, steering.levels(name, moments))
        own = outer[:, None, None]
        mixed = np.exp(np.log(np.maximum(level, LOW)) * (1 - inside) + np.log(np.maximum(own, LOW)) * inside)
        level = np.where(inside >= 1, own, np.minimum(mixed, level)).astype(np.float32)
    if level is None:
        raise ValueError(f"none of the regions {', '.join(steering.release)} is there")
    if schedule == "flow":
        level = level / (1 + level)
    release = torch.from_numpy(np.ascontiguousarray(level))
    for frame in pinned:
        release[frame] = 0.0
    return release


def make_clock(
    z: torch.Tensor,
    eps: torch.Tensor,
    release: torch.Tensor,
    sigmas: Sequence[float],
    *,
    schedule: Schedule,
    frame_axis: int,
    also: Callable[[int, torch.Tensor], None] | None = None,
) -> Clock:
    """The clock of one run.

    Args:
        z: float32, the draft's latents, five axes in the pipeline's own order and normalisation.
        eps: float32, noise of the same shape.
        release: float32 (frames, h, w) of :func:`release_map`.
        sigmas: the levels of the run, its last 0 included: the tail of the pipeline's ladder.
        schedule: of the pipeline.
        frame_axis: where in ``z`` the frames are: 1 for SVD and CogVideoX, 2 for Wan, LTX and Hunyuan.
        also: called after each step with its index and the latents.
    """
    shaped = release[None].unsqueeze(2 if frame_axis == 1 else 1)
    return Clock(z=z, eps=eps, release=shaped, sigmas=tuple(sigmas), schedule=schedule, also=also)
