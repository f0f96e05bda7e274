"""Films of the families, through the backend that photomotion calls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from family_runs import guided, wan_backend
from tiny_families import save

from photomotion.data import Timing
from photomotion.errors import UsageError, WeightsError
from photomotion.plugin import Event, Runtime
from photomotion.testing.fakes import fake_conditioning
from photomotion_diffusers.families import backend as backend_module
from photomotion_diffusers.families.backend import FamilyBackend, load_family
from photomotion_diffusers.families.base import Family
from photomotion_diffusers.families.film import Film
from photomotion_diffusers.families.options import FamilyOptions, WanAnimateOptions
from photomotion_diffusers.families.registry import FAMILIES


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
