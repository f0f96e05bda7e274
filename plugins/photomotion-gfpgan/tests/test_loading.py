from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made import astronaut, esrgan, randomize, restoreformer, save

from photomotion.errors import StageError, WeightsError
from photomotion_gfpgan.loading import choose_device, choose_dtype, load_network, read_tensors
from photomotion_gfpgan.networks import EnlargingNetwork, FaceNetwork


@pytest.fixture(scope="module")
def square() -> np.ndarray:
    return np.repeat(np.repeat(astronaut().pixels[:256, 100:356], 2, axis=0), 2, axis=1).astype(np.float32)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(restoreformer(), tmp_path_factory.mktemp("weights") / "restoreformer.safetensors")


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GFPGAN at its full size, as published: spandrel knows it at no other."""
    from spandrel.architectures.GFPGAN import GFPGAN

    model = GFPGAN()
    randomize(model)
    return save(model, tmp_path_factory.mktemp("weights") / "GFPGAN.pth")


def test_gfpgan_at_full_size(full: Path, square: np.ndarray) -> None:
    """As large as the published file, read from its kind of file, and the same face each time."""
    assert abs(full.stat().st_size / 348632874 - 1) < 0.01
    network = FaceNetwork(load_network("GFPGAN", full), "GFPGAN", "cpu", torch.float32)
    one, two = network(square), network(square)
    assert one.shape == (512, 512, 3) and one.dtype == np.float32
    assert np.array_equal(one, two)
    assert 0 <= one.min() < one.max() <= 255 and one.std() > 1
    loaded = load_network("GFPGAN", full)
    half = FaceNetwork(loaded, "GFPGAN", "cpu", choose_dtype(True, "auto", "cpu", loaded))(square)
    assert np.corrcoef(half.ravel(), one.ravel())[0, 1] > 0.9


def test_codeformer(tmp_path: Path, square: np.ndarray) -> None:
    from spandrel_extra_arches.architectures.CodeFormer import CodeFormer

    model = CodeFormer(n_layers=1, codebook_size=16)
    randomize(model)
    path = save(model, tmp_path / "codeformer.pth")
    loaded = load_network("CodeFormer", path)
    dtype = choose_dtype(True, "bfloat16", "cpu", loaded)
    assert dtype == torch.float32
    made = FaceNetwork(loaded, "CodeFormer", "cpu", dtype)(square)
    assert made.shape == (512, 512, 3) and made.std() > 1


def test_codeformer_is_told_its_balance(saved: Path, square: np.ndarray) -> None:
    loaded, told = load_network("RestoreFormer", saved), []

    def forward(x: torch.Tensor, weight: float) -> tuple[torch.Tensor]:
        told.append(weight)
        return (x,)

    loaded.model.forward = forward
    made = FaceNetwork(loaded, "CodeFormer", "cpu", torch.float32, 0.3)(square)
    assert told == [0.3]
    assert np.abs(made - square).max() < 1e-3  # what comes in as it is goes out as it is: the scaling is right


def test_restoreformer_from_both_kinds_of_file(saved: Path, tmp_path: Path, square: np.ndarray) -> None:
    pickled = save(restoreformer(), tmp_path / "restoreformer.pth")
    one, two = (
        FaceNetwork(load_network("RestoreFormer", path), "RestoreFormer", "cpu", torch.float32)(square)
        for path in (saved, pickled)
    )
    assert np.array_equal(one, two)
    assert one.std() > 1


def test_half_precision_draws_nearly_the_same(saved: Path, square: np.ndarray) -> None:
    loaded = [load_network("RestoreFormer", saved) for _ in range(2)]
    dtypes = [choose_dtype(half, "auto", "cpu", loaded[0]) for half in (False, True)]
    assert dtypes == [torch.float32, torch.bfloat16]
    one, two = (
        FaceNetwork(network, "RestoreFormer", "cpu", dtype)(square)
        for network, dtype in zip(loaded, dtypes, strict=True)
    )
    assert not np.array_equal(one, two)
    # The nearest entry of the codebook may be another one here and there.
    assert np.median(np.abs(one - two)) < 6 and one.dtype == two.dtype == np.float32


def test_what_computes_in_which_precision(saved: Path, tmp_path: Path) -> None:
    face = load_network("RestoreFormer", saved)
    enlarging = load_network("ESRGAN", save(esrgan(), tmp_path / "x4.pth"))
    assert choose_dtype(True, "auto", "cuda", enlarging) == torch.float16
    assert choose_dtype(True, "auto", "cuda", face) == torch.bfloat16
    assert choose_dtype(False, "float16", "cuda", face) == torch.bfloat16
    assert choose_dtype(False, "bfloat16", "cuda", enlarging) == torch.bfloat16
    assert choose_dtype(False, "auto", "cuda", enlarging) == torch.float32
    assert choose_device("cuda:1") == "cuda:1" and choose_device("auto") in {"cpu", "cuda", "mps"}


@pytest.mark.parametrize("scale", [2, 4])
def test_realesrgan_tells_its_scale(tmp_path: Path, scale: int) -> None:
    network = EnlargingNetwork(load_network("ESRGAN", save(esrgan(scale), tmp_path / "x.pth")), "cpu", torch.float32)
    assert network.scale == scale
    assert network(np.full((21, 34, 3), 90, np.float32)).shape == (21 * scale, 34 * scale, 3)


def test_numbers_that_are_none_are_refused(saved: Path, square: np.ndarray) -> None:
    loaded = load_network("RestoreFormer", saved)
    with torch.no_grad():
        next(loaded.model.parameters()).fill_(float("nan"))
    with pytest.raises(StageError, match="RestoreFormer gave values that are no numbers"):
        FaceNetwork(loaded, "RestoreFormer", "cpu", torch.float32)(square)


@pytest.mark.parametrize("key", ["params_ema", "params", "state_dict", ""])
def test_weights_lie_under_several_names(tmp_path: Path, key: str) -> None:
    tensors = read_tensors(save(restoreformer(), tmp_path / "x.pth", key))
    assert "quantize.embedding.weight" in tensors


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no weight file .*nothing\.pth"):
        load_network("GFPGAN", tmp_path / "nothing.pth")


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "x.onnx").write_bytes(b"x")
    with pytest.raises(WeightsError, match=r"use \.safetensors"):
        load_network("GFPGAN", tmp_path / "x.onnx")


@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_half_a_file(tmp_path: Path, ending: str) -> None:
    path = save(restoreformer(), tmp_path / f"x{ending}")
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(WeightsError, match=r"fetch it again"):
        load_network("RestoreFormer", path)


def test_another_network(saved: Path) -> None:
    with pytest.raises(WeightsError, match=r"restoreformer\.safetensors holds no GFPGAN"):
        load_network("GFPGAN", saved)


def test_a_network_of_another_size(full: Path, tmp_path: Path) -> None:
    tensors = {name: t for name, t in read_tensors(full).items() if "final_linear" not in name}
    torch.save(tensors, tmp_path / "x.pth")
    with pytest.raises(WeightsError, match="does not fit GFPGAN"):
        load_network("GFPGAN", tmp_path / "x.pth")


class Harm:
    """What a pickle can hold: a call that is made when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("old", [False, True])
def test_a_pickle_runs_nothing(tmp_path: Path, old: bool) -> None:
    mark = tmp_path / "harm was done"
    torch.save({"params": Harm(mark)}, tmp_path / "x.pth", _use_new_zipfile_serialization=not old)
    with pytest.raises(WeightsError, match="more than tensors"):
        read_tensors(tmp_path / "x.pth")
    assert not mark.exists()
    pickle.loads(pickle.dumps(Harm(mark)))
    assert mark.exists()  # it would have
