"""The conditioner that says the plan in words, for video models that follow a text."""

from __future__ import annotations

from photomotion.data import Analysis, Conditioning, Motion, Photo, describe

__all__ = ["PromptConditioner"]


class PromptConditioner:
    """Adds the motion as a prompt.

    Args:
        extra: words put at its end.
    """

    def __init__(self, extra: str = "") -> None:
        self.extra = extra

    def condition(self, photo: Photo, analysis: Analysis, motion: Motion) -> Conditioning:
        """Return the three with a prompt in English; the same motion always gives the same words."""
        prompt = describe(motion, gray=photo.gray, extra=self.extra)
        return Conditioning(photo=photo, analysis=analysis, motion=motion, prompt=prompt)
