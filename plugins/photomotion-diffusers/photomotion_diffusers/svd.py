"""Stable Video Diffusion: the backend, from a guide to a film, in windows that fit into memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from photomotion.data import Conditioning, Frame, Timing
from photomotion.plugin import Event, Runtime

from .ahead import ahead
from .denoising import Denoising, Shot
from .exact import Exact, decode, speed_up
from .few_step import exchange_unet, take_few_steps
from .fitting import Fitting, Shape
from .footprint import Footprint
from .loading import choose_device, choose_dtype, load_pipeline
from .manifest import admit
from .memory import MemoryPlan, apply, free_memory, plan
from .options import SvdOptions
from .portrait import Crop, choose_crop
from .preview import previewing
from .reel import Reel, check_guide
from .reuse import Bounded, approximate
from .timing import key_rows
from .windows import crossfade, plan_windows

__all__ = ["SvdBackend"]

Picture = npt.NDArray[np.uint8]
PIPELINES = ("StableVideoDiffusionPipeline",)


def prepare(pipe: Any, options: SvdOptions) -> None:
    """Give the pipeline its weights and its sampler, and make it fast: what deviates only if it is asked for."""
    if options.unet:
        exchange_unet(pipe, options.unet)
    if options.sampler == "lcm":
        take_few_steps(pipe)
    speed_up(pipe, Exact(compile="inductor" if options.compile else None))
    bounded = Bounded(
        deep_interval=options.deep_interval,
        guidance_sigmas=options.guidance_sigmas,
        guidance_interval=options.guidance_interval,
    )
    approximate(pipe, bounded)


class SvdBackend:
    """Runs a StableVideoDiffusionPipeline, window by window.

    Args:
        pipe: the pipeline, in host memory.
        options: how.
        on_event: told after each step; raise from it to stop between steps.
        device: where it is to run.
    """

    def __init__(
        self,
        pipe: Any,
        options: SvdOptions,
        on_event: Callable[[Event], None] = lambda event: None,
        device: str = "cpu",
    ) -> None:
        self._pipe = pipe
        self._options = options
        self._on_event = on_event
        self._device = device
        self._takes = Footprint.of(pipe)
        self._fitting: Fitting[MemoryPlan] = Fitting(
            choose=self._choose,
            apply=lambda chosen: apply(chosen, self._pipe),
            smaller=lambda chosen: chosen.smaller,
            say=lambda words: on_event(Event(stage="backend", message=words, notice=True)),
        )

    @classmethod
    def load(cls, options: SvdOptions, runtime: Runtime) -> SvdBackend:
        """Load the model that the options name.

        Raises:
            WeightsError: if it cannot be had, or the license policy refuses it.
        """
        admit(options.model, runtime)
        if options.unet:
            admit(options.unet.rpartition("/")[0], runtime)
        device = choose_device(runtime.device)
        dtype = choose_dtype(runtime.dtype if options.dtype == "auto" else options.dtype, device)
        runtime.on_event(Event(stage="backend", message=f"loading {options.model}"))
        pipe = load_pipeline(options.model, PIPELINES, dtype, None, revision=options.revision)
        prepare(pipe, options)
        return cls(pipe, options, runtime.on_event, device)

    def close(self) -> None:
        """Let go of the model and the device's memory."""
        self._pipe = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        """Yield ``timing.frames`` frames; the first is the photo. One window's pictures are in memory at a time.

        Args:
            conditioning: photo, analysis and motion; and a guide, unless ``steer`` is 0.
            timing: that of the motion.
            seed: starts the one random generator of the film.

        Raises:
            UsageError: if there is nothing to steer by.
        """
        check_guide(conditioning, self._options.steer, "svd")
        reel = Reel(conditioning, timing, self.crop(conditioning), self._options)
        return reel.frames(self._make(reel, seed))

    def crop(self, conditioning: Conditioning) -> Crop:
        """The part of the photo that is generated, in a size the model can make."""
        levels = len(self._pipe.unet.config.block_out_channels) - 1
        multiple = math.lcm(8, self._pipe.vae_scale_factor * 2**levels)
        return choose_crop(conditioning.photo, conditioning.analysis, size=self._options.size, multiple=multiple)

    def _make(self, reel: Reel, seed: int) -> Generator[tuple[int, Picture], None, None]:
        """The rows that the model makes, with their pictures."""
        options = self._options
        rows = key_rows(reel.timing, options.fps)
        if len(rows) == 1:
            return
        windows = plan_windows(len(rows), options.frames or self._pipe.unet.config.num_frames, options.overlap)
        denoising = Denoising(self._pipe, options, reel, seed)
        steps = len(denoising.sigmas) - 1
        latents: torch.Tensor | None = None
        pictures: list[Picture] = []
        for number, window in enumerate(windows):
            part = rows[window.start : window.stop]
            shot = Shot(
                rows=part,
                image=reel.small(part[0]) if reel.guide is not None or not pictures else pictures[0],
                known=None if latents is None else latents[:, -window.shared :],
            )
            tell = partial(self._tell, number * steps, len(windows) * steps)
            run = partial(self._denoise, denoising, shot, tell)
            latents = self._fitting.run((len(part), reel.crop.height, reel.crop.width), run)
            stays = len(part) - (windows[number + 1].shared if number + 1 < len(windows) else 0)
            before, pictures = pictures, []
            self._on_event(Event(stage="backend", message="decoding"))
            with closing(self._decoded(latents)) as made:
                for at, picture in enumerate(made):
                    if at < window.shared:
                        picture = crossfade(before[at], picture, at, window.shared)
                    if at < stays:
                        yield part[at], picture
                    else:
                        pictures.append(picture)

    def _denoise(self, denoising: Denoising, shot: Shot, tell: Callable[..., None]) -> torch.Tensor:
        return denoising.run(shot, self._chunk, tell)

    def _tell(self, before: int, total: int, steps: int, picture: Callable[[], Picture]) -> None:
        with previewing(picture) as preview:
            done = before + steps
            self._on_event(Event(stage="backend", done=done, total=total, message="denoising", preview=preview))

    @torch.no_grad()
    def _decoded(self, latents: torch.Tensor) -> Generator[Picture, None, None]:
        """Pictures (H, W, 3) of latents (1, frames, 4, h, w), a chunk ahead of who takes them.

        Out of memory, decoding goes on from where it was by the next smaller plan; twice at one place is the end.
        """
        done, failed = 0, -1
        while done < latents.shape[1]:
            rest = latents[:, done:].to(device=self._pipe._execution_device, dtype=self._pipe.vae.dtype)
            try:
                with closing(ahead(decode(self._pipe, rest, self._chunk))) as chunks:
                    for chunk in chunks:
                        for picture in chunk:
                            done += 1
                            yield picture
            except RuntimeError as error:
                self._fitting.shrink(error, last=failed == done)
                failed = done
                self._fitting.lay_out()

    @property
    def _chunk(self) -> int:
        """Frames that go through the autoencoder together: as many as wanted, fewer if the plan says so."""
        laid = self._fitting.plan
        return self._options.decode_chunk if laid is None else min(self._options.decode_chunk, laid.decode_chunk)

    def _choose(self, shape: Shape) -> MemoryPlan:
        """The plan for a shape; what was laid out before is taken back, where it can be."""
        before = self._fitting.plan
        if before is not None and before.offload == "groups":
            return before
        if before is not None:
            self._pipe.remove_all_hooks()
            self._pipe.to("cpu")
        free = free_memory(self._device)
        frames, height, width = shape
        return plan(
            # On a CPU the weights are already where they will be.
            free + self._takes.weights if self._device == "cpu" else free,
            frames,
            height,
            width,
            self._pipe.unet.dtype,
            guided=self._options.guidance_max > 1,
            device=self._device,
            fp8=self._options.fp8,
            model=self._takes,
        )
