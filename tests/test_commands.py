"""What each command of the command line does."""

from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest
from command_line import SHORT, Run, listing
from PIL import Image

from photomotion.data import Motion
from photomotion.reading import read_photo


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
    parts = ("python", "numpy", "face_landmark.tflite", "drawing", "H.264 encoder", "temporary folder")
    for name in (*parts, "plugin builtin"):
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


def test_a_backend_without_previews_says_so(run: Run) -> None:
    result = run("animate", "grandma.png", *SHORT, "--preview", "p.png")
    assert result.exit_code == 0
    assert result.stderr == "no preview was written: the backend warp shows none\n"
