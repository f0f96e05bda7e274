"""The inner loops of drawing in C, if there was a compiler at hand when photomotion was installed."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from types import ModuleType

__all__ = ["inner"]

inner: ModuleType | None = None
"""Of the folder ``native``; None where it was not compiled: then OpenCV and NumPy do the same. At 512 px they take
nearly twice as long, and two threads are hardly faster than one, as both hold Python's lock. Films of the example photo
differ by a gray level."""
with suppress(ImportError):
    inner = import_module("._inner", __package__)
