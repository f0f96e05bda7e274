"""From a directory or a repository's name to a pipeline, safetensors only, with every fault told with its cure."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from photomotion.errors import WeightsError

from .manifest import Model, describe

__all__ = ["check_folder", "choose_device", "choose_dtype", "choose_files", "load_pipeline", "locate"]

REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
SHARD = re.compile(r"-\d{5}-of-\d{5}\.")
OFFLINE = "PHOTOMOTION_OFFLINE"
"""Set to 1, nothing of ours uses the network."""
LIBRARIES = ("diffusers", "transformers", "ltx2")
"""Where the parts of a pipeline may come from: code that comes with a model is never run. ``ltx2`` is how diffusers
calls the parts that lie beside its own LTX-2 pipelines."""


def choose_device(name: str) -> str:
    """``"auto"`` as CUDA, MPS or the CPU, whichever is there first; any other name unchanged."""
    if name != "auto":
        return name
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def choose_dtype(name: str, device: str) -> torch.dtype:
    """``"auto"`` as bfloat16 on CUDA (float16 where it has none), float16 on MPS, float32 on a CPU."""
    if name == "auto":
        kind = device.partition(":")[0]
        if kind == "cuda":
            return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
        return torch.float16 if kind == "mps" else torch.float32
    return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[name]


def load_pipeline(
    model: str,
    expected: Collection[str],
    dtype: torch.dtype,
    device: str | None,
    *,
    revision: str | None = None,
    kind: str | None = None,
    **settings: Any,
) -> Any:
    """Load a diffusers pipeline.

    Args:
        model: a directory, or a repository ``"owner/name"``; what of it is not cached is downloaded, unless
            ``PHOTOMOTION_OFFLINE`` or ``HF_HUB_OFFLINE`` is set.
        expected: class names of the pipelines that will do.
        dtype: what its weights become.
        device: where it is moved, or None to leave it where it was loaded.
        revision: branch, tag or commit; None is what the manifest says.
        kind: the class to make of it, where that is another than its index names, with the same parts.
        **settings: what that class is to be told besides.

    Returns:
        The pipeline, its own progress bar turned off.

    Raises:
        WeightsError: if it cannot be had, is incomplete, holds another pipeline or only pickles.
    """
    import diffusers

    folder = locate(model, revision=revision, half=dtype != torch.float32)
    name = check_folder(folder, model, expected)
    if not hasattr(diffusers, kind or name):
        raise WeightsError(
            f"{model} needs diffusers' {kind or name}, which {diffusers.__version__} does not have; "
            "run 'pip install -U diffusers'"
        )
    names = [path.relative_to(folder).as_posix() for path in folder.rglob("*.safetensors")]
    variant = _variant(names, half=dtype != torch.float32)
    try:
        with _quiet():
            pipeline = getattr(diffusers, kind or name).from_pretrained(
                str(folder), torch_dtype=dtype, use_safetensors=True, variant=variant, local_files_only=True, **settings
            )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise WeightsError(f"the model {model} cannot be loaded: {error}; fetch it again") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline if device is None else pipeline.to(device)


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the libraries' own progress bars and remarks, which would run through ours; errors are raised anyway."""
    from diffusers.utils import logging as diffusers_logging
    from transformers.utils import logging as transformers_logging

    logs = diffusers_logging, transformers_logging
    shown = [log for log in logs if log.is_progress_bar_enabled()]
    levels = [log.get_verbosity() for log in logs]
    for log in logs:
        log.disable_progress_bar()
        log.set_verbosity_error()
    try:
        with warnings.catch_warnings():
            # torch_dtype is the one name that every supported diffusers knows; new ones deprecate it.
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.set_verbosity(level)
        for log in shown:
            log.enable_progress_bar()


def locate(model: str, *, revision: str | None, half: bool) -> Path:
    """The directory with a model's files; downloads what is missing of a repository.

    Raises:
        WeightsError: if it is not there and cannot be had.
    """
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if REPOSITORY.fullmatch(model) is None or path.exists():
        raise WeightsError(
            f"there is no model directory {model}; name a directory with a model_index.json, "
            "or a repository as owner/name"
        )
    return _fetch(describe(model), revision, half)


