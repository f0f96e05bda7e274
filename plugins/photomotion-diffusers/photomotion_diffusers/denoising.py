"""SVD's windows of one film, denoised by diffusers' own pipeline and steered through its callback and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from .clocks import Clock, tail
from .embedding import remembering
from .exact import decode
from .few_step import seeded
from .latents import encode, ladder
from .options import SvdOptions
from .preview import Outlook
from .reel import Reel
from .refining import Steering, make_clock, release_map

__all__ = ["Denoising", "Shot"]

Picture = npt.NDArray[np.uint8]
Tell = Callable[[int, Callable[[], Picture]], None]
"""Told the steps of a window that are done, and what makes a picture of the film as it stands."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Shot:
    """What one window is made from."""

    rows: list[int]
    """Of the film."""
    image: Picture
    """What the model is shown, uint8 (H, W, 3)."""
    known: torch.Tensor | None = None
    """Clean latents of its first rows, which the window before has made: float32 (1, shared, 4, h, w)."""


class Denoising:
    """The denoising of one film. Its one generator goes from window to window.

    Args:
        pipe: a StableVideoDiffusionPipeline.
        options: how.
        reel: the film.
        seed: of the generator.
    """

    def __init__(self, pipe: Any, options: SvdOptions, reel: Reel, seed: int) -> None:
        self._pipe = pipe
        self._options = options
        self._reel = reel
        self._steering = Steering.of(options.steer)
        self._generator = torch.Generator().manual_seed(seed)
        levels = ladder(pipe, options.steps)
        self.sigmas = levels if reel.guide is None else tail(levels, self._steering.start)
        """The ladder of every window, its last 0 included."""

    def run(self, shot: Shot, chunk: int, tell: Tell) -> torch.Tensor:
        """The clean latents of one window, float32 (1, frames, 4, h, w) on the CPU.

        Args:
            shot: the window.
            chunk: frames that go through the autoencoder together.
            tell: called after each step; what it raises ends the run.

        Raises:
            RuntimeError: for want of memory, among others; what was taken from the generator is then put back.
        """
        state = self._generator.get_state()
        try:
            return self.call(shot, self.clock(shot, chunk), tell)
        except RuntimeError:
            self._generator.set_state(state)
            raise

    def clock(self, shot: Shot, chunk: int) -> Clock | None:
        """What holds a window: the draft if there is one, the window before, the photo at a loop's end; None: nothing.

        Args:
            shot: the window.
            chunk: frames that are encoded together.
        """
        reel, rows = self._reel, shot.rows
        shared = 0 if shot.known is None else shot.known.shape[1]
        closes = rows[-1] == reel.timing.frames
        if reel.guide is None and not shared and not closes:
            return None
        cell = self._pipe.vae_scale_factor
        height, width = reel.crop.height // cell, reel.crop.width // cell
        shape = (1, len(rows), self._pipe.vae.config.latent_channels, height, width)
        z = torch.zeros(shape)
        if reel.guide is not None:
            quick = reel.quick(rows)
            release = release_map(reel.regions(), self._steering, cell=cell, frames=len(rows), quick=quick)
            drawn = list(range(shared, len(rows)))
        else:
            release = torch.full((len(rows), height, width), math.inf)
            drawn = [at for at in range(shared, len(rows)) if reel.is_photo(rows[at])]
        if shot.known is not None:
            z[:, :shared] = shot.known
        if drawn:
            z[:, drawn] = encode(self._pipe, [reel.small(rows[at]) for at in drawn], chunk)
        release[: max(shared, 1)] = 0.0
        if closes:
            release[-1] = 0.0
        eps = torch.randn(shape, generator=self._generator)
        return make_clock(z, eps, release, self.sigmas, schedule="edm", frame_axis=1)

    def call(self, shot: Shot, clock: Clock | None, tell: Tell) -> torch.Tensor:
        """One call of the pipeline, held by a clock or by nothing: clean latents as :meth:`run` gives them."""
        options, pipe, frames = self._options, self._pipe, len(shot.rows)
        outlook = Outlook(None if clock is None else clock.start)

        def after(step: int, latents: torch.Tensor) -> None:
            outlook.see(step, latents)
            tell(step + 1, partial(self._picture, outlook, frames // 2))

        held: dict[str, Any] = {"num_inference_steps": options.steps, "callback_on_step_end": _telling(after)}
        if clock is not None:
            pipe.scheduler.set_timesteps(sigmas=self.sigmas)
            # The pipeline multiplies by this; and takes latents as they are, in the dtype of its own.
            start = clock.start / float(pipe.scheduler.init_noise_sigma)
            held = {"sigmas": self.sigmas, "latents": start.to(pipe.unet.dtype)}
            held["callback_on_step_end"] = replace(clock, also=after)
        seeded(pipe.scheduler, self._generator)
        try:
            # A tensor would not be resized for the image encoder: it has to be a PIL image.
            with remembering(self._reel.embeddings, pipe, noisy=options.noise_augmentation > 0):
                latents = pipe(
                    Image.fromarray(shot.image),
                    height=shot.image.shape[0],
                    width=shot.image.shape[1],
                    num_frames=frames,
                    fps=max(2, round(min(options.fps, self._reel.timing.fps))),
                    motion_bucket_id=options.motion_bucket,
                    noise_aug_strength=options.noise_augmentation,
                    min_guidance_scale=min(options.guidance_min, options.guidance_max),
                    max_guidance_scale=options.guidance_max,
                    generator=self._generator,
                    output_type="latent",
                    **held,
                ).frames
        except BaseException:
            pipe.maybe_free_model_hooks()
            raise
        return torch.as_tensor(latents).float().cpu()

    def _picture(self, outlook: Outlook, frame: int) -> Picture:
        """One frame of what is under the noise, through the decoder."""
        pipe = self._pipe
        # A consistency model's steps are no straight lines, but it has just said where they lead.
        said = getattr(pipe.scheduler, "clean", None)
        levels = self.sigmas[outlook.step : outlook.step + 2]
        clean = outlook.clean(levels[0], levels[1]) if said is None else said.float()
        (pictures,) = decode(pipe, clean[:, frame : frame + 1].to(pipe._execution_device))
        return np.asarray(pictures[0])


def _telling(after: Callable[[int, torch.Tensor], None]) -> Callable[..., dict[str, Any]]:
    """A callback for diffusers that only tells."""

    def callback(pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        after(step, tensors["latents"])
        return {}

    return callback
