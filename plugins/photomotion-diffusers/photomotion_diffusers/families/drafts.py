"""What holds one window of a film: the guide's draft, what the window before has made, and a loop's end."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch

from photomotion_diffusers.reel import Reel
from photomotion_diffusers.refining import Steering, release_map, to_schedule

from .film import Draft

__all__ = ["closed", "draft_of", "grouped"]

Picture = npt.NDArray[np.uint8]


def closed(rows: list[int], reel: Reel, group: int) -> list[int]:
    """The rows to make, and in a loop the last one, which is the photo, as often as there are frames in a latent.

    So the last latent frame is of nothing but the photo and can be held to it; the rows before have latents of their
    own, and are free to lead there.
    """
    return rows + rows[-1:] * (group - 1) if rows[-1] == reel.timing.frames else rows


def draft_of(reel: Reel, rows: list[int], shared: list[Picture], steer: float, group: int) -> Draft | None:
    """What holds a window; None is nothing.

    Held for good are the first latent frames, of the photo or of what the window before has made, and in the window
    that closes a loop the last ones whose every frame is the photo. They are the latents of a photo that stands still,
    which is near what the decoder, looking back at the frames before, makes the photo from, and not quite the same: the
    film itself shows the photo there.

    Args:
        reel: the film.
        rows: of the window, filled up to its length with the last.
        shared: pictures of its first frames, from the window before; empty in the first.
        steer: the dial.
        group: frames in a latent frame.
    """
    last = sum(row == reel.timing.frames for row in rows) // group
    if reel.guide is None and not shared and not last:
        return None
    steering = Steering.of(steer)
    known = (len(shared) - 1) // group + 1 if shared else 1
    resting = shared[-1] if shared else reel.small(0)
    drawn = [resting if reel.guide is None else reel.small(row) for row in rows[len(shared) :]]
    # What the window before has made for a loop's end is not the photo, which it is to be held to.
    pictures = [
        reel.small(0) if reel.is_photo(row) else picture for row, picture in zip(rows, shared + drawn, strict=True)
    ]

    def release(frames: int, cell: int) -> torch.Tensor:
        pinned = [*range(known), *range(frames - last, frames)]
        if reel.guide is None:
            free = torch.full((frames, reel.crop.height // cell, reel.crop.width // cell), math.inf)
            free[pinned] = 0.0
            return free
        quick = {name: grouped(curve, group, frames) for name, curve in reel.quick(rows).items()}
        return release_map(
            reel.regions(), steering, cell=cell, frames=frames, pinned=pinned, schedule="flow", quick=quick
        )

    return Draft(
        frames=np.stack(pictures),
        release=release,
        start=1.0 if reel.guide is None else to_schedule(steering.start, "flow"),
        shows=max(len(shared), 1) if reel.guide is None else None,
    )


def grouped(curve: npt.NDArray[np.float32], group: int, latents: int) -> npt.NDArray[np.float32]:
    """The most of a curve over the frames of each latent frame: the first alone, then ``group`` by ``group``."""
    filled = np.append(curve[1:], np.zeros(max(0, (latents - 1) * group - len(curve) + 1), np.float32))
    most = filled[: (latents - 1) * group].reshape(latents - 1, group).max(axis=1)
    return np.append(curve[:1], most).astype(np.float32)
