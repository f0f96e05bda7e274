"""Lets mkdocstrings read docstrings that use Sphinx's roles: they become code, or a link where there is a page."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:class|meth|func|data|mod|attr):`(~?)([\w.]+)`")
LITERAL = re.compile(r"^::$|(?<=\S):(?=:$)", re.MULTILINE)


class Roles(griffe.Extension):
    """Rewrites each docstring once it is read."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of a module, class, function or attribute."""
        if obj.docstring:
            text = ROLE.sub(_as_markdown, obj.docstring.value)
            obj.docstring.value = LITERAL.sub("", text)


def _as_markdown(role: re.Match[str]) -> str:
    short, name = role.groups()
    return f"`{name.rpartition('.')[2] if short else name}`"
