from __future__ import annotations

import json
import shutil
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import huggingface_hub
import numpy as np
import pytest
import torch
from diffusers.utils import logging as diffusers_logging
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError, RevisionNotFoundError
from PIL import Image
from pydantic import ValidationError
from tiny_films import Still
from transformers.utils import logging as transformers_logging

from photomotion import Animator
from photomotion.errors import UsageError, WeightsError
from photomotion.plugin import Implementation
from photomotion.testing.fakes import fake_photo
from photomotion_diffusers import plugin
from photomotion_diffusers.loading import (
    LIBRARIES,
    choose_device,
    choose_dtype,
    choose_files,
    load_pipeline,
)
from photomotion_diffusers.manifest import known_models
from photomotion_diffusers.options import SvdOptions

SVD = ("StableVideoDiffusionPipeline",)


def load(model: object, **rest: Any) -> Any:
    return load_pipeline(str(model), SVD, torch.float32, "cpu", **rest)


def test_nothing_heavy_is_imported_by_the_plugin() -> None:
    code = "import sys, photomotion_diffusers.plugin; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"torch", "diffusers", "transformers", "numpy", "cv2", "PIL", "accelerate"}


def test_every_offer_is_a_descriptor() -> None:
    offers = plugin.BACKENDS
    assert all(isinstance(offer, Implementation) for offer in offers)
    assert "svd" in {offer.name for offer in offers}


@pytest.mark.parametrize("steer", [0.0, 0.7])
def test_a_film_through_the_front_door(svd_folder: Path, tmp_path: Path, steer: float) -> None:
    photo = tmp_path / "portrait.png"
    Image.fromarray(fake_photo(150, 190).pixels).save(photo)
    backend = {"model": str(svd_folder), "steps": 3, "frames": 4, "size": 64, "steer": steer}
    events: list[Any] = []
    with Animator(
        analyzer=Still(), backend="svd", options={"backend": backend}, device="cpu", progress=events.append
    ) as animator:
        clip = animator.animate(photo, seconds=1.0, fps=12, seed=4)
        clip.save(tmp_path / "film.mp4")
        first = next(iter(clip))
    assert np.array_equal(first.pixels, fake_photo(150, 190).pixels)
    with av.open(str(tmp_path / "film.mp4")) as film:
        pictures = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(pictures) == 12
    assert any(np.abs(p.astype(int) - pictures[0]).max() > 8 for p in pictures[1:])
    steps = [event for event in events if event.stage == "backend" and event.total]
    assert steps[-1].done == steps[-1].total


def test_steering_without_a_draft_is_refused_in_one_sentence(svd_folder: Path, tmp_path: Path) -> None:
    photo = tmp_path / "portrait.png"
    Image.fromarray(fake_photo(64, 64).pixels).save(photo)
    backend = {"model": str(svd_folder), "size": 64}
    with (
        Animator(analyzer=Still(), backend="svd", conditioner="image", options={"backend": backend}) as animator,
        pytest.raises(UsageError, match="conditioner='guide'"),
    ):
        animator.animate(photo, seconds=0.4, fps=10).save(tmp_path / "film.mp4")
    assert not (tmp_path / "film.mp4").exists()


