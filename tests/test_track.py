"""The motion prior ``track``: what was recorded is played, from where it is like the photo, within its limits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion import Animator
from photomotion.builtin.limits import judge
from photomotion.builtin.priors.natural import NaturalPrior
from photomotion.builtin.priors.track import TrackPrior
from photomotion.data import ARKIT, Analysis, Face, FaceMotion, Finding, Motion, Pose, Suitability, Timing
from photomotion.errors import MotionError
from photomotion.plotting import blink_times


def people(*faces: dict[str, Any], codes: tuple[str, ...] = ()) -> Analysis:
    made = tuple(
        Face(box=(0, 0, 9, 9), landmarks=np.outer(np.arange(478), (0.4, 0, 0)).astype(np.float32), **f)
        for f in faces or ({},)
    )
    findings = tuple(Finding(code=c, value=1.0, message=c, face=0) for c in codes)
    return Analysis(faces=made, matte=np.zeros((4, 4), np.float32), suitability=Suitability(findings=findings))


def saved(folder: Path, fps: float = 50.0, **channels: np.ndarray) -> Path:
    values = np.stack(list(channels.values()), axis=1).astype(np.float32)
    motion = Motion(fps=fps, faces=(FaceMotion(channels=tuple(channels), values=values),))
    motion.save(folder / "m.npz")
    return folder / "m.npz"


def test_a_planned_motion_is_played_as_it_is(tmp_path: Path) -> None:
    timing = Timing(seconds=6)
    planned = NaturalPrior().plan(people(), timing, 4)
    planned.save(tmp_path / "m.npz")
    played = TrackPrior(tmp_path / "m.npz").plan(people(), timing, 0)
    for name in planned.faces[0].channels:
        tolerance = 0.35 if name.startswith("head") else 1e-6
        assert played.faces[0].column(name) == pytest.approx(planned.faces[0].column(name), abs=tolerance), name


def test_it_starts_where_the_recording_is_like_the_photo(tmp_path: Path) -> None:
    rows = np.arange(500)
    yaw = 20 * np.cos(rows / 500 * 2 * np.pi)
    path = saved(tmp_path, headYaw=yaw, eyeBlinkLeft=np.where(rows % 50 < 4, 1.0, 0.1), jawOpen=0.02 + 0 * yaw)
    for pose in (-15.0, 0.0, 12.0):
        face = TrackPrior(path).plan(people({"pose": Pose(yaw=pose)}), Timing(seconds=0.6), 0).faces[0]
        assert not face.values[0].any()
        # The other crossing of the same angle is as good: what is played is known by the first half second.
        ways = [yaw[row + 25] - yaw[row] for row in np.flatnonzero(np.abs(yaw[:400] - pose) < 2)]
        gain = judge(people({"pose": Pose(yaw=pose)}).faces[0], frozenset()).gains()[0]
        assert min(abs(face.column("headYaw")[12] - gain * way) for way in ways) < 1.5


def test_narrow_eyes_do_not_start_in_the_middle_of_a_blink(tmp_path: Path) -> None:
    lids = np.r_[0.02, np.full(40, 0.1), 0.5, np.full(160, 0.1)]
    path = saved(tmp_path, eyeBlinkLeft=lids, eyeBlinkRight=lids)
    face = TrackPrior(path).plan(people({"eyes_open": (0.5, 0.5)}), Timing(seconds=1), 0).faces[0]
    assert face.column("eyeBlinkLeft")[1:].max() > 0.3, "the blink at row 41 is played, not begun with"


def test_a_start_may_be_given(tmp_path: Path) -> None:
    path = saved(tmp_path, headPitch=np.linspace(-3, 3, 301))
    face = TrackPrior(path, start=2.0).plan(people(), Timing(seconds=1, fps=25), 0).faces[0]
    assert face.column("headPitch")[10] == pytest.approx(0.4, abs=0.01)
    with pytest.raises(MotionError, match=r"is 6\.0 s long, so it cannot start at 9 s"):
        TrackPrior(path, start=9.0)


@given(fps=st.floats(10, 60), at=st.integers(20, 110))
def test_no_blink_falls_between_two_frames(tmp_path_factory: pytest.TempPathFactory, fps: float, at: int) -> None:
    lids = np.full(120, 0.05)
    lids[at] = 1.0
    path = saved(tmp_path_factory.mktemp("m"), fps=60.0, eyeBlinkLeft=lids, eyeBlinkRight=lids)
    face = TrackPrior(path, start=0.0).plan(people(), Timing(seconds=1.9, fps=fps), 0).faces[0]
    assert face.column("eyeBlinkLeft").max() == pytest.approx(1.0)
    assert len(blink_times(face)) == 1


def test_when_it_is_over_the_face_comes_back(tmp_path: Path) -> None:
    path = saved(tmp_path, headYaw=np.r_[np.zeros(1), np.full(99, 3.0)])
    face = TrackPrior(path).plan(people(), Timing(seconds=5), 0).faces[0]
    yaw = face.column("headYaw")
    assert yaw[20] > 2
    assert not yaw[51:].any()
    assert np.abs(np.diff(yaw[2:])).max() < 0.4
    looped = TrackPrior(path).plan(people(), Timing(seconds=2, loop=True), 0)
    assert looped.closes
    assert looped.faces[0].column("headYaw").max() > 2


def test_a_mirror_exchanges_left_and_right(tmp_path: Path) -> None:
    rise = np.linspace(0, 1, 50)
    path = saved(tmp_path, headYaw=3 * rise, headPitch=2 * rise, mouthSmileLeft=0.5 * rise, gazeYaw=4 * rise)
    plain, mirrored = (TrackPrior(path, mirror=m).plan(people(), Timing(seconds=1), 0).faces[0] for m in (False, True))
    assert mirrored.column("headYaw") == pytest.approx(-plain.column("headYaw"))
    assert mirrored.column("gazeYaw") == pytest.approx(-plain.column("gazeYaw"))
    assert mirrored.column("headPitch") == pytest.approx(plain.column("headPitch"))
    assert mirrored.column("mouthSmileRight") == pytest.approx(plain.column("mouthSmileLeft"))
    assert not mirrored.column("mouthSmileLeft").any()


@pytest.mark.parametrize("code", ["profile", "three-quarter", "tiny-face", "eyes-closed", "sunglasses", "mouth-open"])
def test_the_photo_s_limits_hold(tmp_path: Path, code: str) -> None:
    rng = np.random.default_rng(1)
    wild = {name: np.r_[0, rng.uniform(0, 1, 99)] for name in ARKIT}
    wild |= {name: np.r_[0, rng.uniform(-60, 60, 99)] for name in ("headYaw", "headPitch", "headRoll")}
    analysis = people(codes=(code,))
    face = TrackPrior(saved(tmp_path, **wild), strength=2).plan(analysis, Timing(seconds=2), 0).faces[0]
    limits = judge(analysis.faces[0], {code})
    for axis, name in enumerate(("headYaw", "headPitch", "headRoll")):
        assert limits.low[axis] <= face.column(name).min()
        assert face.column(name).max() <= limits.high[axis]
    if not limits.eyes:
        assert not face.column("eyeBlinkLeft").any()
    if not limits.mouth:
        assert not face.column("mouthSmileLeft").any()


def test_those_who_were_not_recorded_are_still_or_do_the_same(tmp_path: Path) -> None:
    path = saved(tmp_path, headYaw=np.linspace(0, 3, 60))
    first, second = TrackPrior(path).plan(people({}, {}), Timing(seconds=1), 0).faces
    assert first.column("headYaw").any()
    assert not second.values.any()
    first, second = TrackPrior(path, others="same").plan(people({}, {}), Timing(seconds=1), 0).faces
    assert (first.values == second.values).all()


def test_a_file_of_nobody_is_refused(tmp_path: Path) -> None:
    Motion(fps=25, faces=()).save(tmp_path / "m.json")
    with pytest.raises(MotionError, match="nobody moves in it"):
        TrackPrior(tmp_path / "m.json")


def test_a_recorded_face_without_channels_is_still(tmp_path: Path) -> None:
    rest = FaceMotion(channels=(), values=np.zeros((50, 0), np.float32))
    Motion(fps=25, faces=(rest,)).save(tmp_path / "m.json")
    (played,) = TrackPrior(tmp_path / "m.json").plan(people(), Timing(seconds=1), 0).faces
    assert played.values.shape == (25, 0)


def test_it_is_found_by_name(tmp_path: Path) -> None:
    path = saved(tmp_path, headYaw=np.linspace(0, 3, 60))
    options = {"motion": {"file": str(path), "strength": "0.5"}}
    with Animator(motion="track", options=options) as animator:
        motion = animator._crew.stages.motion.open().plan(people(), Timing(seconds=1), 0)
    assert motion.faces[0].column("headYaw").max() == pytest.approx(1.25, abs=0.2)


def test_a_head_that_goes_too_far_moves_less_and_keeps_its_shape(tmp_path: Path) -> None:
    t = np.arange(250) / 25
    yaw = 14 * np.sin(2 * np.pi * t / 5) + 2 * np.sin(2 * np.pi * t / 0.8)
    path = saved(tmp_path, 25.0, headYaw=np.r_[0, yaw], gazeYaw=-np.r_[0, yaw])
    face = TrackPrior(path).plan(people(), Timing(seconds=10), 0).faces[0]
    played = face.column("headYaw")
    assert np.corrcoef(played, np.r_[0, yaw][:250])[0, 1] > 0.99, "made smaller, not cut off"
    assert np.abs(played).max() <= judge(people().faces[0], frozenset()).high[0]
    # Eyes that were held on the camera are still held on it.
    assert np.abs(played + face.column("gazeYaw")).max() < 1.5


def test_it_starts_where_the_photo_has_room_for_what_follows(tmp_path: Path) -> None:
    calm = np.full(250, 5.0)
    yaw = np.r_[np.full(30, 0.0), np.linspace(0, 20, 30), np.full(190, 20.0), np.linspace(20, 5, 30), calm]
    path = saved(tmp_path, headYaw=yaw, headPitch=np.full(530, 1.0))
    played = TrackPrior(path).plan(people(), Timing(seconds=4), 0).faces[0].column("headYaw")
    assert np.abs(played).max() < 1, "not from where it is like the photo, but then turns far away"


def test_a_start_leaves_enough_of_the_recording(tmp_path: Path) -> None:
    # The second half is like the photo, but there is nothing after it.
    path = saved(tmp_path, headYaw=np.linspace(4, 0, 300), headPitch=np.full(300, 1.0))
    played = TrackPrior(path).plan(people(), Timing(seconds=5), 0).faces[0].column("headYaw")
    assert played[-1] < -1.5, "it has not come home"
