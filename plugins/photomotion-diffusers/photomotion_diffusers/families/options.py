"""What users may set for the other families. Light: no torch here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from photomotion_diffusers.options import DiffusionOptions

__all__ = [
    "CogVideoXOptions",
    "CosmosOptions",
    "FamilyOptions",
    "FastWanOptions",
    "FramepackOptions",
    "Hunyuan15Options",
    "HunyuanOptions",
    "Ltx2Options",
    "LtxConditionOptions",
    "LtxOptions",
    "SkyReelsV2ForcingOptions",
    "SkyReelsV2Options",
    "Wan5BOptions",
    "WanAnimateOptions",
    "WanOptions",
    "WanVaceOptions",
]


class FamilyOptions(DiffusionOptions):
    """What every family but SVD can be told; where 0 or nothing is said, the family's published settings hold."""

    steps: int = Field(0, ge=0, le=200)
    """Denoising steps of a whole run, 1..200; 0 is the family's own number. A steered run skips the first of them."""
    size: int = Field(0, ge=0, le=4096)
    """About ``size * size`` pixels are generated, in the crop's shape; 0 is what the model was trained at."""
    frames: int | None = Field(None, ge=2, le=1024)
    """Frames in one window, 2..1024, rounded up to what the model can make; left out, what it was trained for."""
    fps: float | None = Field(None, ge=1, le=120)
    """Frames a second that the model makes, 1..120; left out, what it was trained for."""
    guidance: float | None = Field(None, ge=1, le=30)
    """Classifier-free guidance, 1..30; 1 turns it off and halves the time; left out, the family's own number."""
    prompt: str = ""
    """What the model is told; left out, the words of the conditioner ``prompt`` if it is used, or a plain sentence."""
    negative_prompt: str = (
        "distorted face, another person, morphing, camera shake, flicker, text, watermark, low quality"
    )
    """What the model is told to avoid."""


class Wan5BOptions(FamilyOptions):
    """Options of the backend ``wan``."""

    model: str = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"
    """A directory with a WanImageToVideoPipeline, or a repository on the hub, ``"owner/name"``."""


class FastWanOptions(FamilyOptions):
    """Options of the backend ``fastwan``."""

    model: str = "FastVideo/FastWan2.2-TI2V-5B-FullAttn-Diffusers"
    """A directory with a WanImageToVideoPipeline of few steps, or a repository on the hub, ``"owner/name"``."""


class WanOptions(FamilyOptions):
    """Options of the backend ``wan-a14b``."""

    model: str = "Wan-AI/Wan2.2-I2V-A14B-Diffusers"
    """A directory with a WanImageToVideoPipeline, or a repository on the hub, ``"owner/name"``."""


class WanVaceOptions(FamilyOptions):
    """Options of the backend ``wan-vace``."""

    model: str = "Wan-AI/Wan2.1-VACE-1.3B-diffusers"
    """A directory with a WanVACEPipeline, or a repository on the hub, ``"owner/name"``."""
    control: Literal["draft", "pose", "landmarks", "depth"] = "draft"
    """What its control film shows; all but the draft come from the conditioner ``controls``."""


class SkyReelsV2Options(FamilyOptions):
    """Options of the backend ``skyreels-v2``."""

    model: str = "Skywork/SkyReels-V2-I2V-14B-540P-Diffusers"
    """A directory with a SkyReelsV2ImageToVideoPipeline, or a repository on the hub, ``"owner/name"``."""


class LtxOptions(FamilyOptions):
    """Options of the backend ``ltx``."""

    model: str = "Lightricks/LTX-Video"
    """A directory with an LTXImageToVideoPipeline, or a repository on the hub, ``"owner/name"``."""


class LtxConditionOptions(FamilyOptions):
    """Options of the backend ``ltx-condition``."""

    model: str = "Lightricks/LTX-Video-0.9.5"
    """A directory with an LTXConditionPipeline, or a repository on the hub, ``"owner/name"``."""


class CogVideoXOptions(FamilyOptions):
    """Options of the backend ``cogvideox``."""

    model: str = "THUDM/CogVideoX-5b-I2V"
    """A directory with a CogVideoXImageToVideoPipeline, or a repository on the hub, ``"owner/name"``."""


class HunyuanOptions(FamilyOptions):
    """Options of the backend ``hunyuan``."""

    model: str = "hunyuanvideo-community/HunyuanVideo-I2V"
    """A directory with a HunyuanVideoImageToVideoPipeline, or a repository on the hub, ``"owner/name"``."""
    accept_licence: bool = False
    """Say that its licence covers you: it does not in the European Union, the United Kingdom and South Korea."""


class WanAnimateOptions(FamilyOptions):
    """Options of the backend ``wan-animate``."""

    model: str = "Wan-AI/Wan2.2-Animate-14B-Diffusers"
    """A directory with a WanAnimatePipeline, or a repository on the hub, ``"owner/name"``."""


class SkyReelsV2ForcingOptions(FamilyOptions):
    """Options of the backend ``skyreels-v2-df``."""

    model: str = "Skywork/SkyReels-V2-DF-1.3B-540P-Diffusers"
    """A directory with a SkyReelsV2DiffusionForcingPipeline, or a repository on the hub, ``"owner/name"``."""


class Ltx2Options(FamilyOptions):
    """Options of the backend ``ltx2``."""

    model: str = "Lightricks/LTX-2"
    """A directory with an LTX2ImageToVideoPipeline, or a repository on the hub, ``"owner/name"``."""


class CosmosOptions(FamilyOptions):
    """Options of the backend ``cosmos``."""

    model: str = "nvidia/Cosmos-Predict2-2B-Video2World"
    """A directory with a Cosmos2VideoToWorldPipeline, or a repository on the hub, ``"owner/name"``."""


class Hunyuan15Options(HunyuanOptions):
    """Options of the backend ``hunyuan15``."""

    model: str = "hunyuanvideo-community/HunyuanVideo-1.5-Diffusers-480p_i2v"
    """A directory with a HunyuanVideo15ImageToVideoPipeline, or a repository on the hub, ``"owner/name"``."""


class FramepackOptions(HunyuanOptions):
    """Options of the backends ``framepack`` and ``framepack-f1``."""

    model: str
    """A directory with a whole HunyuanVideoFramepackPipeline: the published repositories hold its network only."""
