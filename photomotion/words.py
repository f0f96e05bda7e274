"""The house's words for what was asked wrongly: close names and pydantic's findings, said plainly."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic_core import ErrorDetails

__all__ = ["describe", "suggest"]

LIMITS = {
    "greater_than_equal": "at least",
    "greater_than": "more than",
    "less_than_equal": "at most",
    "less_than": "less than",
}


def suggest(word: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known word closest to ``word``, or nothing if none is close."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def describe(fault: ErrorDetails, known: Iterable[str], noun: str) -> str:
    """Say one of pydantic's findings: ``option 'steps': 0 given, must be at least 1``.

    Args:
        fault: as in ``ValidationError.errors()``.
        known: the names that would have been right.
        noun: what such a name is called: ``"option"``, ``"field"``.
    """
    what = f"{noun} {'.'.join(map(str, fault['loc']))!r}"
    kind, context, known = fault["type"], fault.get("ctx", {}), list(known)
    if kind == "extra_forbidden":
        hint = suggest(str(fault["loc"][-1]), known) or f"; known: {', '.join(known) or 'none'}"
        return f"{what} is unknown{hint}"
    if kind == "missing":
        return f"{what} must be set"
    given = f"{what}: {fault['input']!r:.80} given"
    if kind in LIMITS:
        return f"{given}, must be {LIMITS[kind]} {next(iter(context.values()))}"
    if kind == "literal_error":
        return f"{given}, must be one of {context['expected']}"
    said = fault["msg"].removeprefix("Value error, ")
    plain = said.removeprefix("Input should be ")
    return f"{given}, must be {plain}" if plain != said else f"{given}: {said}"
