"""Cosmos-Predict2 video-to-world: the noise levels of EDM in a rectified flow's clothes, and a guardrail that stays."""

from __future__ import annotations

import copy
from typing import Any

import torch

from photomotion_diffusers.clocks import Clock

from .base import Family
from .film import Film
from .steering import Levels

__all__ = ["Cosmos"]


class Cosmos(Family):
    """Cosmos-Predict2 from a photo.

    Its licence ends if the guardrail is bypassed, so the pipeline is loaded with it and never without. It pixelates the
    faces it finds in a film.
    """

    name = "cosmos"
    pipelines = ("Cosmos2VideoToWorldPipeline",)
    model = "nvidia/Cosmos-Predict2-2B-Video2World"
    licence = "NVIDIA Open Model"
    packages = ("cosmos_guardrail", "torchvision")
    precise_decoder = True
    pixels = 704 * 1280
    frames = 93
    steps = 35
    guidance = 7.0

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """With the frame rate."""
        return {**super().arguments(pipe, film), "fps": round(film.fps)}

    def levels(self, pipe: Any, film: Film) -> Levels:
        """``z + sigma * eps`` is ``(1 + sigma) * ((1 - noise) * z + noise * eps)`` with noise = sigma / (1 + sigma).

        The pipeline's last step goes nowhere: it ends at the lowest sigma, 0.002, which is clean here.
        """
        scheduler = copy.deepcopy(pipe.scheduler)
        scheduler.set_timesteps(sigmas=torch.linspace(0, 1, film.steps, dtype=torch.float64))
        sigmas = [*(float(sigma) for sigma in scheduler.sigmas[:-1]), 0.0]
        return Levels(noise=tuple(s / (1 + s) for s in sigmas), gain=tuple(1 + s for s in sigmas))

    def begin(self, pipe: Any, film: Film, clock: Clock, levels: Levels, first: int) -> dict[str, Any]:
        """The pipeline multiplies what it is given by the highest sigma."""
        latents = super().begin(pipe, film, clock, levels, first)["latents"]
        return {"latents": latents / pipe.scheduler.config.sigma_max}
