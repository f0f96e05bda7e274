"""What was chosen for each stage, checked as a whole before anything is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import ValidationError

from .errors import IncompatibleStages, OptionsError, PhotomotionError, StageError, UsageError
from .plugin import Implementation, Options, Runtime
from .registry import STAGES, Origin, Registry
from .words import describe, suggest

__all__ = ["Choice", "check_needs", "check_options", "choose", "load"]


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One stage as it was chosen: an installed implementation, or an object of the application's own."""

    key: str
    """A key of :data:`~photomotion.registry.STAGES`."""
    name: str
    """The implementation's name, or the object's class."""
    label: str
    """How messages call it: ``backend 'svd' (photomotion-svd 0.2.0)``."""
    implementation: Implementation[Any, Any] | None = None
    """None for an object."""
    origin: Origin | None = None
    """None for an object."""
    instance: object = None
    """The object, if it was one."""
    options: Options = field(default_factory=Options)
    """Checked options, filled in by :func:`check_options`."""


def choose(registry: Registry, key: str, wanted: object) -> Choice:
    """Find a stage by name, or check that an object can be one.

    Raises:
        UnknownImplementation: if no installed plugin offers that name.
        UsageError: if the object lacks a method of the stage's Protocol.
    """
    kind = STAGES[key]
    if isinstance(wanted, str):
        origin = registry.origin(key, wanted)
        found = registry.find(key, wanted)
        return Choice(key=key, name=wanted, label=f"{key} {wanted!r} ({origin})", implementation=found, origin=origin)
    name = wanted.__name__ if isinstance(wanted, type) else type(wanted).__name__
    if isinstance(wanted, type):
        raise UsageError(f"{key} {name} is a class; give an object of it, {name}(...), or a name")
    missing = _missing_members(key, wanted)
    if missing:
        raise UsageError(
            f"{key}: an object of type {name} has no {missing}; give a name ({', '.join(registry.names(key))}) "
            f"or an object with {' and '.join(kind.members)} as in photomotion.stages.{kind.protocol.__name__}"
        )
    return Choice(key=key, name=name, label=f"{key} {name}", instance=wanted)


def check_options(choices: Iterable[Choice], options: Mapping[str, Mapping[str, Any]] | None) -> list[Choice]:
    """Return the choices with their options checked and completed.

    Args:
        choices: the chosen stages.
        options: ``{"backend": {"steps": 20}, "postprocessors": {"glow": {"strength": 0.5}}}``.

    Raises:
        OptionsError: with every fault of every stage, one a line.
    """
    chosen = list(choices)
    given, faults = _by_choice(chosen, options or {})
    checked = []
    for choice in chosen:
        values = given.get((choice.key, choice.name), {})
        if choice.implementation is None:
            if values:
                faults.append(f"{choice.label} is an object; set its options where it is made")
            checked.append(choice)
            continue
        try:
            checked.append(replace(choice, options=choice.implementation.options.model_validate(dict(values))))
        except ValidationError as error:
            known = choice.implementation.options.model_fields
            faults += [f"{choice.label}: {describe(fault, known, 'option')}" for fault in error.errors()]
    if faults:
        raise OptionsError("\n".join(dict.fromkeys(faults)))
    return checked


def check_needs(backend: Choice, conditioner: Choice) -> None:
    """Compare what the backend needs with what the conditioner gives; ``"image"`` is always there.

    Raises:
        IncompatibleStages: if something is missing. An object is taken at its word.
    """
    if backend.implementation is None or conditioner.implementation is None:
        return
    missing = backend.implementation.needs - conditioner.implementation.gives - {"image"}
    if missing:
        prefers = backend.implementation.prefers
        cure = f"conditioner={prefers!r}" if prefers else f"a conditioner that gives {', '.join(sorted(missing))}"
        raise IncompatibleStages(
            f"{backend.label} needs {', '.join(sorted(missing))}, which {conditioner.label} does not give; use {cure}"
        )


def _by_choice(
    chosen: list[Choice], options: Mapping[str, Any]
) -> tuple[dict[tuple[str, str], Mapping[str, Any]], list[str]]:
    """Sort the options given by stage and name; return them with the faults found on the way."""
    sections = [key if key != "postprocessor" else "postprocessors" for key in STAGES]
    given: dict[tuple[str, str], Mapping[str, Any]] = {}
    faults = []
    for section, values in options.items():
        if section not in sections:
            hint = suggest(section, sections) or f"; the stages: {', '.join(sections)}"
            faults.append(f"options: no stage is called {section!r}{hint}")
        elif not isinstance(values, Mapping):
            faults.append(f"options of {section} must be names with values, not {values!r:.60}")
        elif section != "postprocessors":
            given |= {(c.key, c.name): values for c in chosen if c.key == section}
        else:
            names = [c.name for c in chosen if c.key == "postprocessor"]
            for name, own in values.items():
                if name not in names:
                    faults.append(f"options: postprocessor {name!r} is not among those chosen{suggest(name, names)}")
                elif not isinstance(own, Mapping):
                    faults.append(f"options of postprocessor {name!r} must be names with values, not {own!r:.60}")
                else:
                    given["postprocessor", name] = own
    return given, faults


def load(choice: Choice, runtime: Runtime) -> object:
    """Return the chosen stage, ready to work; heavy imports happen here.

    Raises:
        StageError: if a package it needs is missing, loading fails, or what was loaded lacks a method.
    """
    if choice.implementation is None:
        return choice.instance
    package = choice.origin.distribution if choice.origin else ""
    try:
        stage: object = choice.implementation.load(choice.options, runtime)
    except PhotomotionError:
        raise
    except ModuleNotFoundError as error:
        cure = f"pip install {package}" if package else "install it"
        raise StageError(f"{choice.key} {choice.name!r} needs {error.name!r}; {cure}") from error
    except Exception as error:
        raise StageError(f"{choice.label} cannot be loaded: {type(error).__name__}: {error}") from error
    missing = _missing_members(choice.key, stage)
    if missing:
        raise StageError(f"{choice.label}: load() returned {type(stage).__name__}, which has no {missing}")
    return stage


def _missing_members(key: str, stage: object) -> str:
    """Name what a stage's object lacks: ``"encode and no suffix"``, or nothing."""
    members = STAGES[key].members
    return " and no ".join(
        m for m in members if not (hasattr(stage, m) and (m == "suffix" or callable(getattr(stage, m))))
    )
