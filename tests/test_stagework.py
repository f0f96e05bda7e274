"""Stages at work: loaded when they are needed, told what they did wrong, closed at the end; faults carry names."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_stages import Darkener, DrawnAnalyzer, Lister, Make, never, registry_with

from photomotion import Animator, Photo
from photomotion.data import Analysis, Conditioning, FaceMotion, Frame, Motion, Timing
from photomotion.errors import (
    StageError,
    UsageError,
    WeightsError,
)
from photomotion.plugin import Event
from photomotion.registry import Registry
from photomotion.testing.fakes import fake_motion, fake_photo


class Failing:
    """Fails in whatever it is asked."""

    def fail(self, *args: object) -> Any:
        raise RuntimeError("out of memory")

    restore = analyze = plan = condition = render = process = fail


@pytest.mark.parametrize("stage", ["restorer", "analyzer", "motion", "conditioner", "backend", "postprocessors"])
def test_a_fault_names_stage_and_photo(make: Make, stage: str) -> None:
    failing: Any = [Failing()] if stage == "postprocessors" else Failing()
    with (
        make(**{stage: failing}) as animator,
        pytest.raises(StageError, match=r"Failing failed on fake\.png: RuntimeError: out of memory") as caught,
    ):
        list(animator.animate(fake_photo(), seconds=0.1))
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert str(caught.value).startswith(stage.removesuffix("s"))


def test_a_fault_while_frames_are_made_names_the_stage_that_made_it(make: Make) -> None:
    class Watermark:
        def process(self, frames: Iterable[Frame], photo: Photo, analysis: Analysis) -> Iterator[Frame]:
            yield from frames

    backend = Darkener(ZeroDivisionError())
    frames = make(backend=backend, postprocessors=[Watermark()]).animate(fake_photo(), seconds=1).frames()
    assert [next(frames).index, next(frames).index] == [0, 1]
    with pytest.raises(StageError, match=r"backend Darkener failed on fake\.png: ZeroDivisionError"):
        next(frames)
    assert backend.left == 1


@pytest.mark.parametrize("fault", [MemoryError(), RuntimeError("(-4:Insufficient memory) Failed to allocate 9 bytes")])
def test_too_little_memory_is_said_with_its_cure(make: Make, fault: Exception) -> None:
    clip = make(backend=Darkener(fault)).animate(fake_photo())
    with pytest.raises(StageError, match=r"Darkener ran out of memory on fake\.png; ask for a smaller size") as caught:
        list(clip)
    assert caught.value.__cause__ is None  # one line, no traceback


def test_our_own_errors_pass_unchanged(make: Make) -> None:
    with pytest.raises(WeightsError, match=r"^none here$"):
        list(make(backend=Darkener(WeightsError("none here"))).animate(fake_photo()))


def test_a_missing_package_is_named_with_its_cure(install: Callable[..., None], make: Make) -> None:
    install("needy")
    with make(backend="needy", registry=Registry()) as animator:
        clip = animator.animate(fake_photo())
        with pytest.raises(
            StageError, match=r"^backend 'needy' needs 'no_such_package'; pip install photomotion-needy$"
        ):
            list(clip)


def test_slow_imports_begin_while_the_photo_is_looked_at(make: Make, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "slow_library.py").write_text("", encoding="utf-8")
    (tmp_path / "broken_library.py").write_text("1 / 0", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry = registry_with(never, imports=("broken_library", "no_such_library", "slow_library"))
    with make(backend="slow", registry=registry) as animator:
        assert "slow_library" not in sys.modules
        animator.animate(fake_photo())  # what is broken is for ``load`` to tell
        for thread in threading.enumerate():
            if thread.name == "photomotion-imports":
                thread.join()
        assert sys.modules.pop("slow_library").__file__ == str(tmp_path / "slow_library.py")


def test_a_fault_in_loading_names_the_distribution(install: Callable[..., None], make: Make) -> None:
    install("ok")
    with pytest.raises(StageError, match=r"backend 'ok' \(photomotion-ok 1\.0\) cannot be loaded: AssertionError"):
        list(make(backend="ok", registry=Registry()).animate(fake_photo()))


def test_what_load_returns_must_be_the_stage(make: Make) -> None:
    registry = registry_with(lambda options, runtime: Lister())
    with pytest.raises(StageError, match=r"backend 'slow' .*: load\(\) returned Lister, which has no render"):
        list(make(backend="slow", registry=registry).animate(fake_photo()))


def test_a_weight_file_nobody_has_is_an_error_with_words(make: Make) -> None:
    registry = registry_with(lambda options, runtime: runtime.weights("big-1.1"))
    with pytest.raises(WeightsError, match=r"big-1\.1"):
        list(make(backend="slow", registry=registry).animate(fake_photo()))


class Odd:
    """A backend that does what it was told to do wrong."""

    def __init__(self, change: Callable[[list[Frame]], list[Any]]) -> None:
        self.change = change

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        yield from self.change(list(Darkener().render(conditioning, timing, seed)))


def small(frame: Frame) -> Frame:
    return Frame(index=frame.index, time=frame.time, pixels=frame.pixels[:10, :20])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda f: f[:3], "yielded 3 frames, must yield 4"),
        (lambda f: [], "yielded 0 frames, must yield 4"),
        (lambda f: [*f, replace(f[0], index=4)], "yielded frame 4, expected the end after 4 frames"),
        (lambda f: f[::-1], "yielded frame 3, expected frame 0"),
        (lambda f: [small(x) for x in f], "frame 0 is 20x10, must be 192x240"),
        (lambda f: [*f[:2], small(f[2]), f[3]], "frame 2 is 20x10, must be 192x240"),
        (lambda f: [x.pixels for x in f], "yielded ndarray, must yield Frame"),
        (lambda f: [None, *f], "yielded NoneType, must yield Frame"),
    ],
)
def test_a_backend_that_yields_something_else_is_told_so(
    make: Make, change: Callable[[list[Frame]], list[Any]], said: str
) -> None:
    clip = make(backend=Odd(change)).animate(fake_photo(), seconds=0.4, fps=10)
    with pytest.raises(StageError, match=f"backend Odd.*{said}"):
        list(clip)


class Returns:
    """Returns what it was given, whatever it is asked."""

    def __init__(self, value: object) -> None:
        self.value = value

    def give(self, *args: object) -> Any:
        return self.value

    restore = analyze = plan = condition = render = give


@pytest.mark.parametrize(
    ("stage", "value", "said"),
    [
        ("restorer", None, r"restore\(\) returned NoneType, must return Restoration"),
        ("restorer", fake_photo(), r"restore\(\) returned Photo, must return Restoration"),
        ("analyzer", (), r"analyze\(\) returned tuple, must return Analysis"),
        ("analyzer", DrawnAnalyzer().analyze(fake_photo(64, 80)), "the matte has shape"),
        ("motion", {}, r"plan\(\) returned dict, must return Motion"),
        ("motion", fake_motion(Timing(seconds=9, fps=9)), "planned 81 frames for 1 faces, must be 125 frames for 1"),
        ("motion", fake_motion(Timing(), faces=2), "planned 125 frames for 2 faces"),
        ("conditioner", None, r"condition\(\) returned NoneType, must return Conditioning"),
        ("backend", None, "failed on"),
        ("backend", 7, "failed on"),
    ],
)
def test_what_a_stage_returns_is_checked(make: Make, stage: str, value: object, said: str) -> None:
    with pytest.raises(StageError, match=f"{stage} Returns.*{said}"):
        list(make(**{stage: Returns(value)}).animate(fake_photo()))


def ramp(timing: Timing) -> Motion:
    """A head that turns and turns, and never comes back."""
    values = np.linspace(0, 5, timing.frames, dtype=np.float32)[:, None]
    return Motion(fps=timing.fps, faces=(FaceMotion(channels=("headYaw",), values=values),))


def test_a_loop_that_is_none_is_refused(make: Make) -> None:
    animator = make(motion=Returns(ramp(Timing(seconds=2))))
    animator.animate(fake_photo(), seconds=2)
    with pytest.raises(StageError, match="Returns planned a motion that does not lead back to its beginning: headYaw"):
        animator.animate(fake_photo(), seconds=2, loop=True)


def test_the_natural_prior_loops(make: Make) -> None:
    motion = make(motion="natural").animate(fake_photo(), seconds=4, loop=True).motion
    assert motion.closes
    assert motion.faces[0].values.any()


def test_notices_are_kept_in_the_report(make: Make, tmp_path: Path) -> None:
    events: list[Event] = []
    notice = Event(stage="backend", message="half precision, as memory is short", notice=True)

    class Talker(Darkener):
        def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
            animator._crew.hear(notice)
            animator._crew.hear(Event(stage="backend", message="step 1"))
            return super().render(conditioning, timing, seed)

    with make(backend=Talker(), progress=events.append) as animator:
        clip = animator.animate(fake_photo(), seconds=0.2, fps=10)
        assert clip.report.notices == ()
        report = clip.save(tmp_path / "film.txt")
        assert clip.save(tmp_path / "again.txt").notices == report.notices
    assert report.notices == ("half precision, as memory is short",)
    assert report.to_dict()["notices"] == report.notices
    assert notice in events


def test_stages_are_loaded_once_and_closed_once(make: Make) -> None:
    analyzer = DrawnAnalyzer()
    animator = make(analyzer=analyzer)
    animator.inspect(fake_photo())
    animator.inspect(fake_photo())
    assert (analyzer.calls, analyzer.closed) == (2, 0)
    animator.close()
    animator.close()
    assert analyzer.closed == 1
    with pytest.raises(UsageError, match="this Animator is closed"):
        animator.inspect(fake_photo())


def test_every_stage_is_closed_even_if_one_cannot(make: Make) -> None:
    class Stuck(Darkener):
        def close(self) -> None:
            raise RuntimeError("stuck")

    analyzer = DrawnAnalyzer()
    with pytest.raises(RuntimeError, match="stuck"):
        make(analyzer=analyzer, backend=Stuck()).close()
    assert analyzer.closed == 1


def test_what_was_never_used_is_never_loaded() -> None:
    with Animator(backend="slow", registry=registry_with(never)):
        pass
