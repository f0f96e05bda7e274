"""A film is rendered when it is asked for, appears whole or not at all, and never piles up in memory."""

from __future__ import annotations

import gc
import json
import tracemalloc
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from fake_stages import Darkener, DrawnAnalyzer, Lister

from photomotion import Animator, Clip
from photomotion.errors import DestinationError, StageError, UsageError
from photomotion.plugin import Implementation, Options, Runtime, hookimpl
from photomotion.registry import Registry
from photomotion.testing.fakes import fake_photo

Film = Callable[..., Clip]


@pytest.fixture
def film(registry: Registry) -> Film:
    """A clip of three frames by stages that need no models."""

    def build(seconds: float = 0.3, **stages: Any) -> Clip:
        given = {"analyzer": DrawnAnalyzer(), "motion": "still", "backend": Darkener(), "encoder": Lister(), **stages}
        return Animator(registry=registry, **given).animate(fake_photo(), seconds=seconds, fps=10, seed=4)

    return build


def test_nothing_is_rendered_before_it_is_asked_for(film: Film) -> None:
    backend = Darkener()
    clip = film(backend=backend)
    assert (len(clip), backend.made) == (3, 0)
    assert repr(clip) == "<Clip of fake.png: 3 frames, 192x240, 10 fps>"


def test_each_iteration_renders_afresh(film: Film) -> None:
    backend = Darkener()
    clip = film(backend=backend)
    one, two = ([frame.pixels for frame in clip] for _ in range(2))
    assert backend.made == 6
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))


def test_leaving_early_lets_the_backend_go(film: Film) -> None:
    backend = Darkener()
    frames = film(backend=backend).frames()
    next(frames)
    frames.close()
    assert (backend.made, backend.left) == (1, 1)


def test_saving_writes_the_film_and_reports(film: Film, tmp_path: Path) -> None:
    clip = film()
    report = clip.save(tmp_path / "film.txt")
    assert [line.split()[0] for line in (tmp_path / "film.txt").read_text().splitlines()] == ["0", "1", "2"]
    assert (report.photo, report.frames, report.seconds, report.seed, report.faces) == ("fake.png", 3, 0.3, 4, 1)
    assert report.destination == tmp_path / "film.txt"
    assert report.wall_seconds is not None and report.wall_seconds > 0
    assert (clip.report.destination, clip.report.wall_seconds) == (None, None)
    assert json.loads(json.dumps(report.to_dict()))["destination"] == str(tmp_path / "film.txt")


def test_saving_replaces_a_file_and_takes_plain_strings(
    film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("film.txt").write_text("old")
    film().save("film.txt")
    assert Path("film.txt").read_text().startswith("0 ")
    assert [p.name for p in tmp_path.iterdir()] == ["film.txt"]


@pytest.mark.parametrize("fault", [RuntimeError("full"), KeyboardInterrupt(), SystemExit(1), MemoryError()])
@pytest.mark.parametrize("where", ["backend", "encoder"])
def test_whatever_goes_wrong_nothing_is_left(film: Film, tmp_path: Path, fault: BaseException, where: str) -> None:
    (tmp_path / "film.txt").write_text("the film before")
    backend = Darkener(fault) if where == "backend" else Darkener()
    encoder = Lister(fault) if where == "encoder" else Lister()
    with pytest.raises(StageError if isinstance(fault, Exception) else type(fault)):
        film(backend=backend, encoder=encoder).save(tmp_path / "film.txt")
    assert backend.left == 1
    assert [p.name for p in tmp_path.iterdir()] == ["film.txt"]
    assert (tmp_path / "film.txt").read_text() == "the film before"


def test_a_folder_half_written_is_removed_too(film: Film, tmp_path: Path) -> None:
    with pytest.raises(StageError):
        film(backend=Darkener(RuntimeError())).save(tmp_path / "frames")
    assert list(tmp_path.iterdir()) == []


def test_an_encoder_that_writes_nothing_is_told_so(film: Film, tmp_path: Path) -> None:
    class Lazy(Lister):
        def encode(self, frames: object, destination: Path, timing: object) -> None:
            pass

    with pytest.raises(StageError, match="encoder Lazy wrote nothing"):
        film(encoder=Lazy()).save(tmp_path / "film.txt")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no/folder/film.txt", r"the folder .*folder does not exist; make it first"),
        ("full", "it is a folder that is not empty"),
        ("film.xyz", r"no encoder for '\.xyz' is installed; known: \.txt, \.mp4, a folder"),
        ("film.txt/film.txt", "does not exist"),
    ],
)
def test_a_place_that_cannot_be_is_refused_before_rendering(film: Film, tmp_path: Path, path: str, said: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "old.png").touch()
    (tmp_path / "film.txt").touch()
    backend = Darkener()
    with pytest.raises(DestinationError, match=said):
        film(backend=backend).save(tmp_path / path)
    assert backend.made == 0


