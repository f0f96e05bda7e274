"""What single families do that the others do not."""

from __future__ import annotations

import json
import types
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from family_runs import (  # plain_text is a fixture for all
    ADAPTER,
    FRAMES,
    HEIGHT,
    WIDTH,
    Short,
    ShortForward,
    film,
    halves,
    never,
    open_pipe,
    pictures,
    plain_text,
)
from tiny_families import save

from photomotion.errors import UsageError, WeightsError
from photomotion.plugin import Runtime
from photomotion_diffusers.families.backend import load_family
from photomotion_diffusers.families.base import Family
from photomotion_diffusers.families.film import Film
from photomotion_diffusers.families.options import (
    CosmosOptions,
)
from photomotion_diffusers.families.registry import FAMILIES, of_index

__all__ = ["plain_text"]


class TestSections:
    """Framepack makes a film in sections; each must follow its own part of the draft."""

    @pytest.mark.parametrize("family", [Short(), ShortForward()], ids=["backward", "forward"])
    def test_each_follows_its_part(self, family: Family, folder: Path) -> None:
        pipe = open_pipe("framepack", folder)
        asked = film(never)
        assert asked.draft is not None
        rolled = np.concatenate([asked.draft.frames, asked.draft.frames[:-1, ::-1]])
        asked = replace(asked, frames=17, draft=replace(asked.draft, frames=rolled))
        seen: list[tuple[int, int]] = []
        made = family.run(pipe, asked, "latent", report=lambda done, total: seen.append((done, total)))
        z = family.clock(pipe, asked, family.levels(pipe, asked), 0).z
        assert made.shape == z.shape == (1, 4, 5, HEIGHT // 8, WIDTH // 8)
        torch.testing.assert_close(made[:, :, 1:], z[:, :, 1:], rtol=1e-4, atol=1e-4)
        assert (z[:, :, 1:3] - z[:, :, 3:]).abs().max() > 0.01
        assert seen == [(i + 1, len(seen)) for i in range(len(seen))]
        assert family.run(pipe, asked).shape == (17, 3, HEIGHT, WIDTH)
        assert "prepare_latents" not in vars(pipe)

    def test_a_free_film_of_two_is_the_stock_call(self, folder: Path) -> None:
        pipe, asked = open_pipe("framepack", folder), replace(film(), frames=17)
        stock = pipe(**Short().arguments(pipe, asked), generator=asked.generator(), output_type="pt").frames[0]
        assert torch.equal(Short().run(pipe, asked), stock)


class TestGuardrail:
    """Cosmos' is asked for every prompt and every film; the pipeline cannot be called without."""

    def test_it_sees_the_film(self, folder: Path) -> None:
        made = ADAPTER["cosmos"].run(open_pipe("cosmos", folder), film(never))
        assert (made[:, :, :4, :4] == 0).all()
        assert (made[:, :, 8:] > 0).any()

    def test_it_sees_the_prompt(self, folder: Path) -> None:
        with pytest.raises(ValueError, match="Guardrail detected unsafe"):
            ADAPTER["cosmos"].run(open_pipe("cosmos", folder), replace(film(), prompt="unsafe"))

    def test_without_it_there_is_no_film(self, folder: Path) -> None:
        pipe = open_pipe("cosmos", folder)
        pipe.register_modules(safety_checker=None)
        with pytest.raises(ValueError, match="violation"):
            ADAPTER["cosmos"].run(pipe, film())

    @pytest.mark.skipif(find_spec("cosmos_guardrail") is not None, reason="it is here")
    def test_its_package_is_asked_for(self) -> None:
        with pytest.raises(WeightsError, match="pip install cosmos_guardrail"):
            load_family(FAMILIES["cosmos"], CosmosOptions(model="nowhere"), Runtime(weights=Path))


def test_control_films_reach_the_model(folder: Path) -> None:
    """Another face makes another film."""
    family, pipe, asked = ADAPTER["wan-animate"], open_pipe("wan-animate", folder), film()
    mirrored = {**asked.controls, "face": [PIL.Image.fromarray(frame[::-1]) for frame in pictures()]}
    assert not torch.equal(family.run(pipe, asked), family.run(pipe, replace(asked, controls=mirrored)))


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("wan22-5b", "WanPipeline"),
        ("ltx", "LTXPipeline"),
        ("ltx-condition", "LTXPipeline"),
        ("skyreels-df", "SkyReelsV2DiffusionForcingPipeline"),
    ],
)
def test_a_published_index_may_name_the_pipeline_that_begins_with_words(
    name: str, published: str, tmp_path: Path
) -> None:
    path = save(name, tmp_path)
    index = json.loads((path / "model_index.json").read_text()) | {"_class_name": published}
    (path / "model_index.json").write_text(json.dumps(index))
    family = ADAPTER[name]
    assert type(family.open(path, torch.float32)).__name__ == family.pipelines[0]
    assert of_index(index) is FAMILIES[{"ltx-condition": "ltx"}.get(name, family.name)]


