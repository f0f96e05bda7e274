"""The inner loops of drawing in C, if there was a compiler at hand when photomotion was installed."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from types import ModuleType

__all__ = ["inner"]

inner: ModuleType | None = None
"""Of the folder ``native``; None where it was not compiled: then OpenCV and NumPy do the same, one thread at a time, as
they hold Python's lock. Films of the example photo differ by a gray level or two."""
with suppress(ImportError):
    inner = import_module("._inner", __package__)
