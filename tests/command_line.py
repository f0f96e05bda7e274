"""Commands of ``photomotion`` run in an empty folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from photomotion.cli import cli

__all__ = ["PHOTO", "SHORT", "Run", "listing", "run"]

PHOTO = Path(__file__).parents[1] / "examples" / "photos" / "astronaut.png"
SHORT = ("--seconds", "0.2", "--size", "192")

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an empty folder that holds ``grandma.png``."""
    monkeypatch.chdir(tmp_path)
    with Image.open(PHOTO) as image:
        image.crop((100, 0, 356, 256)).save("grandma.png")

    def invoke(*args: object) -> Result:
        return CliRunner().invoke(cli, [str(a) for a in args], prog_name="photomotion", terminal_width=80)

    return invoke


def listing() -> set[str]:
    """What lies in the folder."""
    return {str(path) for path in Path().rglob("*")}
