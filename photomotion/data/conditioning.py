"""What a backend is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import frozen
from .face import Analysis
from .motion import Motion
from .photo import Photo

__all__ = ["Conditioning", "Frame", "Restoration"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Restoration:
    """A restored photo, and an honest map of what was done to it.

    Raises:
        ValueError: if ``changed`` is not of the photo's size.
    """

    photo: Photo
    changed: npt.NDArray[np.float32] | None = None
    """float32 (H, W), 0 untouched ... 1 invented; None if nothing was touched."""

    def __post_init__(self) -> None:
        if self.changed is not None:
            size = (self.photo.height, self.photo.width)
            object.__setattr__(self, "changed", frozen(self.changed, np.float32, size, "Restoration.changed"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Conditioning:
    """Everything a backend may look at. Optional fields are filled by the conditioner that gives them."""

    photo: Photo
    analysis: Analysis
    motion: Motion
    prompt: str | None = None
    """The motion in words, for backends that follow a text. Given as ``"prompt"``."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    """What a plugin's conditioner hands to the same plugin's backend: embeddings, guides, control maps.
    The keys are the names in the implementations' ``gives`` and ``needs``."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Frame:
    """One picture of the film.

    Raises:
        ValueError: if ``pixels`` is not a uint8 array of shape (H, W, 3).
    """

    index: int
    """0, 1, 2 ..."""
    time: float
    """Seconds from the beginning."""
    pixels: npt.NDArray[np.uint8]
    """uint8 (H, W, 3), sRGB, read-only."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "pixels", frozen(self.pixels, np.uint8, (None, None, 3), "Frame.pixels"))
