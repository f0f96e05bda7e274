"""Wan-Animate: driven by a film of a skeleton and a film of the face, and held to the draft as well."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from photomotion_diffusers.clocks import Clock

from .film import Film
from .steering import Levels
from .wan import Wan

__all__ = ["WanAnimate"]


class WanAnimate(Wan):
    """Wan 2.2 Animate 14B, in its mode that animates the photo."""

    name = "wan-animate"
    pipelines = ("WanAnimatePipeline",)
    model = "Wan-AI/Wan2.2-Animate-14B-Diffusers"
    pixels = 720 * 1280
    frames = 77
    fps = 30.0
    steps = 20
    guidance = 1.0
    controls = ("pose", "face")

    def keeps_first(self, pipe: Any) -> bool:
        """The photo is beside the latents, not in them."""
        return False

    def count(self, wanted: int) -> int:
        """At least two latent frames, which is one segment of the pipeline's."""
        return max(super().count(wanted), self.group + 1)

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """With both control films; as many frames as they have, in one segment."""
        stock = super().arguments(pipe, film)
        del stock["num_frames"]
        films = {f"{name}_video": list(film.controls[name]) for name in self.controls}
        return {**stock, **films, "segment_frame_length": film.frames, "mode": "animate"}

    def clock(self, pipe: Any, film: Film, levels: Levels, first: int) -> Clock:
        """Before the film's latents is one more, of the photo, which the pipeline throws away in the end."""
        clock = super().clock(pipe, film, levels, first)
        z, eps, release = (torch.cat([part[:, :, :1], part], 2) for part in (clock.z, clock.eps, clock.release))
        return replace(clock, z=z, eps=eps, release=release)
