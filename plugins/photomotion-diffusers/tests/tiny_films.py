"""Films of the tiny Stable Video Diffusion."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from tiny import fake_guide

from photomotion.data import Conditioning, Frame, Timing
from photomotion.testing.fakes import fake_analysis, fake_conditioning
from photomotion_diffusers.clocks import Clock
from photomotion_diffusers.denoising import Denoising, Shot
from photomotion_diffusers.options import SvdOptions
from photomotion_diffusers.svd import SvdBackend

CLIP = Timing(seconds=0.6, fps=10)
PLAIN = {"detail": 0.0, "background": "generated", "match_colour": False}


def options(**changes: Any) -> SvdOptions:
    return SvdOptions(**{"model": "tiny", "steps": 3, "frames": 4, "size": 64, "fps": 10, "overlap": 2, **changes})


def guided(timing: Timing = CLIP, width: int = 64, height: int = 64, **changes: Any) -> Conditioning:
    return fake_guide(fake_conditioning(timing, width, height), **changes)


def film(pipe: Any, chosen: SvdOptions, conditioning: Conditioning, seed: int = 0, **rest: Any) -> list[Frame]:
    return list(SvdBackend(pipe, chosen, **rest).render(conditioning, conditioning_timing(conditioning), seed))


def conditioning_timing(conditioning: Conditioning) -> Timing:
    motion = conditioning.motion
    return Timing(seconds=motion.frames / motion.fps, fps=motion.fps)


def watch(backend: SvdBackend) -> list[tuple[Clock | None, torch.Tensor]]:
    """A list that fills with the clock and the clean latents of each window."""
    seen: list[tuple[Clock | None, torch.Tensor]] = []
    denoise = backend._denoise

    def watched(denoising: Denoising, shot: Shot, tell: Any) -> torch.Tensor:
        def call(*args: Any) -> torch.Tensor:
            latents = Denoising.call(denoising, *args)
            seen.append((args[1], latents))
            return latents

        denoising.call = call  # type: ignore[method-assign]
        return denoise(denoising, shot, tell)

    backend._denoise = watched  # type: ignore[method-assign]
    return seen


@contextmanager
def short_of_memory(module: torch.nn.Module, *calls: int) -> Iterator[list[int]]:
    """Let a network run out of memory at these of its calls, counted from 0; gives the number of calls."""
    count = [0]

    def hook(*_: Any) -> None:
        count[0] += 1
        if count[0] - 1 in calls:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")

    handle = module.register_forward_pre_hook(hook)
    try:
        yield count
    finally:
        handle.remove()


def no_weights(name: str) -> Path:
    raise AssertionError(name)


def relative(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).abs().max() / b.abs().max())


class Still:
    """An analyzer that knows the drawn portrait, at whatever size it comes."""

    def analyze(self, photo: Any) -> Any:
        return fake_analysis(photo.width, photo.height)
