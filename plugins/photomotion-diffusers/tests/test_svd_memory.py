"""Films that memory is short for, that are left early, and frames before the last is decoded."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tiny_films import CLIP, guided, options, short_of_memory, watch

from photomotion.errors import StageError
from photomotion.plugin import Event
from photomotion_diffusers.exact import decode
from photomotion_diffusers.latents import ladder
from photomotion_diffusers.loading import load_pipeline
from photomotion_diffusers.svd import PIPELINES, SvdBackend


@pytest.fixture(scope="module")
def pipe(svd_folder: Path) -> Any:
    return load_pipeline(str(svd_folder), PIPELINES, torch.float32, "cpu")


@pytest.mark.parametrize("window", [0, 1])
def test_out_of_memory_is_tried_once_more_with_a_smaller_plan(pipe: Any, window: int) -> None:
    """In every window; the second run is the first one's: what chance gave is given again."""
    whole = SvdBackend(pipe, options())
    expected = watch(whole)
    list(whole.render(guided(), CLIP, 5))
    events: list[Event] = []
    backend = SvdBackend(pipe, options(), events.append)
    seen = watch(backend)
    steps = len(ladder(pipe, 3)[1:]) - 1
    with short_of_memory(pipe.unet, window * steps + 1):
        list(backend.render(guided(), CLIP, 5))
    notices = [event.message for event in events if event.notice]
    assert len(notices) == 2
    assert notices[0].startswith("Memory plan 'whole'")
    assert notices[1].startswith("Out of memory with plan 'whole'. Memory plan 'small decode chunks'")
    assert len(seen) == len(expected) == 2
    for (_, ours), (_, theirs) in zip(seen, expected, strict=True):
        assert torch.equal(ours, theirs)


def test_out_of_memory_twice_says_what_to_do(pipe: Any) -> None:
    backend = SvdBackend(pipe, options())
    frames = backend.render(guided(), CLIP, 5)
    with short_of_memory(pipe.unet, 1, 2), pytest.raises(StageError, match=r"lastly with plan .*fewer frames"):
        list(frames)


def test_out_of_memory_while_decoding_goes_on_where_it_was(pipe: Any) -> None:
    """Nothing is denoised again, and no frame comes twice."""
    chosen = options(steer=0, decode_chunk=2)
    backend = SvdBackend(pipe, chosen)
    latents = torch.randn(1, 7, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    backend._fitting.run((7, 64, 64), lambda: None)
    expected = list(backend._decoded(latents))
    events: list[Event] = []
    backend = SvdBackend(pipe, chosen, events.append)
    backend._fitting.run((7, 64, 64), lambda: None)
    with short_of_memory(pipe.vae.decoder, 1, 3) as count:
        made = list(backend._decoded(latents))
    assert count[0] == 6 and sum("Out of memory" in event.message for event in events) == 2
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(made, expected, strict=True))
    with short_of_memory(pipe.vae.decoder, 0, 1), pytest.raises(StageError, match="smaller size"):
        list(backend._decoded(latents))


def test_frames_come_before_the_last_chunk_is_decoded(pipe: Any) -> None:
    """A chunk ahead and no more; the same pictures as decoded at once in the thread that asks; no thread is left."""
    backend = SvdBackend(pipe, options(decode_chunk=1))
    latents = torch.randn(1, 6, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    expected = [chunk[0] for chunk in decode(pipe, latents, 1)]
    before = threading.active_count()
    with short_of_memory(pipe.vae.decoder) as count:
        pictures = backend._decoded(latents)
        first = next(pictures)
        assert count[0] <= 2
        assert threading.active_count() == before + 1
        rest = list(pictures)
    assert count[0] == 6
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip([first, *rest], expected, strict=True))
    assert threading.active_count() == before


def test_a_film_left_early_leaves_no_thread(pipe: Any) -> None:
    before = threading.active_count()
    frames = SvdBackend(pipe, options(decode_chunk=1)).render(guided(), CLIP, 0)
    next(frames)
    next(frames)
    assert threading.active_count() == before + 1
    frames.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
