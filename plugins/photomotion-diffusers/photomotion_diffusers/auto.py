"""``auto``: a diffusion model if its weights and a GPU are there, else the built-in renderer, and never a refusal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch

from photomotion.data import Conditioning, Frame, Timing
from photomotion.errors import PhotomotionError, WeightsError
from photomotion.plugin import Backend, Event, Runtime
from photomotion.warp import Scene

from .families.offers import AutoOptions, CustomOptions
from .loading import check_folder

__all__ = ["AutoBackend", "load_auto"]

MODELS = (
    ("Wan-AI/Wan2.2-TI2V-5B-Diffusers", "WanImageToVideoPipeline", 20e9),
    ("stabilityai/stable-video-diffusion-img2vid-xt-1-1", "StableVideoDiffusionPipeline", 8e9),
    ("stabilityai/stable-video-diffusion-img2vid-xt", "StableVideoDiffusionPipeline", 8e9),
)
"""What is looked for, best first: repository, pipeline, bytes of GPU memory below which it is passed over."""
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
        self._on_event(Event(stage="backend", message=self.reason))
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
    """Take a model if one can run here; whatever goes wrong with it becomes the reason for the built-in renderer."""
    missing = _no_gpu(runtime.device)
    if missing:
        return _fallback(missing, runtime)
    free = torch.cuda.get_device_properties(torch.device(_device(runtime))).total_memory
    name, why = _on_disk(options.model, free)
    if not name:
        return _fallback(why, runtime)
    from .custom import load_custom

    try:
        chosen = load_custom(CustomOptions.model_validate({"model": name, "steer": options.steer}), runtime)
    except (PhotomotionError, ImportError, RuntimeError, OSError) as error:
        return _fallback(f"{name} cannot be used ({error})", runtime)
    return AutoBackend(chosen, f"auto: {name} on {_device(runtime)}", runtime.on_event)


def _fallback(why: str, runtime: Runtime) -> AutoBackend:
    return AutoBackend(None, f"auto: {why}, so the built-in renderer makes the film", runtime.on_event)


def _device(runtime: Runtime) -> str:
    return "cuda" if runtime.device == "auto" else runtime.device


def _no_gpu(device: str) -> str:
    """Why no model is to run on that device; empty if one may."""
    if device != "auto" and not device.startswith("cuda"):
        return f"a model would be too slow on {device}"
    return "" if torch.cuda.is_available() else "there is no CUDA GPU here"


def _on_disk(asked: str, memory: float) -> tuple[str, str]:
    """A model whose files are all here, as the name of its directory, or why there is none."""
    from huggingface_hub import snapshot_download

    candidates = [(asked, None, 0.0)] if asked else [*MODELS]
    reasons = []
    for name, pipeline, least in candidates:
        if memory < least:
            reasons.append(f"{name} wants {least / 1e9:.0f} GB of GPU memory")
            continue
        try:
            folder = Path(name) if Path(name).is_dir() else Path(snapshot_download(name, local_files_only=True))
            if pipeline is not None:
                check_folder(folder, name, (pipeline,))
        except (OSError, ValueError, WeightsError):
            reasons.append(f"{name} is not on disk")
            continue
        return str(folder), ""
    return "", ", ".join(reasons)
