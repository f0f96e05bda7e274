"""Which implementations are installed: plugins discovered, admitted one by one, and found by name.

A plugin that is broken is left out whole and named, with its distribution and a cure, in one warning; all others
stay. Environment variables:

``PHOTOMOTION_PLUGINS=a,b``
    load only these plugins (empty: none); what photomotion brings along is always there.
``PHOTOMOTION_STRICT=1``
    raise :class:`~photomotion.errors.PluginError` for a broken plugin instead of warning.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

import pluggy

from . import __version__, hookspecs
from .errors import PluginError, UnknownImplementation, UsageError
from .kinds import STAGES, StageKind
from .origins import BrokenPlugin, Origin, origin_of, said
from .plugin import Implementation, Options
from .words import suggest

__all__ = ["STAGES", "BrokenPlugin", "Origin", "Registry", "StageKind"]

GROUP = "photomotion"
BUILTIN = "photomotion.builtin.plugin"
NAME = re.compile(r"[a-z][a-z0-9-]*")


class _Clash(PluginError):
    """Two plugins want the same name."""


class Registry:
    """The installed implementations of every stage.

    Args:
        discover: look for installed plugins; without it only those given to :meth:`admit` and the built-in ones.

    Raises:
        PluginError: for a broken plugin, if ``PHOTOMOTION_STRICT`` is set.
    """

    def __init__(self, *, discover: bool = True) -> None:
        self._manager = pluggy.PluginManager("photomotion")
        self._manager.add_hookspecs(hookspecs)
        self._table: dict[str, dict[str, tuple[Implementation[Any, Any], Origin]]] = {key: {} for key in STAGES}
        self._broken: list[BrokenPlugin] = []
        self._kept_out: list[str] = []
        self._origins: list[Origin] = []
        self._packages: list[str] = []
        self._take_in(import_module(BUILTIN), Origin(plugin="builtin", distribution="photomotion", version=__version__))
        if discover:
            self._discover()

    @property
    def plugins(self) -> tuple[Origin, ...]:
        """The plugins that were taken in, in the order they came."""
        return tuple(self._origins)

    @property
    def packages(self) -> tuple[tuple[str, str], ...]:
        """How messages call each plugin, and the package it lies in; empty if it lies in none."""
        return tuple((str(origin), package) for origin, package in zip(self._origins, self._packages, strict=True))

    @property
    def broken(self) -> tuple[BrokenPlugin, ...]:
        """The plugins that were left out."""
        return tuple(self._broken)

    def names(self, stage: str) -> tuple[str, ...]:
        """Names of the implementations of a stage; those that come with photomotion first."""
        return tuple(self._of(stage))

    def implementations(self, stage: str) -> tuple[Implementation[Any, Any], ...]:
        """The implementations of a stage, in the order of :meth:`names`."""
        return tuple(implementation for implementation, _ in self._of(stage).values())

    def find(self, stage: str, name: str) -> Implementation[Any, Any]:
        """Return an implementation.

        Raises:
            UnknownImplementation: if no installed plugin offers it; says what is installed, close or broken.
        """
        return self._entry(stage, name)[0]

    def origin(self, stage: str, name: str) -> Origin:
        """Return which plugin offers an implementation.

        Raises:
            UnknownImplementation: as :meth:`find`.
        """
        return self._entry(stage, name)[1]

    def admit(self, name: str, module: object) -> None:
        """Take in a plugin that is not installed: a module, or any object with marked hooks.

        Raises:
            PluginError: if it is broken; nothing of it is taken in then.
        """
        try:
            self._take_in(module, Origin(plugin=name))
        except Exception as error:
            raise PluginError(f"plugin {name!r} cannot be admitted: {said(error)}") from error

    def _of(self, stage: str) -> dict[str, tuple[Implementation[Any, Any], Origin]]:
        if stage not in self._table:
            hint = suggest(stage, STAGES) or f"; the stages: {', '.join(STAGES)}"
            raise UsageError(f"no stage is called {stage!r}{hint}")
        return self._table[stage]

    def _entry(self, stage: str, name: str) -> tuple[Implementation[Any, Any], Origin]:
        entries = self._of(stage)
        if name in entries:
            return entries[name]
        message = f"no {stage} named {name!r}; installed: {', '.join(entries) or 'none'}{suggest(name, entries)}"
        if self._kept_out:
            message += f" (PHOTOMOTION_PLUGINS keeps out: {', '.join(self._kept_out)})"
        raise UnknownImplementation("\n".join([message, *map(str, self._broken)]))

    def _discover(self) -> None:
        only = os.environ.get("PHOTOMOTION_PLUGINS")
        wanted = None if only is None else {name.strip() for name in only.split(",")}
        for entry_point in sorted(entry_points(group=GROUP), key=lambda e: (e.name, e.value)):
            if entry_point.value == BUILTIN:
                continue
            if wanted is not None and entry_point.name not in wanted:
                self._kept_out.append(entry_point.name)
                continue
            origin = origin_of(entry_point)
            try:
                self._take_in(entry_point.load(), origin)
            except (Exception, SystemExit) as error:
                self._leave_out(origin, error)

    def _leave_out(self, origin: Origin, error: BaseException) -> None:
        package = origin.distribution or origin.plugin
        cure = f"update it (pip install --upgrade {package}) or remove it (pip uninstall {package})"
        if isinstance(error, _Clash):
            cure = f"keep one of the two (pip uninstall {package})"
        broken = BrokenPlugin(
            name=origin.plugin, distribution=origin.distribution, version=origin.version, error=error, cure=cure
        )
        if os.environ.get("PHOTOMOTION_STRICT", "0") not in ("", "0"):
            raise PluginError(str(broken)) from error
        self._broken.append(broken)
        warnings.warn(str(broken), stacklevel=4)

    def _take_in(self, module: object, origin: Origin) -> None:
        """Register one plugin and commit everything it offers, or nothing."""
        others = self._manager.get_plugins()
        if self._manager.has_plugin(origin.plugin):
            first = next(o for o in self._origins if o.plugin == origin.plugin)
            raise _Clash(f"its name is already taken by {first}, which stays")
        try:
            self._manager.register(module, name=origin.plugin)
            offers = [(kind.key, item) for kind in self._hooks_of(module) for item in self._call(kind, others)]
            self._check_names(offers, origin)
            if self._origins:  # Ours, the first, are tested, and wait until they are needed.
                for _, implementation in offers:
                    implementation.options.model_rebuild()
        except BaseException:
            # pluggy before 1.7 leaves a plugin half registered when its signature is refused.
            if self._manager.get_plugin(origin.plugin) is module:
                self._manager.unregister(name=origin.plugin)
            raise
        for key, implementation in offers:
            self._table[key][implementation.name] = (implementation, origin)
        self._origins.append(origin)
        self._packages.append(getattr(module, "__package__", None) or "")

    def _hooks_of(self, module: object) -> list[StageKind]:
        """The stages a registered plugin serves; a misspelt hook is silent in pluggy until one asks."""
        names = [caller.name for caller in self._manager.get_hookcallers(module) or ()]
        known = {kind.hook: kind for kind in STAGES.values()}
        if not names:
            raise PluginError("it has no hooks; mark its functions with @hookimpl of photomotion.plugin")
        for name in names:
            if name not in known:
                raise PluginError(f"there is no hook {name!r}{suggest(name, known)}")
        return [known[name] for name in names]

    def _call(self, kind: StageKind, others: Iterable[object]) -> list[Implementation[Any, Any]]:
        """Ask one hook of one plugin alone, so that a fault has an owner."""
        results = self._manager.subset_hook_caller(kind.hook, others)()
        if not results:
            raise PluginError(f"{kind.hook}() returned None, not a list of Implementation")
        offered: list[Implementation[Any, Any]] = []
        for item in results[0]:
            fault = _fault_of(item)
            if fault:
                raise PluginError(f"{kind.hook}() returned {fault}")
            offered.append(item)
        return offered

    def _check_names(self, offers: list[tuple[str, Implementation[Any, Any]]], origin: Origin) -> None:
        seen: set[tuple[str, str]] = set()
        for key, implementation in offers:
            taken = self._table[key].get(implementation.name)
            if taken:
                raise _Clash(
                    f"{key} {implementation.name!r} is already provided by {taken[1]}, which stays; "
                    f"{origin} offers it again"
                )
            if (key, implementation.name) in seen:
                raise PluginError(f"it offers {key} {implementation.name!r} twice")
            seen.add((key, implementation.name))


def _fault_of(item: object) -> str:
    """Return what is wrong with a descriptor, or nothing."""
    if not isinstance(item, Implementation):
        return f"{item!r:.80}, which is no Implementation"
    if not (isinstance(item.name, str) and NAME.fullmatch(item.name)):
        return f"the name {item.name!r}; names are lower-case letters, digits and dashes"
    if not (isinstance(item.options, type) and issubclass(item.options, Options)):
        return f"{item.name!r} whose options {item.options!r} are no subclass of photomotion.plugin.Options"
    load: object = item.load
    if not callable(load):
        return f"{item.name!r} whose load is not a function"
    for field in ("gives", "needs"):
        value: object = getattr(item, field)
        if not (isinstance(value, frozenset) and all(isinstance(word, str) for word in value)):
            return f"{item.name!r} whose {field} is no frozenset of strings"
    return ""
