"""``auto``: a diffusion model if its weights and a GPU are there, else the built-in renderer, and never a refusal."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import torch

from photomotion.data import Conditioning, Frame, Timing
from photomotion.errors import WeightsError
from photomotion.plugin import Backend, Event, Runtime
from photomotion.warp import Scene

from .families.offers import AutoOptions, CustomOptions
from .loading import check_folder
from .manifest import admit, check_licence, describe

__all__ = ["AutoBackend", "load_auto"]


class Candidate(NamedTuple):
    """A model that is looked for."""

    name: str
    """A repository, or a directory."""
    pipelines: tuple[str, ...] = ()
    """Class names that its index may have; empty is any."""
    least: float = 0.0
    """Bytes of GPU memory below which it is passed over."""


MODELS = (
    Candidate("Wan-AI/Wan2.2-I2V-A14B-Diffusers", ("WanImageToVideoPipeline",), 75e9),
    Candidate("Wan-AI/Wan2.2-TI2V-5B-Diffusers", ("WanImageToVideoPipeline", "WanPipeline"), 20e9),
    Candidate("stabilityai/stable-video-diffusion-img2vid-xt-1-1", ("StableVideoDiffusionPipeline",), 8e9),
    Candidate("stabilityai/stable-video-diffusion-img2vid-xt", ("StableVideoDiffusionPipeline",), 8e9),
)
"""What is looked for, the largest first."""
AHEAD = 2
"""Frames drawn at the same time by the built-in renderer."""


class AutoBackend:
    """A model's backend, or the built-in renderer and the reason for it.

    Args:
        chosen: the model's backend; None is the built-in renderer.
        reason: why that one.
        on_event: told the reason when a film begins.
    """

    def __init__(
        self, chosen: Backend | None, reason: str, on_event: Callable[[Event], None] = lambda event: None
    ) -> None:
        self.chosen = chosen
        self.reason = reason
        self._on_event = on_event

    def close(self) -> None:
        """Let go of the model."""
        close = getattr(self.chosen, "close", None)
        if close is not None:
            close()

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        """Yield ``timing.frames`` frames; the first is the photo.

        Args:
            conditioning: photo, analysis and motion; a guide, for a model to follow.
            timing: that of the motion.
            seed: of the model's noise; the built-in renderer has none.
        """
        self._on_event(Event(stage="backend", message=self.reason, notice=True))
        if self.chosen is not None:
            return self.chosen.render(conditioning, timing, seed)
        return self._drawn(conditioning, timing)

    @staticmethod
    def _drawn(conditioning: Conditioning, timing: Timing) -> Iterator[Frame]:
        """The frames of the backend ``warp``: the draft itself, if there is one already."""
        guide = conditioning.guide
        draw = (
            Scene(conditioning.photo, conditioning.analysis, conditioning.motion).draw if guide is None else guide.draw
        )
        ahead: deque[Future[Any]] = deque()
        with ThreadPoolExecutor(AHEAD, thread_name_prefix="auto") as pool:
            try:
                for row in range(timing.frames):
                    while len(ahead) <= AHEAD and row + len(ahead) < timing.frames:
                        ahead.append(pool.submit(draw, row + len(ahead)))
                    yield Frame(index=row, time=row / timing.fps, pixels=ahead.popleft().result())
            finally:
                for future in ahead:
                    future.cancel()


def load_auto(options: AutoOptions, runtime: Runtime) -> AutoBackend:
    """Take the first model that loads; whatever is wrong with those before it, or with all, becomes the reason.

    Nothing is downloaded, and no model's fault is raised.

    Raises:
        BaseException: whatever ``runtime.on_event`` raises, to stop the work.
    """
    missing = _no_gpu(runtime.device)
    if missing:
        return _fallback(missing, runtime)
    memory = torch.cuda.get_device_properties(torch.device(_device(runtime))).total_memory
    reasons: list[str] = []
    for candidate in (Candidate(options.model),) if options.model else MODELS:
        folder, why = _on_disk(candidate, memory, runtime)
        chosen = None if why else _loaded(candidate.name, folder, options, runtime, reasons)
        if chosen is not None:
            passed = f" ({'; '.join(reasons)})" if reasons else ""
            return AutoBackend(chosen, f"auto: {candidate.name} on {_device(runtime)}{passed}", runtime.on_event)
        if why:
            reasons.append(why)
    return _fallback("; ".join(reasons), runtime)


def _fallback(why: str, runtime: Runtime) -> AutoBackend:
    return AutoBackend(None, f"auto: {why}, so the built-in renderer makes the film", runtime.on_event)


def _device(runtime: Runtime) -> str:
    return "cuda" if runtime.device == "auto" else runtime.device


def _no_gpu(device: str) -> str:
    """Why no model is to run on that device; empty if one may."""
    if device != "auto" and not device.startswith("cuda"):
        return f"a model would be too slow on {device}"
    return "" if torch.cuda.is_available() else "there is no CUDA GPU here"


def _on_disk(candidate: Candidate, memory: float, runtime: Runtime) -> tuple[Path, str]:
    """The directory with a model's files, and why it cannot be used; empty if nothing speaks against it."""
    from huggingface_hub import snapshot_download

    name, folder = candidate.name, Path(candidate.name).expanduser()
    if memory < candidate.least:
        return folder, f"{name} wants {candidate.least / 1e9:.0f} GB of GPU memory"
    try:
        check_licence(name, runtime.license_policy)
        if not folder.is_dir():
            folder = Path(snapshot_download(name, revision=describe(name).revision, local_files_only=True))
    except WeightsError as error:
        return folder, str(error)
    except (OSError, ValueError):
        return folder, f"{name} is not on disk"
    try:
        if candidate.pipelines:
            check_folder(folder, name, candidate.pipelines)
    except WeightsError as error:
        return folder, f"{name} cannot be used ({error})"
    return folder, ""


def _loaded(name: str, folder: Path, options: AutoOptions, runtime: Runtime, reasons: list[str]) -> Backend | None:
    """The backend for a model; None if it does not load, and then one more reason."""
    from .custom import load_custom

    listen, stopped = runtime.on_event, False

    def on_event(event: Event) -> None:
        nonlocal stopped
        stopped = True
        listen(event)
        stopped = False

    runtime = replace(runtime, on_event=on_event)
    try:
        admit(name, runtime)
        wanted = CustomOptions.model_validate({"model": str(folder), "steer": options.steer})
        return load_custom(wanted, runtime)
    except Exception as error:
        if stopped:
            raise
        reasons.append(f"{name} cannot be used ({error})")
    gc.collect()
    torch.cuda.empty_cache()
    return None
