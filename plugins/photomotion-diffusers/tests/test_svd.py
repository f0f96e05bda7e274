"""The backend ``svd``: the stock pipeline, steered; windows, loops, and what it is given."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny import FRAMES, fake_guide
from tiny_films import CLIP, PLAIN, conditioning_timing, film, guided, no_weights, options, relative, watch

from photomotion.data import Conditioning, FaceMotion, Motion, Timing
from photomotion.errors import UsageError
from photomotion.plugin import Event, Runtime
from photomotion.testing.contracts import BackendContract
from photomotion.testing.fakes import fake_analysis, fake_conditioning, fake_motion, fake_photo
from photomotion_diffusers.clocks import karras
from photomotion_diffusers.latents import encode, ladder
from photomotion_diffusers.loading import load_pipeline
from photomotion_diffusers.plugin import BACKENDS
from photomotion_diffusers.refining import Steering, release_map
from photomotion_diffusers.svd import PIPELINES, SvdBackend

SVD = next(offer for offer in BACKENDS if offer.name == "svd")


@pytest.fixture(scope="module")
def pipe(svd_folder: Path) -> Any:
    return load_pipeline(str(svd_folder), PIPELINES, torch.float32, "cpu")


def test_without_steering_it_is_the_stock_pipeline(pipe: Any) -> None:
    timing = Timing(seconds=0.4, fps=10)
    frames = film(pipe, options(steer=0, **PLAIN), fake_conditioning(timing, 64, 64), seed=7)
    stock = pipe(
        Image.fromarray(fake_photo(64, 64).pixels),
        height=64,
        width=64,
        num_frames=4,
        num_inference_steps=3,
        fps=10,
        motion_bucket_id=40,
        noise_aug_strength=0.02,
        min_guidance_scale=1.0,
        max_guidance_scale=3.0,
        decode_chunk_size=8,
        generator=torch.Generator().manual_seed(7),
        output_type="pil",
    ).frames[0]
    for frame, picture in zip(frames[1:], stock[1:], strict=True):
        assert np.array_equal(frame.pixels, np.asarray(picture))


class Denoiser:
    """The pipeline's parts, called by hand: what the stock loop computes, written again from the formulas."""

    def __init__(self, pipe: Any, image: Image.Image, frames: int, generator: torch.Generator) -> None:
        self.pipe, self.frames = pipe, frames
        embedding = pipe._encode_image(image, "cpu", 1, True)
        pixels = torch.from_numpy(np.asarray(image)).permute(2, 0, 1)[None].float() / 127.5 - 1
        pixels = pixels + 0.02 * torch.randn(pixels.shape, generator=generator)
        still = pipe.vae.encode(pixels).latent_dist.mode()
        still = torch.cat([torch.zeros_like(still), still])[:, None].repeat(1, frames, 1, 1, 1)
        self.fixed = (embedding, still, torch.tensor([[9.0, 40.0, 0.02]]).repeat(2, 1))
        self.guidance = torch.linspace(1, 3, frames)[None, :, None, None, None]

    def step(self, x: torch.Tensor, sigma: float, following: float) -> torch.Tensor:
        embedding, still, ids = self.fixed
        scaled = torch.cat([x, x]) / math.sqrt(sigma**2 + 1)
        v = self.pipe.unet(
            torch.cat([scaled, still], dim=2),
            torch.tensor(0.25 * math.log(sigma)),
            encoder_hidden_states=embedding,
            added_time_ids=ids,
        ).sample
        free, held = v.chunk(2)
        v = free + self.guidance * (held - free)
        clean = v * (-sigma / math.sqrt(sigma**2 + 1)) + x / (sigma**2 + 1)
        return x + (x - clean) / sigma * (following - sigma)


