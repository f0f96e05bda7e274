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
from photomotion.errors import PhotomotionError, WeightsError
from photomotion.plugin import Event, Runtime
from photomotion.testing.contracts import BackendContract
from photomotion.testing.fakes import fake_conditioning
from photomotion.warp import Scene
from photomotion_diffusers import auto, custom
from photomotion_diffusers.auto import AutoBackend, load_auto
from photomotion_diffusers.families.offers import FAMILY_BACKENDS, AutoOptions
from photomotion_diffusers.manifest import describe

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

    def find(name: str, *, revision: str, local_files_only: bool) -> str:
        assert local_files_only and revision == describe(name).revision
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
    assert events[0].notice


@pytest.mark.usefixtures("gpu", "disk")
def test_without_weights_it_says_which_were_looked_for() -> None:
    backend = load()
    assert backend.chosen is None
    assert "Wan2.2-TI2V-5B-Diffusers is not on disk" in backend.reason
    assert load("cpu").reason == "auto: a model would be too slow on cpu, so the built-in renderer makes the film"


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The options of every model that is loaded; none fails."""
    asked: list[Any] = []

    def load_custom(options: Any, runtime: Runtime) -> Model:
        asked.append(options)
        return Model()

    monkeypatch.setattr(custom, "load_custom", load_custom)
    return asked


WAN = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"
SVD = "stabilityai/stable-video-diffusion-img2vid-xt"


def test_models_are_looked_for_from_the_largest() -> None:
    least = [candidate.least for candidate in auto.MODELS]
    assert least == sorted(least, reverse=True)


@pytest.mark.usefixtures("gpu")
def test_the_best_model_on_disk_that_fits_is_taken(disk: set[str], loaded: list[Any]) -> None:
    disk.update(candidate.name for candidate in auto.MODELS)
    backend = load(steer=0.4)
    assert isinstance(backend.chosen, Model)
    assert backend.reason.startswith(f"auto: {WAN} on cuda (")
    assert "Wan2.2-I2V-A14B-Diffusers wants 75 GB" in backend.reason
    disk.remove(WAN)
    assert f"{SVD}-1-1 on cuda (" in load().reason
    assert [(o.model, o.steer) for o in loaded] == [(f"/models/{WAN}", 0.4), (f"/models/{SVD}-1-1", 0.8)]


@pytest.mark.usefixtures("gpu", "loaded")
def test_a_small_card_gets_a_small_model(disk: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=12e9))
    disk.update(candidate.name for candidate in auto.MODELS)
    assert f"{SVD}-1-1 on cuda" in load().reason
    disk.clear()
    assert "wants 20 GB" in load().reason


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(
    "fault", [WeightsError("damaged"), RuntimeError("CUDA out of memory"), ImportError("ftfy"), TypeError("odd")]
)
def test_a_model_that_does_not_load_gives_way_to_the_next(
    fault: Exception, disk: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def load_custom(options: Any, runtime: Runtime) -> Model:
        if "Wan" in options.model:
            raise fault
        return Model()

    disk.update({WAN, SVD})
    monkeypatch.setattr(custom, "load_custom", load_custom)
    backend = load()
    assert isinstance(backend.chosen, Model)
    assert backend.reason.startswith(f"auto: {SVD} on cuda (")
    assert f"{WAN} cannot be used ({fault})" in backend.reason
    assert f"{SVD}-1-1 is not on disk" in backend.reason


@pytest.mark.usefixtures("gpu")
def test_if_none_loads_all_reasons_are_given(disk: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def load_custom(options: Any, runtime: Runtime) -> Model:
        raise WeightsError(f"no {options.model}")

    disk.update({WAN, SVD})
    monkeypatch.setattr(custom, "load_custom", load_custom)
    backend = load()
    assert backend.chosen is None
    for said in (f"no /models/{WAN}", f"no /models/{SVD}", "wants 75 GB", f"{SVD}-1-1 is not on disk", "built-in"):
        assert said in backend.reason


@pytest.mark.usefixtures("gpu", "disk", "loaded")
def test_only_the_model_that_is_named_is_tried(tmp_path: Path) -> None:
    assert load(model=str(tmp_path)).reason == f"auto: {tmp_path} on cuda"
    assert "Wan" not in load(model="mine/own").reason


@pytest.mark.usefixtures("gpu", "loaded")
def test_limits_of_a_licence_are_said_and_a_policy_is_kept(disk: set[str]) -> None:
    disk.update({WAN, SVD})
    events: list[Event] = []
    runtime = Runtime(device="auto", weights=Path, on_event=events.append)
    assert WAN in load_auto(AutoOptions(), runtime).reason
    assert events == []
    assert load_auto(AutoOptions(model=SVD), runtime).chosen is not None
    assert events[0].notice
    assert "commercial use" in events[0].message
    refused = load_auto(AutoOptions(model=SVD), replace(runtime, license_policy="commercial"))
    assert refused.chosen is None
    assert "license_policy='commercial'" in refused.reason


@pytest.mark.usefixtures("gpu")
def test_whoever_stops_the_work_stops_it(disk: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """What a listener raises is no fault of the model."""

    class Enough(PhotomotionError):
        pass

    def listen(event: Event) -> None:
        raise Enough

    disk.update({WAN, SVD})
    monkeypatch.setattr(custom, "load_custom", lambda options, runtime: runtime.on_event(Event(stage="backend")))
    with pytest.raises(Enough):
        load_auto(AutoOptions(), Runtime(device="auto", weights=Path, on_event=listen))


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
