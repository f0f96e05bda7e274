"""Holding any latent video pipeline to a draft: levels of noise, the callback, and a shortened run.

All families are steered in one unit. A loop's latents are ``gain * ((1 - noise) * z + noise * eps)`` with ``noise`` in
0..1: rectified flow has gain 1 and noise = sigma; a variance-preserving model has ``a * z + b * eps``, so noise =
b / (a + b) and gain = a + b. The ratio noise / (1 - noise) = b / a is the sigma of an EDM model (Karras et al., 2022),
so one position of the dial in :mod:`photomotion_diffusers.refining` means the same for SVD, Wan and CogVideoX.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from photomotion_diffusers.clocks import Clock

__all__ = ["Hold", "Levels", "shortened"]


@dataclass(frozen=True, kw_only=True)
class Levels:
    """How much noise there is before each step of a run, and after the last one."""

    noise: tuple[float, ...]
    """0..1, falling, one more than there are steps."""
    gain: tuple[float, ...] = ()
    """What the latents are multiplied by at each level; empty is 1 everywhere."""

    def first(self, start: float) -> int:
        """The first step that begins at or below the noise level ``start``; at least one step is left."""
        return next((i for i, level in enumerate(self.noise[:-1]) if level <= start), len(self.noise) - 2)

    def gain_at(self, step: int) -> float:
        """The gain before ``step``."""
        return self.gain[step] if self.gain else 1.0


@dataclass(eq=False, kw_only=True)
class Hold:
    """diffusers' ``callback_on_step_end``: writes the draft back where it is not yet released, and reports the step."""

    clock: Clock | None
    """In flow form, of the steps that are run; None holds nothing."""
    levels: Levels
    """Of the whole ladder."""
    first: int = 0
    """How many steps of the ladder were left out."""
    report: Callable[[int], None] = lambda done: None
    """Called with the number of steps done; what it raises ends the run."""
    look: Callable[[int, torch.Tensor], None] = lambda step, latents: None
    """Called before that with the step, 0 is the first, and the latents after it."""

    def __call__(self, pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
        """Hand back the latents with the draft written in."""
        changed = None if self.clock is None else self._written(self.clock, step, tensors["latents"])
        self.look(step, tensors["latents"] if changed is None else changed)
        self.report(step + 1)
        if changed is None:
            return {}
        forget(pipe.scheduler)
        return {"latents": changed}

    def _written(self, clock: Clock, step: int, latents: torch.Tensor) -> torch.Tensor | None:
        """The latents with the draft written in; None if nothing is held any more."""
        gain = self.levels.gain_at(self.first + step + 1)
        before = latents.float() / gain
        after = clock.hold(step, before)
        return None if torch.equal(before, after) else (after * gain).to(latents.dtype)


def forget(scheduler: Any) -> None:
    """Make a multistep solver take its next step alone.

    UniPC and DPM-Solver keep earlier latents and correct the new ones from them, which would undo what was written in.
    """
    if getattr(scheduler, "last_sample", None) is not None:
        scheduler.last_sample = None
    if hasattr(scheduler, "lower_order_nums"):
        scheduler.lower_order_nums = 0


@contextmanager
def shortened(scheduler: Any, first: int) -> Iterator[None]:
    """Let the next run of a pipeline leave out its ``first`` steps, whatever ladder it asks for. Undone at the end."""

    # A bound method, so that a copy of the scheduler, which some pipelines work with, has its own.
    @functools.wraps(type(scheduler).set_timesteps)
    def set_timesteps(self: Any, *args: Any, **kwargs: Any) -> None:
        type(self).set_timesteps(self, *args, **kwargs)
        self.timesteps = self.timesteps[first:]
        if hasattr(self, "sigmas"):
            self.sigmas = self.sigmas[first:]

    scheduler.set_timesteps = types.MethodType(set_timesteps, scheduler)
    try:
        yield
    finally:
        del scheduler.set_timesteps
