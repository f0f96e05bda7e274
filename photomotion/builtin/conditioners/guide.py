"""The conditioner that adds a draft of the film, drawn by the built-in renderer, and masks of what moves in it."""

from __future__ import annotations

from photomotion.data import Analysis, Conditioning, Guide, Motion, Photo, describe
from photomotion.warp import Scene, moving_regions

__all__ = ["GuideConditioner"]


class GuideConditioner:
    """Adds a guide for backends that can be held to one, and the same motion in words for those that follow a text too.

    Args:
        extra: words put at the prompt's end.
    """

    def __init__(self, extra: str = "") -> None:
        self.extra = extra

    def condition(self, photo: Photo, analysis: Analysis, motion: Motion) -> Conditioning:
        """Return the three with a :class:`photomotion.data.Guide`: the renderer's own frames, drawn when asked for.

        The scene is built now, once: the regions are measured on it. Its ``draw`` may be called from several threads.
        The prompt is that of :class:`~photomotion.builtin.conditioners.prompt.PromptConditioner`.
        """
        scene = Scene(photo, analysis, motion)
        guide = Guide(draw=scene.draw, frames=motion.frames, regions=moving_regions(scene))
        prompt = describe(motion, gray=photo.gray, extra=self.extra)
        return Conditioning(photo=photo, analysis=analysis, motion=motion, prompt=prompt, guide=guide)
