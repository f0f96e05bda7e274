"""Weights from disk into the architecture they are for. Nothing is downloaded, no pickle runs code."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from spandrel import Architecture, ImageModelDescriptor, canonicalize_state_dict
from spandrel.architectures.ESRGAN import ESRGANArch
from spandrel.architectures.GFPGAN import GFPGANArch
from spandrel.architectures.RestoreFormer import RestoreFormerArch

from photomotion.errors import StageError, WeightsError

__all__ = ["choose_device", "choose_dtype", "load_network", "read_tensors"]

PICKLES = (".pth", ".pt", ".ckpt")


def choose_device(device: str) -> str:
    """The device asked for; of ``"auto"``, the fastest here."""
    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_dtype(half: bool, asked: str, device: str, network: ImageModelDescriptor) -> torch.dtype:
    """What a network computes in: float32, or if half precision is wanted, the one it bears.

    StyleGAN's activations and the codebooks leave float16's range, so faces are drawn in bfloat16. CodeFormer works in
    float32 only: spandrel 0.4 declares bfloat16 for it, but its codebook is read in float32.
    """
    wanted = half or asked in ("float16", "bfloat16")
    if not wanted or network.architecture.id == "CodeFormer":
        return torch.float32
    if network.supports_half and asked != "bfloat16" and not device.startswith("cpu"):
        return torch.float16
    return torch.bfloat16


def read_tensors(path: Path) -> dict[str, Any]:
    """Read the tensors of a weight file: safetensors, or a pickle of nothing but tensors.

    Raises:
        WeightsError: if it is missing, damaged, of another kind, or holds anything else than tensors.
    """
    if not path.is_file():
        raise WeightsError(f"there is no weight file {path}; check the option 'model'")
    ending = path.suffix.lower()
    if ending not in (".safetensors", *PICKLES):
        raise WeightsError(f"{path.name} is no weight file that can be read: use .safetensors, {', '.join(PICKLES)}")
    read = load_file if ending == ".safetensors" else partial(torch.load, map_location="cpu", weights_only=True)
    try:
        tensors: Any = read(path)
    except UnpicklingError as error:
        raise WeightsError(
            f"{path.name} is damaged, or holds more than tensors, which is not loaded because it could run code; "
            "fetch it again, or convert it to .safetensors where you trust it"
        ) from error
    except (SafetensorError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise WeightsError(f"{path.name} cannot be read ({_first_line(error)}); fetch it again") from error
    if not isinstance(tensors, dict):
        raise WeightsError(f"{path.name} holds no named tensors but {type(tensors).__name__}")
    return dict(canonicalize_state_dict(tensors))


def load_network(name: str, path: Path) -> ImageModelDescriptor:
    """Make a network from a weight file, on the CPU in float32.

    Args:
        name: the architecture: ``"GFPGAN"``, ``"RestoreFormer"``, ``"CodeFormer"`` or ``"ESRGAN"``.
        path: its weights.

    Raises:
        WeightsError: if the file cannot be read or is for another architecture.
        StageError: if the package that has the architecture is missing.
    """
    architecture = _architecture(name)
    tensors = read_tensors(path)
    if not architecture.detect(tensors):
        raise WeightsError(f"{path.name} holds no {name}; choose the restorer that it is for, or another file")
    try:
        network = architecture.load(tensors)
    except (RuntimeError, KeyError, IndexError, ValueError, TypeError) as error:
        raise WeightsError(f"{path.name} does not fit {name} ({_first_line(error)})") from error
    network.model.requires_grad_(False)
    return network.eval()


def _architecture(name: str) -> Architecture[Any]:
    if name != "CodeFormer":
        known: dict[str, type[Architecture[Any]]]
        known = {"GFPGAN": GFPGANArch, "RestoreFormer": RestoreFormerArch, "ESRGAN": ESRGANArch}
        return known[name]()
    try:
        from spandrel_extra_arches.architectures.CodeFormer import CodeFormerArch
    except ModuleNotFoundError as error:
        raise StageError(
            "codeformer needs the package spandrel-extra-arches; pip install 'photomotion-gfpgan[codeformer]'"
        ) from error
    architecture: Architecture[Any] = CodeFormerArch()
    return architecture


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2])[:300] or type(error).__name__
