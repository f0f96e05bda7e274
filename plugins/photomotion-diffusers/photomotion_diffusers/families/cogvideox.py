"""CogVideoX image-to-video, 1.0 and 1.5: a variance-preserving model with frames before channels."""

from __future__ import annotations

from typing import Any

import torch

from photomotion_diffusers.clocks import Clock

from .base import Family
from .film import Film
from .steering import Levels

__all__ = ["CogVideoX"]


class CogVideoX(Family):
    """CogVideoX-5B-I2V and 1.5."""

    name = "cogvideox"
    pipelines = ("CogVideoXImageToVideoPipeline",)
    model = "THUDM/CogVideoX-5b-I2V"
    licence = "CogVideoX licence"
    pixels = 480 * 720
    frames = 49
    fps = 8.0
    steps = 50
    guidance = 6.0

    def levels(self, pipe: Any, film: Film) -> Levels:
        """From the scheduler's cumulative alphas: latents are sqrt(alpha) z + sqrt(1 - alpha) eps (Ho et al., 2020)."""
        scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
        scheduler.set_timesteps(film.steps)
        alphas = [float(scheduler.alphas_cumprod[int(t)]) for t in scheduler.timesteps]
        alphas.append(float(scheduler.final_alpha_cumprod))
        parts = [(alpha**0.5, (1 - alpha) ** 0.5) for alpha in alphas]
        return Levels(noise=tuple(b / (a + b) for a, b in parts), gain=tuple(a + b for a, b in parts))

    def encode(self, pipe: Any, video: torch.Tensor) -> torch.Tensor:
        """Scaled by one number."""
        z: torch.Tensor = pipe.vae.encode(video).latent_dist.mode().float() * pipe.vae_scaling_factor_image
        return z

    def pack(self, pipe: Any, latents: torch.Tensor) -> torch.Tensor:
        """(1, f, C, h, w); 1.5 works on pairs of latent frames, and an odd number is filled up in front."""
        frames = latents.permute(0, 2, 1, 3, 4)
        pair = pipe.transformer.config.patch_size_t
        missing = -frames.shape[1] % pair if pair else 0
        return torch.cat([frames[:, :1]] * missing + [frames], 1)

    def unpack(self, pipe: Any, latents: torch.Tensor, film: Film) -> torch.Tensor:
        """Channels before frames."""
        return latents.permute(0, 2, 1, 3, 4)

    def decode(self, pipe: Any, z: torch.Tensor) -> torch.Tensor:
        """Scaled by one number."""
        return self.decoded(pipe, z / pipe.vae_scaling_factor_image)

    def begin(self, pipe: Any, film: Film, clock: Clock, levels: Levels, first: int) -> dict[str, Any]:
        """In the model's own precision: the loop computes in that of the latents it is given."""
        latents = super().begin(pipe, film, clock, levels, first)["latents"]
        return {"latents": (latents / pipe.scheduler.init_noise_sigma).to(pipe.transformer.dtype)}
