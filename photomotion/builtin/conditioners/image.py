"""The conditioner for backends that need nothing but the photo and the motion."""

from __future__ import annotations

from photomotion.data import Analysis, Conditioning, Motion, Photo

__all__ = ["ImageConditioner"]


class ImageConditioner:
    """Adds nothing."""

    def condition(self, photo: Photo, analysis: Analysis, motion: Motion) -> Conditioning:
        """Return the three as they are."""
        return Conditioning(photo=photo, analysis=analysis, motion=motion)
