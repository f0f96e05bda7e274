"""Modules that are imported while a photo is looked at: they help whoever goes on, and hold up nobody who stops."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from photomotion.imports import import_ahead

FIRST = """
import threading, time
while threading.main_thread().is_alive():
    time.sleep(0.01)
import second
"""
SECOND = "open('second.txt', 'w').close()"
ENDS = """
from photomotion.imports import import_ahead
import_ahead(["first", "third"])
raise SystemExit(3)
"""
WORKS_ON = """
import threading, time
from photomotion.imports import import_ahead
ahead = import_ahead(["first", "third"])
threading.Thread(target=ahead.join).start()
"""


@pytest.fixture
def chain(tmp_path: Path) -> Path:
    """A module that waits for the end of the main thread and then imports another, and a third."""
    (tmp_path / "first.py").write_text(FIRST)
    (tmp_path / "second.py").write_text(SECOND)
    (tmp_path / "third.py").write_text(SECOND.replace("second", "third"))
    return tmp_path


def run(code: str, folder: Path) -> tuple[int, str, list[str]]:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stderr, sorted(path.stem for path in folder.glob("*.txt"))


def test_a_process_that_ends_waits_for_no_further_module(chain: Path) -> None:
    assert run(ENDS, chain) == (3, "", [])


def test_a_thread_that_works_on_finds_modules_whole(chain: Path) -> None:
    assert run(WORKS_ON, chain) == (0, "", ["second", "third"])


def test_what_fails_is_left_to_whoever_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_ahead.py").write_text("1 / 0")
    (tmp_path / "whole_ahead.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    finders = list(sys.meta_path)
    import_ahead(["broken_ahead", "no_such_module", "whole_ahead"]).join()
    assert "whole_ahead" in sys.modules and "broken_ahead" not in sys.modules
    assert sys.meta_path == finders
