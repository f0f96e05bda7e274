"""The still picture that everything starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .arrays import frozen

__all__ = ["Photo"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Photo:
    """A still picture, upright and in sRGB, whatever file it came from.

    Raises:
        ValueError: if ``pixels`` is not a uint8 array of shape (H, W, 3), or a gray photo has colour in it.
    """

    pixels: npt.NDArray[np.uint8]
    """uint8 (H, W, 3), sRGB, read-only; EXIF orientation applied, alpha laid over white."""
    gray: bool = False
    """The picture has no colour: R = G = B in every pixel, and so in every frame made from it."""
    name: str = "photo"
    """File name without its folder, or ``"photo"`` for a picture that came from memory."""
    sha256: str = ""
    """Hex digest of the bytes it was read from (of the pixels, for a picture that came from memory)."""
    source_mode: str = "RGB"
    """Pillow's name for the file's own pixel format: ``"L"``, ``"CMYK"``, ``"I;16"`` ..."""
    source_size: tuple[int, int] = (0, 0)
    """Width and height in the file, before rotation and resizing, in pixels."""

    def __post_init__(self) -> None:
        pixels = frozen(self.pixels, np.uint8, (None, None, 3), "Photo.pixels")
        if self.gray and not (pixels[..., :1] == pixels[..., 1:]).all():
            raise ValueError("a gray Photo must have R = G = B in every pixel")
        object.__setattr__(self, "pixels", pixels)

    @property
    def height(self) -> int:
        """Rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Columns."""
        return int(self.pixels.shape[1])

    def with_pixels(self, pixels: npt.NDArray[np.uint8]) -> Photo:
        """The same photo with other pixels, say after restoration or resizing."""
        return replace(self, pixels=pixels)

    def cropped(self, box: tuple[int, int, int, int]) -> Photo:
        """The part of the photo within ``box``: x0, y0, x1, y1 in px."""
        x0, y0, x1, y1 = box
        return self.with_pixels(np.ascontiguousarray(self.pixels[y0:y1, x0:x1]))

    def turned(self, degrees: int) -> Photo:
        """The same photo turned clockwise.

        Args:
            degrees: a multiple of 90.
        """
        return self.with_pixels(np.ascontiguousarray(np.rot90(self.pixels, -degrees // 90)))
