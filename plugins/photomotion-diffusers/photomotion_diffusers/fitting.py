"""Work that fits into memory: a plan for its size, and once more by the next smaller plan where it did not fit."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

import torch

from photomotion.errors import StageError

from .memory import is_out_of_memory

__all__ = ["Fitting", "Plan", "Shape"]

Shape = tuple[int, int, int]
"""Frames, height and width, px, of what is made in one run."""
ResultT = TypeVar("ResultT")


class Plan(Protocol):
    """How a pipeline is laid out in memory. ``str(plan)`` says so in a sentence."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def device(self) -> str:
        """Where the work is done."""

    @property
    def peak_bytes(self) -> int:
        """What is thought to be needed there."""


PlanT = TypeVar("PlanT", bound=Plan)


class Fitting(Generic[PlanT]):
    """Follows a plan, window after window, and takes the next smaller one where it was too big.

    Args:
        choose: the plan for a shape; called again only when the shape changes, and may then give the same plan.
        apply: lays the pipeline out by a plan, from whichever it had before.
        smaller: the plan after a plan; None if there is none.
        say: told in a sentence which plan is followed and why.
    """

    def __init__(
        self,
        choose: Callable[[Shape], PlanT],
        apply: Callable[[PlanT], None],
        smaller: Callable[[PlanT], PlanT | None],
        say: Callable[[str], None],
    ) -> None:
        self._choose = choose
        self._apply = apply
        self._smaller = smaller
        self._say = say
        self._shape: Shape | None = None
        self._due = False
        self.plan: PlanT | None = None
        """The one that is followed; None before the first run."""

    def run(self, shape: Shape, work: Callable[[], ResultT]) -> ResultT:
        """Do the work; out of memory, once more from its beginning by the next smaller plan.

        Args:
            shape: of what is made.
            work: can be done again after it failed.

        Raises:
            StageError: if memory was short both times, or there is no smaller plan; says what to do.
        """
        if shape != self._shape:
            chosen = self._choose(shape)
            self._due = self._due or chosen is not self.plan
            self.plan, self._shape = chosen, shape
            if self._due:
                self._say(str(chosen))
        try:
            return self._attempt(work)
        except RuntimeError as error:
            self.shrink(error)
        try:
            return self._attempt(work)
        except RuntimeError as error:
            self.shrink(error, last=True)
            raise

    def _attempt(self, work: Callable[[], ResultT]) -> ResultT:
        self.lay_out()
        return work()

    def lay_out(self) -> None:
        """Apply the plan, if that has not been done."""
        if self._due and self.plan is not None:
            self._apply(self.plan)
        self._due = False

    def shrink(self, error: RuntimeError, *, last: bool = False) -> None:
        """After a fault, go on by the next smaller plan; what was done can then be tried again.

        Args:
            error: the fault.
            last: this was the second attempt, and there is no third.

        Raises:
            RuntimeError: the fault itself, if it was not for want of memory.
            StageError: if there is no smaller plan, or this was the last attempt; says what to do.
        """
        if not is_out_of_memory(error):
            raise error
        error.with_traceback(None)  # its frames would keep every tensor alive
        plan = self.plan
        assert plan is not None
        after = None if last else self._smaller(plan)
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if after is None:
            raise StageError(
                f"out of memory on {plan.device}, lastly with plan '{plan.name}' ({plan.peak_bytes / 1e9:.1f} GB "
                "estimated): choose fewer frames or a smaller size, or free the device of other work"
            ) from error
        self._say(f"Out of memory with plan '{plan.name}'. {after}")
        self.plan, self._due = after, True
