"""What users may set. Light: no torch here, since options are checked before anything is loaded."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from photomotion.plugin import Options

__all__ = ["ClipVaeOptions", "ControlsOptions", "DiffusionOptions", "SvdOptions"]


class ClipVaeOptions(Options):
    """Options of the conditioner ``clip-vae``."""

    cache: str = "auto"
    """Folder in which answers are kept between runs; auto is one in your own cache, empty is memory only."""


class ControlsOptions(Options):
    """Options of the conditioner ``controls``."""

    extra: str = ""
    """Words put at the end of the prompt."""


class DiffusionOptions(Options):
    """What every diffusion backend can be told. A family adds its own and gives ``model`` and ``size`` defaults."""

    model: str
    """A directory with a diffusers pipeline, or a repository on the hub, ``"owner/name"``."""
    revision: str | None = None
    """Branch, tag or commit of the repository; left out, what the manifest says, else ``main``."""
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    """Numbers to compute in; auto: bfloat16 on CUDA, float16 on MPS, float32 on a CPU."""
    steps: int = Field(25, ge=1, le=200)
    """Denoising steps of a whole run, 1..200; a steered run skips those above its first sigma."""
    steer: float = Field(0.8, ge=0, le=1)
    """How closely the film follows the planned motion, 0..1: 0 is the model's own film, 1 the draft in every region."""
    size: int = Field(768, ge=16, le=4096)
    """About ``size * size`` pixels are generated, in the crop's shape, 16..4096; the film keeps the photo's size."""
    interpolate: Literal["auto", "guide", "flow", "repeat"] = "auto"
    """Frames between the model's: ``guide`` moves them by the draft, ``flow`` by optical flow, ``repeat`` holds
    the last; auto is ``guide`` with a draft and ``flow`` without."""
    detail: float = Field(0.7, ge=0, le=1)
    """How much of the fine detail is the photo's own, moved by the draft, 0..1; more keeps the likeness."""
    background: Literal["kept", "generated"] = "kept"
    """Whether the film behind the person is the photo's own or the model's."""
    match_colour: bool = True
    """Give generated frames the photo's mean and contrast, channel by channel."""
    overlap: int = Field(4, ge=1, le=64)
    """Frames that two windows of a long film share, 1..64."""


class SvdOptions(DiffusionOptions):
    """Options of the backend ``svd``; the defaults suit portraits."""

    model: str = "stabilityai/stable-video-diffusion-img2vid-xt"
    """A directory with a StableVideoDiffusionPipeline, or a repository on the hub, ``"owner/name"``."""
    frames: int | None = Field(None, ge=2, le=128)
    """Frames in one window, 2..128; left out, what the model was trained for (14 or 25)."""
    fps: int = Field(7, ge=2, le=60)
    """Frames a second that the model makes, 2..60; SVD was trained around 7."""
    motion_bucket: int = Field(40, ge=0, le=255)
    """How much the model moves things by itself, 0..255; its own default is 127, portraits want less."""
    noise_augmentation: float = Field(0.02, ge=0, le=2)
    """Noise added to the photo before it conditions the model, 0..2; more gives freer motion and less likeness."""
    guidance_min: float = Field(1.0, ge=1, le=20)
    """Guidance at the first frame, 1..20."""
    guidance_max: float = Field(3.0, ge=1, le=20)
    """Guidance at the last frame, 1..20; 1 turns guidance off, which halves the time (few-step models want it)."""
    decode_chunk: int = Field(8, ge=1, le=128)
    """Frames decoded at a time, 1..128, fewer if memory is short; more flicker less."""
    compile: bool = False
    """Compile the model's blocks; takes minutes, and pays over several windows or films of one size."""
    deep_interval: int = Field(1, ge=1, le=10)
    """Compute the deep half of the model at every n-th step only, 1..10; above 1 the film deviates a little."""
    guidance_interval: int = Field(1, ge=1, le=10)
    """Compute what guidance adds at every n-th step only, 1..10; above 1 the film deviates a little."""
    guidance_sigmas: tuple[float, float] | None = None
    """Guide only between these noise levels, low and high, say 1 and 100; left out, always."""
    sampler: Literal["euler", "lcm"] = "euler"
    """``euler`` is the sampler saved with the model; ``lcm`` that of AnimateLCM-SVD, for weights made for few steps:
    ``steps`` is then 4 and ``guidance_max`` 1.2 if you say nothing."""
    unet: str | None = None
    """Other weights for the model's U-Net: a .safetensors file, or ``owner/name/file.safetensors`` on the hub."""
    fp8: bool = False
    """Allow storing weights as float8 where memory is short; the film deviates then."""

    @model_validator(mode="before")
    @classmethod
    def _few_steps(cls, given: Any) -> Any:
        few = isinstance(given, dict) and given.get("sampler") == "lcm"
        return {"steps": 4, "guidance_max": 1.2, **given} if few else given

    @model_validator(mode="after")
    def _levels_in_order(self) -> SvdOptions:
        if self.guidance_sigmas is not None and not 0 <= self.guidance_sigmas[0] <= self.guidance_sigmas[1]:
            raise ValueError("guidance_sigmas must be low and high, both at least 0")
        return self
