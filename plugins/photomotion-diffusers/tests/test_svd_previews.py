"""Pictures of a film while the model works on it, for those who ask."""

from __future__ import annotations

import math
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_films import CLIP, PLAIN, film, guided, options, short_of_memory

from photomotion.data import Timing
from photomotion.errors import StageError, UsageError
from photomotion.plugin import Event
from photomotion.testing.fakes import fake_conditioning
from photomotion_diffusers.clocks import karras
from photomotion_diffusers.exact import decode
from photomotion_diffusers.latents import encode
from photomotion_diffusers.loading import load_pipeline
from photomotion_diffusers.preview import Outlook
from photomotion_diffusers.svd import PIPELINES, SvdBackend


@pytest.fixture(scope="module")
def pipe(svd_folder: Path) -> Any:
    return load_pipeline(str(svd_folder), PIPELINES, torch.float32, "cpu")


def test_previews_are_made_only_when_asked_for(pipe: Any) -> None:
    """One decoded frame of the model's size, at every step; the last one's is the film's middle frame."""
    chosen = options(steps=4, steer=0, frames=4, **PLAIN)
    timing = Timing(seconds=0.4, fps=10)
    for wanted in (False, True):
        seen: list[Any] = []

        def listen(event: Event, wanted: bool = wanted, seen: list[Any] = seen) -> None:
            if event.message == "denoising":
                assert event.preview is not None
                seen.append(event.preview() if wanted else event.preview)

        with short_of_memory(pipe.vae.decoder) as count:
            frames = film(pipe, chosen, fake_conditioning(timing, 64, 64), on_event=listen)
        assert count[0] == 1 + (len(seen) if wanted else 0) and len(seen) == 4
        if not wanted:
            with pytest.raises(UsageError, match="step that is over"):
                seen[0]()
    assert {picture.shape for picture in seen} == {(64, 64, 3)} and seen[0].dtype == np.uint8
    alone = film(pipe, options(steps=4, steer=0, frames=4, decode_chunk=1, **PLAIN), fake_conditioning(timing, 64, 64))
    assert np.array_equal(seen[-1], alone[2].pixels)
    assert len(frames) == 4


@torch.no_grad()
def test_a_preview_is_of_what_the_model_thinks_is_under_the_noise(pipe: Any) -> None:
    """Two latents of an Euler step tell the model's own estimate (its v, undone by hand)."""
    sigmas = karras(5)
    outlook = Outlook()
    embedding, ids = torch.zeros(1, 1, 32), torch.tensor([[9.0, 40.0, 0.02]])
    still = torch.zeros(1, 3, 4, 8, 8)
    x = torch.randn(1, 3, 4, 8, 8, generator=torch.Generator().manual_seed(0)) * 700
    for step, (sigma, following) in enumerate(pairwise(sigmas)):
        v = pipe.unet(
            torch.cat([x / math.sqrt(sigma**2 + 1), still], dim=2),
            torch.tensor(0.25 * math.log(sigma)),
            encoder_hidden_states=embedding,
            added_time_ids=ids,
        ).sample
        clean = v * (-sigma / math.sqrt(sigma**2 + 1)) + x / (sigma**2 + 1)
        x = x + (x - clean) / sigma * (following - sigma)
        outlook.see(step, x)
        if step:
            torch.testing.assert_close(outlook.clean(sigma, following), clean, rtol=1e-3, atol=2e-4)


def test_a_held_draft_is_seen_in_a_preview(pipe: Any) -> None:
    """What is never let go is the draft under any noise, from the first step on."""
    conditioning = guided(Timing(seconds=0.4, fps=10), everywhere=True)
    seen: list[Any] = []

    def listen(event: Event) -> None:
        if event.preview is not None:
            seen.append(event.preview())

    film(pipe, options(steps=6, steer=1, frames=4, **PLAIN), conditioning, on_event=listen)
    assert conditioning.guide is not None
    z = encode(pipe, [conditioning.guide.draw(2)], 1)
    (expected,) = decode(pipe, z[None])
    assert len(seen) > 2
    assert all(np.abs(picture.astype(int) - expected[0]).max() <= 1 for picture in seen)


def test_a_preview_short_of_memory_does_not_end_the_film(pipe: Any) -> None:
    refused: list[StageError] = []

    def listen(event: Event) -> None:
        if event.preview is not None:
            try:
                event.preview()
            except StageError as error:
                refused.append(error)

    with short_of_memory(pipe.vae.decoder, 1):
        frames = film(pipe, options(steps=6, steer=0), guided(), on_event=listen)
    assert len(frames) == 6 and len(refused) == 1


@pytest.mark.parametrize("steer", [0.0, 0.7])
def test_a_listener_that_raises_ends_the_run_at_once(svd_folder: Path, steer: float) -> None:
    """Under offloading: the hooks are put back, no further step is computed, and the next film is as ever."""
    pipe = load_pipeline(str(svd_folder), PIPELINES, torch.float32, "cpu")
    backend = SvdBackend(pipe, options(steer=steer, steps=12))
    expected = [frame.pixels for frame in backend.render(guided(), CLIP, 3)]
    freed: list[int] = []
    pipe.maybe_free_model_hooks = lambda: freed.append(1)
    steps: list[Event] = []

    def stop(event: Event) -> None:
        if event.message == "denoising":
            steps.append(event)
            if len(steps) == 2:
                raise KeyboardInterrupt

    backend._on_event = stop
    before = threading.active_count()
    with short_of_memory(pipe.unet) as count, pytest.raises(KeyboardInterrupt):
        list(backend.render(guided(), CLIP, 3))
    assert count[0] == 2 and freed == [1] and threading.active_count() == before
    backend._on_event = lambda event: None
    again = [frame.pixels for frame in backend.render(guided(), CLIP, 3)]
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(again, expected, strict=True))