def _fetch(model: Model, revision: str | None, half: bool) -> Path:
    """A repository's files in the hub's cache."""
    from huggingface_hub import HfApi, constants, snapshot_download
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    name, revision = model.repository, revision or model.revision
    ours = os.environ.get(OFFLINE, "").lower() in ("1", "true", "yes", "on")
    offline = OFFLINE if ours else "HF_HUB_OFFLINE" if constants.HF_HUB_OFFLINE else ""
    try:
        if offline:
            return Path(snapshot_download(name, revision=revision, local_files_only=True))
        wanted = choose_files(HfApi().list_repo_files(name, revision=revision), half=half)
        return Path(snapshot_download(name, revision=revision, allow_patterns=wanted))
    except GatedRepoError as error:
        raise WeightsError(
            f"the model {name} is gated: accept its licence ({model.licence}) at {model.licence_url}, "
            "then run 'hf auth login' or set HF_TOKEN"
        ) from error
    except RevisionNotFoundError as error:
        raise WeightsError(f"the model {name} has no revision {revision!r}; leave revision out") from error
    except RepositoryNotFoundError as error:
        raise WeightsError(
            f"the hub has no model {name}, or only for its members; check the name, or run 'hf auth login'"
        ) from error
    except (OSError, ValueError) as error:
        try:
            return Path(snapshot_download(name, revision=revision, local_files_only=True))
        except (OSError, ValueError):
            why = f"{offline} is set" if offline else f"the hub cannot be reached ({error})"
            pinned = "" if revision == "main" else f" --revision {revision}"
            raise WeightsError(
                f"the model {name} is not cached here and {why}; run 'hf download {name}{pinned}' where there is a "
                "network, or name a directory that holds it"
            ) from error


def choose_files(names: Iterable[str], *, half: bool) -> list[str]:
    """Which of a repository's files a pipeline needs: its parts' folders, safetensors only, one precision.

    Args:
        names: all its files, with ``/``.
        half: take the ``.fp16.`` variant, if every part has one.
    """
    parts = [name for name in names if name.count("/") == 1]
    weights = [name for name in parts if name.endswith((".safetensors", ".safetensors.index.json"))]
    variant = _variant([name for name in weights if name.endswith(".safetensors")], half=half)
    chosen = [name for name in weights if (".fp16." in name) == (variant == "fp16")]
    rest = [name for name in parts if name.endswith((".json", ".txt", ".model")) and name not in weights]
    return ["model_index.json", *rest, *chosen]


def _variant(weights: Iterable[str], *, half: bool) -> str | None:
    """``"fp16"`` if it is wanted, or the only one, and every part has it."""
    halves: set[str] = set()
    wholes: set[str] = set()
    for name in weights:
        (halves if ".fp16." in name else wholes).add(name.rpartition("/")[0])
    return "fp16" if halves and (wholes <= halves if half else not wholes) else None


def check_folder(folder: Path, model: str, expected: Collection[str]) -> str:
    """The class of the pipeline in ``folder``, if all its parts are there.

    Raises:
        WeightsError: if a file is missing or damaged, the pipeline is another, or its weights are pickles.
    """
    try:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(
            f"{model} holds no readable model_index.json; name the directory that save_pretrained wrote"
        ) from error
    name = index.get("_class_name")
    if name not in expected:
        raise WeightsError(
            f"{model} holds a {name}, this backend runs {' or '.join(sorted(expected))}; "
            "choose the backend of that family, or 'custom'"
        )
    for part, origin in index.items():
        if not isinstance(origin, list) or origin[0] is None:
            continue
        if origin[0] not in LIBRARIES:
            raise WeightsError(f"{model}: its {part} is code of its own ({origin[0]}), which is never run")
        if (folder / part / f"{origin[0]}.py").exists():
            raise WeightsError(f"{model}: its {part} is code of its own ({origin[0]}.py), which is never run")
        _check_part(folder / part, model)
    return str(name)


def _check_part(part: Path, model: str) -> None:
    held = {path.name for path in part.iterdir()} if part.is_dir() else set()
    again = f"fetch {model} again"
    if not any(name.endswith(".json") for name in held):
        raise WeightsError(f"{model} is incomplete: {part.name} has no configuration; {again}")
    if "config.json" not in held:
        return
    weights = {name for name in held if name.endswith(".safetensors")}
    indices = [part / name for name in held if name.endswith(".safetensors.index.json")]
    if any(SHARD.search(name) is None for name in weights) or any(_shards(index) <= held for index in indices):
        return
    if weights or indices:
        raise WeightsError(f"{model} is incomplete: {part.name} lacks some of its .safetensors files; {again}")
    if any(name.endswith((".bin", ".ckpt", ".pt", ".pth")) for name in held):
        raise WeightsError(
            f"{model}: {part.name} has its weights as a pickle only, which can run code and is never loaded; "
            "use a model with .safetensors"
        )
    raise WeightsError(f"{model} is incomplete: {part.name} has no .safetensors; {again}")


def _shards(index: Path) -> set[str]:
    return set(json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values())
