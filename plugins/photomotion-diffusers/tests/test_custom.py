"""``custom``: directories dispatched by their class, unknown pipelines called plainly, denoisers of one's own."""

from __future__ import annotations

import re
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import PIL.Image
import pytest
import torch
from tiny_families import save

from photomotion.data import Conditioning, Guide, Timing
from photomotion.errors import OptionsError, UsageError, WeightsError
from photomotion.plugin import Event, Runtime
from photomotion.testing.fakes import fake_conditioning
from photomotion_diffusers import custom
from photomotion_diffusers.clocks import karras
from photomotion_diffusers.custom import Denoiser, Own, Plain, load_custom, make_backend
from photomotion_diffusers.families.backend import FamilyBackend
from photomotion_diffusers.families.film import Draft, Film
from photomotion_diffusers.families.offers import CustomOptions
from photomotion_diffusers.families.registry import FAMILIES
from photomotion_diffusers.options import SvdOptions

torch.set_num_threads(1)
TIMING = Timing(seconds=1, fps=8)


class Blur(torch.nn.Module):
    """The example of the documentation: believes in the photo, and in the noisy film as far as the noise lets it."""

    frames = 9

    def __init__(self) -> None:
        super().__init__()
        self.trust = torch.nn.Parameter(torch.tensor(0.5))

    def denoise(
        self, latents: torch.Tensor, sigma: float, image: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        keep = self.trust / (self.trust + sigma**2)
        return keep * latents + (1 - keep) * image[:, :, None]


class Folded(Blur):
    """With latents of its own: a quarter of the size, three times four channels."""

    def encode(self, video: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.avg_pool3d(video, (1, 4, 4))

    def decode(self, latents: torch.Tensor) -> torch.Tensor:
        return latents.repeat_interleave(4, 3).repeat_interleave(4, 4)

    def denoise(
        self, latents: torch.Tensor, sigma: float, image: torch.Tensor, generator: torch.Generator
    ) -> torch.Tensor:
        small = torch.nn.functional.avg_pool2d(image, 4)
        return super().denoise(latents, sigma, small, generator)


def options(**changes: Any) -> CustomOptions:
    return CustomOptions(**{"model": "mine", "steps": 6, "size": 64, **changes})


def guided() -> Conditioning:
    conditioning = fake_conditioning(TIMING, 64, 80)
    head = conditioning.analysis.matte
    shift = [np.roll(conditioning.photo.pixels, row, axis=1) for row in range(TIMING.frames)]
    guide = Guide(draw=lambda row: shift[row], frames=TIMING.frames, regions={"person": head, "head": head})
    return replace(conditioning, guide=guide)


def film(release: float | None, start: float = 0.9) -> Film:
    frames = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)
    draft = None
    if release is not None:
        draft = Draft(frames=frames, release=lambda f, c: torch.full((f, 16 // c, 16 // c), release), start=start)
    facts = {"steps": 5, "guidance": 1.0, "fps": 8.0, "prompt": "", "negative": ""}
    return Film(image=PIL.Image.fromarray(frames[0]), frames=3, seed=1, draft=draft, **facts)


def test_the_example_is_a_denoiser() -> None:
    assert isinstance(Blur(), Denoiser)


@pytest.mark.parametrize("release", [None, 0.5])
def test_a_denoiser_runs_as_the_explicit_loop(release: float | None) -> None:
    model, asked = Blur(), film(release)
    ours = Own(model).run(model, asked, "latent")
    sigmas = karras(5, 0.002, 80.0)
    first = 0 if release is None else next(i for i, s in enumerate(sigmas) if s / (1 + s) <= 0.9)
    eps = torch.randn((1, 3, 3, 16, 16), generator=torch.Generator().manual_seed(1))
    image = torch.from_numpy(np.asarray(asked.image).copy()).permute(2, 0, 1)[None] / 127.5 - 1
    x, z = sigmas[0] * eps, torch.zeros(())
    if asked.draft is not None:
        z = torch.from_numpy(asked.draft.frames).permute(3, 0, 1, 2)[None] / 127.5 - 1
        x = z + sigmas[first] * eps
    with torch.no_grad():
        for now, after in zip(sigmas[first:], sigmas[first + 1 :], strict=False):
            x = x + (x - model.denoise(x, now, image, torch.Generator())) / now * (after - now)
            if release is not None:
                held = torch.full((3, 1, 1), release) < after / (1 + after)
                x = torch.where(held, z + after * eps, x)
    torch.testing.assert_close(ours, x, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("model", [Blur(), Folded()], ids=["pixels", "latents"])
def test_a_denoisers_draft_comes_out_if_it_is_never_let_go(model: Any) -> None:
    own, asked = Own(model), film(0.0)
    assert asked.draft is not None
    video = torch.from_numpy(asked.draft.frames).permute(3, 0, 1, 2)[None] / 127.5 - 1
    torch.testing.assert_close(own.run(model, asked, "latent"), own.encode(model, video), rtol=1e-4, atol=1e-4)
    assert own.run(model, asked).shape == (3, 3, 16, 16)


@pytest.mark.parametrize("steer", [0.0, 0.7, 1.0])
def test_a_denoiser_makes_films(steer: float) -> None:
    conditioning = guided()
    backend = make_backend(Blur(), options(steer=steer))
    films = [list(backend.render(conditioning, TIMING, 5)) for _ in range(2)]
    assert [frame.index for frame in films[0]] == list(range(8))
    assert np.array_equal(films[0][0].pixels, conditioning.photo.pixels)
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(*films, strict=True))


def test_a_denoiser_is_named_by_its_factory(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("my_models")
    module.make = Blur  # type: ignore[attr-defined]
    module.empty = object  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "my_models", module)
    backend = load_custom(options(model="my_models:make", steer=0), Runtime(weights=Path))
    assert len(list(backend.render(guided(), TIMING, 0))) == 8
    for model, said in (("my_models:gone", "gone"), ("no_such_models:make", "no_such"), ("my_models:empty", "denoise")):
        with pytest.raises(UsageError, match=said):
            load_custom(options(model=model), Runtime(weights=Path))


@pytest.mark.parametrize(("name", "family"), [("ltx", "ltx"), ("cogvideox", "cogvideox"), ("wan22-5b", "wan")])
def test_a_directory_finds_its_family(name: str, family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[Any] = []
    monkeypatch.setattr(custom, "load_family", lambda *args: found.extend(args))
    load_custom(options(model=str(save(name, tmp_path))), Runtime(weights=Path))
    assert found[0] is FAMILIES[family]
    assert found[1].model == str(tmp_path / name)
    assert found[3] is False


def test_an_ltx_directory_makes_a_film(tmp_path: Path) -> None:
    backend = load_custom(options(model=str(save("ltx", tmp_path)), steps=2, guidance=1.0), Runtime(weights=Path))
    assert len(list(backend.render(guided(), TIMING, 0))) == 8


class Unknown(diffusers.DiffusionPipeline):  # type: ignore[misc]
    """A pipeline of a family nobody has heard of: the photo, darker in each frame, one too few, half as high."""

    def __init__(self) -> None:
        super().__init__()
        self.register_to_config()

    def __call__(
        self,
        image: PIL.Image.Image,
        num_frames: int = 5,
        height: int = 0,
        width: int = 0,
        generator: torch.Generator | None = None,
        output_type: str = "pil",
    ) -> Any:
        assert image.size == (width, height)
        assert output_type == "np"
        levels = np.linspace(1, 0.5, num_frames - 1)[:, None, None, None]
        return types.SimpleNamespace(frames=[levels * (np.asarray(image)[::2] / 255)])


def test_an_unknown_pipeline_is_called_plainly_and_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "UnknownPipeline"}')
    monkeypatch.setattr(custom, "load_pipeline", lambda *args, **kwargs: Unknown())
    events: list[Event] = []
    backend = load_custom(options(model=str(tmp_path)), Runtime(weights=Path, on_event=events.append))
    assert isinstance(backend, FamilyBackend)
    assert "UnknownPipeline" in events[-1].message
    assert "does not follow" in events[-1].message
    frames = list(backend.render(guided(), TIMING, 0))
    assert len(frames) == 8
    assert frames[-1].pixels.mean() < frames[0].pixels.mean()


def test_a_pipeline_without_an_image_is_refused() -> None:
    with pytest.raises(UsageError, match="takes no image"):
        Plain(types.SimpleNamespace(__call__=lambda prompt: None))


@pytest.mark.parametrize("index", [None, "{", "[]", "{}"])
def test_a_directory_without_an_index_is_refused(index: str | None, tmp_path: Path) -> None:
    if index is not None:
        (tmp_path / "model_index.json").write_text(index)
    with pytest.raises(WeightsError, match=r"model_index\.json"):
        load_custom(options(model=str(tmp_path)), Runtime(weights=Path))


@pytest.mark.parametrize("name", ["HunyuanVideoImageToVideoPipeline", "HunyuanVideoFramepackPipeline"])
def test_a_gated_family_is_gated_here_too(name: str, tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(f'{{"_class_name": "{name}"}}')
    with pytest.raises(WeightsError, match="accept_licence"):
        load_custom(options(model=str(tmp_path)), Runtime(weights=Path))


def test_svd_goes_to_its_own_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from photomotion_diffusers.svd import SvdBackend

    (tmp_path / "model_index.json").write_text('{"_class_name": "StableVideoDiffusionPipeline"}')
    asked: list[Any] = []
    monkeypatch.setattr(SvdBackend, "load", classmethod(lambda cls, options, runtime: asked.append(options)))
    load_custom(CustomOptions(model=str(tmp_path), steer=0.0, size=0), Runtime(weights=Path))
    assert (asked[0].model, asked[0].steer, asked[0].size, asked[0].steps) == (str(tmp_path), 0.0, 768, 25)


def svd_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Any:
    """What the backend ``svd`` is given for a directory with its pipeline."""
    from photomotion_diffusers.svd import SvdBackend

    (tmp_path / "model_index.json").write_text('{"_class_name": "StableVideoDiffusionPipeline"}')
    asked: list[Any] = []
    monkeypatch.setattr(SvdBackend, "load", classmethod(lambda cls, options, runtime: asked.append(options)))
    load_custom(CustomOptions(model=str(tmp_path), **changes), Runtime(weights=Path))
    return asked[0]


def test_svd_honours_what_it_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = svd_asked(tmp_path, monkeypatch, frames=14, fps=6.0, guidance=1.0, steps=4, detail=0.2, accept_licence=True)
    assert (made.frames, made.fps, made.guidance_max, made.steps, made.detail) == (14, 6, 1.0, 4, 0.2)
    left = svd_asked(tmp_path, monkeypatch, frames=None, fps=None, guidance=None, steps=0, size=0, prompt="")
    assert left == SvdOptions(model=str(tmp_path))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prompt": "she smiles"}, "prompt"),
        ({"negative_prompt": "blur", "prompt": "she smiles"}, "prompt, negative_prompt"),
        ({"frames": 500}, "frames.*128"),
        ({"fps": 7.5}, "fps"),
        ({"guidance": 25.0}, "guidance.*20"),
    ],
)
def test_svd_refuses_the_rest(
    changes: dict[str, Any], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OptionsError, match=f"(?s)backend='svd'.*{said}|{said}.*backend='svd'"):
        svd_asked(tmp_path, monkeypatch, **changes)


def test_the_documented_example_makes_a_film() -> None:
    page = (Path(__file__).parents[1] / "docs" / "models.md").read_text(encoding="utf-8")
    names: dict[str, Any] = {}
    (example,) = (block for block in re.findall("```python\n(.*?)```", page, re.DOTALL) if "class Believer" in block)
    exec(example, names)
    assert isinstance(names["Believer"](), Denoiser)
    backend = make_backend(names["Believer"](), options())
    assert len(list(backend.render(guided(), TIMING, 0))) == 8
