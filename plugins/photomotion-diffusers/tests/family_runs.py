"""Runs of the tiny families: which adapter opens which, what they lack, and the film they are asked for."""

from __future__ import annotations

import types
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import PIL.Image
import pytest
import torch
from diffusers.models.transformers import transformer_cosmos
from tiny_families import save
from tiny_more import Guardrail

from photomotion.data import Conditioning, Guide, Timing
from photomotion.plugin import Event, Runtime
from photomotion.testing.fakes import fake_conditioning
from photomotion.warp import Scene, moving_regions
from photomotion_diffusers.families.backend import FamilyBackend, load_family
from photomotion_diffusers.families.base import Family
from photomotion_diffusers.families.film import Draft, Film
from photomotion_diffusers.families.framepack import Framepack, FramepackForward
from photomotion_diffusers.families.options import Wan5BOptions
from photomotion_diffusers.families.registry import FAMILIES

HEIGHT, WIDTH, FRAMES, STEPS = 32, 64, 9, 4


class Short(Framepack):
    """Framepack with sections of two latent frames."""

    window = 2


class ShortForward(FramepackForward):
    """The same for F1."""

    window = 2


ADAPTER: dict[str, Family] = {
    "wan21": FAMILIES["wan-a14b"],
    "wan22-5b": FAMILIES["wan"],
    "wan22-a14b": FAMILIES["wan-a14b"],
    "skyreels": FAMILIES["skyreels-v2"],
    "skyreels-df": FAMILIES["skyreels-v2-df"],
    "vace": FAMILIES["wan-vace"],
    "wan-animate": FAMILIES["wan-animate"],
    "ltx": FAMILIES["ltx"],
    "ltx-condition": FAMILIES["ltx-condition"],
    "ltx2": FAMILIES["ltx2"],
    "cogvideox": FAMILIES["cogvideox"],
    "cogvideox15": FAMILIES["cogvideox"],
    "cosmos": FAMILIES["cosmos"],
    "hunyuan": FAMILIES["hunyuan"],
    "hunyuan-concat": FAMILIES["hunyuan"],
    "hunyuan15": FAMILIES["hunyuan15"],
    "framepack": Short(),
    "framepack-f1": ShortForward(),
}
"""Which adapter runs which tiny model."""


CLIPS = dict.fromkeys(("text_encoder", "tokenizer"))


TEXTLESS = {**CLIPS, "text_encoder_2": None, "tokenizer_2": None}


GIVEN: dict[str, dict[str, Any]] = {
    "hunyuan": TEXTLESS,
    "hunyuan-concat": TEXTLESS,
    "hunyuan15": TEXTLESS,
    "framepack": TEXTLESS,
    "ltx2": CLIPS,
    "cosmos": {"safety_checker": Guardrail()},
}
"""Parts that are not on disk: what is large and has no part in steering."""


class Transforms:
    """What Cosmos asks of torchvision, where that is not installed."""

    InterpolationMode = types.SimpleNamespace(NEAREST="nearest")

    class functional:
        @staticmethod
        def resize(image: torch.Tensor, size: Any, interpolation: str) -> torch.Tensor:
            return torch.nn.functional.interpolate(image, tuple(size), mode=interpolation)


@pytest.fixture(scope="module", autouse=True)
def plain_text() -> Iterator[None]:
    """A stand-in for what is not at hand: the language models of Hunyuan and LTX-2."""
    patch = pytest.MonkeyPatch()
    embeds = (torch.full((1, 5, 16), 0.1), torch.full((1, 8), 0.1), torch.ones(1, 5))
    sounds = (torch.full((1, 5, 48), 0.1), torch.ones(1, 5, dtype=torch.int64))
    for pipeline, given in (
        (diffusers.HunyuanVideoImageToVideoPipeline, embeds),
        (diffusers.HunyuanVideoFramepackPipeline, embeds),
        (diffusers.LTX2ImageToVideoPipeline, (*sounds, 0.5 * sounds[0], sounds[1])),
    ):
        patch.setattr(pipeline, "encode_prompt", lambda self, given=given, **kwargs: given)

    def glyphs(self: Any, prompt: str, **kwargs: Any) -> Any:
        return (
            torch.full((1, 5, 16), 0.1 if prompt else 0.05),
            torch.ones(1, 5),
            torch.zeros(1, 3, 32),
            torch.zeros(1, 3),
        )

    patch.setattr(diffusers.HunyuanVideo15ImageToVideoPipeline, "encode_prompt", glyphs)
    if find_spec("torchvision") is None:
        patch.setattr(transformer_cosmos, "transforms", Transforms, raising=False)
    yield
    patch.undo()


def open_pipe(name: str, folder: Path) -> Any:
    path = folder / name if (folder / name).is_dir() else save(name, folder)
    if name not in GIVEN:
        return ADAPTER[name].open(path, torch.float32)
    pipe = diffusers.DiffusionPipeline.from_pretrained(path, **GIVEN[name])
    pipe.set_progress_bar_config(disable=True)
    return pipe


def pictures() -> np.ndarray[Any, np.dtype[np.uint8]]:
    coarse = np.random.default_rng(0).integers(0, 256, (FRAMES, HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    return coarse.repeat(8, 1).repeat(8, 2)


def never(frames: int, cell: int) -> torch.Tensor:
    return torch.zeros(frames, HEIGHT // cell, WIDTH // cell)


def halves(frames: int, cell: int) -> torch.Tensor:
    """The left half is let go in the middle of a run, the rest at once."""
    release = torch.full((frames, HEIGHT // cell, WIDTH // cell), 2.0)
    release[..., : WIDTH // cell // 2] = 0.3
    return release


def film(release: Any = None, start: float = 0.9, seed: int = 0) -> Film:
    draft = None if release is None else Draft(frames=pictures(), release=release, start=start)
    return Film(
        image=PIL.Image.fromarray(pictures()[0]),
        frames=FRAMES,
        steps=STEPS,
        guidance=2.0,
        fps=8,
        prompt="a portrait",
        negative="",
        seed=seed,
        draft=draft,
        controls={name: [PIL.Image.fromarray(frame[:, ::-1]) for frame in pictures()] for name in ("pose", "face")},
    )


def guided(timing: Timing, *, gray: bool = False) -> Conditioning:
    conditioning = fake_conditioning(timing, 96, 120, gray=gray)
    scene = Scene(conditioning.photo, conditioning.analysis, conditioning.motion)
    return replace(conditioning, guide=Guide(draw=scene.draw, frames=timing.frames, regions=moving_regions(scene)))


def wan_backend(folder: Path, events: list[Event] | None = None, **changes: Any) -> FamilyBackend:
    if not (folder / "wan22-5b").is_dir():
        save("wan22-5b", folder)
    settings = {"model": str(folder / "wan22-5b"), "steps": 3, "size": 96, "fps": 8, "guidance": 1.0, **changes}
    runtime = Runtime(weights=Path, on_event=[].append if events is None else events.append)
    return load_family(FAMILIES["wan"], Wan5BOptions(**settings), runtime)
