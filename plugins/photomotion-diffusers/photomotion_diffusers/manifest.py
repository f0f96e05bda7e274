"""What is known of models by name: revision, licence, whether they may be used commercially."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Model", "describe", "known_models"]


@dataclass(frozen=True, kw_only=True)
class Model:
    """What the manifest says of a repository."""

    repository: str
    """``"owner/name"``."""
    revision: str = "main"
    """What is loaded when nothing else is asked for."""
    licence: str = "unknown; see its page"
    """Its name."""
    licence_url: str = ""
    """Where it is read and accepted."""
    commercial: str = "unknown"
    """``"yes"``, ``"no"``, or under which condition."""


@lru_cache
def known_models() -> dict[str, Model]:
    """The manifest, by repository."""
    with files("photomotion_diffusers").joinpath("weights.toml").open("rb") as file:
        return {name: Model(repository=name, **entry) for name, entry in tomllib.load(file).items()}


def describe(repository: str) -> Model:
    """The manifest's entry, or one that says that nothing is known."""
    page = f"https://huggingface.co/{repository}"
    return known_models().get(repository) or Model(repository=repository, licence_url=page)
