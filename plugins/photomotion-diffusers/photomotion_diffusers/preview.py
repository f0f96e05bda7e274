"""One picture of a film while it is being denoised: made if somebody asks, and only as long as its step lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import torch

from photomotion.errors import StageError, UsageError

from .memory import is_out_of_memory

__all__ = ["Outlook", "Preview", "previewing"]

Picture = npt.NDArray[np.uint8]


class Preview:
    """What an event carries: call it for a picture. Making one holds nothing but references.

    Args:
        make: decodes one frame.
    """

    def __init__(self, make: Callable[[], Picture]) -> None:
        self._make: Callable[[], Picture] | None = make

    def __call__(self) -> Picture:
        """The picture, uint8 (H, W, 3), of the size that the model makes.

        Raises:
            UsageError: if the step is over.
            StageError: if there is not enough memory for it now; a listener that catches it lets the film go on.
        """
        if self._make is None:
            raise UsageError("this preview belongs to a step that is over; call it before the listener returns")
        try:
            return self._make()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise StageError("not enough memory is free for a preview; make the film without previews") from error

    def end(self) -> None:
        """Let go of what it would be made from."""
        self._make = None


@contextmanager
def previewing(make: Callable[[], Picture]) -> Iterator[Preview]:
    """A preview for the length of a ``with`` block."""
    preview = Preview(make)
    try:
        yield preview
    finally:
        preview.end()


class Outlook:
    """Follows the latents of a run and tells what is under their noise.

    A noisy latent goes from noise to the clean one in a straight line over its level (EDM over sigma, a flow over its
    noise), so far as the model does not change its mind: through two of them, one can see to the end. For Euler's
    method this is the model's own estimate (Karras et al., 2022). After the first step of a run that began with noise
    there is only one, and what is told is as noisy as it.

    Args:
        start: the latents before the first step, if they are known.
    """

    def __init__(self, start: torch.Tensor | None = None) -> None:
        self._before: torch.Tensor | None = None
        self._now = start
        self.step = -1
        """The last one that was seen, 0 is the first."""

    def see(self, step: int, latents: torch.Tensor) -> None:
        """Take in the latents after a step; kept, not copied, until the step after the next."""
        self._before, self._now, self.step = None if step == 0 <= self.step else self._now, latents, step

    def clean(self, high: float, low: float, gains: tuple[float, float] = (1.0, 1.0)) -> torch.Tensor:
        """The estimate, float32, where the last latents are.

        Args:
            high: sigma or noise before the last step.
            low: and after it.
            gains: what the latents were multiplied by at these two.
        """
        assert self._now is not None
        now = self._now.float() / gains[1]
        if self._before is None or high == low:
            return now / (1 + low)
        before = self._before.float().to(now.device) / gains[0]
        return now - low * (before - now) / (high - low)
