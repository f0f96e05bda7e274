"""HunyuanVideo image-to-video. Its licence does not cover the European Union, the United Kingdom and South Korea."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from .base import Family, flow_levels
from .film import Film
from .steering import Levels

__all__ = ["Hunyuan"]


class Hunyuan(Family):
    """HunyuanVideo-I2V, with the photo beside the latents (33 channels) or in their first frame (16 channels)."""

    name = "hunyuan"
    pipelines = ("HunyuanVideoImageToVideoPipeline",)
    model = "hunyuanvideo-community/HunyuanVideo-I2V"
    licence = "Tencent Hunyuan community licence"
    gated = "its licence does not cover the European Union, the United Kingdom and South Korea"
    pixels = 720 * 1280
    frames = 125
    fps = 24.0
    steps = 50
    guidance = 1.0

    def lead(self, pipe: Any) -> int:
        """The 33-channel model decodes four frames that its pipeline cuts off."""
        return 4 if pipe.transformer.config.image_condition_type == "latent_concat" else 0

    def keeps_first(self, pipe: Any) -> bool:
        """The 16-channel model has the photo in the first latent frame."""
        return bool(pipe.transformer.config.image_condition_type == "token_replace")

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """Guidance is a number given to the model, where it takes one; a true second pass otherwise."""
        stock = super().arguments(pipe, film)
        if not pipe.transformer.config.guidance_embeds:
            stock["true_cfg_scale"] = stock.pop("guidance_scale")
        return stock

    def levels(self, pipe: Any, film: Film) -> Levels:
        """Evenly spaced, then shifted by the scheduler."""
        scheduler = type(pipe.scheduler).from_config(pipe.scheduler.config)
        scheduler.set_timesteps(sigmas=np.linspace(1.0, 0.0, film.steps + 1)[:-1])
        return flow_levels(scheduler.sigmas)

    def encode(self, pipe: Any, video: torch.Tensor) -> torch.Tensor:
        """Scaled by one number."""
        z: torch.Tensor = pipe.vae.encode(video).latent_dist.mode().float() * pipe.vae.config.scaling_factor
        return z

    def decode(self, pipe: Any, z: torch.Tensor) -> torch.Tensor:
        """Scaled by one number."""
        return self.decoded(pipe, z / pipe.vae.config.scaling_factor)
