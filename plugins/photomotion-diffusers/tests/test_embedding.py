from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_films import Still, no_weights, options, watch

from photomotion import Animator
from photomotion.data import Conditioning, Photo, Timing
from photomotion.plugin import Event, Runtime
from photomotion.testing.contracts import ConditionerContract
from photomotion.testing.fakes import fake_analysis, fake_motion, fake_photo
from photomotion_diffusers import embedding
from photomotion_diffusers.embedding import ClipVaeConditioner, user_cache
from photomotion_diffusers.loading import load_pipeline
from photomotion_diffusers.options import ClipVaeOptions
from photomotion_diffusers.plugin import CONDITIONERS
from photomotion_diffusers.svd import PIPELINES, SvdBackend

SHORT = Timing(seconds=0.4, fps=10)
LONG = Timing(seconds=0.6, fps=10)
(OFFER,) = [offer for offer in CONDITIONERS if offer.name == "clip-vae"]


class Counted:
    """Counts how often a pipeline's encoders are asked, from now on."""

    def __init__(self, pipe: Any) -> None:
        self.pipe = pipe
        self.clip, self.vae = 0, 0
        self._hook = pipe.image_encoder.register_forward_hook(self._saw)
        pipe._encode_vae_image = self._counting(pipe._encode_vae_image)

    def _saw(self, *args: Any) -> None:
        self.clip += 1

    def _counting(self, encode: Any) -> Any:
        def counting(*args: Any, **named: Any) -> Any:
            self.vae += 1
            return encode(*args, **named)

        return counting

    def latents(self, conditioning: Conditioning, seed: int, timing: Timing = SHORT, **chosen: Any) -> torch.Tensor:
        """The clean latents of a film, all its windows."""
        backend = SvdBackend(self.pipe, options(**{"noise_augmentation": 0.0, "steps": 1, **chosen}))
        seen = watch(backend)
        list(backend.render(conditioning, timing, seed))
        return torch.cat([latents for _, latents in seen])

    def close(self) -> None:
        self._hook.remove()
        del self.pipe._encode_vae_image


@pytest.fixture(scope="module")
def pipe(svd_folder: Path) -> Any:
    return load_pipeline(str(svd_folder), PIPELINES, torch.float32, "cpu")


@pytest.fixture
def model(pipe: Any) -> Iterator[Counted]:
    with closing(Counted(pipe)) as model:
        yield model


def condition(conditioner: ClipVaeConditioner, timing: Timing = SHORT, photo: Photo | None = None) -> Conditioning:
    return conditioner.condition(photo or fake_photo(64, 64), fake_analysis(64, 64), fake_motion(timing))


def forgotten(conditioning: Conditioning) -> Conditioning:
    """The same without what it remembers: the pipeline encodes for itself."""
    return replace(conditioning, extras={})


@pytest.mark.parametrize("steer", [0.0, 0.7])
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_the_film_is_the_same_bit_for_bit(model: Counted, tmp_path: Path, steer: float, noise: float) -> None:
    """When it is computed, when it is remembered, and when it is read from disk; in every window."""
    chosen = {"steer": steer, "noise_augmentation": noise, "steps": 2}
    conditioning = condition(ClipVaeConditioner(tmp_path), LONG)
    plain = model.latents(forgotten(conditioning), 3, LONG, **chosen)
    assert len(plain) == 2
    again = condition(ClipVaeConditioner(tmp_path), LONG)
    for remembering in (conditioning, conditioning, again):
        assert torch.equal(model.latents(remembering, 3, LONG, **chosen), plain)


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_three_seeds_ask_the_encoders_once(model: Counted, guidance: float) -> None:
    conditioning = condition(ClipVaeConditioner(None))
    films = [model.latents(conditioning, seed, guidance_max=guidance) for seed in (1, 2, 3)]
    assert (model.clip, model.vae) == (1, 1)
    assert not torch.equal(films[0], films[1])
    model.latents(forgotten(conditioning), 1)
    assert (model.clip, model.vae) == (2, 2)


def test_with_noise_latents_are_those_of_a_seed(model: Counted, tmp_path: Path) -> None:
    conditioning = condition(ClipVaeConditioner(tmp_path))
    for seed in (1, 2, 1):
        model.latents(conditioning, seed, noise_augmentation=0.02)
    assert (model.clip, model.vae) == (1, 2)
    assert len(list(tmp_path.glob("*"))) == 1


def test_what_is_on_disk_serves_another_run(model: Counted, tmp_path: Path) -> None:
    films = [model.latents(condition(ClipVaeConditioner(tmp_path)), 1) for _ in range(2)]
    assert (model.clip, model.vae) == (1, 1)
    assert torch.equal(films[0], films[1])
    assert {path.suffix for path in tmp_path.iterdir()} == {".safetensors"}


