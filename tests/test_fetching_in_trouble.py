"""Downloads onto full disks, interrupted, by several processes at once and by some that are killed."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner
from weight_server import CONTENT, SIZE, Room, WeightServer

from photomotion.errors import WeightsError
from photomotion.plugin import Event
from photomotion.program import INTERRUPTED, Program
from photomotion.weights.fetching import fetch
from photomotion.weights.part import Part

pytestmark = pytest.mark.usefixtures("straight")


def test_a_disk_that_is_too_full_is_seen_beforehand(
    server: WeightServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    room = Room(tmp_path, [f"{server.url}/whole/big.pth"])
    with pytest.raises(WeightsError, match=r"big needs 3 MB more, and .* has 1 MB free; make room"):
        room.fetch()
    assert server.asked == []
    assert room.files == set()


def test_who_interrupts_is_told_what_is_kept(server: WeightServer, tmp_path: Path) -> None:
    room = Room(tmp_path, [f"{server.url}/plain/big.pth"])

    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match=r"kept, and the next fetch goes on from there$"):
        fetch(room.catalogue, "big", on_event=interrupt)
    kept = room.part.stat().st_size
    assert 0 < kept < SIZE
    assert room.fetch().read_bytes() == CONTENT
    assert server.asked[-1][1]["Range"] == f"bytes={kept}-"


def test_who_interrupts_before_anything_came_is_told_nothing(server: WeightServer, tmp_path: Path) -> None:
    room = Room(tmp_path, [f"{server.url}/cut/big.pth"])
    server.cuts = [0]

    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        fetch(room.catalogue, "big", on_event=interrupt)
    assert str(caught.value) == "" and not room.part.exists()


@pytest.mark.parametrize("kept", ["", "2 MB of big are kept"])
def test_the_program_says_what_an_interrupt_says(kept: str) -> None:
    @click.group(cls=Program)
    def program() -> None: ...

    @program.command()
    def work() -> None:
        raise KeyboardInterrupt(kept) if kept else KeyboardInterrupt

    result = CliRunner().invoke(program, ["work"])
    assert result.exit_code == INTERRUPTED
    assert result.output.strip() == f"interrupted; {kept or 'nothing is left half written'}"


def test_no_space_for_the_last_byte(server: WeightServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, file: object) -> None:
            self.file = file

        def __getattr__(self, name: str) -> object:
            return getattr(self.file, name)

        def write(self, data: memoryview) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    enter = Part.__enter__

    def enter_full(part: Part) -> Part:
        enter(part)
        part._file = Full(part._file)  # type: ignore[assignment]
        return part

    monkeypatch.setattr(Part, "__enter__", enter_full)
    room = Room(tmp_path, [f"{server.url}/whole/big.pth"])
    with pytest.raises(
        WeightsError, match=r"cannot write .*big\.pth\.part \(No space left on device\); 0 bytes of 3 MB"
    ):
        room.fetch()
    assert room.files == set()


SCRIPT = """
import sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
from weight_server import Room
from photomotion.weights.fetching import fetch
{before}
room = Room(Path(sys.argv[1]), [sys.argv[2]])
print("ready", flush=True)
sys.stdin.readline()
try:
    fetch(room.catalogue, "big", on_event=lambda e: e.notice and print(e.message, flush=True), sleep=lambda s: None)
except Exception as error:
    print(type(error).__name__, error)
    sys.exit(4)
print("done")
"""


LIMIT = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
"""


posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and signals of POSIX")


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process that fetches into a folder once a line is written to it."""
    processes: list[subprocess.Popen[str]] = []

    def begin(folder: Path, url: str, before: str = "", *prefix: str) -> subprocess.Popen[str]:
        script = SCRIPT.format(tests=str(Path(__file__).parent), before=before)
        command = [*prefix, sys.executable, "-c", script, str(folder), url]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.communicate()


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin
    process.stdin.write("\n")
    process.stdin.flush()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(2400):
        if condition():
            return
        time.sleep(0.025)
    raise AssertionError("it never happened")


@posix
def test_a_file_larger_than_may_be_written_is_kept_as_far_as_it_came(
    server: WeightServer, tmp_path: Path, start: Start
) -> None:
    url = f"{server.url}/whole/big.pth"
    process = start(tmp_path, url, LIMIT)
    said, _ = process.communicate("\n", timeout=60)
    assert process.returncode == 4, said
    assert "WeightsError cannot write" in said
    assert "(File too large); 1 MB of 3 MB are kept in" in said
    room = Room(tmp_path, [url])
    assert room.part.read_bytes() == CONTENT[:1_000_000]
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges == ["", "bytes=1000000-"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mounts of Linux")
def test_a_disk_that_fills_up_meanwhile(server: WeightServer, tmp_path: Path, start: Start) -> None:
    mount = f"mount -t tmpfs -o size=2m tmpfs {tmp_path} && "
    if subprocess.run(["unshare", "-Urm", "sh", "-c", f"{mount} true"], capture_output=True, check=False).returncode:
        pytest.skip("this system lets nobody but root mount anything")
    before = (
        "import shutil\nfrom types import SimpleNamespace\nshutil.disk_usage = lambda p: SimpleNamespace(free=1e9)\n"
    )
    prefix = ("unshare", "-Urm", "sh", "-c", mount + '"$0" "$@"; code=$?; ls ' + f"{tmp_path}/big; exit $code")
    process = start(tmp_path, f"{server.url}/whole/big.pth", before, *prefix)
    said, _ = process.communicate("\n", timeout=60)
    assert process.returncode == 4, said
    assert "(No space left on device); 2." in said
    assert "MB of 3 MB are kept in" in said
    assert {"big.pth.part", "big.pth.part.json"} <= set(said.split())


def test_two_processes_fetch_once(server: WeightServer, tmp_path: Path, start: Start) -> None:
    first, second = (start(tmp_path, f"{server.url}/gate/big.pth") for _ in range(2))
    go(first)
    wait_for(lambda: server.sent > 0)
    go(second)
    assert second.stdout
    assert [second.stdout.readline() for _ in range(2)][1] == "big: another process is fetching it; waiting\n"
    server.released.set()
    said = [process.communicate(timeout=60)[0] for process in (first, second)]
    assert said == ["ready\ndone\n", "done\n"]
    assert len(server.asked) == 1
    assert (tmp_path / "big" / "big.pth").read_bytes() == CONTENT


@posix
def test_a_process_that_is_killed_leaves_what_the_next_goes_on_with(
    server: WeightServer, tmp_path: Path, start: Start
) -> None:
    process = start(tmp_path, f"{server.url}/hang/big.pth")
    go(process)
    room = Room(tmp_path, [f"{server.url}/whole/big.pth"])
    wait_for(lambda: room.part.is_file() and room.part.stat().st_size == SIZE // 2)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=60)
    assert not room.path.exists()
    assert room.part.stat().st_size == SIZE // 2
    assert room.fetch().read_bytes() == CONTENT
    assert server.ranges == ["", f"bytes={SIZE // 2}-"]
