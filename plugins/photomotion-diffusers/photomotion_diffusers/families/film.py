"""What one run of a pipeline is asked for, and the draft that it is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Draft", "Film"]

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Film:
    """What one run of a pipeline is asked for."""

    image: Image
    """The first frame, RGB, of the film's size."""
    frames: int
    """How many, as the family counts: a multiple of its time group, plus 1."""
    steps: int
    """Denoising steps of a whole run."""
    guidance: float
    """Classifier-free guidance; 1 switches it off."""
    fps: float
    """Frames a second that the model is to imagine."""
    prompt: str
    negative: str
    seed: int = 0
    draft: Draft | None = None
    """What it is held to; None is the model left free."""
    controls: Mapping[str, Sequence[Image]] = field(default_factory=dict)
    """Control films by name, one picture for each frame, for a family whose ``controls`` name them."""
    show: Callable[[Callable[[], Picture]], None] = lambda make: None
    """Told after each step, before it is reported, what would make one picture of the film as it stands."""

    def generator(self) -> torch.Generator:
        """A fresh one on the CPU: the same numbers on every device."""
        return torch.Generator().manual_seed(self.seed)


@dataclass(frozen=True, eq=False, kw_only=True)
class Draft:
    """The draft of a film, and until when each place of it holds."""

    frames: np.ndarray[Any, np.dtype[np.uint8]]
    """uint8 (F, H, W, 3), of the film's size; frame 0 is its image."""
    release: Callable[[int, int], torch.Tensor]
    """From the number of latent frames and the pixels of a latent to float32 (f, h, w): the noise level, 0..1, at which
    each latent is let go; 0 never, 1 at once."""
    start: float = 1.0
    """The noise level, 0..1, at which the run begins: below 1, what the draft shows is kept in the rough everywhere."""
    shows: int | None = None
    """How many of its frames say what is to happen; the others only fill the array. None is all."""
