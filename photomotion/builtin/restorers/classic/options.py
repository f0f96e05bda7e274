"""What users may set of the restorer ``classic``. Imports nothing heavy."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from photomotion.plugin import Options

__all__ = ["ClassicOptions"]

Strength = Literal["auto"] | Annotated[float, Field(ge=0, le=1)]


class ClassicOptions(Options):
    """Options of the restorer ``classic``. A step is ``auto`` (if it is measured), 0 (off) or a strength up to 1."""

    turn: Literal["auto", "off"] = "auto"
    """Turn a scan that lies on its side or head, if faces show it clearly."""
    border: Literal["keep", "crop"] = "keep"
    """A plain border around the print: keep it, or cut it off and set the picture straight."""
    blocks: Strength = "auto"
    """Blocks and ringing of a strong JPEG compression: from quality 50 down."""
    scratches: Strength = "auto"
    """Scratches, cracks and folds; a number above 0 also takes lines too few to be sure of."""
    dust: Strength = "auto"
    """Specks and fibres; a number above 0 also takes specks too few to be sure of."""
    noise: Strength = "auto"
    """Grain and noise stronger than a fine print's."""
    grain: float = Field(default=0.15, ge=0, le=1)
    """How much of the removed noise is handed on, 0..1, so that skin does not look like plastic."""
    fading: Strength = "auto"
    """Blacks that became gray; a gray or sepia print keeps its tone."""
    cast: Strength = "auto"
    """A tint of the whole picture from dyes that faded."""
    blur: Strength = "auto"
    """Softness of the whole picture, taken back in part."""
    enlarge: Literal["auto"] | Annotated[int, Field(ge=1, le=4)] = "auto"
    """Enlarge so many times; auto: only a small picture with a face under 32 px between the outer eye corners."""
    fidelity: float = Field(default=0.0, ge=0, le=1)
    """How far faces are kept as they were scanned, 0..1; colour and contrast are mended there all the same."""
