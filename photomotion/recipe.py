"""A film in words: which stages, told what, how long. Small enough to mail, exact enough to repeat."""

from __future__ import annotations

import json
import re
import sys
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from .errors import RecipeError
from .plugin import LicensePolicy
from .words import describe

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["Recipe"]


class Recipe(BaseModel):
    """Everything that decides what a film looks like, except the photo. Names and plain values only.

    Raises:
        pydantic.ValidationError: for an unknown field or a value out of range.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    restorer: str = "none"
    """Mends the photo."""
    analyzer: str = "facemesh"
    """Finds the people."""
    motion: str = "natural"
    """Plans how they move."""
    conditioner: str | None = None
    """Prepares what guides the backend; left out, what the backend prefers."""
    backend: str = "warp"
    """Makes the pictures."""
    postprocessors: tuple[str, ...] = ()
    """Change the pictures, in this order."""
    encoder: str = "mp4"
    """Writes the film."""
    executor: str = "local"
    """Decides where several films are made."""
    options: dict[str, dict[str, JsonValue]] = Field(default_factory=dict)
    """By stage: ``{"backend": {"steps": 20}, "postprocessors": {"glow": {"strength": 0.5}}}``."""
    device: str = "auto"
    """``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``."""
    license_policy: LicensePolicy = "any"
    """``"commercial"`` refuses models whose licence does not allow commercial use without a condition."""
    seconds: float = Field(default=5.0, gt=0)
    """How long the film is."""
    fps: float = Field(default=25.0, gt=0, le=1000)
    """Frames a second."""
    size: int | None = Field(default=None, ge=16)
    """Long edge of the film in pixels; left out, as the photo is."""
    crop: bool = False
    """Whether the film shows head and shoulders only."""
    loop: bool = False
    """Whether the film leads back to its beginning, to be shown over and over."""
    seed: int = Field(default=0, ge=0)
    """Another seed, another film of the same kind."""

    @property
    def particulars(self) -> dict[str, Any]:
        """What is told of the film itself and not of its stages, as ``animate`` of an Animator takes it."""
        return {name: getattr(self, name) for name in ("seconds", "fps", "size", "crop", "loop", "seed")}

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Recipe:
        """Read a ``.json`` or ``.toml`` file.

        Raises:
            RecipeError: if it is missing, damaged, or says something unknown; names the file and every fault.
        """
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8")
            data = tomllib.loads(text) if _is_toml(path) else json.loads(text)
        except (OSError, ValueError) as error:
            raise RecipeError(f"cannot read the recipe {path}: {error}") from error
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            faults = [describe(fault, cls.model_fields, "field") for fault in error.errors()]
            raise RecipeError(f"the recipe {path} cannot be used: {'; '.join(faults)}") from error

    def save(self, path: str | PathLike[str]) -> None:
        """Write a ``.json`` or ``.toml`` file; what is at its default is written too, so that it stays as it is.

        Raises:
            RecipeError: if the file cannot be written, or a value does not exist in TOML.
        """
        path = Path(path)
        data = self.model_dump(mode="json", exclude_none=True)
        is_toml = _is_toml(path)
        try:
            text = _toml(data) if is_toml else json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            path.write_bytes(text.encode())
        except (OSError, ValueError) as error:
            raise RecipeError(f"cannot write the recipe {path}: {error}") from error


def _is_toml(path: Path) -> bool:
    if path.suffix.lower() not in (".json", ".toml"):
        raise RecipeError(f"a recipe is a .json or a .toml file, not {path.name!r}")
    return path.suffix.lower() == ".toml"


def _toml(table: dict[str, Any], name: str = "") -> str:
    """Return a table and the tables in it as TOML 1.0; what is None is left out."""
    lines = [f"[{name}]"] if name else []
    lines += [f"{_key(k)} = {_value(v)}" for k, v in table.items() if not (v is None or isinstance(v, dict))]
    text = "\n".join(lines) + "\n"
    for key, value in table.items():
        if isinstance(value, dict):
            text += "\n" + _toml(value, f"{name}.{_key(key)}" if name else _key(key))
    return text


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items() if v is not None) + "}"
    if value is None:
        raise RecipeError("a list in the options holds an empty value, which TOML cannot say; save it as .json")
    return _string(value) if isinstance(value, str) else json.dumps(value, allow_nan=False)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


def _string(text: str) -> str:
    """Quote a string: JSON's escapes are TOML's, but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
