"""What is said with ``--set``, and what options say of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from photomotion.errors import OptionsError
from photomotion.flags import parse_settings
from photomotion.inventory import options_rows
from photomotion.plugin import Options


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ((), {}),
        (("backend.workers=2",), {"backend": {"workers": "2"}}),
        (("motion.blinks_per_minute=null",), {"motion": {"blinks_per_minute": None}}),
        (("encoder.preset= slow ", "encoder.crf=20"), {"encoder": {"preset": "slow", "crf": "20"}}),
        (("backend.sizes=[1, 2]",), {"backend": {"sizes": [1, 2]}}),
        (("backend.text=a=b",), {"backend": {"text": "a=b"}}),
        (
            ("postprocessors.glow.strength=0.3", "postprocessors.grain.size=2"),
            {"postprocessors": {"glow": {"strength": "0.3"}, "grain": {"size": "2"}}},
        ),
    ],
)
def test_settings_are_parsed(settings: tuple[str, ...], options: dict[str, Any]) -> None:
    assert parse_settings(settings) == options


@pytest.mark.parametrize("setting", ["", "=", "backend", "backend=2", ".a=1", "backend.=1", "backend.a.b=1", "a.b=[1"])
def test_other_settings_are_refused(setting: str) -> None:
    with pytest.raises(OptionsError, match="--set"):
        parse_settings([setting])


class Lamp(Options):
    watts: int
    """How bright."""
    colour: str | None = None
    """Which colour."""
    angles: tuple[float, ...] = (1.0,)


def test_options_say_type_default_and_help() -> None:
    watts, colour, angles = options_rows(Lamp)
    assert watts == ["watts", "integer", "must be set", "", "How bright."]
    assert colour == ["colour", "string or null", "null", "", "Which colour."]
    assert angles == ["angles", "list of number", "[1.0]", "", ""]
