"""The backends that this folder, ``custom`` and ``auto`` offer, as descriptors. Imports nothing heavy."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from photomotion.plugin import Backend, Implementation, Options, Runtime

from .options import (
    CogVideoXOptions,
    CosmosOptions,
    FamilyOptions,
    FastWanOptions,
    FramepackOptions,
    Hunyuan15Options,
    HunyuanOptions,
    Ltx2Options,
    LtxConditionOptions,
    LtxOptions,
    SkyReelsV2ForcingOptions,
    SkyReelsV2Options,
    Wan5BOptions,
    WanAnimateOptions,
    WanOptions,
    WanVaceOptions,
)

__all__ = ["FAMILY_BACKENDS", "AutoOptions", "CustomOptions"]


class CustomOptions(FamilyOptions):
    """Options of the backend ``custom``."""

    model: str
    """A diffusers directory or repository with an image-to-video pipeline, or ``package.module:factory`` for a denoiser
    of your own."""
    accept_licence: bool = False
    """For a model whose licence is limited to some regions: say that it covers you."""


class AutoOptions(Options):
    """Options of the backend ``auto``."""

    model: str = ""
    """A directory or repository to take if it is on disk; left out, the largest of Wan 2.2 and SVD that fits."""
    steer: float = Field(0.8, ge=0, le=1)
    """How closely a model's film follows the planned motion, 0..1."""


def _offer(
    name: str, summary: str, options: type[FamilyOptions], *, controls: bool = False
) -> Implementation[Backend, Any]:
    def load(chosen: FamilyOptions, runtime: Runtime) -> Backend:
        from .backend import load_family
        from .registry import FAMILIES

        return load_family(FAMILIES[name], chosen, runtime, getattr(chosen, "accept_licence", True))

    given = {"needs": frozenset({"controls"}), "prefers": "controls"} if controls else {"prefers": "guide"}
    imports = ("photomotion_diffusers.families.backend", "photomotion_diffusers.families.registry")
    return Implementation(name=name, summary=summary, options=options, load=load, imports=imports, **given)


def load_custom(options: CustomOptions, runtime: Runtime) -> Backend:
    """Make the backend for a model of the user's own."""
    from photomotion_diffusers.custom import load_custom

    return load_custom(options, runtime)


def load_auto(options: AutoOptions, runtime: Runtime) -> Backend:
    """Make the backend that takes what is there."""
    from photomotion_diffusers.auto import load_auto

    return load_auto(options, runtime)


FAMILY_BACKENDS: list[Implementation[Backend, Any]] = [
    _offer("wan", "Wan 2.2 TI2V-5B (Apache-2.0), steered by the planned motion; for a GPU of 24 GB.", Wan5BOptions),
    _offer("fastwan", "FastWan 2.2 5B: three steps, no guidance, steered.", FastWanOptions),
    _offer("wan-a14b", "Wan 2.2 I2V-A14B with two experts, and Wan 2.1 14B, steered.", WanOptions),
    _offer("wan-vace", "Wan VACE: the draft is its control film.", WanVaceOptions),
    _offer(
        "wan-animate",
        "Wan 2.2 Animate 14B: follows films of the skeleton and the face, steered.",
        WanAnimateOptions,
        controls=True,
    ),
    _offer("skyreels-v2", "SkyReels-V2 image-to-video, steered.", SkyReelsV2Options),
    _offer("skyreels-v2-df", "SkyReels-V2 diffusion forcing, steered.", SkyReelsV2ForcingOptions),
    _offer("ltx", "LTX-Video 2B, steered.", LtxOptions),
    _offer("ltx-condition", "LTX-Video 0.9.5 and later, distilled ones too, steered.", LtxConditionOptions),
    _offer("ltx2", "LTX-2, steered; its sound is not used.", Ltx2Options),
    _offer("cogvideox", "CogVideoX image-to-video 1.0 and 1.5, steered.", CogVideoXOptions),
    _offer("cosmos", "Cosmos-Predict2, steered; its guardrail pixelates faces.", CosmosOptions),
    _offer("hunyuan", "HunyuanVideo-I2V, steered; its licence leaves out some regions.", HunyuanOptions),
    _offer("hunyuan15", "HunyuanVideo-1.5, steered; its licence leaves out some regions.", Hunyuan15Options),
    _offer("framepack", "FramePack I2V, steered; its licence leaves out some regions.", FramepackOptions),
    _offer("framepack-f1", "FramePack F1, steered; its licence leaves out some regions.", FramepackOptions),
    Implementation(
        name="custom",
        summary="Any diffusers image-to-video pipeline on disk, or a denoiser of your own.",
        options=CustomOptions,
        load=load_custom,
        imports=("photomotion_diffusers.custom",),
        prefers="guide",
    ),
    Implementation(
        name="auto",
        summary="A model if its weights and a GPU are there, else the built-in renderer; says which and why.",
        options=AutoOptions,
        load=load_auto,
        prefers="guide",
    ),
]
