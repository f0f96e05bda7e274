"""What is known of models by name: revision, licence, whether they may be used commercially."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from photomotion.errors import WeightsError
from photomotion.plugin import Event, Runtime

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Model", "admit", "check_licence", "describe", "known_models", "limits"]


@dataclass(frozen=True, kw_only=True)
class Model:
    """What the manifest says of a repository."""

    repository: str
    """``"owner/name"``."""
    revision: str = "main"
    """What is loaded when nothing else is asked for: a commit if one was seen, else a branch."""
    licence: str = "unknown; see its page"
    """Its name."""
    licence_url: str = ""
    """Where it is read and accepted."""
    commercial: str = "unknown"
    """``"yes"``, ``"no"``, or under which condition."""
    regions: str = "all"
    """Where its licence holds: ``"all"``, or what is left out."""
    size: float = 0.0
    """GB of the files that a pipeline needs; 0 is unknown."""
    memory: str = "unknown"
    """Of the GPU, in bfloat16, as its makers say it."""
    gated: bool = False
    """Whether the hub gives it only to those who accept its licence there."""
    verified: tuple[str, ...] = ()
    """Which of these fields were read on a page of the repository or in its licence; the others are from memory."""


@lru_cache
def known_models() -> dict[str, Model]:
    """The manifest, by repository."""
    with files("photomotion_diffusers").joinpath("weights.toml").open("rb") as file:
        sections = tomllib.load(file)
    return {
        name: Model(repository=name, verified=tuple(entry.pop("verified", ())), **entry)
        for name, entry in sections.items()
    }


def describe(repository: str) -> Model:
    """The manifest's entry, or one that says that nothing is known."""
    page = f"https://huggingface.co/{repository}"
    return known_models().get(repository) or Model(repository=repository, licence_url=page)


def check_licence(repository: str, policy: str) -> None:
    """See that a model may be used under a license policy. A directory, or a model that is not known, is the user's.

    Args:
        repository: ``"owner/name"`` or a directory.
        policy: ``"any"``, or ``"commercial"``.

    Raises:
        WeightsError: if the policy is ``"commercial"`` and the licence does not allow that without a condition.
    """
    model = known_models().get(repository)
    if policy != "commercial" or model is None or model.commercial == "yes":
        return
    raise WeightsError(
        f"the model {repository} is refused by license_policy='commercial': {limits(model)}; see {model.licence_url}, "
        "choose another, or set license_policy='any' if it allows your use"
    )


def limits(model: Model) -> str:
    """What a licence limits, in a sentence; empty if it limits nothing."""
    said = [] if model.commercial == "yes" else [f"commercial use: {model.commercial}"]
    said += [] if model.regions == "all" else [f"regions: {model.regions}"]
    return f"its licence ({model.licence}) has limits: {', '.join(said)}" if said else ""


def admit(repository: str, runtime: Runtime) -> None:
    """Check a model's licence against the policy, and tell its limits, to stay in the film's report.

    Raises:
        WeightsError: as :func:`check_licence`.
    """
    check_licence(repository, runtime.license_policy)
    model = known_models().get(repository)
    if model is not None and limits(model):
        message = f"{repository}: {limits(model)}; {model.licence_url}"
        runtime.on_event(Event(stage="backend", message=message, notice=True))
