"""HunyuanVideo-1.5 image-to-video: it tells nobody of its steps, sets its own size, and has an object for guidance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .film import Film
from .hunyuan import Hunyuan
from .steering import Hold
from .stepping import stepped

__all__ = ["Hunyuan15"]


class Hunyuan15(Hunyuan):
    """HunyuanVideo-1.5, with the photo beside the latents."""

    name = "hunyuan15"
    pipelines = ("HunyuanVideo15ImageToVideoPipeline",)
    model = "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_i2v"
    pixels = 480 * 848
    frames = 121
    guidance = 6.0

    def lead(self, pipe: Any) -> int:
        """None."""
        return 0

    def keeps_first(self, pipe: Any) -> bool:
        """The photo is beside the latents, not in them."""
        return False

    def arguments(self, pipe: Any, film: Film) -> dict[str, Any]:
        """Without size and guidance, which are not arguments here."""
        return {
            "image": film.image,
            "prompt": film.prompt,
            "negative_prompt": film.negative,
            "num_frames": film.frames,
            "num_inference_steps": film.steps,
        }

    def call(self, pipe: Any, film: Film, arguments: dict[str, Any], hold: Hold, output: str) -> Any:
        """With the film's size and guidance meanwhile, and the scheduler in the place of a callback."""
        with _sized(pipe, film), _guided(pipe, film.guidance), stepped(pipe, hold):
            return pipe(**arguments, generator=film.generator(), output_type=output)


@contextmanager
def _sized(pipe: Any, film: Film) -> Iterator[None]:
    """Let the pipeline make the size of its image rather than one of its buckets near it."""
    width, height = film.image.size
    pipe.video_processor.calculate_default_height_width = lambda **asked: (height, width)
    try:
        yield
    finally:
        del pipe.video_processor.calculate_default_height_width


@contextmanager
def _guided(pipe: Any, guidance: float) -> Iterator[None]:
    """Guide by another strength, where the model is one that is guided."""
    before = pipe.guider
    if before.num_conditions > 1 and "guidance_scale" in before.config:
        pipe.guider = before.new(guidance_scale=guidance)
    try:
        yield
    finally:
        pipe.guider = before