@pytest.mark.parametrize("change", ["photo", "clip", "vae", "decoder"])
def test_another_photo_or_model_is_not_mistaken(model: Counted, tmp_path: Path, change: str) -> None:
    model.latents(condition(ClipVaeConditioner(tmp_path)), 1)
    photo, pipe = fake_photo(64, 64), model.pipe
    weights = {
        "clip": pipe.image_encoder.visual_projection.weight,
        "vae": pipe.vae.encoder.conv_in.weight,
        "decoder": pipe.vae.decoder.conv_in.weight,
    }
    if change == "photo":
        pixels = photo.pixels.copy()
        pixels[32, 32, 1] ^= 1
        photo = photo.with_pixels(pixels)
        model.latents(condition(ClipVaeConditioner(tmp_path), photo=photo), 1)
    else:
        kept = weights[change].data
        weights[change].data = kept + 1e-3
        try:
            model.latents(condition(ClipVaeConditioner(tmp_path)), 1)
        finally:
            weights[change].data = kept
    assert (model.clip, model.vae) == ((1, 1) if change == "decoder" else (2, 2))


@pytest.mark.parametrize("damage", ["short", "empty", "flipped", "folder", "other"])
def test_a_damaged_file_is_computed_again(model: Counted, tmp_path: Path, damage: str) -> None:
    plain = model.latents(condition(ClipVaeConditioner(tmp_path)), 1)
    files = sorted(tmp_path.iterdir())
    for path in files:
        whole = path.read_bytes()
        if damage == "folder":
            path.unlink()
            path.mkdir()
        elif damage == "other":
            path.write_bytes(b"not safetensors, whatever it is called")
        else:
            path.write_bytes({"short": whole[:-3], "empty": b"", "flipped": whole[:-1] + b"\x55"}[damage])
    assert torch.equal(model.latents(condition(ClipVaeConditioner(tmp_path)), 1), plain)
    assert (model.clip, model.vae) == (2, 2)
    if damage != "folder":
        model.latents(condition(ClipVaeConditioner(tmp_path)), 1)
        assert (model.clip, model.vae) == (2, 2)


def test_a_folder_that_cannot_be_written_is_said_once(model: Counted, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    said: list[Event] = []
    runtime = Runtime(weights=no_weights, on_event=said.append)
    conditioner = OFFER.load(ClipVaeOptions(cache=str(tmp_path / "file")), runtime)
    for seed in (1, 2):
        model.latents(condition(conditioner), seed)
    assert [(event.stage, event.notice) for event in said] == [("conditioner", True)]
    assert model.clip == 1


def test_the_oldest_files_go(model: Counted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "ON_DISK", 3)
    for number in range(5):
        old = tmp_path / f"{number}.safetensors"
        old.write_bytes(b"")
        os.utime(old, (number, number))
    model.latents(condition(ClipVaeConditioner(tmp_path)), 1)
    assert len(list(tmp_path.iterdir())) == 3 and (tmp_path / "4.safetensors").exists()


def test_the_pipeline_is_its_own_again(pipe: Any) -> None:
    before = dict(vars(pipe))
    embeddings = ClipVaeConditioner(None).embeddings
    with pytest.raises(KeyError), embeddings.remembered(pipe, noisy=False):
        assert "_encode_image" in vars(pipe)
        raise KeyError
    assert dict(vars(pipe)) == before


def test_a_film_through_the_front_door(svd_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Steered like ``guide``; and by default it is kept in the user's own cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    photo = tmp_path / "portrait.png"
    Image.fromarray(fake_photo(80, 96).pixels).save(photo)
    backend = {"model": str(svd_folder), "steps": 3, "frames": 4, "size": 64, "noise_augmentation": 0.0}
    films = []
    for conditioner in ("guide", "clip-vae"):
        with Animator(
            analyzer=Still(), backend="svd", conditioner=conditioner, options={"backend": backend}, device="cpu"
        ) as animator:
            films.append([frame.pixels for frame in animator.animate(photo, seconds=0.4, fps=10, seed=4)])
    assert all(np.array_equal(a, b) for a, b in zip(*films, strict=True))
    assert len(list((user_cache() / "clip-vae").glob("*.safetensors"))) == 2
    assert tmp_path in user_cache().parents


class TestClipVae(ConditionerContract):
    implementation = OFFER
    options = {"cache": ""}  # noqa: RUF012

    @pytest.fixture
    def stage(self) -> Iterator[Any]:
        stage = OFFER.load(ClipVaeOptions(cache=""), Runtime(weights=no_weights))
        yield stage
        self._close(stage)
