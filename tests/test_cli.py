"""The command line as its users meet it: help, one-line errors, exit codes, what is left behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import PHOTO, SHORT, Run, listing
from PIL import Image

from photomotion import __version__
from photomotion.cli import cli
from photomotion.flags import CALM
from photomotion.recipe import Recipe

GOLDEN = Path(__file__).parent / "golden"


def compare(name: str, text: str) -> None:
    """Compare with a file in ``golden``; ``PHOTOMOTION_UPDATE_GOLDEN=1`` writes it instead."""
    path = GOLDEN / name
    # What differs by version of photomotion and of Pillow.
    text = re.sub(r"\(image file is truncated.*?\)\)", "(image file is truncated)", text)
    text = text.replace(f"(photomotion {__version__})", "(photomotion VERSION)")
    if os.environ.get("PHOTOMOTION_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_text(encoding="utf-8")


COMMANDS = [
    (),
    ("animate",),
    ("inspect",),
    ("restore",),
    ("motion",),
    ("motion", "plan"),
    ("motion", "moves"),
    ("motion", "convert"),
    ("motion", "plot"),
    ("motion", "preview"),
    ("motion", "track"),
    ("plugins",),
    ("options",),
    ("doctor",),
    ("weights",),
    ("weights", "list"),
    ("weights", "fetch"),
    ("weights", "verify"),
    ("weights", "path"),
    ("weights", "bundle"),
    ("weights", "unbundle"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: "-".join(c) or "photomotion")
def test_help_reads_as_it_did(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    compare(f"help-{'-'.join(command) or 'photomotion'}.txt", result.output)


def test_without_arguments_there_is_help(run: Run) -> None:
    assert run().exit_code == 0
    assert run().output == run("--help").output


def test_errors_read_as_they_did(run: Run) -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (40000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0\xa3\xa6\x1a\x24"
    Path("bomb.png").write_bytes(header)
    Path("empty.jpg").write_bytes(b"")
    Path("letter.jpg").write_text("Dear Grandma, this is a letter.\n" * 20, encoding="ascii")
    Path("old.toml").write_text("second = 3\n", encoding="ascii")
    Image.effect_noise((400, 300), 60).save("whole.jpg")
    Path("cut.jpg").write_bytes(Path("whole.jpg").read_bytes()[:9000])
    Image.new("RGB", (64, 64), "gray").save("wall.png")
    before = listing()
    cases = """
        animate
        animate missing.jpg
        animate empty.jpg
        animate letter.jpg
        animate cut.jpg
        animate bomb.png
        animate wall.png
        animate .
        animate grandma.png --backend wrap
        animate grandma.png --set backend.wrokers=2
        animate grandma.png --set backend.workers=99 --set motion.strength=lots
        animate grandma.png --set bakend.workers=2
        animate grandma.png --set workers=2
        animate grandma.png --set backend.workers
        animate grandma.png --set backend.workers=[1,
        animate grandma.png --set postprocessors.strength=1
        animate grandma.png --postprocessor glow
        animate grandma.png --device toaster
        animate grandma.png --seconds 0
        animate grandma.png --seconds nan
        animate grandma.png --seconds long
        animate grandma.png --fps 0
        animate grandma.png --recipe missing.json
        animate grandma.png --recipe old.toml
        animate grandma.png -o grandma.png
        animate grandma.png -o missing/film.mp4
        animate grandma.png -o film.xyz
        animate grandma.png ./grandma.png
        inspect missing.jpg
        inspect grandma.png --picture grandma.png
        inspect grandma.png --picture findings.txt
        motion plan grandma.png -o plan.txt
        motion plan wall.png -o plan.json
        options backend wrap
    """
    said = []
    for case in cases.strip().splitlines():
        result = run(*case.split())
        assert isinstance(result.exception, SystemExit), result.exc_info
        assert result.stdout == ""
        said.append(f"$ photomotion {case.strip()}\n{result.stderr}exit {result.exit_code}\n")
        assert listing() == before, case
    compare("errors.txt", "\n".join(said))


def test_nothing_heavy_is_imported_for_help() -> None:
    code = (
        "import sys; from photomotion.cli import cli\n"
        "try: cli(['animate', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = ['numpy', 'cv2', 'av', 'PIL', 'pydantic', 'rich', 'pluggy', 'ai_edge_litert', 'torch']\n"
        "print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "PHOTO" in done.stdout


@pytest.mark.parametrize("own", [None, "2"])
@pytest.mark.parametrize(
    "command",
    [("animate",), ("inspect",), ("restore", "-o", "r.png"), ("motion", "plan", "-o", "m.json")],
    ids=lambda command: command[0],
)
def test_no_library_keeps_idle_threads_spinning_unless_told_otherwise(
    tmp_path: Path, command: tuple[str, ...], own: str | None
) -> None:
    code = (
        "import os, sys; from photomotion.cli import cli; from photomotion.flags import CALM\n"
        "def tell(what): print(what, *map(os.environ.get, CALM))\n"
        "class Watch:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name in ('numpy', 'cv2'): tell(name)\n"
        "sys.meta_path.insert(0, Watch)\n"
        f"try: cli({[*command, 'missing.jpg']!r})\n"
        "except SystemExit as end: tell(end.code)"
    )
    env = {name: value for name, value in os.environ.items() if name not in CALM}
    if own:
        env["OPENBLAS_NUM_THREADS"] = own
    command_line = [sys.executable, "-c", code]
    done = subprocess.run(command_line, capture_output=True, text=True, cwd=tmp_path, env=env, check=True)
    *within, after = done.stdout.splitlines()
    assert set(within) == {f"numpy {own or 1} 0 0", f"cv2 {own or 1} 0 0"}, done.stderr
    assert after == f"3 {own} None None"


def test_a_bug_shows_its_traceback_and_exits_1(tmp_path: Path) -> None:
    code = (
        "import photomotion.reading as reading; from photomotion.cli import main; import sys\n"
        "def broken(*a, **k): raise RuntimeError('the lamp is broken')\n"
        "reading.read_photo = broken\n"
        f"sys.argv = ['photomotion', 'animate', {str(PHOTO)!r}]\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "the lamp is broken" in done.stderr


def test_what_is_left_for_the_end_is_done() -> None:
    code = (
        "import atexit, os, sys, threading, time; from photomotion.cli import cli, main\n"
        "def tell(): time.sleep(0.1); print('a thread'); sys.stdout.flush()\n"
        "@cli.command()\n"
        "def late():\n"
        "    atexit.register(print, 'at exit')\n"
        "    threading.Thread(target=tell).start()\n"
        "    sys.exit(7)\n"
        "sys.argv = ['photomotion', 'late']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("a thread\nat exit\n", "", 7)


@pytest.mark.parametrize(("words", "said", "code"), [("'no lamp'", "no lamp\n", 1), ("", "", 0)])
def test_a_library_may_end_the_process_in_words_of_its_own(words: str, said: str, code: int) -> None:
    script = (
        "import sys; from photomotion.cli import cli, main\n"
        "@cli.command()\n"
        f"def leaves(): sys.exit({words})\n"
        "sys.argv = ['photomotion', 'leaves']\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("", said, code)


def test_the_defaults_are_those_of_a_recipe() -> None:
    known = Recipe().model_dump()
    shown = {
        p.name: p.default for p in cli.commands["animate"].params if p.name in known and p.name != "postprocessors"
    }
    assert {name for name in known if name not in shown} == {"options", "postprocessors", "executor"}
    for name, default in shown.items():
        # Click marks "no default" with None or with a sentinel, by its version.
        assert default == known[name] or known[name] is None, name


def test_python_m_is_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "photomotion", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.startswith("photomotion, version ")


@pytest.mark.skipif(sys.platform == "win32", reason="signals reach a process differently there")
@pytest.mark.parametrize("encoder", ["mp4", "frames"])
@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [(signal.SIGINT, 130, "interrupted; nothing is left half written\n"), (signal.SIGTERM, 143, "")],
)
def test_a_process_that_is_ended_leaves_nothing(
    tmp_path: Path, encoder: str, sent: signal.Signals, code: int, words: str
) -> None:
    command = [sys.executable, "-m", "photomotion", "animate", str(PHOTO), "--seconds", "600", "--encoder", encoder]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background may have switched Ctrl-C off for all that come after.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler) and None,
    )
    try:
        # Not before a first picture is there: a Ctrl-C while a module is imported can end CPython by the signal itself.
        for _ in range(1200):
            if any(path.is_file() for path in tmp_path.rglob("*")) or process.poll() is not None:
                break
            time.sleep(0.05)
        assert any(tmp_path.iterdir()), "the film was never begun"
        process.send_signal(sent)
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    assert said == words
    assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told_before_any_work(run: Run) -> None:
    for command in (
        ("motion", "plan", "grandma.png", "-o", "gone/m.json"),
        ("inspect", "missing.png", "--picture", "gone/g.png"),
        ("restore", "grandma.png", "-o", "gone/g.png"),
        ("animate", "grandma.png", *SHORT, "--preview", "gone/p.png"),
    ):
        result = run(*command)
        assert result.exit_code == 2
        assert "the folder gone does not exist; make it first" in result.output + str(result.exception)