@pytest.mark.parametrize("wrong", [{"steer": 1.1}, {"steps": 0}, {"frames": 1}, {"guidance_max": 0.5}, {"size": 5}])
def test_options_have_bounds(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SvdOptions(**wrong)


def test_a_pipeline_is_loaded_in_the_dtype_asked_for(svd_folder: Path) -> None:
    pipe = load_pipeline(str(svd_folder), SVD, torch.bfloat16, "cpu")
    assert {model.dtype for model in (pipe.unet, pipe.vae, pipe.image_encoder)} == {torch.bfloat16}


def test_loading_is_quiet(svd_folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """No bars and no remarks of other libraries in the terminal, and their settings as they were."""
    before = [log.is_progress_bar_enabled() for log in (diffusers_logging, transformers_logging)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(svd_folder)
    assert capfd.readouterr() == ("", "")
    assert [log.is_progress_bar_enabled() for log in (diffusers_logging, transformers_logging)] == before


def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "model"))


def test_a_missing_directory(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no model directory .*nowhere"):
        load(tmp_path / "nowhere")
    with pytest.raises(WeightsError, match="holds no readable"):
        load(tmp_path)


@pytest.mark.parametrize("part", ["unet/diffusion_pytorch_model.safetensors", "unet/config.json", "unet", "scheduler"])
def test_an_incomplete_directory(svd_folder: Path, tmp_path: Path, part: str) -> None:
    folder = copy(svd_folder, tmp_path)
    gone = folder / part
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    with pytest.raises(WeightsError, match=r"incomplete|cannot be loaded") as caught:
        load(folder)
    assert part.partition("/")[0] in str(caught.value)


def test_a_damaged_weight_file(svd_folder: Path, tmp_path: Path) -> None:
    folder = copy(svd_folder, tmp_path)
    file = folder / "unet" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(WeightsError, match="fetch it again"):
        load(folder)


def test_a_pickle_is_never_loaded(svd_folder: Path, tmp_path: Path) -> None:
    folder = copy(svd_folder, tmp_path)
    weights = folder / "vae" / "diffusion_pytorch_model.safetensors"
    weights.rename(weights.with_suffix(".bin"))
    with pytest.raises(WeightsError, match="pickle"):
        load(folder)


def test_code_that_comes_with_a_model_is_never_run(svd_folder: Path, tmp_path: Path) -> None:
    folder = copy(svd_folder, tmp_path)
    index = json.loads((folder / "model_index.json").read_text())
    index["scheduler"] = ["own_scheduler", "OwnScheduler"]
    (folder / "model_index.json").write_text(json.dumps(index))
    with pytest.raises(WeightsError, match="own_scheduler"):
        load(folder)
    assert "own_scheduler" not in LIBRARIES


def test_another_pipeline(svd_folder: Path) -> None:
    with pytest.raises(WeightsError, match="holds a StableVideoDiffusionPipeline, this backend runs WanPipeline"):
        load_pipeline(str(svd_folder), ("WanPipeline",), torch.float32, "cpu")


def test_a_sharded_model_lacking_a_shard(svd_folder: Path, tmp_path: Path) -> None:
    folder = copy(svd_folder, tmp_path)
    unet = folder / "unet"
    (unet / "diffusion_pytorch_model.safetensors").rename(unet / "diffusion_pytorch_model-00001-of-00002.safetensors")
    names = {
        "a": "diffusion_pytorch_model-00001-of-00002.safetensors",
        "b": "diffusion_pytorch_model-00002-of-00002.safetensors",
    }
    (unet / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps({"weight_map": names}))
    with pytest.raises(WeightsError, match="unet lacks some"):
        load(folder)


def test_offline_and_not_cached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match=r"not cached here and HF_HUB_OFFLINE is set; run 'hf download"):
        load("stabilityai/stable-video-diffusion-img2vid-xt")


def test_our_own_word_for_offline_holds_here_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refuse(monkeypatch, AssertionError("the hub was asked"))
    monkeypatch.setenv("PHOTOMOTION_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match="not cached here and PHOTOMOTION_OFFLINE is set"):
        load("stabilityai/stable-video-diffusion-img2vid-xt")


def refuse(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let the hub answer every question with ``error``."""

    def list_repo_files(*args: Any, **rest: Any) -> Any:
        raise error

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", list_repo_files)


def refusal(kind: type[HfHubHTTPError]) -> HfHubHTTPError:
    answer: Any = SimpleNamespace(headers={}, request=None, status_code=403)
    return kind("no", response=answer)


def test_a_gated_model_names_its_licence(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, refusal(GatedRepoError))
    with pytest.raises(
        WeightsError, match=r"gated: accept its licence \(Stability AI Community\) at .*xt-1-1, then run"
    ):
        load("stabilityai/stable-video-diffusion-img2vid-xt-1-1")


def test_an_unknown_model_or_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, refusal(RepositoryNotFoundError))
    with pytest.raises(WeightsError, match="the hub has no model some/thing"):
        load("some/thing")
    refuse(monkeypatch, refusal(RevisionNotFoundError))
    with pytest.raises(WeightsError, match="no revision 'v9'"):
        load("some/thing", revision="v9")


def test_without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    refuse(monkeypatch, ConnectionError("nothing there"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(WeightsError, match=r"cannot be reached .*run 'hf download some/thing'"):
        load("some/thing")


def test_only_the_parts_files_are_fetched() -> None:
    names = [
        "README.md",
        "svd_xt.safetensors",
        "model_index.json",
        "scheduler/scheduler_config.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.bin",
        "vae/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.fp16.safetensors",
    ]
    configs = {"model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "vae/config.json"}
    for half, ending in ((True, ".fp16.safetensors"), (False, ".safetensors")):
        weights = {f"{part}/diffusion_pytorch_model{ending}" for part in ("unet", "vae")}
        assert set(choose_files(names, half=half)) == configs | weights
    mixed = [name for name in names if name != "vae/diffusion_pytorch_model.fp16.safetensors"]
    assert not any(".fp16." in name for name in choose_files(mixed, half=True))


def test_the_manifest() -> None:
    models = known_models()
    assert SvdOptions().model in models
    assert all(m.licence and m.licence_url.startswith("https://") and m.commercial for m in models.values())


def test_device_and_dtype() -> None:
    assert choose_device("cuda:1") == "cuda:1" and choose_device("auto") in {"cpu", "cuda", "mps"}
    assert choose_dtype("auto", "cpu") == torch.float32 and choose_dtype("auto", "mps") == torch.float16
    assert choose_dtype("bfloat16", "cpu") == torch.bfloat16
