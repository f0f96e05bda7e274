"""Work done one piece ahead of whoever takes its results, in a thread of its own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

import torch

__all__ = ["ahead"]

ItemT = TypeVar("ItemT")


def ahead(items: Iterator[ItemT]) -> Generator[ItemT, None, None]:
    """Yield the same items; while one is being used, the next is made. No more than that one waits.

    What goes wrong in the making is raised here. When the taker stops early (``close``), the piece that is being made
    is waited for and the thread is gone.

    Args:
        items: made by one thread at a time, with as many threads of PyTorch as there are here, and in a copy of the
            context here: PyTorch's compiler keeps its settings in one.
    """
    context = copy_context()
    with ThreadPoolExecutor(1, "ahead", torch.set_num_threads, (torch.get_num_threads(),)) as maker:
        waiting = maker.submit(context.run, _take, items)
        while pieces := waiting.result():
            waiting = maker.submit(context.run, _take, items)
            yield from pieces


def _take(items: Iterator[ItemT]) -> list[ItemT]:
    """The next item alone, or nothing at the end: StopIteration must not leave a future."""
    for item in items:
        return [item]
    return []
