"""Being told of a pipeline's steps by its scheduler, where the pipeline itself tells nobody or hides its solvers."""

from __future__ import annotations

import itertools
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch

from .steering import forget

__all__ = ["forgetful", "stepped"]


@contextmanager
def stepped(pipe: Any, callback: Callable[[Any, int, Any, dict[str, Any]], dict[str, Any]]) -> Iterator[None]:
    """Let the scheduler call diffusers' ``callback_on_step_end`` after each of its steps. Undone at the end.

    For pipelines whose loop goes on with exactly what the scheduler's ``step`` returns as a tuple.

    Args:
        pipe: the pipeline, not changed but for its scheduler's ``step``.
        callback: called with the pipeline, the step's number, its time and ``{"latents": ...}``; latents that it hands
            back take the place of those that were made.
    """
    count = itertools.count()

    def step(self: Any, output: Any, time: Any, sample: Any, *args: Any, **kwargs: Any) -> Any:
        made, *rest = type(self).step(self, output, time, sample, *args, **kwargs)
        return (callback(pipe, next(count), time, {"latents": made}).get("latents", made), *rest)

    pipe.scheduler.step = types.MethodType(step, pipe.scheduler)
    try:
        yield
    finally:
        del pipe.scheduler.step


@contextmanager
def forgetful(scheduler: Any) -> Iterator[None]:
    """Let a multistep solver, and each copy a pipeline makes of it, notice that its latents were changed in between.

    It then takes its next step alone, as after :func:`forget`. Undone at the end.
    """

    def step(self: Any, output: Any, time: Any, sample: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        before = vars(self).get("_made")
        if before is not None and not torch.equal(before, sample):
            forget(self)
        made = type(self).step(self, output, time, sample, *args, **kwargs)
        self._made = made[0]
        return made

    scheduler.step = types.MethodType(step, scheduler)
    try:
        yield
    finally:
        del scheduler.step
        vars(scheduler).pop("_made", None)
