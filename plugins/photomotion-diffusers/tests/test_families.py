"""Every family against diffusers itself: stock runs, drafts that hold, explicit loops, films."""

from __future__ import annotations

import gc
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
from pydantic_core import PydanticUndefined
from tiny_families import TINY, save
from tiny_more import MORE, Guardrail

from photomotion.data import Conditioning, Timing
from photomotion.errors import UsageError, WeightsError
from photomotion.plugin import Event, Runtime
from photomotion.testing.fakes import fake_conditioning
from photomotion_diffusers.families import backend as backend_module
from photomotion_diffusers.families.backend import FamilyBackend, load_family
from photomotion_diffusers.families.base import Family, flow_levels
from photomotion_diffusers.families.film import Draft, Film
from photomotion_diffusers.families.framepack import Framepack, FramepackForward
from photomotion_diffusers.families.offers import FAMILY_BACKENDS
from photomotion_diffusers.families.options import (
    FamilyOptions,
    HunyuanOptions,
    Wan5BOptions,
    WanAnimateOptions,
)
from photomotion_diffusers.families.registry import FAMILIES, UNTESTED, of_index
from photomotion_diffusers.families.steering import Levels, shortened

torch.set_num_threads(1)

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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module", params=[*TINY, *MORE, "framepack-f1"])
def loaded(request: pytest.FixtureRequest, folder: Path) -> Iterator[tuple[Family, Any]]:
    """A family's adapter and its tiny pipeline, from disk."""
    name = "framepack" if request.param == "framepack-f1" else request.param
    yield ADAPTER[request.param], open_pipe(name, folder)
    gc.collect()


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


# Films, through the backend that photomotion calls.


def guided(timing: Timing, *, gray: bool = False) -> Conditioning:
    from photomotion.data import Guide
    from photomotion.warp import Scene, moving_regions

    conditioning = fake_conditioning(timing, 96, 120, gray=gray)
    scene = Scene(conditioning.photo, conditioning.analysis, conditioning.motion)
    return replace(conditioning, guide=Guide(draw=scene.draw, frames=timing.frames, regions=moving_regions(scene)))


def wan_backend(folder: Path, events: list[Event] | None = None, **changes: Any) -> FamilyBackend:
    if not (folder / "wan22-5b").is_dir():
        save("wan22-5b", folder)
    settings = {"model": str(folder / "wan22-5b"), "steps": 3, "size": 96, "fps": 8, "guidance": 1.0, **changes}
    runtime = Runtime(weights=Path, on_event=[].append if events is None else events.append)
    return load_family(FAMILIES["wan"], Wan5BOptions(**settings), runtime)


class TestFilms:
    timing = Timing(seconds=1, fps=16)

    def test_a_film_is_whole_and_begins_with_the_photo(self, folder: Path) -> None:
        events: list[Event] = []
        conditioning = guided(self.timing)
        frames = list(wan_backend(folder, events).render(conditioning, self.timing, 0))
        assert [frame.index for frame in frames] == list(range(16))
        assert {frame.pixels.shape for frame in frames} == {(120, 96, 3)}
        assert np.array_equal(frames[0].pixels, conditioning.photo.pixels)
        steps = [event for event in events if event.message == "denoising"]
        assert steps[-1].done == steps[-1].total == len(steps)

    def test_it_repeats_itself(self, folder: Path) -> None:
        backend, conditioning = wan_backend(folder), guided(self.timing)
        films = [[f.pixels.tobytes() for f in backend.render(conditioning, self.timing, s)] for s in (3, 3, 4)]
        assert films[0] == films[1] != films[2]

    def test_gray_stays_gray(self, folder: Path) -> None:
        frames = wan_backend(folder).render(guided(self.timing, gray=True), self.timing, 0)
        assert all((f.pixels == f.pixels[..., :1]).all() for f in frames)

    def test_a_single_frame_is_the_photo(self, folder: Path) -> None:
        timing = Timing(seconds=0.1, fps=10)
        conditioning = guided(timing)
        (frame,) = wan_backend(folder).render(conditioning, timing, 0)
        assert np.array_equal(frame.pixels, conditioning.photo.pixels)

    @pytest.mark.parametrize("steer", [0.0, 0.7])
    def test_a_long_film_goes_on_where_a_window_ends(self, folder: Path, steer: float) -> None:
        timing = Timing(seconds=1.5, fps=8)
        backend = wan_backend(folder, frames=5, overlap=2, steer=steer, interpolate="repeat")
        assert len(list(backend.render(guided(timing), timing, 0))) == 12

    def test_the_prompt_is_the_options_the_conditionings_or_a_plain_one(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        said: list[str] = []
        real = type(FAMILIES["wan"]).run

        def run(self: Family, pipe: Any, film: Film, **rest: Any) -> torch.Tensor:
            said.append(film.prompt)
            return real(self, pipe, film, **rest)

        monkeypatch.setattr(type(FAMILIES["wan"]), "run", run)
        timing = Timing(seconds=0.5, fps=8)
        conditioning = replace(guided(timing), prompt="she blinks")
        for backend, given in (
            (wan_backend(folder, prompt="mine"), conditioning),
            (wan_backend(folder), conditioning),
            (wan_backend(folder), replace(conditioning, prompt=None)),
        ):
            list(backend.render(given, timing, 0))
        assert said == ["mine", "she blinks", backend_module.PROMPT]

    def test_steering_needs_a_draft(self, folder: Path) -> None:
        with pytest.raises(UsageError, match="guide"):
            wan_backend(folder).render(fake_conditioning(self.timing), self.timing, 0)

    def test_another_pipeline_is_refused(self, folder: Path) -> None:
        with pytest.raises(WeightsError, match="WanImageToVideoPipeline"):
            load_family(
                FAMILIES["ltx"],
                FamilyOptions(model=str(folder / "wan22-5b")),
                Runtime(weights=Path),
            )


class TestDriven:
    """Wan-Animate, driven by what the conditioner ``controls`` draws."""

    timing = Timing(seconds=1, fps=8)

    @staticmethod
    def backend(folder: Path) -> FamilyBackend:
        if not (folder / "wan-animate").is_dir():
            save("wan-animate", folder)
        settings = {"model": str(folder / "wan-animate"), "steps": 2, "size": 64, "fps": 8}
        return load_family(FAMILIES["wan-animate"], WanAnimateOptions(**settings), Runtime(weights=Path))

    def test_a_film_follows_its_controls(self, folder: Path) -> None:
        conditioning, asked = guided(self.timing), []

        def draw(name: str) -> Any:
            def at(row: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
                asked.append((name, row))
                return np.full(conditioning.photo.pixels.shape, 10 * row, np.uint8)

            return at

        driven = replace(conditioning, extras={"controls": {name: draw(name) for name in ("pose", "face", "depth")}})
        frames = list(self.backend(folder).render(driven, self.timing, 0))
        assert len(frames) == 8
        assert np.array_equal(frames[0].pixels, conditioning.photo.pixels)
        rows = [*range(8), 7]
        assert asked == [(name, row) for name in ("pose", "face") for row in rows]

    def test_without_them_it_says_which(self, folder: Path) -> None:
        with pytest.raises(UsageError, match=r"films of pose and face.*conditioner='controls'"):
            self.backend(folder).render(guided(self.timing), self.timing, 0)


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
