"""Stable Video Diffusion on diffusers' own pipeline, steered by a draft through its callback and nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from photomotion.data import Conditioning, Frame, Timing
from photomotion.plugin import Event, Runtime

from .clocks import Clock, tail
from .exact import Exact, decode, speed_up
from .few_step import exchange_unet, seeded, take_few_steps
from .fitting import Fitting
from .latents import encode, ladder
from .loading import choose_device, choose_dtype, load_pipeline
from .options import SvdOptions
from .portrait import choose_crop
from .reel import Reel, check_guide
from .refining import Steering, make_clock, release_map
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
        self._fitting = Fitting(
            pipe,
            device,
            guided=options.guidance_max > 1,
            fp8=options.fp8,
            say=lambda words: on_event(Event(stage="backend", message=words)),
        )

    @classmethod
    def load(cls, options: SvdOptions, runtime: Runtime) -> SvdBackend:
        """Load the model that the options name.

        Raises:
            WeightsError: if it cannot be had.
        """
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

    def crop(self, conditioning: Conditioning) -> Any:
        """The part of the photo that is generated, in a size the model can make."""
        levels = len(self._pipe.unet.config.block_out_channels) - 1
        multiple = math.lcm(8, self._pipe.vae_scale_factor * 2**levels)
        return choose_crop(conditioning.photo, conditioning.analysis, size=self._options.size, multiple=multiple)

    def _make(self, reel: Reel, seed: int) -> Iterator[tuple[int, Picture]]:
        """The rows that the model makes, with their pictures."""
        options = self._options
        rows = key_rows(reel.timing, options.fps)
        if len(rows) == 1:
            return
        windows = plan_windows(len(rows), options.frames or self._pipe.unet.config.num_frames, options.overlap)
        generator = torch.Generator().manual_seed(seed)
        levels = ladder(self._pipe, options.steps)
        sigmas = levels if reel.guide is None else tail(levels, Steering.of(options.steer).start)
        total = len(windows) * (len(sigmas) - 1)
        latents: torch.Tensor | None = None
        pictures: list[Picture] = []
        for number, window in enumerate(windows):
            shared = window.shared
            known = None if latents is None else latents[:, -shared:]
            image = reel.small(rows[window.start]) if reel.guide is not None or not pictures else pictures[0]
            tell = self._teller(number * (len(sigmas) - 1), total)
            part = rows[window.start : window.stop]
            run = partial(self._window, reel, part, image, sigmas, known, generator, tell)
            latents, made = self._fitting.run((window.stop - window.start, *image.shape[:2]), run)
            made[:shared] = [crossfade(pictures[i], made[i], i, shared) for i in range(shared)]
            kept = windows[number + 1].shared if number + 1 < len(windows) else 0
            yield from zip(rows[window.start : window.stop - kept], made[: len(made) - kept], strict=True)
            pictures = made[len(made) - kept :]

    def _window(
        self,
        reel: Reel,
        rows: list[int],
        image: Picture,
        sigmas: list[float],
        known: torch.Tensor | None,
        generator: torch.Generator,
        tell: Callable[[int, torch.Tensor], None],
    ) -> tuple[torch.Tensor, list[Picture]]:
        """One window: its clean latents and its pictures. What it takes from the generator it gives back on a fault."""
        state = generator.get_state()
        try:
            clock = self._clock(reel, rows, sigmas, known, generator, tell)
            fps = max(2, round(min(self._options.fps, reel.timing.fps)))
            latents = self._run(image, len(rows), fps, sigmas, clock, generator, tell)
            return latents, self._decode(latents)
        except RuntimeError:
            generator.set_state(state)
            raise

    def _teller(self, done: int, total: int) -> Callable[[int, torch.Tensor], None]:
        def tell(step: int, latents: torch.Tensor) -> None:
            self._on_event(Event(stage="backend", done=done + step + 1, total=total, message="denoising"))

        return tell

    def _clock(
        self,
        reel: Reel,
        rows: list[int],
        sigmas: list[float],
        known: torch.Tensor | None,
        generator: torch.Generator,
        tell: Callable[[int, torch.Tensor], None],
    ) -> Clock | None:
        """What holds this window: to the draft if there is one, to the window before, or to nothing (None)."""
        shared = 0 if known is None else known.shape[1]
        if reel.guide is None and known is None:
            return None
        cell = self._pipe.vae_scale_factor
        height, width = reel.crop.height // cell, reel.crop.width // cell
        shape = (1, len(rows), self._pipe.vae.config.latent_channels, height, width)
        z = torch.zeros(shape)
        if known is not None:
            z[:, :shared] = known
        if reel.guide is None:
            release = torch.full((len(rows), height, width), math.inf)
        else:
            z[:, shared:] = encode(self._pipe, [reel.small(row) for row in rows[shared:]], self._chunk)
            steering = Steering.of(self._options.steer)
            release = release_map(reel.regions(), steering, cell=cell, frames=len(rows))
        release[: max(shared, 1)] = 0.0
        eps = torch.randn(shape, generator=generator)
        return make_clock(z, eps, release, sigmas, schedule="edm", frame_axis=1, also=tell)

    def _run(
        self,
        image: Picture,
        frames: int,
        fps: int,
        sigmas: list[float],
        clock: Clock | None,
        generator: torch.Generator,
        tell: Callable[[int, torch.Tensor], None],
    ) -> torch.Tensor:
        """One call of the pipeline: clean latents, float32 (1, frames, 4, h, w) on the CPU."""
        options, pipe = self._options, self._pipe
        held: dict[str, Any] = {"num_inference_steps": options.steps, "callback_on_step_end": _telling(tell)}
        if clock is not None:
            pipe.scheduler.set_timesteps(sigmas=sigmas)
            # The pipeline multiplies by this; and takes latents as they are, in the dtype of its own.
            start = clock.start / float(pipe.scheduler.init_noise_sigma)
            held = {"sigmas": sigmas, "latents": start.to(pipe.unet.dtype), "callback_on_step_end": clock}
        seeded(pipe.scheduler, generator)
        try:
            # A tensor would not be resized for the image encoder: it has to be a PIL image.
            latents = pipe(
                Image.fromarray(image),
                height=image.shape[0],
                width=image.shape[1],
                num_frames=frames,
                fps=fps,
                motion_bucket_id=options.motion_bucket,
                noise_aug_strength=options.noise_augmentation,
                min_guidance_scale=min(options.guidance_min, options.guidance_max),
                max_guidance_scale=options.guidance_max,
                generator=generator,
                output_type="latent",
                **held,
            ).frames
        except BaseException:
            pipe.maybe_free_model_hooks()
            raise
        return torch.as_tensor(latents).float().cpu()

    @torch.no_grad()
    def _decode(self, latents: torch.Tensor) -> list[Picture]:
        """Latents (1, frames, 4, h, w) as uint8 pictures (H, W, 3)."""
        self._on_event(Event(stage="backend", message="decoding"))
        latents = latents.to(device=self._pipe._execution_device, dtype=self._pipe.vae.dtype)
        return [picture for chunk in decode(self._pipe, latents, self._chunk) for picture in chunk]

    @property
    def _chunk(self) -> int:
        """Frames that go through the autoencoder together."""
        return self._fitting.chunk(self._options.decode_chunk)


def _telling(tell: Callable[[int, torch.Tensor], None]) -> Callable[..., dict[str, Any]]:
    """A callback for diffusers that only tells."""

    def callback(pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        tell(step, tensors["latents"])
        return {}

    return callback