@torch.no_grad()
def test_the_dual_clock_is_an_explicit_loop(pipe: Any) -> None:
    """Karras' ladder, Euler's steps and the draft written back by hand, against the unmodified pipeline."""
    chosen = options(steps=10, steer=0.7, **PLAIN)
    conditioning = guided(Timing(seconds=0.4, fps=10))
    backend = SvdBackend(pipe, chosen)
    seen = watch(backend)
    list(backend.render(conditioning, conditioning_timing(conditioning), 3))
    ((clock, latents),) = seen

    generator = torch.Generator().manual_seed(3)
    pictures = torch.from_numpy(np.stack([conditioning.guide.draw(row) for row in range(4)])).permute(0, 3, 1, 2)
    z = pipe.vae.encode(pictures.float() / 127.5 - 1).latent_dist.mode()[None] * 0.18215
    eps = torch.randn(z.shape, generator=generator)
    assert relative(clock.z, z) < 1e-5 and torch.equal(clock.eps, eps)
    levels = [sigma for sigma in karras(10) if sigma <= 75]
    assert 1 < len(levels) < 10
    release = clock.release
    assert len(release.unique()) > 4
    denoiser = Denoiser(pipe, Image.fromarray(conditioning.photo.pixels), 4, generator)
    x = z + levels[0] * eps
    for sigma, following in pairwise(levels):
        x = denoiser.step(x, sigma, following)
        keep = release < following if following else release == 0
        x = torch.where(keep, z + following * eps, x)
    assert relative(latents, x) < 1e-4


@torch.no_grad()
def test_held_everywhere_it_is_the_draft_through_the_decoder(pipe: Any) -> None:
    conditioning = guided(Timing(seconds=0.4, fps=10), everywhere=True)
    frames = film(pipe, options(steer=1, **PLAIN), conditioning)
    backend = SvdBackend(pipe, options())
    z = encode(pipe, [conditioning.guide.draw(row) for row in range(4)], 3)
    decoded = list(backend._decoded(z[None]))
    for frame, picture in zip(frames[1:], decoded[1:], strict=True):
        assert np.abs(frame.pixels.astype(int) - picture).max() <= 1


