"""The backend ``warp``: frames in order, the first at once."""

from __future__ import annotations

import threading
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from photomotion.builtin.backends.warp import WarpBackend
from photomotion.data import Motion, Photo, Timing
from photomotion.errors import UsageError
from photomotion.testing.fakes import fake_conditioning
from photomotion.warp import Scene


def test_the_first_frame_is_there_before_the_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = threading.Event()

    def slow(*given: object) -> Scene:
        assert begin.wait(20)
        return Scene(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("photomotion.builtin.backends.warp.Scene", slow)
    timing = Timing(seconds=0.2)
    conditioning = fake_conditioning(timing)
    frames = WarpBackend().render(conditioning, timing, 0)
    assert np.array_equal(next(frames).pixels, conditioning.photo.pixels)
    begin.set()
    assert [frame.index for frame in frames] == [1, 2, 3, 4]


def test_a_film_that_begins_with_a_movement_begins_with_it() -> None:
    timing = Timing(seconds=0.2)
    given = fake_conditioning(timing)
    moving = Motion(fps=25, faces=tuple(replace(f, values=f.values[[2, 2, 2, 2, 2]]) for f in given.motion.faces))
    first = next(WarpBackend().render(replace(given, motion=moving), timing, 0))
    assert not np.array_equal(first.pixels, given.photo.pixels)


def test_opencv_does_not_split_its_calls_while_frames_are_drawn_side_by_side() -> None:
    timing = Timing(seconds=0.4)
    usual = cv2.getNumThreads()
    cv2.setNumThreads(2)
    try:
        one, other = (WarpBackend().render(fake_conditioning(timing), timing, 0) for _ in range(2))
        for frames in (one, other):
            next(frames), next(frames)
        assert cv2.getNumThreads() == 1
        assert len(list(one)) == timing.frames - 2
        assert cv2.getNumThreads() == 1  # the other film is not done
        other.close()  # type: ignore[attr-defined]
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(usual)


def test_who_waits_for_a_frame_draws_those_that_nobody_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    timing, draw, mine, drawn = Timing(seconds=0.4), Scene.draw, threading.Event(), list[tuple[int, bool]]()

    def watched(scene: Scene, row: int) -> npt.NDArray[np.uint8]:
        here = threading.current_thread() is threading.main_thread()
        drawn.append((row, here))
        assert here or mine.wait(20)
        if here:
            mine.set()
        return draw(scene, row)

    monkeypatch.setattr(Scene, "draw", watched)
    monkeypatch.setattr("photomotion.builtin.backends.warp.SMALL", 0)
    given = fake_conditioning(timing)
    frames = list(WarpBackend(workers=1).render(given, timing, 0))
    assert [frame.index for frame in frames] == list(range(10))
    assert sorted(row for row, _ in drawn) == list(range(1, 10))
    assert {here for _, here in drawn} == {True, False}
    monkeypatch.undo()
    scene = Scene(given.photo, given.analysis, given.motion)
    assert all(np.array_equal(frame.pixels, scene.draw(frame.index)) for frame in frames)


def test_a_photo_longer_than_opencv_can_read_is_refused_in_one_line() -> None:
    timing = Timing(seconds=0.2)
    long = Photo(pixels=np.zeros((8, 40_000, 3), np.uint8), name="river.png")
    frames = WarpBackend().render(replace(fake_conditioning(timing), photo=long), timing, 0)
    with pytest.raises(UsageError, match=r"at most 32766 pixels a side, river.png is 40000 x 8; ask for a smaller"):
        next(frames)
