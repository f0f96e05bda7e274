"""Changing what a module does for a while, without leaving the module tree, and putting it back.

An override is an attribute of the instance: weights, names and hooks stay where they are, so that ``.to``,
``state_dict`` and offloading go on working. Give bound methods or :class:`functools.partial`, never closures: they
survive ``copy.deepcopy`` pointing at the copy.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from torch import nn

__all__ = ["override"]


def override(undo: ExitStack, module: nn.Module, forward: Callable[..., Any]) -> Callable[..., Any]:
    """Give ``module`` another ``forward`` until ``undo`` closes, and hand back the one it had."""
    before = module.__dict__.get("forward")
    stock: Callable[..., Any] = module.forward
    undo.callback(_put_back, module, before)
    module.forward = forward
    return stock


def _put_back(module: nn.Module, before: Callable[..., Any] | None) -> None:
    if before is None:
        module.__dict__.pop("forward", None)
    else:
        module.forward = before
