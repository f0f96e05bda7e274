from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from pydantic import ValidationError
from safetensors.torch import save_file
from tiny_films import CLIP, PLAIN, conditioning_timing, guided, no_weights, options, relative, watch

from photomotion.data import Timing
from photomotion.errors import UsageError, WeightsError
from photomotion.plugin import Event, Runtime
from photomotion.testing.fakes import fake_conditioning, fake_photo
from photomotion_diffusers.clocks import karras
from photomotion_diffusers.exact import decode
from photomotion_diffusers.few_step import ConsistencyScheduler, consistency_levels, exchange_unet, take_few_steps
from photomotion_diffusers.loading import load_pipeline
from photomotion_diffusers.options import SvdOptions
from photomotion_diffusers.svd import PIPELINES, SvdBackend

SHORT = Timing(seconds=0.4, fps=10)
FEW = {"sampler": "lcm", "guidance_max": 1.2, "noise_augmentation": 0.0, **PLAIN}


@pytest.fixture(scope="module")
def pipe(svd_folder: Path) -> Any:
    pipe = load_pipeline(str(svd_folder), PIPELINES, torch.float32, "cpu")
    take_few_steps(pipe)
    return pipe


@pytest.mark.parametrize("steps", [1, 2, 3, 4, 8, 40])
def test_the_levels_are_spread_over_those_of_training(steps: int) -> None:
    levels, trained = consistency_levels(steps), karras(40)
    assert levels[0] == pytest.approx(700) and levels[-1] == 0 and len(levels) == steps + 1
    assert [trained.index(level) for level in levels[:-1]] == [i * (40 // steps) for i in range(steps)]


def test_more_steps_than_levels(pipe: Any) -> None:
    with pytest.raises(UsageError, match="40 noise levels"):
        pipe.scheduler.set_timesteps(41)


class Model:
    """The tiny U-Net's clean film as a consistency model says it, with the boundary scalings for d = 1."""

    def __init__(self, pipe: Any, image: Image.Image, frames: int) -> None:
        self.pipe = pipe
        embedding = pipe._encode_image(image, "cpu", 1, True)
        pixels = torch.from_numpy(np.asarray(image)).permute(2, 0, 1)[None].float() / 127.5 - 1
        still = pipe.vae.encode(pixels).latent_dist.mode()
        still = torch.cat([torch.zeros_like(still), still])[:, None].repeat(1, frames, 1, 1, 1)
        self.fixed = (embedding, still, torch.tensor([[9.0, 40.0, 0.0]]).repeat(2, 1))
        self.guidance = torch.linspace(1, 1.2, frames)[None, :, None, None, None]

    def clean(self, x: torch.Tensor, sigma: float) -> torch.Tensor:
        embedding, still, ids = self.fixed
        scaled = torch.cat([x, x]) / math.hypot(sigma, 1)
        clock = torch.tensor(0.25 * math.log(sigma))
        both = torch.cat([scaled, still], dim=2)
        free, held = self.pipe.unet(both, clock, encoder_hidden_states=embedding, added_time_ids=ids).sample.chunk(2)
        said = free + self.guidance * (held - free)
        skip, out = 1 / (sigma**2 + 1), -sigma / math.hypot(sigma, 1)
        return skip * x + out * said


@torch.no_grad()
@pytest.mark.parametrize("steps", [1, 4])
def test_without_a_draft_it_is_an_explicit_loop(pipe: Any, steps: int) -> None:
    backend = SvdBackend(pipe, options(steps=steps, steer=0, **FEW))
    seen = watch(backend)
    conditioning = fake_conditioning(SHORT, 64, 64)
    list(backend.render(conditioning, SHORT, 5))
    ((clock, latents),) = seen
    assert clock is None

    generator = torch.Generator().manual_seed(5)
    torch.randn(1, 3, 64, 64, generator=generator)  # the photo's noise, of strength 0
    levels = consistency_levels(steps)
    x = torch.randn(1, 4, 4, 8, 8, generator=generator) * math.hypot(levels[0], 1)
    model = Model(pipe, Image.fromarray(conditioning.photo.pixels), 4)
    for sigma, following in pairwise(levels):
        x = model.clean(x, sigma)
        if following:
            x = x + following * torch.randn(x.shape, generator=generator)
    assert relative(latents, x) < 1e-4


@torch.no_grad()
def test_held_to_a_draft_it_is_an_explicit_loop(pipe: Any) -> None:
    """The clock takes the sampler's own ladder, its last 0 included, and writes the draft back at each level."""
    backend = SvdBackend(pipe, options(steps=10, steer=0.7, **FEW))
    seen = watch(backend)
    conditioning = guided(SHORT)
    list(backend.render(conditioning, SHORT, 3))
    ((clock, latents),) = seen
    levels = [level for level in consistency_levels(10) if level <= 75]
    assert clock.sigmas == pytest.approx(levels) and len(levels) > 4
    generator = torch.Generator().manual_seed(3)
    assert torch.equal(torch.randn(clock.z.shape, generator=generator), clock.eps)
    torch.randn(1, 3, 64, 64, generator=generator)
    model = Model(pipe, Image.fromarray(conditioning.photo.pixels), 4)
    x = clock.z + levels[0] * clock.eps
    for sigma, following in pairwise(levels):
        x = model.clean(x, sigma)
        if following:
            x = x + following * torch.randn(x.shape, generator=generator)
        keep = clock.release < following if following else clock.release == 0
        x = torch.where(keep, clock.z + following * clock.eps, x)
    assert (clock.release > 0).any() and relative(latents, x) < 1e-4


def test_unsteered_it_is_the_stock_pipeline_with_this_scheduler(pipe: Any) -> None:
    frames = list(SvdBackend(pipe, options(steps=4, steer=0, **FEW)).render(fake_conditioning(SHORT, 64, 64), SHORT, 7))
    generator = torch.Generator().manual_seed(7)
    pipe.scheduler.generator = generator
    stock = pipe(
        Image.fromarray(fake_photo(64, 64).pixels),
        height=64,
        width=64,
        num_frames=4,
        num_inference_steps=4,
        fps=10,
        motion_bucket_id=40,
        noise_aug_strength=0.0,
        max_guidance_scale=1.2,
        decode_chunk_size=8,
        generator=generator,
    ).frames[0]
    for frame, picture in zip(frames[1:], stock[1:], strict=True):
        assert np.array_equal(frame.pixels, np.asarray(picture))


def test_windows_agree_and_seeds_decide(pipe: Any) -> None:
    films = []
    for seed in (1, 1, 2):
        backend = SvdBackend(pipe, options(steps=8, steer=0.7, **FEW))
        seen = watch(backend)
        list(backend.render(guided(), CLIP, seed))
        (_, before), (_, after) = seen
        assert torch.equal(before[:, -2:], after[:, :2])
        films.append(after)
    assert torch.equal(films[0], films[1]) and not torch.equal(films[0], films[2])


@torch.no_grad()
def test_a_preview_is_what_the_model_has_just_said(pipe: Any) -> None:
    """Fresh noise lies on the latents after every step; what is seen has none."""
    seen: list[tuple[Any, Any]] = []

    def look(event: Event) -> None:
        if event.preview is not None:
            seen.append((event.preview(), pipe.scheduler.clean.clone()))

    backend = SvdBackend(pipe, options(steps=3, steer=0, **FEW), look)
    list(backend.render(fake_conditioning(SHORT, 64, 64), SHORT, 0))
    assert len(seen) == 3
    for picture, clean in seen:
        assert np.array_equal(picture, next(iter(decode(pipe, clean[:, 2:3])))[0])


def test_half_precision_keeps_its_dtype(pipe: Any) -> None:
    scheduler = ConsistencyScheduler.from_config(pipe.scheduler.config)
    scheduler.set_timesteps(4)
    sample = torch.ones(1, 2, dtype=torch.bfloat16)
    assert scheduler.step(sample, scheduler.timesteps[0], sample).prev_sample.dtype == torch.bfloat16


def test_a_directory_is_loaded_with_it_whatever_it_was_saved_with(svd_folder: Path) -> None:
    chosen = SvdOptions(model=str(svd_folder), sampler="lcm", size=64, frames=4, fps=10)
    assert (chosen.steps, chosen.guidance_max) == (4, 1.2)
    assert (SvdOptions().steps, SvdOptions(sampler="lcm", steps=6).steps) == (25, 6)
    backend = SvdBackend.load(chosen, Runtime(weights=no_weights, device="cpu"))
    assert isinstance(backend._pipe.scheduler, ConsistencyScheduler)
    conditioning = guided(SHORT)
    assert len(list(backend.render(conditioning, conditioning_timing(conditioning), 0))) == 4
    with pytest.raises(ValidationError):
        SvdOptions(sampler="heun")


def test_other_weights_for_the_u_net(svd_folder: Path, tmp_path: Path) -> None:
    pipe = load_pipeline(str(svd_folder), PIPELINES, torch.float32, "cpu")
    other = {name: value + 1 for name, value in pipe.unet.state_dict().items()}
    save_file(other, tmp_path / "other.safetensors")
    exchange_unet(pipe, str(tmp_path / "other.safetensors"))
    assert all(torch.equal(value, other[name]) for name, value in pipe.unet.state_dict().items())

    (tmp_path / "half.safetensors").write_bytes((tmp_path / "other.safetensors").read_bytes()[:5000])
    save_file({"a": torch.ones(1)}, tmp_path / "wrong.safetensors")
    for name, said in {
        "half.safetensors": "fetch them again",
        "wrong.safetensors": "another architecture",
        "none.safetensors": "there is no file",
        "weights.pth": "never loaded",
    }.items():
        with pytest.raises(WeightsError, match=said):
            exchange_unet(pipe, str(tmp_path / name))


def test_their_licence_counts_too(svd_folder: Path) -> None:
    """Weights of a repository are under the license policy as a model's are."""
    chosen = SvdOptions(model=str(svd_folder), unet="stabilityai/stable-video-diffusion-img2vid-xt/unet.safetensors")
    with pytest.raises(WeightsError, match="license_policy='commercial'"):
        SvdBackend.load(chosen, Runtime(weights=no_weights, device="cpu", license_policy="commercial"))
