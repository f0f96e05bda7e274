"""The command line as its users meet it: help, one-line errors, exit codes, files."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest
from command_line import PHOTO, SHORT, Run, listing
from PIL import Image

from photomotion import __version__
from photomotion.cli import cli
from photomotion.data import Motion
from photomotion.reading import read_photo
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


def test_the_defaults_are_those_of_a_recipe() -> None:
    known = Recipe().model_dump()
    shown = {
        p.name: p.default for p in cli.commands["animate"].params if p.name in known and p.name != "postprocessors"
    }
    assert {name for name in known if name not in shown} == {"options", "postprocessors", "executor"}
    for name, default in shown.items():
        # Click marks "no default" with None or with a sentinel, by its version.
        assert default == known[name] or known[name] is None, name


def test_options_are_listed(run: Run) -> None:
    result = run("options", "encoder", "mp4")
    assert result.exit_code == 0
    line = next(line for line in result.stdout.splitlines() if line.startswith("crf"))
    assert line.split()[:7] == ["crf", "integer", "14", ">=", "0,", "<=", "51"]
    assert "no options" in run("options", "encoder", "frames").stdout
    assert run("options", "postprocessor").exit_code == 0


def test_help_of_options_is_for_reading(run: Run) -> None:
    result = run("options", "motion", "natural")
    assert "How they feel: calm sits for a portrait, solemn never smiles." in result.stdout
    assert "``" not in result.stdout


def test_plugins_are_listed(run: Run) -> None:
    result = run("plugins", "--json")
    rows = json.loads(result.stdout)["implementations"]
    assert {("backend", "warp"), ("encoder", "mp4"), ("motion", "natural")} <= {(r["stage"], r["name"]) for r in rows}
    table = run("plugins").stdout.splitlines()
    assert table[0].split() == ["stage", "name", "summary", "plugin", "distribution", "version"]
    assert any(line.startswith("encoder") and " mp4 " in line for line in table)


def test_doctor_is_content_here(run: Run) -> None:
    result = run("doctor")
    assert result.exit_code == 0, result.stdout
    for name in ("python", "numpy", "face_landmark.tflite", "H.264 encoder", "temporary folder", "plugin builtin"):
        assert name in result.stdout


def test_doctor_finds_what_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av, "codecs_available", set())
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    result = run("doctor")
    assert result.exit_code == 1
    bad = [line for line in result.stdout.splitlines() if line.startswith("BAD")]
    assert len(bad) == 2
    assert "libx264" in bad[0]
    assert "set TMPDIR" in bad[1]


def test_animate_names_the_film_after_the_photo(run: Run) -> None:
    result = run("animate", "grandma.png", *SHORT)
    assert result.exit_code == 0, result.stderr
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1
    assert result.stdout.startswith("grandma.mp4: 0.2 s of film made in ")
    assert "found 1 face" in result.stdout
    assert listing() == {"grandma.png", "grandma.mp4"}
    with av.open("grandma.mp4") as container:
        assert len(list(container.decode(video=0))) == 5
        assert max(container.streams.video[0].width, container.streams.video[0].height) == 192


def test_animate_says_it_as_json_and_replaces_a_film(run: Run) -> None:
    Path("out.mp4").write_bytes(b"an older film")
    result = run("animate", "grandma.png", "-o", "out.mp4", "--json", *SHORT, "--seed", "7")
    data = json.loads(result.stdout)
    assert (data["destination"], data["frames"], data["seed"], data["faces"]) == ("out.mp4", 5, 7, 1)
    assert data["total_seconds"] >= data["wall_seconds"] > 0
    assert Path("out.mp4").read_bytes() != b"an older film"


def test_several_photos_go_into_a_folder_and_a_bad_one_spoils_only_itself(run: Run) -> None:
    Path("letter.jpg").write_text("Dear Grandma", encoding="ascii")
    Image.open("grandma.png").save("aunt.bmp")
    result = run("animate", "grandma.png", "letter.jpg", "aunt.bmp", "-o", "films/of us", *SHORT)
    assert result.exit_code == 3
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: letter.jpg is not a picture")
    assert {p.name for p in Path("films/of us").iterdir()} == {"grandma.mp4", "aunt.mp4"}


def test_a_slash_at_the_end_makes_a_folder_for_one_photo_too(run: Run) -> None:
    assert run("animate", "grandma.png", "-o", "films/", *SHORT).exit_code == 0
    assert [p.name for p in Path("films").iterdir()] == ["grandma.mp4"]


def test_frames_become_a_folder(run: Run) -> None:
    result = run("animate", "grandma.png", "--encoder", "frames", *SHORT)
    assert result.exit_code == 0, result.stderr
    assert len(list(Path("grandma").glob("frame_*.png"))) == 5


def test_flags_go_before_the_recipe(run: Run) -> None:
    recipe = {"seconds": 0.4, "fps": 10, "seed": 3, "size": 192, "motion": "still", "options": {"encoder": {"crf": 30}}}
    Path("r.json").write_text(json.dumps(recipe), encoding="utf-8")
    plain = json.loads(run("animate", "grandma.png", "--recipe", "r.json", "--json").stdout)
    assert (plain["frames"], plain["seed"]) == (4, 3)
    small = Path("grandma.mp4").stat().st_size
    flags = ("--fps", "25", "--seed", "0", "--set", "encoder.crf=5", "--set", "encoder.preset=slow")
    changed = json.loads(run("animate", "grandma.png", "--recipe", "r.json", "--json", *flags).stdout)
    assert (changed["frames"], changed["seed"]) == (10, 0)
    assert Path("grandma.mp4").stat().st_size > 2 * small


def test_inspect_says_what_is_found(run: Run) -> None:
    result = run("inspect", "grandma.png")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith("grandma.png: 256 x 256, colour; expectation: ")
    assert "\nface 1: " in result.stdout
    data = json.loads(run("inspect", "grandma.png", "--json").stdout)
    assert len(data["faces"]) == 1
    assert np.array(data["faces"][0]["landmarks"]).shape == (478, 3)
    assert data["expectation"] in ("good", "fair", "poor")
    assert listing() == {"grandma.png"}


def test_inspect_draws_a_picture(run: Run) -> None:
    assert run("inspect", "grandma.png", "--picture", "found.png").exit_code == 0
    with Image.open("found.png") as image, Image.open("grandma.png") as photo:
        assert image.size == (1200 + 460, 1200)
        drawn = np.asarray(image)[:, :1200].astype(int)
        plain = np.asarray(photo.convert("RGB").resize((1200, 1200), Image.Resampling.BICUBIC)).astype(int)
    face = (slice(400, 780), slice(420, 760))
    assert 0.05 < (np.abs(drawn - plain)[face].max(2) > 40).mean() < 0.6  # drawn on
    wall = (slice(20, 160), slice(1080, 1190))
    assert 0.3 < drawn[wall].mean() / plain[wall].mean() < 0.5  # dimmed


def test_inspect_finds_nobody_without_an_error(run: Run) -> None:
    Image.new("RGB", (64, 64), "gray").save("wall.png")
    result = run("inspect", "wall.png", "--picture", "found.png")
    assert result.exit_code == 0, result.stderr
    assert "no face was found" in result.stdout
    assert Path("found.png").exists()


def test_a_motion_is_planned_into_a_file(run: Run) -> None:
    result = run("motion", "plan", "grandma.png", "--seconds", "2", "--fps", "10", "--seed", "4", "-o", "m.json")
    assert result.stdout == "m.json: 20 frames at 10 fps for 1 face\n"
    data = json.loads(Path("m.json").read_text(encoding="utf-8"))
    assert (data["version"], data["fps"], len(data["faces"])) == (1, 10, 1)
    assert len(data["faces"][0]["values"]) == 20
    assert {"headYaw", "eyeBlinkLeft"} <= set(data["faces"][0]["channels"])


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


def test_restore_writes_the_photo_and_the_sheet(run: Run, tmp_path: Path) -> None:
    result = run("restore", "grandma.png", "-o", "g.png", "--restorer", "none", "--before-after", "s.png")
    assert (result.exit_code, result.stdout) == (0, "g.png: nothing was changed\n")
    assert (read_photo(tmp_path / "g.png").pixels == read_photo(tmp_path / "grandma.png").pixels).all()
    assert read_photo(tmp_path / "s.png").width > 3 * 600
    told = json.loads(run("restore", "grandma.png", "-o", "g.png", "--restorer", "none", "--json").stdout)
    assert (told["photo"], told["changed"], told["steps"]) == ("grandma.png", 0.0, [])
    refused = run("restore", "grandma.png", "-o", "grandma.png", "--restorer", "none")
    assert refused.exit_code == 2
    assert "grandma.png" in refused.stderr


def test_a_planned_motion_can_be_drawn(run: Run, tmp_path: Path) -> None:
    assert run("motion", "plan", "grandma.png", "-o", "m.json", "--seconds", "3").exit_code == 0
    assert run("motion", "plot", "m.json", "-o", "m.png").exit_code == 0
    assert read_photo(tmp_path / "m.png").width == 1600
    assert run("motion", "preview", "m.json", "-o", "m.mp4").exit_code == 0
    with av.open(str(tmp_path / "m.mp4")) as film:
        assert film.streams.video[0].frames == 75
    assert run("motion", "convert", "m.json", "-o", "m.csv").exit_code == 0
    assert run("motion", "convert", "m.csv", "-o", "again.npz").exit_code == 0
    assert Motion.load("again.npz").frames == 75
    refused = run("motion", "plot", "grandma.png", "-o", "m.png")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)


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


def test_a_backend_without_previews_says_so(run: Run) -> None:
    result = run("animate", "grandma.png", *SHORT, "--preview", "p.png")
    assert result.exit_code == 0
    assert result.stderr == "no preview was written: the backend warp shows none\n"
