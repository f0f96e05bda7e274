"""A photo goes down its way, alone or with many others."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_stages import Darkener, DrawnAnalyzer, Make

from photomotion import Animator, Photo
from photomotion.clip import Report
from photomotion.data import Analysis, Finding, Motion, Suitability, Timing
from photomotion.errors import (
    NoFaceFound,
    UnreadablePhoto,
    UsageError,
)
from photomotion.framing import portrait
from photomotion.plugin import Event, Job
from photomotion.registry import Registry
from photomotion.testing.fakes import fake_photo


def test_a_photo_comes_alive(make: Make) -> None:
    photo = fake_photo()
    with make() as animator:
        clip = animator.animate(photo, seconds=0.4, fps=10)
        frames = list(clip)
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    assert np.array_equal(frames[0].pixels, photo.pixels)
    assert (len(clip), clip.timing, clip.motion.frames) == (4, Timing(seconds=0.4, fps=10), 4)


def test_the_size_is_that_of_the_long_edge(make: Make) -> None:
    clip = make().animate(fake_photo(192, 240), seconds=0.1, size=120)
    assert next(iter(clip)).pixels.shape == (120, 96, 3)
    assert clip.photo.height == 120
    with pytest.raises(UsageError, match="too small"):
        make().animate(fake_photo(), size=1)


def test_a_crop_is_made_of_the_photo_and_then_brought_to_size(make: Make) -> None:
    wide = fake_photo(1200, 400)
    whole, analysis = make().prepare(wide)
    x0, y0, x1, y1 = portrait(analysis)
    cut, found = make().prepare(wide, crop=True)
    assert x1 - x0 < 700
    assert np.array_equal(cut.pixels, whole.pixels[y0:y1, x0:x1])
    assert found.matte.shape == cut.pixels.shape[:2]
    clip = make().animate(wide, crop=True, size=100, seconds=0.2)
    assert max(clip.photo.width, clip.photo.height) == 100
    with pytest.raises(NoFaceFound):
        make().animate(np.zeros((64, 64, 3), np.uint8), crop=True)


def test_inspect_and_plan_stop_on_the_way(make: Make) -> None:
    backend = Darkener()
    with make(backend=backend) as animator:
        assert isinstance(animator.inspect(fake_photo()), Analysis)
        motion = animator.plan(fake_photo(), seconds=2, fps=10)
        assert isinstance(motion, Motion)
        assert (motion.frames, motion.fps) == (20, 10)
    assert backend.made == 0


def test_nobody_is_an_error_for_a_film_but_not_for_a_look(make: Make) -> None:
    black = fake_photo().with_pixels(np.zeros((240, 192, 3), np.uint8))
    with make() as animator:
        assert animator.inspect(black).faces == ()
        for method in (animator.animate, animator.plan):
            with pytest.raises(NoFaceFound, match=r"no face was found in fake\.png; use a photo"):
                method(black)


@pytest.mark.parametrize(
    "bad", [{"seconds": 0}, {"seconds": float("nan")}, {"fps": -1}, {"fps": "x"}, {"seed": -1}, {"seed": 0.5}]
)
def test_a_film_that_cannot_be_is_a_usage_error(make: Make, bad: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        make().animate(fake_photo(), **bad)


def test_an_unreadable_photo_is_named(make: Make, tmp_path: Path) -> None:
    with pytest.raises(UnreadablePhoto, match=r"grandma\.jpg"):
        make().animate(tmp_path / "grandma.jpg")


def test_events_tell_the_way(make: Make, tmp_path: Path) -> None:
    events: list[Event] = []
    with make(progress=events.append) as animator:
        animator.animate(fake_photo(), seconds=0.3, fps=10).save(tmp_path / "film.txt")
    assert [e.stage for e in events] == ["restorer", "analyzer", "motion", "conditioner"] + ["encoder"] * 3
    assert [(e.done, e.total) for e in events[-3:]] == [(1, 3), (2, 3), (3, 3)]


def test_many_films_through_the_executor(astronaut: Path, tmp_path: Path) -> None:
    (tmp_path / "empty.png").touch()
    jobs = [
        Job(photo=astronaut, destination=tmp_path / "a.mp4", seed=1),
        Job(photo=tmp_path / "empty.png", destination=tmp_path / "b.mp4"),
        Job(photo=astronaut, destination=tmp_path / "c.mp4", seed=2),
    ]
    with Animator(motion="still", device="cpu") as animator:
        one, two, three = animator.animate_all(jobs, seconds=0.2, fps=10, size=128)
    assert isinstance(one, Report) and isinstance(three, Report)
    assert (one.destination, one.frames, one.seed) == (tmp_path / "a.mp4", 2, 1)
    assert (three.destination, three.seed) == (tmp_path / "c.mp4", 2)
    assert isinstance(two, UnreadablePhoto)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.mp4", "c.mp4", "empty.png"]


def test_many_films_need_names(make: Make) -> None:
    with make() as animator, pytest.raises(UsageError, match="is an object, which a recipe cannot name"):
        animator.animate_all([])


def test_workers_can_travel(registry: Registry) -> None:
    taken: list[Callable[[], object]] = []

    class Sender:
        def run(self, open_worker: Any, jobs: Iterable[Job]) -> Iterator[object]:
            taken.append(pickle.loads(pickle.dumps(open_worker)))
            return iter([])

    with Animator(executor=Sender(), registry=registry) as animator:
        assert list(animator.animate_all([])) == []
    assert callable(taken[0])


def test_the_people_of_an_album_do_not_move_in_step(make: Make) -> None:
    animator = make(motion="natural")
    first, second = (replace(fake_photo(), sha256=digest) for digest in ("aa", "bb"))
    motions = [animator.plan(photo, seconds=5, seed=seed) for photo, seed in ((first, 0), (first, 0), (second, 0))]
    values = [motion.faces[0].values for motion in motions]
    assert (values[0] == values[1]).all()
    assert np.abs(values[0] - values[2]).max() > 0.1


class SidewaysAnalyzer(DrawnAnalyzer):
    """Says of a wide picture that it lies on its side."""

    def analyze(self, photo: Photo) -> Analysis:
        analysis = super().analyze(photo)
        if photo.width <= photo.height:
            return analysis
        finding = Finding(code="rotated-scan", value=90, message="On its side.", action="it is turned upright first")
        return replace(analysis, suitability=Suitability(findings=(finding,), turn=90))


def test_a_scan_on_its_side_is_turned_upright(make: Make) -> None:
    upright = fake_photo()
    lying = upright.turned(270)
    assert (lying.width, lying.height) == (upright.height, upright.width)
    clip = make(analyzer=SidewaysAnalyzer()).animate(lying)
    assert (clip.photo.pixels == upright.pixels).all()
    assert (next(iter(clip)).pixels == upright.pixels).all()
    assert [finding.code for finding in clip.report.findings] == ["rotated-scan"]
    photo, analysis = make(analyzer=SidewaysAnalyzer()).prepare(lying)
    assert (photo.pixels == upright.pixels).all()
    assert analysis.matte.shape == upright.pixels.shape[:2]
    _, of_crop = make(analyzer=SidewaysAnalyzer()).prepare(lying, crop=True)
    assert [finding.code for finding in of_crop.suitability.findings] == ["rotated-scan"]


def test_the_real_analyzer_has_a_scan_turned(astronaut: Path) -> None:
    upright = Animator().prepare(str(astronaut), size=384)[0]
    for degrees in (90, 180, 270):
        turned, analysis = Animator().prepare(upright.turned(degrees))
        assert (turned.pixels == upright.pixels).all()
        assert "rotated-scan" in analysis.suitability.of_face(None)
