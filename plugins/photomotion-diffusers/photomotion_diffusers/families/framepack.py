"""Framepack: one film in sections, each of which sees the others' latents; the published model begins with the last."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers.pipelines.hunyuan_video.pipeline_hunyuan_video_framepack import calculate_shift

from photomotion_diffusers.clocks import Clock

from .base import flow_levels
from .film import Film
from .hunyuan import Hunyuan
from .steering import Hold, Levels

__all__ = ["Framepack", "FramepackForward"]


class Framepack(Hunyuan):
    """FramePack I2V, from the last section to the first. Its repository holds one network: see the documentation."""

    name = "framepack"
    pipelines = ("HunyuanVideoFramepackPipeline",)
    model = ""
    pixels = 480 * 832
    frames = 145
    fps = 30.0
    steps = 30
    guidance = 9.0
    window: ClassVar[int] = 9
    """Latent frames in a section."""
    sampling: ClassVar[str] = "inverted_anti_drifting"

    def count(self, wanted: int) -> int:
        """Whole sections, and the photo."""
        return max(-(-(wanted - 1) // (self.group * self.window)), 1) * self.group * self.window + 1

    def sections(self, film: Film) -> int:
        """One for each ``window`` latent frames after the first."""
        return (film.frames - 1) // (self.group * self.window)

    def lead(self, pipe: Any) -> int:
        """None."""
        return 0

    def keeps_first(self, pipe: Any) -> bool:
        """The photo's latents are put before those that are made."""
        return True

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """The pipeline counts the frames of a section as if it stood alone, which is some fewer."""
        stock = super().arguments(pipe, film)
        alone = (self.window - 1) * self.group + 1
        further = {"latent_window_size": self.window, "sampling_type": self.sampling}
        return {**stock, **further, "num_frames": self.sections(film) * alone}

    def levels(self, pipe: Any, film: Film) -> Levels:
        """As the pipeline asks for them: shifted by the number of tokens in a section, at most sevenfold."""
        scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
        width, height = film.image.size
        space, get = pipe.vae_scale_factor_spatial, pipe.scheduler.config.get
        tokens = self.window * (height // space) * (width // space) / pipe.transformer.config.patch_size**2
        shift = calculate_shift(
            tokens,
            get("base_image_seq_len", 256),
            get("max_image_seq_len", 4096),
            get("base_shift", 0.5),
            get("max_shift", 1.15),
        )
        scheduler.set_timesteps(sigmas=np.linspace(1.0, 0.0, film.steps + 1)[:-1], mu=min(shift, math.log(7.0)))
        return flow_levels(scheduler.sigmas)

    def begin(self, pipe: Any, film: Film, clock: Clock, levels: Levels, first: int) -> dict[str, Any]:
        """Nothing: the pipeline takes no latents, but asks for each section's; see :meth:`call`."""
        return {}

    def order(self, film: Film) -> list[int]:
        """The sections, counted from the photo on, in the order in which they are made."""
        return list(reversed(range(self.sections(film))))

    def call(self, pipe: Any, film: Film, arguments: dict[str, Any], hold: Hold, output: str) -> Any:
        """With each section held by its own part of the clock."""
        whole = hold.clock
        clocks: list[Clock | None] = [None] * self.sections(film)
        if whole is not None:
            places = [slice(1 + i * self.window, 1 + (i + 1) * self.window) for i in self.order(film)]
            clocks = [
                replace(whole, z=whole.z[:, :, at], eps=whole.eps[:, :, at], release=whole.release[:, :, at])
                for at in places
            ]
        with _sectioned(pipe, hold, clocks) as callback:
            made = pipe(**arguments, generator=film.generator(), callback_on_step_end=callback, output_type=output)
        if output == "latent":
            made.frames = made.frames[-1]
        return made


class FramepackForward(Framepack):
    """FramePack F1, from the first section on."""

    name = "framepack-f1"
    sampling = "vanilla"

    def order(self, film: Film) -> list[int]:
        """As they are shown."""
        return list(range(self.sections(film)))


@contextmanager
def _sectioned(pipe: Any, hold: Hold, clocks: list[Clock | None]) -> Iterator[Any]:
    """Give a pipeline each section's latents to begin with, and yield the callback that holds whichever is made."""
    stock, begun, done = pipe.prepare_latents, 0, 0

    def prepare(*args: Any, dtype: Any = None, device: Any = None, **kwargs: Any) -> torch.Tensor:
        nonlocal begun
        clock, begun = clocks[begun], begun + 1
        drawn: torch.Tensor = stock(*args, dtype=dtype, device=device, **kwargs)
        return drawn if clock is None else clock.start.to(drawn)

    def callback(pipe: Any, step: int, time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        nonlocal done
        done += 1
        section = replace(hold, clock=clocks[begun - 1], report=lambda _: hold.report(done))
        return section(pipe, step, time, tensors)

    pipe.prepare_latents = prepare
    try:
        yield callback
    finally:
        del pipe.prepare_latents
