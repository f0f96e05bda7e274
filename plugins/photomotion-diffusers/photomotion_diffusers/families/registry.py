"""All adapters: by the name of the backend, and by the class that a ``model_index.json`` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Family
from .cogvideox import CogVideoX
from .hunyuan import Hunyuan
from .ltx import Ltx, LtxCondition
from .wan import FastWan, SkyReelsV2, Wan, Wan5B, WanVace

__all__ = ["FAMILIES", "UNTESTED", "of_index"]

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Wan5B(),
        FastWan(),
        Wan(),
        WanVace(),
        SkyReelsV2(),
        Ltx(),
        LtxCondition(),
        CogVideoX(),
        Hunyuan(),
    )
}

UNTESTED: dict[str, str] = {
    "LTX2ImageToVideoPipeline": "makes a film and its sound together and copies its scheduler within a run",
    "HunyuanVideo15ImageToVideoPipeline": "calls nobody between its steps, so a draft cannot be written in",
    "HunyuanVideoFramepackPipeline": "makes a film in sections from the last to the first, and takes no latents to "
    "begin with: a draft cannot hold it",
    "SkyReelsV2DiffusionForcingImageToVideoPipeline": "gives every latent frame its own noise level, which the clock "
    "does not know",
    "Cosmos2VideoToWorldPipeline": "cannot be built without the package cosmos_guardrail and its downloaded weights",
    "WanAnimatePipeline": "wants a skeleton film and a face film as control, which a draft is not",
}
"""Pipelines of known families that have no adapter, and why; ``custom`` calls them unsteered where it can."""


def of_index(index: Mapping[str, Any]) -> Family | None:
    """The adapter for the contents of a ``model_index.json``; None if no family has that pipeline."""
    name = index.get("_class_name")
    if name == "WanImageToVideoPipeline" and index.get("expand_timesteps"):
        return FAMILIES["wan"]
    return next((family for family in (FAMILIES["wan-a14b"], *FAMILIES.values()) if name in family.pipelines), None)
