"""photomotion: bring a still portrait to life.

>>> from photomotion import Animator
>>> with Animator() as animator:                                    # doctest: +SKIP
...     animator.animate("grandma.jpg", seconds=5).save("grandma.mp4")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .animator import Animator
    from .clip import Clip
    from .data import Photo
    from .errors import PhotomotionError
    from .recipe import Recipe

__all__ = ["Animator", "Clip", "Photo", "PhotomotionError", "Recipe", "__version__"]

__version__ = "0.1.0"

_HOME = {"Animator": "animator", "Clip": "clip", "Photo": "data", "PhotomotionError": "errors", "Recipe": "recipe"}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that ``import photomotion`` costs nothing (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME[name]}", __name__), name)


def __dir__() -> list[str]:
    return __all__