def test_more_steering_is_closer_to_the_draft(pipe: Any) -> None:
    conditioning = guided(Timing(seconds=0.4, fps=10))
    errors = []
    for steer in (0.05, 0.4, 0.7, 0.9, 1.0):
        backend = SvdBackend(pipe, options(steer=steer, steps=12))
        seen = watch(backend)
        list(backend.render(conditioning, conditioning_timing(conditioning), 0))
        ((clock, latents),) = seen
        inside = release_map(
            {"person": np.asarray(conditioning.guide.regions["person"])}, Steering.of(1), cell=8, frames=4, pinned=()
        )
        errors.append(float((latents - clock.z).abs()[(inside == 0)[None, :, None].expand_as(latents)].mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-6 < errors[-2]


@pytest.mark.parametrize("steer", [0.0, 0.7])
def test_the_same_seed_gives_the_same_bits(pipe: Any, steer: float) -> None:
    one, two, other = (film(pipe, options(steer=steer), guided(), seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(one, two, strict=True))
    assert any(not np.array_equal(a.pixels, b.pixels) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("width", "height"), [(64, 64), (61, 97), (200, 37), (7, 5), (1, 1), (33, 300)], ids=lambda n: str(n)
)
@pytest.mark.parametrize("steer", [0.0, 0.7])
def test_any_photo_comes_back_at_its_own_size(pipe: Any, width: int, height: int, steer: float) -> None:
    timing = Timing(seconds=0.3, fps=10)
    photo = fake_photo(192, 240)
    pixels = np.asarray(Image.fromarray(photo.pixels).resize((width, height)))
    conditioning = Conditioning(
        photo=photo.with_pixels(pixels), analysis=fake_analysis(width, height), motion=fake_motion(timing)
    )
    frames = film(pipe, options(steer=steer, steps=2), fake_guide(conditioning))
    assert [frame.pixels.shape for frame in frames] == [(height, width, 3)] * 3
    assert np.array_equal(frames[0].pixels, pixels)


def test_windows_agree_where_they_overlap(pipe: Any) -> None:
    """The shared latents are the same, in both kinds of run, and every frame comes once and in order."""
    for steer in (0.0, 0.7):
        backend = SvdBackend(pipe, options(steer=steer, overlap=2))
        seen = watch(backend)
        timing = Timing(seconds=0.9, fps=10)
        frames = list(backend.render(guided(timing), timing, 0))
        assert [frame.index for frame in frames] == list(range(9))
        assert len(seen) == 4
        results = [latents for _, latents in seen]
        for before, after, shared in zip(results[:-1], results[1:], (2, 2, 3), strict=True):
            assert torch.equal(before[:, -shared:], after[:, :shared])
            assert not torch.equal(before, after)


def test_windows_are_as_long_as_the_model_was_trained_on(pipe: Any) -> None:
    backend = SvdBackend(pipe, options(frames=None))
    seen = watch(backend)
    timing = Timing(seconds=0.8, fps=10)
    list(backend.render(guided(timing), timing, 0))
    assert [latents.shape[1] for _, latents in seen] == [FRAMES, FRAMES]


def test_a_long_film_holds_one_window(pipe: Any) -> None:
    """The second window is not begun before the first one's frames are taken."""
    events: list[Event] = []
    timing = Timing(seconds=2, fps=10)
    frames = SvdBackend(pipe, options(), events.append).render(guided(timing), timing, 0)
    assert not events
    for _ in range(3):
        next(frames)
    steps = [event.done for event in events if event.total]
    assert steps and max(steps) < max(event.total or 0 for event in events) / 3
    assert isinstance(frames, Iterator)


def test_progress_and_cancelling_between_steps(pipe: Any) -> None:
    events: list[Event] = []
    film(pipe, options(steps=5, steer=0), fake_conditioning(CLIP, 64, 64), on_event=events.append)
    told = [(event.done, event.total) for event in events if event.total]
    assert told == [(i, 10) for i in range(1, 11)]

    class Cancelled(Exception):
        pass

    def stop(event: Event) -> None:
        if event.done == 2:
            raise Cancelled

    before = film(pipe, options(), guided())
    with pytest.raises(Cancelled):
        film(pipe, options(steer=0), guided(), on_event=stop)
    after = film(pipe, options(), guided())
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(before, after, strict=True))


def test_there_is_nothing_to_steer_by(pipe: Any) -> None:
    with pytest.raises(UsageError, match=r"conditioner='guide'.*steer=0"):
        SvdBackend(pipe, options()).render(fake_conditioning(CLIP), CLIP, 0)


def test_half_precision_encodes_in_full(svd_folder: Path) -> None:
    """An upcast VAE's latents are those of float32, and it is back in its own dtype afterwards."""
    pictures = [fake_photo(64, 64).pixels]
    full = encode(load_pipeline(str(svd_folder), PIPELINES, torch.float32, "cpu"), pictures, 8)
    half = load_pipeline(str(svd_folder), PIPELINES, torch.bfloat16, "cpu")
    assert half.unet.dtype == torch.bfloat16
    latents = encode(half, pictures, 8)
    assert half.vae.dtype == torch.bfloat16
    assert relative(latents, full) < 0.02
    assert len(film(half, options(), guided())) == 6


def test_the_ladder_is_karras(pipe: Any) -> None:
    assert ladder(pipe, 25) == pytest.approx(karras(25), rel=1e-4, abs=1e-6)
    assert pipe.unet.config.num_frames == FRAMES


class TestSvd(BackendContract):
    implementation = SVD
    options = {"steps": 2, "frames": 4, "size": 64}  # noqa: RUF012

    @pytest.fixture
    def stage(self, svd_folder: Path) -> Iterator[Any]:
        chosen = SVD.options(**{**self.options, "model": str(svd_folder)})
        stage = SVD.load(chosen, Runtime(weights=no_weights, device="cpu"))
        yield stage
        self._close(stage)

    def conditioning(self, timing: Timing, gray: bool) -> Conditioning:
        return fake_guide(fake_conditioning(timing, gray=gray))


def test_what_it_loads_is_sped_up_and_stays_the_same(svd_folder: Path, pipe: Any) -> None:
    """Exact speed-ups are always on; the film is that of the stock pipeline to rounding."""
    fast = SvdBackend.load(options(model=str(svd_folder)), Runtime(weights=no_weights, device="cpu"))
    results = []
    for backend in (fast, SvdBackend(pipe, options())):
        seen = watch(backend)
        list(backend.render(guided(), CLIP, 1))
        results.append([latents for _, latents in seen])
    assert len(results[0]) == 2
    assert all(relative(quick, stock) < 1e-4 for quick, stock in zip(*results, strict=True))


def test_short_cuts_only_when_asked_for(svd_folder: Path) -> None:
    runtime = Runtime(weights=no_weights, device="cpu")
    films = []
    for changes in ({}, {"deep_interval": 2}, {"guidance_sigmas": (1.0, 20.0)}):
        backend = SvdBackend.load(options(model=str(svd_folder), steps=6, steer=0, **changes), runtime)
        films.append(np.stack([frame.pixels for frame in backend.render(fake_conditioning(CLIP, 64, 64), CLIP, 1)]))
    assert not np.array_equal(films[0], films[1]) and not np.array_equal(films[0], films[2])


LOOP = Timing(seconds=0.9, fps=10, loop=True)


@pytest.mark.parametrize("steer", [0.0, 0.7])
def test_a_loop_closes(pipe: Any, steer: float) -> None:
    """Over windows: the row after the last is the photo, pinned like frame 0; it is made and not shown."""
    for chosen in (options(steer=steer), options(steer=steer, frames=16)):
        backend = SvdBackend(pipe, chosen)
        seen = watch(backend)
        conditioning = guided(LOOP)
        frames = list(backend.render(conditioning, LOOP, 0))
        assert [frame.index for frame in frames] == list(range(9))
        (photo,) = encode(pipe, [conditioning.photo.pixels], 1)
        clock, latents = seen[-1]
        assert clock is not None and clock.release[0, -1].max() == 0
        assert relative(latents[0, -1], photo) < 1e-5
        clock, latents = seen[0]
        if steer:
            assert clock is not None and clock.release[0, 0].max() == 0
            assert relative(latents[0, 0], photo) < 1e-5
        for _, latents in seen[:-1]:
            assert relative(latents[0, -1], photo) > 1e-2
        if chosen.frames == 4:
            assert len(seen) > 2
        elif steer == 0:
            assert len(seen) == 1 and relative(seen[0][1][0, 0], photo) < 1e-5


def test_only_a_loop_is_pinned_at_its_end(pipe: Any) -> None:
    backend = SvdBackend(pipe, options(frames=16))
    seen = watch(backend)
    open_ended = Timing(seconds=0.9, fps=10)
    list(backend.render(guided(open_ended), open_ended, 0))
    ((clock, latents),) = seen
    assert latents.shape[1] == 9 and clock is not None and clock.release[0, -1].max() > 0


def test_a_blink_is_held_longer_than_open_eyes(pipe: Any) -> None:
    """Two frames in which the lids are shut, in a film that stands still but for them."""
    timing = Timing(seconds=0.6, fps=10)
    values = np.zeros((6, 1), np.float32)
    values[3:5] = 1
    blink = Motion(fps=10, faces=(FaceMotion(channels=("eyeBlinkLeft",), values=values),))
    backend = SvdBackend(pipe, options(frames=6, steer=0.7))
    seen = watch(backend)
    list(backend.render(replace(guided(timing), motion=blink), timing, 0))
    ((clock, _),) = seen
    assert clock is not None
    lowest = clock.release[0, :, 0].amin(dim=(1, 2))
    assert lowest[0] == 0 and lowest[1] == pytest.approx(4)
    assert lowest[3] == lowest[4] == pytest.approx(4 * 0.35)
    assert torch.equal(clock.release[0, 3, 0].amax(), clock.release[0, 1, 0].amax())
