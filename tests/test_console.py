"""What is shown while a film is made: a bar, lines that last, a picture."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from photomotion.console import ProgressBar
from photomotion.errors import DestinationError
from photomotion.plugin import Event
from photomotion.reading import read_photo


def test_the_bar_shows_only_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    bar = ProgressBar()
    event = Event(stage="encoder", done=3, total=10, message="drawing")
    bar(event)
    with bar.of("grandma.png"):
        bar(event)
    assert capsys.readouterr() == ("", "")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with bar.of("grandma.png"):
        bar(event)
    bar(event)
    out, err = capsys.readouterr()
    assert out == ""
    assert "grandma.png: drawing" in err
    assert "3/10" in err


def test_a_notice_is_a_line_with_a_terminal_and_without(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bar = ProgressBar()
    event = Event(stage="backend", message="weights are kept in host memory [2 GB]", notice=True)
    with bar.of("grandma.png"):
        bar(event)
    assert capsys.readouterr() == ("", "weights are kept in host memory [2 GB]\n")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    with bar.of("grandma.png"):
        bar(event)
    assert "weights are kept in host memory [2 GB]\n" in capsys.readouterr().err


def test_a_preview_is_made_only_where_one_is_wanted(tmp_path: Path) -> None:
    made = []

    def preview() -> np.ndarray:
        made.append(1)
        return np.full((16, 20, 3), (200, 30, 40), np.uint8)

    event = Event(stage="backend", done=1, total=2, preview=preview)
    ProgressBar()(event)
    assert not made
    bar = ProgressBar(tmp_path / "p.png")
    bar(event)
    bar(event)
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["p.png"]
    assert (read_photo(tmp_path / "p.png").pixels == (200, 30, 40)).all()
    with pytest.raises(DestinationError, match="cannot write"):
        ProgressBar(tmp_path / "nowhere" / "p.png")(event)
