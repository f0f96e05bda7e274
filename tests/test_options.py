"""The help of options, read from the strings under them."""

from __future__ import annotations

from pydantic import Field

from photomotion.plugin import Options, help_of


class Plain(Options):
    """Two options, one without help."""

    steps: int = Field(20, ge=1)
    """How many steps,
    at least 1."""
    mode: str = "fast"


class Finer(Plain):
    """Inherits, and says more."""

    mode: str = "fine"
    """How fine."""
    size: int = Field(3, description="How large.")
    """This is for readers of the source."""


def test_the_string_under_an_option_is_its_help() -> None:
    assert help_of(Plain) == {"steps": "How many steps,\nat least 1."}


def test_help_is_inherited_and_a_description_goes_first() -> None:
    assert help_of(Finer) == {"steps": "How many steps,\nat least 1.", "mode": "How fine.", "size": "How large."}


def test_classes_within_others_have_help_too() -> None:
    class Inner(Options):
        strength: float = 0.5
        """How strong."""

    assert help_of(Inner) == {"strength": "How strong."}


def test_strings_at_the_left_margin_do_no_harm() -> None:
    class Inner(Options):
        strength: float = 0.5
        """
How strong,
and no stronger.
"""

    assert help_of(Inner) == {"strength": "How strong,\nand no stronger."}


def test_options_made_without_source_have_none() -> None:
    namespace: dict[str, object] = {"Options": Options}
    exec("class Made(Options):\n    steps: int = 3\n    'Steps.'", namespace)
    assert help_of(namespace["Made"]) == {}  # type: ignore[arg-type]
