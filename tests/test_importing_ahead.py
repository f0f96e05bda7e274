"""Modules that are imported while a photo is looked at: they help whoever goes on, and hold up nobody who stops."""

from __future__ import annotations

import importlib
import subprocess
import sys
import threading
from collections.abc import Iterator
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
    # A fork beside threads is warned of since Python 3.12.
    command = [sys.executable, "-W", "ignore::DeprecationWarning", "-c", code]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr, sorted(path.stem for path in folder.glob("*.txt"))


def test_a_process_that_ends_waits_for_no_further_module(chain: Path) -> None:
    assert run(ENDS, chain) == (3, "", [])


def test_a_thread_that_works_on_finds_modules_whole(chain: Path) -> None:
    assert run(WORKS_ON, chain) == (0, "", ["second", "third"])


def test_two_that_import_ahead_do_not_wait_for_each_other(chain: Path) -> None:
    (chain / "other.py").write_text(FIRST.replace("import second", "time.sleep(0.5)\nimport fourth"))
    (chain / "fourth.py").write_text(SECOND.replace("second", "fourth"))
    assert run(ENDS.replace("raise", 'import_ahead(["other"])\nraise'), chain) == (3, "", [])


def test_it_is_no_daemon_even_if_a_daemon_begins_it() -> None:
    begun: list[threading.Thread] = []
    daemon = threading.Thread(target=lambda: begun.append(import_ahead(["math"])), daemon=True)
    daemon.start()
    daemon.join()
    assert [thread.daemon for thread in begun] == [False]


def test_what_fails_is_left_to_whoever_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_ahead.py").write_text("1 / 0")
    (tmp_path / "whole_ahead.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    import_ahead(["broken_ahead", "no_such_module", "whole_ahead"]).join()
    assert "whole_ahead" in sys.modules and "broken_ahead" not in sys.modules


def test_an_import_elsewhere_meets_every_finder_when_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread ends while another one is in the middle of the finders."""
    asked, end = [], threading.Event()

    def names() -> Iterator[str]:
        yield "math"
        end.wait(10)

    class Meets:
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            asked.append(name)

    class Ends(Meets):
        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            end.set()
            ahead.join(10)

    monkeypatch.setattr(sys, "meta_path", [Ends, Meets, *sys.meta_path])
    ahead = import_ahead(names())
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("no_such_module")
    assert asked == ["no_such_module"]


def test_finders_do_not_grow_in_number() -> None:
    import_ahead([]).join()
    finders = list(sys.meta_path)
    import_ahead([]).join()
    assert sys.meta_path == finders


SLOW = """
import time
open('begun.txt', 'w').close()
time.sleep(0.7)
"""
FORKS = """
import os, signal, time
from pathlib import Path
from photomotion.imports import import_ahead

def begin():
    ahead = import_ahead(["slow", "third"])
    while not Path("begun.txt").exists():
        time.sleep(0.001)
    return ahead

def child():
    signal.alarm(20)
    import slow
    os._exit(7)
"""
OS_FORK = """
ahead = begin()
pid = os.fork()
if pid == 0:
    child()
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
ahead.join()
raise SystemExit(code)
"""
MULTIPROCESSING = """
import multiprocessing
ahead = begin()
process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join()
ahead.join()
raise SystemExit(process.exitcode)
"""
IN_THE_IMPORT = """
import os
pid = os.fork()
if pid == 0:
    from photomotion.imports import import_ahead
    import_ahead(["third"]).join()
    os._exit(0)
os.waitpid(pid, 0)
"""
ITS_OWN = """
import os
from photomotion import imports
imports.LONGEST_WAIT = 0.2
ahead = imports.import_ahead(["its_own", "third"])
pid = os.fork()
if pid == 0:
    os._exit(0)
os.waitpid(pid, 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="nothing forks there")
class TestForks:
    """A child finds no module half imported, by a thread that only its parent has."""

    @pytest.mark.parametrize("code", [OS_FORK, MULTIPROCESSING], ids=["os", "multiprocessing"])
    def test_a_child_can_import_what_was_being_imported(self, chain: Path, code: str) -> None:
        (chain / "slow.py").write_text(SLOW)
        assert run(FORKS + code, chain) == (7, "", ["begun", "third"])

    def test_a_module_may_fork_while_it_is_imported_ahead(self, chain: Path) -> None:
        (chain / "forking.py").write_text(IN_THE_IMPORT)
        code = "from photomotion.imports import import_ahead\nimport_ahead(['forking']).join()"
        assert run(code, chain) == (0, "", ["third"])

    def test_a_module_may_fork_while_what_is_imported_ahead_needs_it(self, chain: Path) -> None:
        (chain / "its_own.py").write_text(ITS_OWN)
        assert run("import its_own; its_own.ahead.join()", chain) == (0, "", ["third"])
