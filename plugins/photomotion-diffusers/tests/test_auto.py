"""``auto``: the built-in renderer's own frames when no model can run, with the reason; a model when one can."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import numpy as np
import pytest
import torch

from photomotion import Animator
from photomotion.builtin.backends.warp import WarpBackend
from photomotion.data import Conditioning, Frame, Guide, Timing
from photomotion.errors import WeightsError
from photomotion.plugin import Event, Runtime
from photomotion.testing.contracts import BackendContract
from photomotion.testing.fakes import fake_conditioning
from photomotion.warp import Scene
from photomotion_diffusers import auto, custom
from photomotion_diffusers.auto import AutoBackend, load_auto
from photomotion_diffusers.families.offers import FAMILY_BACKENDS, AutoOptions

TIMING = Timing(seconds=0.8, fps=10)


def load(device: str = "auto", **options: Any) -> AutoBackend:
    return load_auto(AutoOptions(**options), Runtime(device=device, weights=Path))


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A card of 24 GB, as far as anybody asks."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=24e9))


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The repositories that are on disk: none at first, and never the network."""
    held: set[str] = set()

    def find(name: str, *, local_files_only: bool) -> str:
        assert local_files_only
        if name not in held:
            raise FileNotFoundError(name)
        return f"/models/{name}"

    monkeypatch.setattr(huggingface_hub, "snapshot_download", find)
    monkeypatch.setattr(auto, "check_folder", lambda folder, name, expected: expected[0])
    return held


class Model:
    """A backend that shows the photo."""

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        for row in range(timing.frames):
            yield Frame(index=row, time=row / timing.fps, pixels=conditioning.photo.pixels)


@pytest.mark.parametrize("with_guide", [False, True])
@pytest.mark.usefixtures("no_gpu")
def test_without_a_gpu_the_frames_are_those_of_warp(with_guide: bool) -> None:
    events: list[Event] = []
    backend = load_auto(AutoOptions(), Runtime(device="auto", weights=Path, on_event=events.append))
    conditioning = fake_conditioning(TIMING)
    if with_guide:
        scene = Scene(conditioning.photo, conditioning.analysis, conditioning.motion)
        conditioning = replace(conditioning, guide=Guide(draw=scene.draw, frames=TIMING.frames, regions={}))
    ours = list(backend.render(conditioning, TIMING, 0))
    theirs = list(WarpBackend().render(conditioning, TIMING, 0))
    assert [(f.index, f.time) for f in ours] == [(f.index, f.time) for f in theirs]
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(ours, theirs, strict=True))
    assert [e.message for e in events] == ["auto: there is no CUDA GPU here, so the built-in renderer makes the film"]


@pytest.mark.usefixtures("gpu", "disk")
def test_without_weights_it_says_which_were_looked_for() -> None:
    backend = load()
    assert backend.chosen is None
    assert "Wan2.2-TI2V-5B-Diffusers is not on disk" in backend.reason
    assert load("cpu").reason == "auto: a model would be too slow on cpu, so the built-in renderer makes the film"


@pytest.mark.usefixtures("gpu")
def test_the_best_model_on_disk_is_taken(disk: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(custom, "load_custom", lambda options, runtime: asked.append(options) or Model())
    disk.update(name for name, _, _ in auto.MODELS)
    assert isinstance(load(steer=0.4).chosen, Model)
    disk.remove(auto.MODELS[0][0])
    load()
    assert [(o.model, o.steer) for o in asked] == [
        (f"/models/{auto.MODELS[0][0]}", 0.4),
        (f"/models/{auto.MODELS[1][0]}", 0.7),
    ]


@pytest.mark.usefixtures("gpu")
def test_a_small_card_gets_a_small_model(disk: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=12e9))
    monkeypatch.setattr(custom, "load_custom", lambda options, runtime: Model())
    disk.update(name for name, _, _ in auto.MODELS)
    assert auto.MODELS[1][0] in load().reason
    disk.clear()
    assert "wants 20 GB" in load().reason


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("fault", [WeightsError("damaged"), RuntimeError("CUDA out of memory"), ImportError("ftfy")])
def test_a_model_that_does_not_load_is_no_fault(
    fault: Exception, disk: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(options: Any, runtime: Runtime) -> None:
        raise fault

    disk.add(auto.MODELS[0][0])
    monkeypatch.setattr(custom, "load_custom", fail)
    backend = load()
    assert backend.chosen is None
    assert str(fault) in backend.reason


@pytest.mark.usefixtures("no_gpu")
def test_an_animator_runs_it() -> None:
    with Animator(backend="auto", motion="still") as animator:
        clip = animator.animate(
            Path(__file__).parents[3] / "examples" / "photos" / "astronaut.png", seconds=0.2, fps=10
        )
        assert len(list(clip)) == 2


@pytest.mark.usefixtures("no_gpu")
class TestContract(BackendContract):
    implementation = next(offer for offer in FAMILY_BACKENDS if offer.name == "auto")
