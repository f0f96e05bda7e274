"""What is installed and what it can be told, as rows for tables and JSON."""

from __future__ import annotations

import json
import traceback
import warnings
from typing import Any

from .plugin import Options, help_of
from .registry import STAGES, Registry

__all__ = ["broken_data", "describe_broken", "installed_data", "open_registry", "options_rows"]

_BOUNDS = {
    "minimum": ">= {}",
    "exclusiveMinimum": "> {}",
    "maximum": "<= {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "multipleOf": "in steps of {}",
    "pattern": "like {}",
}


def open_registry() -> Registry:
    """The registry, without a warning for each broken plugin: whoever asks for a list sees them there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Registry()


def installed_data(registry: Registry) -> list[dict[str, str]]:
    """One row for each implementation of each stage, all values strings."""
    rows = []
    for stage in STAGES:
        for implementation in registry.implementations(stage):
            origin = registry.origin(stage, implementation.name)
            rows.append(
                {
                    "stage": stage,
                    "name": implementation.name,
                    "summary": implementation.summary,
                    "plugin": origin.plugin,
                    "distribution": origin.distribution,
                    "version": origin.version,
                }
            )
    return rows


def broken_data(registry: Registry, verbose: bool) -> list[dict[str, str]]:
    """One row for each plugin that was left out, all values strings; with its traceback if ``verbose``."""
    rows = []
    for broken in registry.broken:
        row = {
            "plugin": broken.name,
            "distribution": broken.distribution,
            "version": broken.version,
            "error": f"{type(broken.error).__name__}: {broken.error}",
            "cure": broken.cure,
        }
        if verbose:
            row["traceback"] = "".join(traceback.format_exception(broken.error))
        rows.append(row)
    return rows


def describe_broken(registry: Registry, verbose: bool) -> list[str]:
    """Sentences on the plugins that were left out; with their tracebacks if ``verbose``."""
    lines = []
    for broken in registry.broken:
        lines.append(f"broken: {broken}")
        if verbose:
            lines.append("".join(traceback.format_exception(broken.error)).rstrip())
    return lines


def options_rows(options: type[Options]) -> list[list[str]]:
    """Name, type, default, bounds and help of each option, all strings."""
    schema, help_ = options.model_json_schema(), help_of(options)
    required = schema.get("required", ())
    rows = []
    for name, field in schema.get("properties", {}).items():
        parts = _alternatives(field, schema.get("$defs", {}))
        default = "must be set" if name in required else json.dumps(field.get("default"))
        bounds = [template.format(part[key]) for part in parts for key, template in _BOUNDS.items() if key in part]
        rows.append([name, " or ".join(map(_type, parts)), default, ", ".join(bounds), help_.get(name, "")])
    return rows


def _alternatives(field: dict[str, Any], definitions: dict[str, Any]) -> list[dict[str, Any]]:
    """The simple schemas a field may follow, references resolved."""
    if "$ref" in field:
        field = definitions[field["$ref"].rsplit("/", 1)[-1]] | {k: v for k, v in field.items() if k != "$ref"}
    if "anyOf" in field:
        return [part for alternative in field["anyOf"] for part in _alternatives(alternative, definitions)]
    return [field]


def _type(part: dict[str, Any]) -> str:
    if "const" in part:
        return json.dumps(part["const"])
    if "enum" in part:
        return ", ".join(map(str, part["enum"]))
    if part.get("type") == "array":
        return f"list of {_type(part['items'])}" if isinstance(part.get("items"), dict) else "list"
    return str(part.get("type", "anything"))
