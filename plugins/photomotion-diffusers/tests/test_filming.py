"""Previews, loops and want of memory in the families that are not SVD."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from family_runs import (  # plain_text is a fixture for all
    ADAPTER,
    FRAMES,
    HEIGHT,
    STEPS,
    WIDTH,
    film,
    guided,
    halves,
    never,
    open_pipe,
    plain_text,
    wan_backend,
)

from photomotion.data import Timing
from photomotion.errors import StageError, UsageError
from photomotion.plugin import Event, Runtime
from photomotion_diffusers.families.backend import FamilyBackend
from photomotion_diffusers.families.base import Family
from photomotion_diffusers.families.drafts import grouped
from photomotion_diffusers.families.film import Film
from photomotion_diffusers.families.placing import Layout, Placing

__all__ = ["plain_text"]

GB = 10**9


@pytest.fixture(scope="module", params=list(ADAPTER))
def loaded(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[str, Family, Any]]:
    yield request.param, ADAPTER[request.param], open_pipe(request.param.removesuffix("-f1"), folder)
    gc.collect()


def test_every_step_has_a_preview(loaded: tuple[str, Family, Any]) -> None:
    """Nothing is decoded unless it is called; calling it does not change the film."""
    _, family, pipe = loaded
    seen: list[Any] = []
    makers: list[Callable[[], Any]] = []
    asked = replace(film(halves), steps=5)
    plain = family.run(pipe, replace(asked, show=makers.append))
    shown = family.run(pipe, replace(asked, show=lambda make: seen.append(make())))
    assert len(seen) == len(makers) > 0
    assert torch.equal(plain, shown)
    assert {(picture.shape, picture.dtype) for picture in seen} == {((HEIGHT, WIDTH, 3), np.dtype(np.uint8))}
    assert not np.array_equal(seen[0], seen[-1]) or len(seen) == 1


def test_a_preview_is_of_the_latents(loaded: tuple[str, Family, Any]) -> None:
    """Where nothing is let go it is the draft's latent frame from the first step on: no noise is left in it."""
    _, family, pipe = loaded
    asked = film(never, start=0.6)
    seen: list[Any] = []
    family.run(pipe, replace(asked, show=lambda make: seen.append(make())))
    with torch.no_grad():
        clock = family.clock(pipe, asked, family.levels(pipe, asked), 0)
        whole = family.unpack(pipe, clock.z, asked)
        pictures = [family.decode(pipe, whole[:, :, [at]]) for at in range(whole.shape[2])]
    wanted = [((video[0, :, -1].permute(1, 2, 0) + 1) * 127.5).clamp(0, 255).numpy() for video in pictures]
    for picture in seen[1:]:
        assert min(np.abs(picture - frame).max() for frame in wanted) <= 2


def test_layers_streamed_one_by_one_make_the_same_film(loaded: tuple[str, Family, Any]) -> None:
    """The smallest plan runs, and nothing but memory depends on it. Last: it cannot be taken back."""
    _, family, pipe = loaded
    expected = family.run(pipe, film(halves))
    placing = Placing(pipe, "cpu", multiple=family.multiple, group=family.group)
    whole = placing.choose((FRAMES, HEIGHT, WIDTH))
    assert whole.name == "whole" and whole.smaller is not None and whole.smaller.tiled
    placing.apply(whole.smaller)
    assert family.run(pipe, film(halves)).shape == expected.shape
    placing.apply(replace(whole, name="group offload", offload="groups"))
    torch.testing.assert_close(family.run(pipe, film(halves)), expected, rtol=1e-4, atol=1e-4)


