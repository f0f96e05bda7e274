"""The choice of stages is checked before anything loads; a photo goes down its way; faults carry names."""

from __future__ import annotations

import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
import pytest
from fake_stages import Darkener, DrawnAnalyzer, Lister
from pydantic import Field

from photomotion import Animator, Photo
from photomotion.clip import Report
from photomotion.data import Analysis, Conditioning, FaceMotion, Finding, Frame, Motion, Suitability, Timing
from photomotion.errors import (
    IncompatibleStages,
    NoFaceFound,
    OptionsError,
    StageError,
    UnknownImplementation,
    UnreadablePhoto,
    UsageError,
    WeightsError,
)
from photomotion.framing import portrait
from photomotion.plugin import Event, Implementation, Job, Options, Runtime, hookimpl
from photomotion.registry import Registry
from photomotion.testing.fakes import fake_motion, fake_photo

Make = Callable[..., Animator]


@pytest.fixture
def make(registry: Registry) -> Make:
    """An Animator of stages that need no models, each replaceable."""

    def build(**stages: Any) -> Animator:
        given = {"analyzer": DrawnAnalyzer(), "motion": "still", "backend": Darkener(), "encoder": Lister(), **stages}
        return Animator(**{"registry": registry, **given})

    return build


class SlowOptions(Options):
    steps: int = Field(20, ge=1, le=99)
    """Steps."""
    mode: Literal["fast", "fine"] = "fast"
    """Mode."""


def registry_with(load: Callable[..., Any], **fields: Any) -> Registry:
    """A registry with one more backend, ``slow``."""
    offer = Implementation(name="slow", summary="Slow.", options=SlowOptions, load=load, **fields)
    module = ModuleType("slow")
    module.photomotion_backends = hookimpl(lambda: [offer])  # type: ignore[attr-defined]
    registry = Registry(discover=False)
    registry.admit("slow", module)
    return registry


def never(*args: object) -> None:
    raise AssertionError("loaded too early")


# ---- the choice


def test_an_unknown_name_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownImplementation, match=r"no backend named 'wrap'; installed: warp; did you mean 'warp'\?"):
        Animator(backend="wrap", registry=registry)
    with pytest.raises(UnknownImplementation, match="no postprocessor named 'glow'; installed: none"):
        Animator(postprocessors=["glow"], registry=registry)


@pytest.mark.parametrize("stage", ["restorer", "analyzer", "motion", "conditioner", "backend", "encoder", "executor"])
def test_an_object_that_cannot_be_the_stage_is_refused(registry: Registry, stage: str) -> None:
    with pytest.raises(UsageError, match=f"{stage}: an object of type int has no "):
        Animator(**{stage: 3}, registry=registry)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"{stage} Darkener is a class; give an object of it"):
        Animator(**{stage: Darkener}, registry=registry)  # type: ignore[arg-type]


def test_the_missing_methods_are_named(registry: Registry) -> None:
    with pytest.raises(UsageError, match=r"type Darkener has no encode and no suffix; .*photomotion\.stages\.Encoder"):
        Animator(encoder=Darkener(), registry=registry)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"write \('glow',\)"):
        Animator(postprocessors="glow", registry=registry)


def test_all_faults_of_all_stages_come_at_once() -> None:
    registry = registry_with(never)
    with pytest.raises(OptionsError) as caught:
        Animator(
            backend="slow",
            registry=registry,
            options={
                "backend": {"stesp": 3, "steps": 0, "mode": "slow"},
                "motion": {"strength": "much"},
                "encoder": {"crf": 52},
                "restorer": {"strength": 1},
                "bakend": {},
                "analyzer": 3,  # type: ignore[dict-item]
                "postprocessors": {"glow": {}},
            },
        )
    lines = str(caught.value).splitlines()
    assert "backend 'slow' (plugin 'slow'): option 'stesp' is unknown; did you mean 'steps'?" in lines
    assert "backend 'slow' (plugin 'slow'): option 'steps': 0 given, must be at least 1" in lines
    assert "backend 'slow' (plugin 'slow'): option 'mode': 'slow' given, must be one of 'fast' or 'fine'" in lines
    assert "options: no stage is called 'bakend'; did you mean 'backend'?" in lines
    assert "options: postprocessor 'glow' is not among those chosen" in lines
    assert "options of analyzer must be names with values, not 3" in lines
    assert any("option 'strength': 'much' given" in line for line in lines)
    assert any("option 'crf': 52 given, must be at most 51" in line for line in lines)
    assert any(line.startswith("restorer 'none'") and "known: none" in line for line in lines)
    assert len(lines) == 9


def test_options_of_an_object_are_refused(make: Make) -> None:
    with pytest.raises(OptionsError, match="backend Darkener is an object; set its options where it is made"):
        make(options={"backend": {"x": 1}})


def test_options_reach_the_stage_and_are_parsed(make: Make) -> None:
    seen: list[Any] = []

    def load(options: SlowOptions, runtime: Runtime) -> Darkener:
        seen.append((options.steps, runtime.device))
        return Darkener()

    registry = registry_with(load)
    with make(backend="slow", registry=registry, options={"backend": {"steps": "7"}}, device="cuda:1") as animator:
        clip = animator.animate(fake_photo(), seconds=0.2)
        assert seen == []
        list(clip)
        list(clip)
    assert seen == [(7, "cuda:1")]


def test_an_unknown_device_is_refused(make: Make) -> None:
    with pytest.raises(UsageError, match="no device is called 'gpu'"):
        make(device="gpu")


def test_stages_that_do_not_fit_are_refused_before_loading(make: Make) -> None:
    registry = registry_with(never, needs=frozenset({"image", "guide"}))
    with pytest.raises(
        IncompatibleStages, match=r"backend 'slow' .* needs guide, which conditioner 'image' .* not give"
    ):
        make(backend="slow", registry=registry)
    fits = registry_with(never, needs=frozenset({"image"}))
    bare = ModuleType("bare")
    offer = Implementation(name="bare", summary="Gives nothing.", options=Options, load=never)
    bare.photomotion_conditioners = hookimpl(lambda: [offer])  # type: ignore[attr-defined]
    fits.admit("bare", bare)
    assert make(backend="slow", conditioner="bare", registry=fits)
    prefers = registry_with(never, prefers="nobody")
    with pytest.raises(UnknownImplementation, match="no conditioner named 'nobody'"):
        make(backend="slow", registry=prefers)
    assert make(backend="slow", conditioner="image", registry=prefers)


# ---- the photo's way


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


# ---- faults


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
            animator._on_event(notice)
            animator._on_event(Event(stage="backend", message="step 1"))
            return super().render(conditioning, timing, seed)

    with make(backend=Talker(), progress=events.append) as animator:
        clip = animator.animate(fake_photo(), seconds=0.2, fps=10)
        assert clip.report.notices == ()
        report = clip.save(tmp_path / "film.txt")
        assert clip.save(tmp_path / "again.txt").notices == report.notices
    assert report.notices == ("half precision, as memory is short",)
    assert report.to_dict()["notices"] == report.notices
    assert notice in events


# ---- closing


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


# ---- many films


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
