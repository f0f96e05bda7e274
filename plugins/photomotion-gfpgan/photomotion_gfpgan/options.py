"""What users may set."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from photomotion.plugin import Options

__all__ = ["CodeformerOptions", "FaceOptions", "GfpganOptions", "RealesrganOptions"]


class _NetworkOptions(Options):
    model: str = ""
    """A weight file of your own (.safetensors, .pth, .ckpt) instead of the published one; mind its licence."""
    half: bool = False
    """Half precision: bfloat16 for faces (not CodeFormer), float16 for enlarging on a GPU. Slightly other pixels."""


class FaceOptions(_NetworkOptions):
    """Options of every restorer that redraws faces."""

    fidelity: float = Field(0.5, ge=0, le=1)
    """How much of the scan's own face stays, 0..1: 0 the network's face wholly, 1 the scan's."""
    max_shift: float = Field(0.03, ge=0, le=1)
    """How far eyes, nose or mouth may move, in distances between the outer eye corners; beyond, more scan is kept."""
    min_likeness: float = Field(0.85, ge=0, le=1)
    """How alike eyes and mouth must stay, 0..1, in structure, at one sharpness; below, more of the scan is kept."""
    background: Literal["keep", "x2", "x4"] = "keep"
    """What is done outside the faces: kept as it is, or enlarged by Real-ESRGAN with the whole photo."""


class GfpganOptions(FaceOptions):
    """Options of the restorer ``gfpgan``."""

    version: Literal["1.3", "1.4"] = "1.4"
    """Which weights: 1.4 draws slightly more detail, 1.3 is slightly more natural, as its authors say."""


class CodeformerOptions(FaceOptions):
    """Options of the restorer ``codeformer``."""

    weight: float = Field(0.7, ge=0, le=1)
    """The network's own balance: 0 draws the cleanest face, 1 follows the scan most."""
    accept_licence: bool = False
    """Say that you have read the S-Lab License 1.0 and that your use is not commercial."""


class RealesrganOptions(_NetworkOptions):
    """Options of the restorer ``realesrgan``."""

    scale: Literal[2, 4] = 2
    """How many times as wide and high the photo becomes."""
    fidelity: float = Field(0.0, ge=0, le=1)
    """How much of the plainly enlarged scan stays, 0..1."""
    tile: int = Field(256, ge=64, le=4096)
    """Edge of the pieces that are worked on one by one, px of the scan: larger is faster and needs more memory."""
