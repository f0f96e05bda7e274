"""Every family against diffusers itself: stock runs, drafts that hold, explicit loops."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import diffusers
import pytest
import torch
from family_runs import ADAPTER, FRAMES, HEIGHT, STEPS, WIDTH, film, halves, never, open_pipe, plain_text
from pydantic_core import PydanticUndefined
from tiny_families import TINY
from tiny_more import MORE

from photomotion.errors import UsageError, WeightsError
from photomotion.plugin import Runtime
from photomotion_diffusers.families import backend as backend_module
from photomotion_diffusers.families.backend import load_family
from photomotion_diffusers.families.base import Family, flow_levels
from photomotion_diffusers.families.offers import FAMILY_BACKENDS
from photomotion_diffusers.families.options import HunyuanOptions, Wan5BOptions
from photomotion_diffusers.families.registry import FAMILIES, UNTESTED, of_index
from photomotion_diffusers.families.steering import Levels, shortened

__all__ = ["plain_text"]


@pytest.fixture(scope="module", params=[*TINY, *MORE, "framepack-f1"])
def loaded(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[Family, Any]]:
    """A family's adapter and its tiny pipeline, from disk."""
    name = "framepack" if request.param == "framepack-f1" else request.param
    yield ADAPTER[request.param], open_pipe(name, folder)
    gc.collect()


def test_a_free_run_is_the_stock_call(loaded: tuple[Family, Any]) -> None:
    family, pipe = loaded
    stock = pipe(**family.arguments(pipe, film()), generator=torch.Generator().manual_seed(0), output_type="pt")
    ours = family.run(pipe, film())
    assert ours.shape == (FRAMES, 3, HEIGHT, WIDTH)
    assert torch.equal(ours, stock.frames[0])


def normal(pipe: Any, made: torch.Tensor) -> torch.Tensor:
    """Latents as the loop has them: two pipelines hand them out as their decoders want them."""
    vae = pipe.vae
    if isinstance(pipe, diffusers.LTX2ImageToVideoPipeline):
        made = pipe._normalize_latents(made, vae.latents_mean, vae.latents_std)
    if isinstance(pipe, diffusers.WanAnimatePipeline):
        mean, std = (
            torch.tensor(part).view(1, -1, 1, 1, 1) for part in (vae.config.latents_mean, vae.config.latents_std)
        )
        made = (made - mean) / std
    return made


def test_a_draft_never_let_go_comes_out(loaded: tuple[Family, Any]) -> None:
    """After the first latent frame, which the pipeline may make from the photo itself."""
    family, pipe = loaded
    asked = film(never, start=0.6)
    z = family.clock(pipe, asked, family.levels(pipe, asked), 0).z
    made = normal(pipe, family.run(pipe, asked, "latent"))
    if made.ndim == 5 and z.ndim == 3:
        z = pipe._unpack_latents(z, 2, HEIGHT // 32, WIDTH // 32, 1, 1)
    if made.shape[2] == z.shape[2] - 1:
        z = z[:, :, 1:]
    assert made.shape == z.shape
    first = 0 if not family.keeps_first(pipe) else HEIGHT // 32 * WIDTH // 32 if z.ndim == 3 else 1
    after = (slice(None), slice(first, None)) if z.ndim == 3 else (slice(None), slice(None), slice(first, None))
    torch.testing.assert_close(made[after].float(), z[after], rtol=1e-4, atol=1e-4)
    assert z[after].std() > 0


def test_the_same_seed_gives_the_same_bits_and_another_does_not(loaded: tuple[Family, Any]) -> None:
    family, pipe = loaded
    one, two = (family.run(pipe, film(halves)) for _ in range(2))
    assert torch.equal(one, two)
    assert not torch.equal(one, family.run(pipe, film(halves, seed=1)))


def test_a_steered_run_leaves_nothing_behind(loaded: tuple[Family, Any]) -> None:
    """The scheduler is itself again, after a fault too."""
    family, pipe = loaded
    before = family.run(pipe, film())

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        family.run(pipe, film(halves), report=stop)
    assert "set_timesteps" not in vars(pipe.scheduler)
    assert torch.equal(before, family.run(pipe, film()))


def test_steps_are_counted(loaded: tuple[Family, Any]) -> None:
    family, pipe = loaded
    seen: list[tuple[int, int]] = []
    family.run(pipe, film(halves), report=lambda done, total: seen.append((done, total)))
    assert seen == [(i + 1, len(seen)) for i in range(len(seen))]
    assert 0 < len(seen) < STEPS


@pytest.mark.parametrize("name", list(UNTESTED))
def test_families_without_an_adapter_say_why(name: str) -> None:
    assert hasattr(diffusers, name)
    assert of_index({"_class_name": name}) is None
    pytest.skip(f"{name}: {UNTESTED[name]}")


def test_a_limited_licence_must_be_accepted() -> None:
    offers = {offer.name: offer for offer in FAMILY_BACKENDS}
    with pytest.raises(WeightsError, match=r"European Union.*accept_licence"):
        offers["hunyuan"].load(HunyuanOptions(model="nowhere"), Runtime(weights=Path))
    with pytest.raises(WeightsError, match="nowhere"):
        offers["hunyuan"].load(HunyuanOptions(model="nowhere", accept_licence=True), Runtime(weights=Path))


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_module, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="pip install ftfy"):
        load_family(FAMILIES["wan"], Wan5BOptions(model="nowhere"), Runtime(weights=Path))


def test_every_adapter_is_offered_with_its_own_model() -> None:
    offers = {offer.name: offer.options.model_fields["model"].default for offer in FAMILY_BACKENDS}
    assert offers.pop("framepack") is offers.pop("framepack-f1") is PydanticUndefined
    assert {name: family.model for name, family in FAMILIES.items() if family.model}.items() <= offers.items()
    assert [name for name, family in FAMILIES.items() if not family.model] == ["framepack", "framepack-f1"]


def test_the_index_tells_the_family() -> None:
    assert of_index({"_class_name": "WanImageToVideoPipeline"}) is FAMILIES["wan-a14b"]
    assert of_index({"_class_name": "WanImageToVideoPipeline", "expand_timesteps": True}) is FAMILIES["wan"]
    assert of_index({"_class_name": "StableVideoDiffusionPipeline"}) is None


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_counts_are_the_models(family: Family) -> None:
    step = family.group * getattr(family, "window", 1)
    for wanted in range(1, 80):
        count = family.count(wanted)
        assert (count - 1) % step == 0
        assert max(wanted, 2) <= count < max(wanted, 2) + step


def test_a_foreign_scheduler_is_refused() -> None:
    with pytest.raises(UsageError, match="steer"):
        flow_levels([700.0, 1.0, 0.0])


def test_a_run_has_at_least_one_step() -> None:
    levels = Levels(noise=(1.0, 0.6, 0.3, 0.0))
    assert [levels.first(start) for start in (1.0, 0.9, 0.6, 0.2, 0.0)] == [0, 1, 1, 2, 2]


def test_a_shortened_ladder_is_whole_again() -> None:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler()
    with shortened(scheduler, 2):
        scheduler.set_timesteps(5)
        assert (len(scheduler.timesteps), len(scheduler.sigmas)) == (3, 4)
    scheduler.set_timesteps(5)
    assert len(scheduler.timesteps) == 5
