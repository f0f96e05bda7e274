"""Scripts: named moves and keyframes over a plan, within what the photo allows."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion import Animator
from photomotion.builtin.direction import Directed
from photomotion.builtin.limits import judge
from photomotion.builtin.moves import MOVES
from photomotion.builtin.priors.still import StillPrior
from photomotion.builtin.script import Script, read_script
from photomotion.data import ARKIT, CHANNELS, Analysis, Face, FaceMotion, Finding, Motion, Suitability, Timing
from photomotion.errors import MotionError
from photomotion.stages import MotionPrior

Said = dict[str, Any]


def people(count: int = 1, codes: tuple[str, ...] = ()) -> Analysis:
    faces = tuple(
        Face(box=(0, 0, 9, 9), landmarks=np.outer(np.arange(478), (0.4, 0, 0)).astype(np.float32)) for _ in range(count)
    )
    findings = tuple(Finding(code=c, value=1.0, message=c, face=0) for c in codes)
    return Analysis(faces=faces, matte=np.zeros((4, 4), np.float32), suitability=Suitability(findings=findings))


def direct(
    script: Said, seconds: float = 5, analysis: Analysis | None = None, prior: MotionPrior | None = None
) -> Motion:
    timing = Timing(seconds=seconds)
    return Directed(prior or StillPrior(), Script.model_validate(script)).plan(analysis or people(), timing, 0)


class Swaying:
    """A prior whose heads sway and breathe, well within the limits and nearly at them."""

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        phase = np.sin(np.arange(timing.frames) / timing.fps)
        values = np.stack([5.5 * phase, 0.6 * phase], axis=1).astype(np.float32)
        return Motion(
            fps=timing.fps, faces=(FaceMotion(channels=("headYaw", "breath"), values=values),) * len(analysis.faces)
        )


@pytest.mark.parametrize("name", MOVES)
def test_every_move_begins_and_ends_at_rest_without_a_jerk(name: str) -> None:
    move = MOVES[name]
    seconds = move.seconds + 1
    motion = Directed(StillPrior(), Script.model_validate({"do": [{"move": name, "at": 0.4}]})).plan(
        people(), Timing(seconds=seconds, fps=120), 0
    )
    face = motion.faces[0]
    assert set(move.curves) <= set(face.channels)
    assert not face.values[:48].any()
    assert np.abs(face.values[-60:]).max() < 1e-6
    assert all(np.abs(face.column(channel)).max() > 0.02 for channel in move.curves)
    speed = np.abs(np.diff(face.values, axis=0)) * 120
    for channel, fastest in zip(face.channels, speed.max(axis=0), strict=True):
        assert fastest < (400 if channel.startswith("gaze") else 40 if channel.startswith("head") else 30), channel
    if move.eyes_stay:
        assert np.abs(face.column("gazeYaw") + face.column("headYaw")).max() < 0.8
        assert np.abs(face.column("gazePitch") + face.column("headPitch")).max() < 0.8


def test_left_is_the_viewer_s() -> None:
    face = direct({"do": [{"move": "turn left", "at": 0.2}, {"move": "wink left", "at": 3.5}]}).faces[0]
    assert face.column("headYaw").max() > 3, "the nose goes to the left of the picture"
    assert face.column("eyeBlinkRight").max() == pytest.approx(1)
    assert not face.column("eyeBlinkLeft").any()


def test_size_and_pace() -> None:
    small, fast = (
        direct({"do": [{"move": "nod", "at": 1, **more}]}).faces[0].column("headPitch")
        for more in ({"size": 0.5}, {"size": 0.5, "pace": 2})
    )
    assert small.max() == pytest.approx(1.75, abs=0.05)
    assert np.flatnonzero(fast)[-1] < np.flatnonzero(small)[-1] - 12


def test_curves_add_or_take_the_place_of_what_is_planned() -> None:
    curve = {"channel": "headYaw", "points": [[1, 0], [2, -2], [3, -2], [4, 0]]}
    base = direct({}, prior=Swaying()).faces[0].column("headYaw")
    added = direct({"curves": [curve]}, prior=Swaying()).faces[0].column("headYaw")
    placed = direct({"curves": [{**curve, "mode": "set"}]}, prior=Swaying()).faces[0].column("headYaw")
    outside = np.r_[0:25, 101:125]
    assert (added[outside] == base[outside]).all()
    assert placed[outside] == pytest.approx(base[outside], abs=1e-6)
    assert added[62] < base[62] - 1
    assert placed[50:75] == pytest.approx(-2, abs=0.3)


def test_a_blink_on_a_blink_is_one() -> None:
    script = {"do": [{"move": "blink", "at": 1.0}, {"move": "close eyes", "at": 0.9}]}
    assert direct(script).faces[0].column("eyeBlinkLeft").max() <= 1


def test_one_face_alone() -> None:
    motion = direct({"do": [{"move": "nod", "at": 1, "face": 2}]}, analysis=people(2))
    assert not motion.faces[0].values.any()
    assert motion.faces[1].column("headPitch").any()


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(MOVES)), st.floats(0, 4), st.floats(0, 3), st.floats(0.5, 3)), max_size=6
    ),
    st.sampled_from([(), ("profile",), ("three-quarter",), ("eyes-closed",), ("mouth-open",), ("sunglasses",)]),
)
def test_whatever_is_directed_the_photo_s_limits_hold(
    cues: list[tuple[str, float, float, float]], codes: tuple[str, ...]
) -> None:
    script = {"do": [{"move": m, "at": at, "size": size, "pace": pace} for m, at, size, pace in cues]}
    analysis = people(codes=codes)
    face = direct(script, analysis=analysis, prior=Swaying()).faces[0]
    limits = judge(analysis.faces[0], set(codes))
    for axis, name in enumerate(("headYaw", "headPitch", "headRoll")):
        assert limits.low[axis] - 1e-5 <= face.column(name).min()
        assert face.column(name).max() <= limits.high[axis] + 1e-5
    for name in face.channels:
        low, high = (0, 1) if name in ARKIT else (-90, 90)
        assert low <= face.column(name).min()
        assert face.column(name).max() <= high
    if not limits.eyes:
        assert not face.column("eyeBlinkLeft").any()
    if not limits.mouth:
        assert not face.column("mouthSmileLeft").any()


TOML = """
[[do]]
move = "nod"
at = 1.5