def test_a_folder_that_takes_no_file_is_refused_before_rendering(
    film: Film, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    backend = Darkener()
    with pytest.raises(DestinationError, match=r"takes no new file .Permission denied.; choose another folder"):
        film(backend=backend).save(tmp_path / "film.txt")
    assert backend.made == 0


def test_a_folder_in_the_films_place_is_refused(film: Film, tmp_path: Path) -> None:
    (tmp_path / "film.txt").mkdir()
    (tmp_path / "film.txt" / "x").touch()
    with pytest.raises(DestinationError, match="not empty"):
        film().save(tmp_path / "film.txt")


def test_the_ending_picks_another_encoder(film: Film, tmp_path: Path) -> None:
    clip = film()
    clip.save(tmp_path / "film.MP4")
    assert (tmp_path / "film.MP4").read_bytes()[4:8] == b"ftyp"
    (tmp_path / "frames").mkdir()
    clip.save(tmp_path / "frames")
    assert len(list((tmp_path / "frames").glob("*.png"))) == 3
    clip.save(tmp_path / "film.txt")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["film.MP4", "film.txt", "frames"]


def test_an_encoder_that_must_be_told_something_is_passed_over(registry: Registry, film: Film, tmp_path: Path) -> None:
    class KeyOptions(Options):
        key: str

    def load(options: KeyOptions, runtime: Runtime) -> Lister:
        return Lister()

    needy = ModuleType("needy")
    offer = Implementation(name="needy", summary="Needs a key.", options=KeyOptions, load=load)
    needy.photomotion_encoders = hookimpl(lambda: [offer])  # type: ignore[attr-defined]
    registry.admit("needy", needy)
    with pytest.raises(DestinationError, match=r"no encoder for '\.xyz' is installed"):
        film().save(tmp_path / "film.xyz")


def test_an_encoder_of_folders_takes_any_name_no_other_wants(film: Film, tmp_path: Path) -> None:
    film(encoder="frames").save(tmp_path / "take.2")
    assert (tmp_path / "take.2").is_dir()


def test_a_long_name_is_no_hindrance(film: Film, tmp_path: Path) -> None:
    film().save(tmp_path / ("x" * 250 + ".txt"))


def test_a_notebook_shows_the_film(film: Film) -> None:
    assert film()._repr_html_().startswith('<video controls autoplay loop muted src="data:video/mp4;base64,')


def test_a_clip_of_a_closed_animator_says_so(registry: Registry, tmp_path: Path) -> None:
    with Animator(analyzer=DrawnAnalyzer(), motion="still", registry=registry) as animator:
        clip = animator.animate(fake_photo(), seconds=0.1)
    with pytest.raises(UsageError, match="this Animator is closed; save or iterate its clips before"):
        clip.save(tmp_path / "film.mp4")
    with pytest.raises(UsageError, match="closed"):
        list(clip)


def test_frames_do_not_pile_up(film: Film, tmp_path: Path) -> None:
    def peak(seconds: float) -> int:
        clip = film(seconds=seconds)
        tracemalloc.start()
        clip.save(tmp_path / "film.txt")
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(0.5)
    frame = fake_photo().pixels.nbytes
    assert peak(20) < peak(0.5) + frame


def test_an_animator_that_is_dropped_is_freed(registry: Registry) -> None:
    animator = Animator(analyzer=DrawnAnalyzer(), registry=registry)
    gone = weakref.ref(animator)
    del animator
    gc.collect()
    assert gone() is None
