"""LTX-Video: packed latents, a first frame that stays clean, and a ladder that depends on the size."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

import numpy as np
import torch
from diffusers.pipelines.ltx.pipeline_ltx import calculate_shift
from diffusers.pipelines.ltx.pipeline_ltx_condition import linear_quadratic_schedule

from photomotion_diffusers.clocks import Clock

from .base import Family, flow_levels
from .film import Film
from .steering import Levels

__all__ = ["Ltx", "LtxCondition"]


class Ltx(Family):
    """LTX-Video 2B through ``LTXImageToVideoPipeline``."""

    name = "ltx"
    pipelines = ("LTXImageToVideoPipeline",)
    siblings: ClassVar[tuple[str, ...]] = ("LTXPipeline",)
    model = "Lightricks/LTX-Video"
    licence = "LTX-Video open weights licence"
    multiple = 32
    group = 8
    pixels = 512 * 704
    frames = 161
    fps = 25.0
    steps = 50
    guidance = 3.0
    shifts: ClassVar[dict[str, float]] = {
        "base_image_seq_len": 256,
        "max_image_seq_len": 4096,
        "base_shift": 0.5,
        "max_shift": 1.15,
    }
    """What the pipeline takes where the scheduler's configuration does not say, in the order it takes them."""

    def keeps_first(self, pipe: Any) -> bool:
        """The loop leaves the first latent frame alone."""
        return True

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """With the frame rate, and for decoders that denoise too, the noise they were trained with."""
        decoding = {"decode_timestep": 0.05, "decode_noise_scale": 0.025} if _denoises(pipe.vae) else {}
        return {**super().arguments(pipe, film), "frame_rate": round(film.fps), **decoding}

    def levels(self, pipe: Any, film: Film) -> Levels:
        """As the pipeline asks for them: shifted by the number of tokens."""
        scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
        width, height = film.image.size
        space = pipe.vae_spatial_compression_ratio
        tokens = ((film.frames - 1) // pipe.vae_temporal_compression_ratio + 1) * (height // space) * (width // space)
        get = pipe.scheduler.config.get
        shift = calculate_shift(tokens, *(get(name, usual) for name, usual in self.shifts.items()))
        scheduler.set_timesteps(sigmas=np.linspace(1.0, 1 / film.steps, film.steps), mu=shift)
        return flow_levels(scheduler.sigmas)

    def encode(self, pipe: Any, video: torch.Tensor) -> torch.Tensor:
        """By the autoencoder's own mean and deviation."""
        z = pipe.vae.encode(video).latent_dist.mode().float()
        vae = pipe.vae
        normal = pipe._normalize_latents(z, vae.latents_mean, vae.latents_std, vae.config.scaling_factor)
        assert isinstance(normal, torch.Tensor)
        return normal

    def pack(self, pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        """As tokens, (1, f * h * w, C)."""
        packed = pipe._pack_latents(latents, pipe.transformer_spatial_patch_size, pipe.transformer_temporal_patch_size)
        assert isinstance(packed, torch.Tensor)
        return packed

    def unpack(self, pipe: Any, latents: torch.Tensor, film: Film) -> torch.Tensor:
        """From tokens."""
        width, height = film.image.size
        space, time = pipe.vae_spatial_compression_ratio, pipe.vae_temporal_compression_ratio
        shape = (film.frames - 1) // time + 1, height // space, width // space
        patch = pipe.transformer_spatial_patch_size, pipe.transformer_temporal_patch_size
        z: torch.Tensor = pipe._unpack_latents(latents, *shape, *patch)
        return z

    def decode(self, pipe: Any, z: torch.Tensor) -> torch.Tensor:
        """A decoder that denoises too is told that there is no noise."""
        vae = pipe.vae
        scaled = pipe._denormalize_latents(z, vae.latents_mean, vae.latents_std, vae.config.scaling_factor)
        clean = torch.zeros(1).to(z) if _denoises(vae) else None
        video: torch.Tensor = vae.decode(scaled.to(vae.dtype), clean, return_dict=False)[0]
        return video

    def begin(self, pipe: Any, film: Film, clock: Clock, levels: Levels, first: int) -> dict[str, Any]:
        """Given latents, the pipeline does not look at the photo: the first latent frame must be it, without noise."""
        tokens = clock.z.shape[1] // ((film.frames - 1) // self.group + 1)
        latents = clock.start.clone()
        latents[:, :tokens] = clock.z[:, :tokens]
        return {"latents": latents}


class LtxCondition(Ltx):
    """LTX-Video 0.9.5 and later through ``LTXConditionPipeline``, distilled ones too."""

    name = "ltx-condition"
    pipelines = ("LTXConditionPipeline",)
    siblings = ("LTXPipeline",)
    model = "Lightricks/LTX-Video-0.9.5"
    steps = 40

    def levels(self, pipe: Any, film: Film) -> Levels:
        """The pipeline's own linear-quadratic ladder."""
        scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
        scheduler.set_timesteps(timesteps=linear_quadratic_schedule(film.steps) * 1000)
        return flow_levels(scheduler.sigmas)

    def skipped(self, levels: Levels, start: float) -> int:
        """At least one: the pipeline takes a draft only at a strength below 1."""
        return max(super().skipped(levels, start), 1)

    def noise(self, pipe: Any, z: torch.Tensor, film: Film) -> torch.Tensor:
        """The pipeline noises the draft itself, with the first numbers of its generator: these."""
        return torch.randn(z.shape, generator=film.generator())

    def begin(self, pipe: Any, film: Film, clock: Clock, levels: Levels, first: int) -> dict[str, Any]:
        """Clean latents and a strength: the pipeline adds the noise and puts the photo in front."""
        width, height = film.image.size
        space, time = pipe.vae_spatial_compression_ratio, pipe.vae_temporal_compression_ratio
        z = pipe._unpack_latents(
            clock.z,
            (film.frames - 1) // time + 1,
            height // space,
            width // space,
            pipe.transformer_spatial_patch_size,
            pipe.transformer_temporal_patch_size,
        )
        return {"latents": z, "denoise_strength": (film.steps - first + 0.5) / film.steps}

    def shorten(self, pipe: Any, first: int) -> AbstractContextManager[None]:
        """Nothing to do: the strength says it."""
        return nullcontext()


def _denoises(vae: Any) -> bool:
    return bool(vae.config.timestep_conditioning)
