"""Where the command line writes, and what it leaves behind if nothing comes of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import SHORT, Run, listing

from photomotion.clip import Clip
from photomotion.destinations import plan_destinations, write_whole
from photomotion.errors import DestinationError, StageError


@pytest.mark.parametrize(
    "command",
    [
        ("animate", "grandma.png", *SHORT, "-o", "-"),
        ("animate", "grandma.png", "aunt.png", *SHORT, "-o", "-"),
        ("animate", "grandma.png", *SHORT, "-o", "-", "--encoder", "frames"),
        ("animate", "grandma.png", *SHORT, "--preview", "-"),
        ("inspect", "grandma.png", "--picture", "-"),
        ("restore", "grandma.png", "-o", "-"),
        ("motion", "plan", "grandma.png", "-o", "-"),
        ("motion", "plot", "m.json", "-o", "-"),
        ("motion", "preview", "m.json", "-o", "-"),
    ],
    ids=lambda command: " ".join(command[:2]),
)
def test_standard_output_is_refused(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: cannot write to standard output, which '-' stands for; name a file\n"
    assert listing() == {"grandma.png"}


@pytest.mark.parametrize("folder", ["new/", "new/films/of us/"])
def test_a_folder_for_which_no_film_was_made_is_not_left(run: Run, folder: str) -> None:
    Path("letter.jpg").write_text("Dear Grandma", encoding="ascii")
    before = listing()
    for photos in (("missing.jpg",), ("letter.jpg",), ("missing.jpg", "letter.jpg")):
        assert run("animate", *photos, "-o", folder).exit_code == 3
        assert listing() == before, photos


def test_a_folder_whose_film_fails_is_not_left(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def fails(clip: Clip, film: Path) -> None:
        seen.append(film.parent.is_dir())
        raise StageError("the lamp is broken")

    monkeypatch.setattr(Clip, "save", fails)
    before = listing()
    assert run("animate", "grandma.png", "-o", "new/").exit_code == 1
    assert seen == [True]
    assert listing() == before


def test_folders_that_were_there_stay_even_if_empty(run: Run) -> None:
    Path("films/of us").mkdir(parents=True)
    before = listing()
    for folder in ("films/of us", "films/of us/", "films/of us/new/"):
        assert run("animate", "missing.jpg", "-o", folder).exit_code == 3
        assert listing() == before


@pytest.mark.parametrize("output", ["shut/inner/film.mp4", "shut/inner/"])
def test_a_folder_that_one_may_not_look_into_is_told(run: Run, monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    Path("shut").mkdir()

    def refusing(call: Callable[..., Any]) -> Callable[..., Any]:
        def refuse(path: Any, *rest: Any, **how: Any) -> Any:
            if "inner" in str(path):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
            return call(path, *rest, **how)

        return refuse

    monkeypatch.setattr(os, "stat", refusing(os.stat))
    monkeypatch.setattr(os, "mkdir", refusing(os.mkdir))
    before = listing()
    for command in (
        ("animate", "grandma.png", *SHORT, "-o", output),
        ("motion", "plan", "grandma.png", "-o", f"{output}m.json"),
    ):
        result = run(*command)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.stderr
        assert result.stderr.startswith("error: cannot ")
    assert listing() == before


def test_a_folder_that_cannot_be_made_is_told_before_any_work(run: Run) -> None:
    before = listing()
    result = run("animate", "missing.jpg", "-o", "grandma.png/films/")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: cannot make the folder grandma.png/films (")
    assert listing() == before


def test_of_folders_that_cannot_all_be_made_none_is_left(tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match="cannot make the folder"):
        plan_destinations([tmp_path / "a.png"], f"{tmp_path}/new/films/{'x' * 300}/", ".mp4")
    assert not (tmp_path / "new").exists()


def test_a_folder_that_another_process_makes_and_removes_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir, made = os.mkdir, []

    def steal(path: Any, *rest: Any, **how: Any) -> None:
        mkdir(path, *rest, **how)
        made.append(path)
        if len(made) == 1:
            os.rmdir(path)

    monkeypatch.setattr(os, "mkdir", steal)
    (planned,) = plan_destinations([tmp_path / "a.png"], f"{tmp_path}/new/films/", ".mp4")
    made.clear()
    with planned.place() as film:
        assert film.parent.is_dir()


def test_place_keeps_a_folder_only_with_something_in_it(tmp_path: Path) -> None:
    photo, folder = tmp_path / "a.png", tmp_path / "new" / "films"
    (planned,) = plan_destinations([photo], f"{folder}/", ".mp4")
    assert not folder.parent.exists()
    with pytest.raises(KeyboardInterrupt), planned.place():
        assert folder.is_dir()
        raise KeyboardInterrupt
    assert not folder.parent.exists()
    with planned.place() as film:
        film.touch()
    assert film == folder / "a.mp4" and film.exists()


def test_a_file_is_put_where_its_folder_is_and_makes_none(tmp_path: Path) -> None:
    (planned,) = plan_destinations([tmp_path / "a.png"], str(tmp_path / "gone" / "a.mp4"), ".mp4")
    with planned.place():
        assert not (tmp_path / "gone").exists()


def test_two_films_of_one_name_are_refused_and_leave_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DestinationError, match="would both become"):
        plan_destinations([tmp_path / "a.png", tmp_path / "old" / "a.jpg"], f"{tmp_path}/new/", ".mp4")
    assert not (tmp_path / "new").exists()


def test_an_empty_folder_is_not_replaced_by_a_file(tmp_path: Path) -> None:
    folder, asked = tmp_path / "stick", list[Path]()
    folder.mkdir()
    with pytest.raises(DestinationError, match="stick: it is a folder; name a file"):
        write_whole(folder, asked.append)
    assert list(tmp_path.iterdir()) == [folder] and folder.is_dir() and not asked
