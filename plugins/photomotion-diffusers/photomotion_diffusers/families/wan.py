"""Wan 2.1 and 2.2 image-to-video, FastWan and Wan VACE: one autoencoder, one kind of loop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import diffusers
import torch

from photomotion.errors import UsageError, WeightsError
from photomotion_diffusers.loading import load_pipeline

from .base import Family
from .film import Film
from .options import FamilyOptions

__all__ = ["FastWan", "Wan", "Wan5B", "WanVace"]


class Wan(Family):
    """Wan 2.2 A14B with its two experts, and Wan 2.1 14B."""

    name = "wan-a14b"
    pipelines: ClassVar[tuple[str, ...]] = ("WanImageToVideoPipeline",)
    model = "Wan-AI/Wan2.2-I2V-A14B-Diffusers"
    licence = "Apache-2.0"
    guidance = 3.5
    packages = ("ftfy",)
    precise_decoder = True

    def keeps_first(self, pipe: Any) -> bool:
        """TI2V-5B puts the photo's latents into the first frame at every step; the others only look at it."""
        return bool(pipe.config.expand_timesteps)


class Wan5B(Wan):
    """Wan 2.2 TI2V-5B: what a single card runs."""

    name = "wan"
    siblings: ClassVar[tuple[str, ...]] = ("WanPipeline",)
    model = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"
    multiple = 32
    pixels = 704 * 1280
    frames = 121
    fps = 24.0
    steps = 50
    guidance = 5.0

    def open(self, folder: Path, dtype: torch.dtype) -> Any:
        """The published index names the pipeline that begins with a text.

        Raises:
            WeightsError: as for every family, and if it is a model that can only begin with a text.
        """
        pipe = super().open(folder, dtype)
        if pipe.image_encoder is None and pipe.transformer_2 is None and not pipe.config.expand_timesteps:
            raise WeightsError(f"{folder} holds a Wan that makes films from words only; take one that takes a photo")
        return pipe


class FastWan(Wan5B):
    """TI2V-5B distilled to three steps without guidance, for which it has a sampler of its own."""

    name = "fastwan"
    siblings = ("WanDMDPipeline",)
    model = "FastVideo/FastWan2.2-TI2V-5B-FullAttn-Diffusers"
    steps = 3
    guidance = 1.0

    def open(self, folder: Path, dtype: torch.dtype) -> Any:
        """The published index names a pipeline of another library, and does not say how its photo is given."""
        names = (*self.pipelines, *self.siblings)
        pipe = load_pipeline(str(folder), names, dtype, None, kind=self.pipelines[0], expand_timesteps=True)
        pipe.scheduler = DistilledScheduler()
        return pipe

    def run(
        self,
        pipe: Any,
        film: Film,
        output: str = "pt",
        report: Callable[[int, int], None] = lambda done, total: None,
    ) -> torch.Tensor:
        """As every family, with the global generator seeded meanwhile: the scheduler draws its noise from it.

        Its seed is another than the film's, or the first noise would come twice.
        """
        with torch.random.fork_rng():
            torch.manual_seed(film.seed + 2**32)
            return super().run(pipe, film, output, report)


class DistilledScheduler(diffusers.FlowMatchEulerDiscreteScheduler):  # type: ignore[misc]
    """The sampler of distribution matching distillation (Yin et al., 2024): to x0, then back to the next level.

    The steps 1000, 757 and 522 are those for which FastWan was distilled; there are no others.
    """

    sigmas_of_training = (1.0, 0.757, 0.522)

    def __init__(self) -> None:
        super().__init__(shift=1.0, stochastic_sampling=True)

    def set_timesteps(self, num_inference_steps: int | None = None, device: Any = None) -> None:
        """Set the three steps.

        Raises:
            UsageError: if another number is asked for.
        """
        if num_inference_steps != len(self.sigmas_of_training):
            raise UsageError(f"fastwan makes its film in 3 steps, not {num_inference_steps}; leave backend.steps out")
        super().set_timesteps(sigmas=list(self.sigmas_of_training), device=device)


class WanVace(Family):
    """Wan VACE: the draft itself is the control film, or another is; held to the draft by the clock as well."""

    name = "wan-vace"
    pipelines = ("WanVACEPipeline",)
    model = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"
    licence = "Apache-2.0"
    steps = 30
    packages = ("ftfy",)
    precise_decoder = True

    def films(self, options: FamilyOptions) -> tuple[str, ...]:
        """The one that the options name, unless that is the draft."""
        control = getattr(options, "control", "draft")
        return () if control == "draft" else (control,)

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """The photo as first frame to keep, then what the rest is made from: the one control film, draft or gray."""
        import PIL.Image

        size = film.image.size
        rest: list[Any] = []
        if len(film.controls) == 1:
            (control,) = film.controls.values()
            rest = list(control[1:])
        elif film.draft is not None:
            rest = [PIL.Image.fromarray(f) for f in film.draft.frames[1 : film.draft.shows]]
        rest += [PIL.Image.new("RGB", size, (127, 127, 127))] * (film.frames - 1 - len(rest))
        stock = super().arguments(pipe, film)
        del stock["image"]
        masks = [PIL.Image.new("L", size, 0)] + [PIL.Image.new("L", size, 255)] * (film.frames - 1)
        return {**stock, "video": [film.image, *rest], "mask": masks}
