"""What a backend is given, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import frozen
from .face import Analysis
from .motion import Motion
from .photo import Photo

__all__ = ["Conditioning", "Frame", "Guide", "Mending", "Restoration"]


@dataclass(frozen=True, kw_only=True)
class Mending:
    """One thing that a restorer did, or found and left."""

    name: str
    """Short and stable, the restorer's own word: ``"scratches"``, ``"fading"`` ..."""
    measured: float
    """The measured number behind it."""
    strength: float
    """0 found and left alone ... 1 mended fully."""
    sentence: str
    """One plain sentence for the person who brought the photo, with the number's unit."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Restoration:
    """A restored photo, and an honest map of what was done to it. All maps have the restored photo's size.

    Raises:
        ValueError: if a map is not of the photo's size.
    """

    photo: Photo
    changed: npt.NDArray[np.float32] | None = None
    """float32 (H, W), 0 untouched ... 1 nothing of the scan's own pixel is left; None if nothing was touched."""
    filled: npt.NDArray[np.float32] | None = None
    """float32 (H, W), 0..1: the share that was filled from around, as under a scratch; None if nothing was."""
    generated: npt.NDArray[np.float32] | None = None
    """float32 (H, W), 0..1: the share that a network made up; None if none was at work."""
    steps: tuple[Mending, ...] = ()
    """What was done, in order."""

    def __post_init__(self) -> None:
        size = (self.photo.height, self.photo.width)
        for name in ("changed", "filled", "generated"):
            values = getattr(self, name)
            if values is not None:
                object.__setattr__(self, name, frozen(values, np.float32, size, f"Restoration.{name}"))


@dataclass(frozen=True, eq=False, kw_only=True)
class Guide:
    """A draft of the film, frame by frame on demand, and how far each place of it is to be trusted.

    Raises:
        ValueError: if a region is not a float array of shape (H, W).
    """

    draw: Callable[[int], npt.NDArray[np.uint8]]
    """The draft at one row of the motion, uint8 (H, W, 3), at the photo's size. Row 0 is the photo, exactly."""
    frames: int
    """Rows that can be drawn."""
    regions: Mapping[str, npt.NDArray[np.float32]]
    """float32 (H, W), 0..1, wide enough to hold what moves in it all through the film: ``"eyes"``, ``"mouth"``,
    ``"head"`` and ``"person"``, each inside the next."""

    def __post_init__(self) -> None:
        regions = {k: frozen(v, np.float32, (None, None), f"Guide.regions[{k!r}]") for k, v in self.regions.items()}
        object.__setattr__(self, "regions", regions)


@dataclass(frozen=True, eq=False, kw_only=True)
class Conditioning:
    """Everything a backend may look at. Optional fields are filled by the conditioner that gives them."""

    photo: Photo
    analysis: Analysis
    motion: Motion
    prompt: str | None = None
    """The motion in words, for backends that follow a text. Given as ``"prompt"``."""
    guide: Guide | None = None
    """The motion as a draft of the film, for backends that can be held to one. Given as ``"guide"``."""
    extras: Mapping[str, Any] = field(default_factory=dict)
    """What a plugin's conditioner hands to the same plugin's backend: embeddings, control maps.
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