[[curves]]
channel = "browInnerUp"
points = [[0.5, 0], [1.0, 0.4], [2.0, 0]]
"""


def test_a_script_is_toml_or_json(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(TOML)
    script = read_script(tmp_path / "s.toml")
    (tmp_path / "s.json").write_text(script.model_dump_json())
    assert read_script(tmp_path / "s.json") == script
    options = {"motion": {"script": str(tmp_path / "s.toml")}}
    with Animator(motion="still", options=options) as animator:
        motion = animator._crew.stages.motion.open().plan(people(), Timing(), 0)
    assert motion.faces[0].column("headPitch").max() > 3


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ({"do": [{"move": "dance", "at": 1}]}, "do.0.move: there is no move 'dance'; there are blink, "),
        ({"do": [{"move": "nod"}]}, "do.0.at: Field required"),
        ({"do": [{"move": "nod", "at": -1}]}, "do.0.at: Input should be greater than or equal to 0"),
        ({"curves": [{"channel": "smirk", "points": [[0, 0], [1, 1]]}]}, "there is no channel 'smirk'"),
        ({"curves": [{"channel": "jawOpen", "points": [[1, 0], [1, 0.2]]}]}, "must come one after the other"),
        ({"curves": [{"channel": "jawOpen", "points": [[0, 0], [1, 2]]}]}, r"jawOpen must be 0\.\.1"),
        ({"curves": [{"channel": "jawOpen", "points": [[0, 0.5], [1, 0]]}]}, "must begin with 0"),
        ({"moves": []}, "moves: Extra inputs are not permitted"),
    ],
)
def test_a_script_that_cannot_be_is_refused(tmp_path: Path, script: Said, said: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(json.dumps(script))
    with pytest.raises(MotionError, match=said) as caught:
        read_script(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(("name", "content"), [("s.toml", "= 3"), ("s.json", "{"), ("gone.toml", None)])
def test_an_unreadable_script_is_named(tmp_path: Path, name: str, content: str | None) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(MotionError, match=f"cannot read the script .*{name}"):
        read_script(tmp_path / name)


def test_what_is_beyond_the_film_or_the_people_is_refused() -> None:
    with pytest.raises(MotionError, match="something at 7 s, and the film ends at 5 s"):
        direct({"do": [{"move": "nod", "at": 7}]})
    with pytest.raises(MotionError, match="a face 3, and in the photo are 1"):
        direct({"do": [{"move": "nod", "at": 1, "face": 3}]})


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ({"do": [{"move": "nod", "at": 3.5}]}, "'nod' at 3.5 s is not over when the film ends at 4 s; let it begin"),
        ({"do": [{"move": "turn left", "at": 3.6, "face": 2}]}, "'turn left' at 3.6 s is not over"),
        (
            {"curves": [{"channel": "jawOpen", "points": [[1, 0], [2, 0.5]]}]},
            "jawOpen is at 0.5 when the film ends at 4 s, and begins with 0; lead its points back to 0 before",
        ),
        ({"curves": [{"channel": "cameraZoom", "points": [[1, 0], [3, 0.2]]}]}, "cameraZoom is at 0.2"),
    ],
)
def test_a_script_that_tears_a_loop_open_is_named(tmp_path: Path, line: Said, said: str) -> None:
    innocent = {"channel": "headRoll", "points": [[1, 0], [2, 1], [3, 0]]}
    script = {**line, "curves": [innocent, *line.get("curves", ())]}
    path = tmp_path / "s.json"
    path.write_text(json.dumps(script))
    with Animator(motion="still", options={"motion": {"script": str(path)}}) as animator:
        prior = animator._crew.stages.motion.open()
        prior.plan(people(2), Timing(seconds=4), 0)
        with pytest.raises(MotionError, match=re.escape(said)) as caught:
            prior.plan(people(2), Timing(seconds=4, loop=True), 0)
    assert f"the script {path} makes no loop" in str(caught.value)


def test_a_script_that_leads_back_may_loop() -> None:
    script = Script.model_validate({"do": [{"move": "nod", "at": 1}, {"move": "smile", "at": 0.2}]})
    assert Directed(StillPrior(), script).plan(people(), Timing(seconds=5, loop=True), 0).closes


def test_the_library_knows_only_channels() -> None:
    for name, move in MOVES.items():
        assert set(move.curves) <= set(CHANNELS), name
        for points in move.curves.values():
            assert points[0][1] == points[-1][1] == 0
            assert all(a[0] < b[0] for a, b in pairwise(points))