def test_ways_get_smaller(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = open_pipe("wan22-5b", folder)
    placing = Placing(pipe, "cuda", multiple=32, group=4)
    weights = sum(p.nbytes for part in (pipe.transformer, pipe.vae, pipe.text_encoder) for p in part.parameters())
    layouts: list[str] = []
    for free in (10**12, 9 * GB, weights + GB // 10, 0):
        monkeypatch.setattr("photomotion_diffusers.families.placing.free_memory", lambda device, free=free: free)
        first: Layout | None = placing.choose((121, 704, 1280))
        assert first is not None
        layouts.append(first.name)
        chain = []
        while first is not None:
            chain.append(first)
            first = first.smaller
        assert chain[-1].name == "group offload" and len({way.name for way in chain}) == len(chain)
        assert [way.peak_bytes for way in chain] == sorted((way.peak_bytes for way in chain), reverse=True)
        assert f"of {free / 1e9:.1f} GB free" in str(chain[0])
        assert ("may not be enough" in str(chain[0])) == (chain[0].peak_bytes > free)
    assert layouts[0] == "whole" and layouts[-1] == "group offload"
    assert Placing(pipe, "cuda", multiple=32, group=4).choose((9, 64, 64)).name == "group offload"


def test_the_estimate_has_the_weights_that_were_loaded(folder: Path) -> None:
    small, large = open_pipe("wan22-5b", folder), open_pipe("cogvideox", folder)
    for pipe in (small, large):
        parts = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
        weights = sum(p.nbytes for part in parts for p in part.parameters())
        at_rest = Placing(pipe, "cpu", multiple=16, group=4).choose((1, 0, 0))
        assert at_rest.peak_bytes == weights


class Short:
    """Lets a network run out of memory at some of its calls."""

    def __init__(self, network: torch.nn.Module, *calls: int) -> None:
        self.count, self.calls = 0, calls
        self.handle = network.register_forward_pre_hook(self.called)

    def called(self, *_: Any) -> None:
        self.count += 1
        if self.count - 1 in self.calls:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")


LONG = Timing(seconds=1.5, fps=8)


@pytest.mark.parametrize("window", [0, 1])
def test_out_of_memory_is_tried_once_more_in_every_window(folder: Path, window: int) -> None:
    events: list[Event] = []
    settings = {"frames": 9, "overlap": 2, "interpolate": "repeat", "steer": 0.7}
    backend = wan_backend(folder, events, **settings)
    expected = [frame.pixels for frame in backend.render(guided(LONG), LONG, 4)]
    steps = max(event.total or 0 for event in events) // 2
    assert [event.message.split(":")[0] for event in events if event.notice] == ["Memory plan 'whole'"]
    events.clear()
    backend = wan_backend(folder, events, **settings)
    short = Short(backend._pipe.transformer, window * steps)
    made = [frame.pixels for frame in backend.render(guided(LONG), LONG, 4)]
    assert short.count == 2 * steps + 1
    notices = [event.message for event in events if event.notice]
    assert len(notices) == 2 and "Out of memory with plan 'whole'. Memory plan 'tiled decoder'" in notices[1]
    # Tiles are larger than these pictures.
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(made, expected, strict=True))


def test_out_of_memory_twice_says_what_to_do(folder: Path) -> None:
    backend = wan_backend(folder)
    Short(backend._pipe.transformer, 1, 2)
    with pytest.raises(StageError, match=r"lastly with plan 'tiled decoder'.*fewer frames"):
        list(backend.render(guided(LONG), LONG, 4))


def test_events_carry_previews_and_cancel(folder: Path) -> None:
    seen: list[Any] = []

    def listen(event: Event) -> None:
        if event.message == "denoising":
            assert event.preview is not None
            seen.append((event.preview, event.preview()))
            if len(seen) == 2:
                raise KeyboardInterrupt

    backend = wan_backend(folder)
    expected = [frame.pixels for frame in backend.render(guided(LONG), LONG, 0)]
    backend._on_event = listen
    calls = Short(backend._pipe.transformer)
    with pytest.raises(KeyboardInterrupt):
        list(backend.render(guided(LONG), LONG, 0))
    assert len(seen) == calls.count == 2 and "set_timesteps" not in vars(backend._pipe.scheduler)
    assert seen[0][1].dtype == np.uint8
    with pytest.raises(UsageError, match="step that is over"):
        seen[0][0]()
    backend._on_event = lambda event: None
    again = [frame.pixels for frame in backend.render(guided(LONG), LONG, 0)]
    assert all(np.array_equal(ours, theirs) for ours, theirs in zip(again, expected, strict=True))


@pytest.mark.parametrize("steer", [0.0, 0.7])
@pytest.mark.parametrize("length", [5, 33])
def test_a_loop_closes(folder: Path, steer: float, length: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last latent frame is of the photo alone, and never let go; only the film's frames are shown."""
    timing = Timing(seconds=1.5, fps=8, loop=True)
    family = ADAPTER["wan22-5b"]
    films: list[Film] = []
    real = type(family).run

    def run(self: Family, pipe: Any, film: Film, *args: Any, **rest: Any) -> torch.Tensor:
        films.append(film)
        return real(self, pipe, film, *args, **rest)

    monkeypatch.setattr(type(family), "run", run)
    backend = wan_backend(folder, frames=length, overlap=2, steer=steer)
    frames = list(backend.render(guided(timing), timing, 0))
    assert [frame.index for frame in frames] == list(range(12))
    assert (len(films) > 2) == (length == 5)
    last = films[-1]
    assert last.draft is not None
    still = last.draft.frames[-4:]
    assert all(np.array_equal(frame, still[0]) for frame in still)
    assert np.array_equal(still[0], np.asarray(films[0].image))
    latents = real(family, backend._pipe, last, "latent")
    clock = family.clock(backend._pipe, last, family.levels(backend._pipe, last), 0)
    assert clock.release[:, :, -1].max() == 0 < clock.release[:, :, -2].max()
    torch.testing.assert_close(latents[:, :, -1], clock.z[:, :, -1], rtol=1e-4, atol=1e-4)
    for other in films[:-1]:
        assert other.draft is None or other.draft.release(2, 16)[-1].max() > 0


def test_what_cannot_be_held_says_how_its_loop_closes(folder: Path) -> None:
    from photomotion_diffusers.custom import Plain

    pipe, events = open_pipe("wan22-5b", folder), list[Event]()
    timing = Timing(seconds=1, fps=8, loop=True)
    made = wan_backend(folder)
    backend = FamilyBackend(Plain(pipe), pipe, made._options.model_copy(update={"steps": 1}), events.append)
    assert len(list(backend.render(guided(timing), timing, 0))) == 8
    assert ["follows no draft" in event.message for event in events if event.notice] == [True]


class Still:
    """A denoiser of one's own that believes in the photo; short of memory at one of its calls."""

    frames, multiple = 5, 8

    def __init__(self, short: int = -1) -> None:
        self.count, self.short = 0, short

    def denoise(self, latents: torch.Tensor, sigma: float, image: torch.Tensor, generator: Any) -> torch.Tensor:
        self.count += 1
        if self.count - 1 == self.short:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return image[:, :, None].expand_as(latents)


def test_a_model_of_ones_own_is_previewed_and_says_what_to_do() -> None:
    from photomotion_diffusers.custom import CustomOptions, make_backend

    timing = Timing(seconds=0.5, fps=8)
    events: list[Any] = []

    def listen(event: Event) -> None:
        if event.preview is not None:
            events.append(event.preview())

    settings = CustomOptions(model="mine", steps=3, size=64, steer=0)
    backend = make_backend(Still(), settings, Runtime(weights=Path, on_event=listen))
    assert len(list(backend.render(guided(timing), timing, 0))) == 4
    assert len(events) == 3 and all(np.array_equal(picture, events[0]) for picture in events)
    with pytest.raises(StageError, match="fewer frames"):
        list(make_backend(Still(1), settings).render(guided(timing), timing, 0))


def test_a_lead_is_held_with_the_photo(folder: Path) -> None:
    """Frames that a pipeline makes before the photo move what is held by as much."""
    family, pipe = ADAPTER["hunyuan-concat"], open_pipe("hunyuan-concat", folder)
    asked = film(lambda frames, cell: torch.arange(frames)[:, None, None].expand(-1, HEIGHT // cell, WIDTH // cell))
    release = family.clock(pipe, asked, family.levels(pipe, asked), 0).release[0, 0, :, 0, 0]
    assert release.tolist() == [0, 0, 1, 2] and FRAMES == 9 and STEPS


def test_latent_frames_are_as_quick_as_their_quickest_frame() -> None:
    curve = np.array([0.1, 0, 0, 0.5, 0, 0, 1, 0, 0, 0.2], np.float32)
    assert grouped(curve, 4, 4).tolist() == pytest.approx([0.1, 0.5, 1.0, 0.2])
    assert grouped(curve, 1, 10).tolist() == pytest.approx(curve.tolist())
