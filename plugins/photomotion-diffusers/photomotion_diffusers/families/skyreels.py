"""SkyReels-V2: Wan's architecture trained on films, as image-to-video and as diffusion forcing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .base import Family
from .film import Film
from .steering import shortened
from .stepping import forgetful

__all__ = ["SkyReelsV2", "SkyReelsV2Forcing"]


class SkyReelsV2(Family):
    """SkyReels-V2 image-to-video."""

    name = "skyreels-v2"
    pipelines = ("SkyReelsV2ImageToVideoPipeline",)
    model = "Skywork/SkyReels-V2-I2V-14B-540P-Diffusers"
    licence = "Skywork community licence"
    packages = ("ftfy",)
    precise_decoder = True
    pixels = 544 * 960
    frames = 97
    fps = 24.0
    steps = 50


class SkyReelsV2Forcing(SkyReelsV2):
    """SkyReels-V2 diffusion forcing with all frames at one noise level, the photo's at none: its pipeline's default."""

    name = "skyreels-v2-df"
    pipelines = ("SkyReelsV2DiffusionForcingImageToVideoPipeline",)
    siblings = ("SkyReelsV2DiffusionForcingPipeline",)
    model = "Skywork/SkyReels-V2-DF-1.3B-540P-Diffusers"

    def keeps_first(self, pipe: Any) -> bool:
        """The photo's latents are the first frame, without noise."""
        return True

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """With the frame rate, and in one piece whatever the length."""
        stock = super().arguments(pipe, film)
        return {**stock, "fps": round(film.fps), "base_num_frames": max(self.frames, film.frames)}

    @contextmanager
    def shorten(self, pipe: Any, first: int) -> Iterator[None]:
        """The pipeline has a copy of its solver for each latent frame: all must notice what was written in."""
        with shortened(pipe.scheduler, first), forgetful(pipe.scheduler):
            yield