def test_a_wan_that_knows_no_photo_is_refused(tmp_path: Path) -> None:
    path = save("wan22-5b", tmp_path)
    index = json.loads((path / "model_index.json").read_text())
    (path / "model_index.json").write_text(
        json.dumps(index | {"_class_name": "WanPipeline", "expand_timesteps": False})
    )
    with pytest.raises(WeightsError, match="from words only"):
        FAMILIES["wan"].open(path, torch.float32)


class TestFastWan:
    """The published index names a pipeline that diffusers does not have, and the sampler is not the pipeline's own."""

    family = FAMILIES["fastwan"]

    @pytest.fixture(scope="class")
    def pipe(self, tmp_path_factory: pytest.TempPathFactory) -> Any:
        path = save("wan22-5b", tmp_path_factory.mktemp("fastwan"))
        index = json.loads((path / "model_index.json").read_text())
        parts = {name: part for name, part in index.items() if isinstance(part, list) and part[0] is not None}
        (path / "model_index.json").write_text(json.dumps({"_class_name": "WanDMDPipeline", **parts}))
        return self.family.open(path, torch.float32)

    @staticmethod
    def film(release: Any = None, seed: int = 0) -> Film:
        return replace(film(release, seed=seed), steps=3, guidance=1.0)

    def test_it_goes_to_x0_and_back_three_times(self, pipe: Any) -> None:
        """By hand, with the pipeline's own numbers: first its latents, then the noise of each level."""
        asked = self.film()
        ours = self.family.run(pipe, asked, "latent")
        x = torch.randn((1, 48, 3, HEIGHT // 16, WIDTH // 16), generator=torch.Generator().manual_seed(0))
        words, _ = pipe.encode_prompt(asked.prompt, None, False, max_sequence_length=512)
        image = pipe.video_processor.preprocess(asked.image, height=HEIGHT, width=WIDTH)
        _, photo, free = pipe.prepare_latents(image, 1, 48, HEIGHT, WIDTH, FRAMES, torch.float32, "cpu", None, x)
        again = torch.Generator().manual_seed(2**32)
        with torch.no_grad():
            for now, after in ((1.0, 0.757), (0.757, 0.522), (0.522, 0.0)):
                t = (free[0, 0, :, ::2, ::2] * now * 1000).flatten()[None]
                v = pipe.transformer((1 - free) * photo + free * x, t, words, return_dict=False)[0]
                x = (1 - after) * (x - now * v) + after * torch.randn(x.shape, generator=again)
        torch.testing.assert_close(ours, (1 - free) * photo + free * x, rtol=1e-4, atol=1e-4)

    def test_a_draft_holds_it(self, pipe: Any) -> None:
        asked = self.film(never)
        z = self.family.clock(pipe, asked, self.family.levels(pipe, asked), 0).z
        torch.testing.assert_close(self.family.run(pipe, asked, "latent")[:, :, 1:], z[:, :, 1:], rtol=1e-4, atol=1e-4)

    def test_its_noise_is_the_films_own(self, pipe: Any) -> None:
        torch.manual_seed(5)
        one = self.family.run(pipe, self.film(halves))
        state = torch.random.get_rng_state()
        assert torch.equal(one, self.family.run(pipe, self.film(halves)))
        assert not torch.equal(one, self.family.run(pipe, self.film(halves, seed=1)))
        assert torch.equal(torch.random.get_rng_state(), state)

    def test_other_numbers_of_steps_are_refused(self, pipe: Any) -> None:
        with pytest.raises(UsageError, match="3 steps, not 4"):
            self.family.run(pipe, film())


def test_what_a_draft_does_not_show_is_gray_in_a_control_film() -> None:
    vace, nobody = FAMILIES["wan-vace"], types.SimpleNamespace()
    for shows, kept in ((None, FRAMES), (3, 3)):
        asked = film(never)
        assert asked.draft is not None
        given = vace.arguments(nobody, replace(asked, draft=replace(asked.draft, shows=shows)))
        video = [np.asarray(frame) for frame in given["video"]]
        assert len(video) == len(given["mask"]) == FRAMES
        assert [np.array_equal(a, b) for a, b in zip(video, pictures(), strict=True)] == [
            i < kept for i in range(FRAMES)
        ]
        assert all((frame == 127).all() for frame in video[kept:])
    assert "image" not in vace.arguments(nobody, film())
