"""Work that fits into memory: a plan for its size, made when it is first done, kept for work of the same size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from .memory import MemoryPlan, free_memory, plan, with_retry

__all__ = ["Fitting"]

ResultT = TypeVar("ResultT")


class Fitting:
    """Lays a StableVideoDiffusionPipeline out on a device as the work asks.

    Args:
        pipe: the pipeline, in host memory.
        device: where it is to run.
        guided: whether each step is computed with and without the photo.
        fp8: whether weights may be stored as float8.
        say: told in a sentence which plan is followed and why.
    """

    def __init__(self, pipe: Any, device: str, *, guided: bool, fp8: bool, say: Callable[[str], None]) -> None:
        self._pipe = pipe
        self._device = device
        self._guided = guided
        self._fp8 = fp8
        self._say = say
        self._plan: MemoryPlan | None = None
        self._shape: tuple[int, int, int] | None = None

    def run(self, shape: tuple[int, int, int], work: Callable[[], ResultT]) -> ResultT:
        """Do the work; out of memory, once more from its beginning by the next smaller plan.

        Args:
            shape: frames, height and width, px, of what is made.
            work: can be done again after it failed.

        Raises:
            StageError: if memory was short both times.
        """
        # Group offloading, the smallest plan, cannot be taken back.
        if self._plan is not None and (shape == self._shape or self._plan.offload == "groups"):
            return work()
        if self._plan is not None:
            self._pipe.remove_all_hooks()
            self._pipe.to("cpu")
        frames, height, width = shape
        first = plan(
            free_memory(self._device),
            frames,
            height,
            width,
            self._pipe.unet.dtype,
            guided=self._guided,
            device=self._device,
            fp8=self._fp8,
        )

        def attempt(chosen: MemoryPlan) -> ResultT:
            self._plan, self._shape = chosen, shape
            return work()

        return with_retry(first, self._pipe, attempt, self._say)

    def chunk(self, wanted: int) -> int:
        """Frames that go through the autoencoder together: as many as wanted, fewer if the plan says so."""
        return wanted if self._plan is None else min(wanted, self._plan.decode_chunk)
