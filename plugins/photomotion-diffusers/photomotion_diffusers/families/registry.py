"""All adapters: by the name of the backend, and by the class that a ``model_index.json`` names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .animate import WanAnimate
from .base import Family
from .cogvideox import CogVideoX
from .cosmos import Cosmos
from .framepack import Framepack, FramepackForward
from .hunyuan import Hunyuan
from .hunyuan15 import Hunyuan15
from .ltx import Ltx, LtxCondition
from .ltx2 import Ltx2
from .skyreels import SkyReelsV2, SkyReelsV2Forcing
from .wan import FastWan, Wan, Wan5B, WanVace

__all__ = ["FAMILIES", "UNTESTED", "of_index"]

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        Wan5B(),
        FastWan(),
        Wan(),
        WanVace(),
        WanAnimate(),
        SkyReelsV2(),
        SkyReelsV2Forcing(),
        Ltx(),
        LtxCondition(),
        Ltx2(),
        CogVideoX(),
        Cosmos(),
        Hunyuan(),
        Hunyuan15(),
        Framepack(),
        FramepackForward(),
    )
}

UNTESTED: dict[str, str] = {
    "LTX2ConditionPipeline": "not written: another way to give LTX-2 its photo, with the weights that ltx2 runs",
    "CosmosVideoToWorldPipeline": "not written: Cosmos 1.0, followed by the one that cosmos runs",
    "Cosmos2_5_PredictBasePipeline": "not written; its guardrail pixelates faces too",
    "HunyuanSkyreelsImageToVideoPipeline": "not written: SkyReels 1, followed by the one that skyreels-v2 runs",
    "Kandinsky5I2VPipeline": "not written",
}
"""Pipelines of known families that have no adapter, and why; ``custom`` calls them unsteered where it can."""


def of_index(index: Mapping[str, Any]) -> Family | None:
    """The adapter for the contents of a ``model_index.json``; None if no family has that pipeline."""
    name = index.get("_class_name")
    if name in ("WanImageToVideoPipeline", "WanPipeline"):
        if index.get("expand_timesteps"):
            return FAMILIES["wan"]
        return FAMILIES["wan-a14b"] if name == "WanImageToVideoPipeline" else None
    named = (family for family in FAMILIES.values() if name in family.pipelines)
    return next(named, None) or next((family for family in FAMILIES.values() if name in family.siblings), None)
