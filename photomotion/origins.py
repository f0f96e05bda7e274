"""Where plugins come from, and how messages call them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint

from .errors import PluginError

__all__ = ["BrokenPlugin", "Origin", "origin_of", "said"]


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a plugin comes from."""

    plugin: str
    """Name of its entry point, or the name it was admitted under."""
    distribution: str = ""
    """What pip calls it; empty if it was admitted by hand."""
    version: str = ""
    """The distribution's version."""

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}".strip() or f"plugin {self.plugin!r}"


@dataclass(frozen=True, kw_only=True)
class BrokenPlugin:
    """A plugin that could not be taken in, and what to do about it."""

    name: str
    """Name of its entry point."""
    distribution: str
    """What pip calls it."""
    version: str
    """The distribution's version."""
    error: BaseException
    """What went wrong, with its traceback."""
    cure: str
    """What the user can do."""

    def __str__(self) -> str:
        origin = Origin(plugin=self.name, distribution=self.distribution, version=self.version)
        return f"plugin {self.name!r} ({origin}) is left out: {said(self.error)}; {self.cure}"


def origin_of(entry_point: EntryPoint) -> Origin:
    """The distribution that an entry point was installed with."""
    distribution = entry_point.dist
    if distribution is None:
        return Origin(plugin=entry_point.name)
    return Origin(plugin=entry_point.name, distribution=distribution.name or "", version=distribution.version or "")


def said(error: BaseException) -> str:
    """What went wrong in a plugin, in words: our own are enough, others need their class."""
    return str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
