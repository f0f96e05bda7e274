"""Motions in files: what is written is read back, and what is no motion is refused in one sentence."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.data import CHANNELS, FaceMotion, Motion, Timing
from photomotion.data.motionfile import LIVE_LINK, LOOKS, ROTATIONS
from photomotion.errors import MotionError
from photomotion.testing.fakes import fake_motion

TABLE = [name for name in CHANNELS if name not in LOOKS and name != "breath"]
"""What a table of Live Link Face can hold."""


@st.composite
def motions(draw: st.DrawFn, most: int = 3) -> Motion:
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    frames, fps = draw(st.integers(1, 130)), draw(st.sampled_from([24.0, 25.0, 30.0, 50.0, 60.0]))
    values = rng.uniform(0, 1, (draw(st.integers(1, most)), frames, len(TABLE))).astype(np.float32)
    values[..., -5:] = rng.uniform(-25, 25, values[..., -5:].shape)
    return Motion(fps=fps, faces=tuple(FaceMotion(channels=tuple(TABLE), values=v) for v in values))


@given(motions(), st.sampled_from([".json", ".npz"]))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, motion: Motion, suffix: str) -> None:
    path = tmp_path_factory.mktemp("motion") / f"m{suffix}"
    motion.save(path)
    again = Motion.load(path)
    assert again.fps == motion.fps
    for before, after in zip(motion.faces, again.faces, strict=True):
        assert after.channels == before.channels
        assert np.abs(after.values - before.values).max() <= (1e-5 if suffix == ".json" else 0)


@given(motions(most=1))
def test_a_table_of_live_link_face_holds_all_but_breath(
    tmp_path_factory: pytest.TempPathFactory, motion: Motion
) -> None:
    path = tmp_path_factory.mktemp("motion") / "m.csv"
    motion.save(path)
    again = Motion.load(path)
    assert again.frames == motion.frames
    # The rate is known from the greatest frame number only once there has been one.
    assert again.fps == motion.fps or motion.frames < motion.fps
    for name in TABLE:
        assert again.faces[0].column(name) == pytest.approx(motion.faces[0].column(name), abs=2e-4)


def table(path: Path, rows: list[tuple[str, dict[str, float]]]) -> Path:
    """A table as the app writes it, zero where nothing is said."""
    names = [name[0].upper() + name[1:] for name in LIVE_LINK] + list(ROTATIONS)
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(["Timecode", "BlendShapeCount", *names])
        for code, values in rows:
            writer.writerow([code, 61, *(values.get(name, 0.0) for name in names)])
    return path


def test_the_signs_are_ours(tmp_path: Path) -> None:
    path = table(
        tmp_path / "m.csv",
        [
            ("10:00:00:29.100", {}),
            ("10:00:01:00.100", {"HeadYaw": np.pi / 18, "HeadPitch": np.pi / 18, "HeadRoll": np.pi / 18}),
            ("10:00:01:01.100", {"LeftEyeYaw": np.pi / 18, "RightEyeYaw": np.pi / 18, "EyeBlinkLeft": 1.0}),
        ],
    )
    motion = Motion.load(path)
    face = motion.faces[0]
    assert motion.fps == 30
    assert [face.column(name)[1] for name in ("headYaw", "headPitch", "headRoll")] == pytest.approx([-10, 10, -10])
    assert face.column("gazeYaw")[2] == pytest.approx(-10, abs=1e-4)
    assert (face.column("eyeBlinkLeft")[2], face.column("eyeBlinkRight")[2]) == (1, 0)


def test_without_eye_rotations_gaze_is_read_from_the_shapes(tmp_path: Path) -> None:
    looks = {"EyeLookInLeft": 0.5, "EyeLookOutRight": 0.5, "EyeLookUpLeft": 0.2, "EyeLookUpRight": 0.2}
    face = Motion.load(table(tmp_path / "m.csv", [("00:00:00:59.0", looks)])).faces[0]
    assert (face.column("gazeYaw")[0], face.column("gazePitch")[0]) == pytest.approx((15, -6))


def test_dropped_rows_are_filled_in_and_midnight_is_passed(tmp_path: Path) -> None:
    rows = [
        ("23:59:59:58.0", {"JawOpen": 0.0}),
        ("23:59:59:59.0", {"JawOpen": 0.1}),
        ("00:00:00:02.0", {"JawOpen": 0.4}),
    ]
    motion = Motion.load(table(tmp_path / "m.csv", rows))
    assert motion.fps == 60
    assert motion.faces[0].column("jawOpen") == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=1e-6)


GOOD = "Timecode,BlendshapeCount,EyeBlinkLeft\n00:00:00:00.0,61,0.5\n"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("m.txt", "", "is no motion file: .json, .npz and .csv"),
        ("m.json", "{", "cannot read the motion file"),
        ("m.json", '{"version": 9}', "motion version 9 is unknown"),
        ("m.json", '{"version":1,"fps":25,"faces":[{"channels":["smirk"],"values":[[0]]}]}', "'smirk'"),
        ("m.json", '{"version":1,"fps":25,"faces":[{"channels":["jawOpen"],"values":[[NaN]]}]}', "not a finite number"),
        ("m.json", '{"version":1,"fps":25,"faces":[{"channels":["jawOpen"],"values":[[0, 1, 2]', "cannot read"),
        (
            "m.json",
            '{"version":1,"fps":25,"faces":[{"channels":["jawOpen"],"values":[[0],[0, 1]]}]}',
            "row 2 has 2 values",
        ),
        ("m.json", '{"version":1,"fps":25}', "it has no 'faces'"),
        ("m.npz", "PK", "cannot read the motion file"),
        ("m.csv", "", "not from Live Link Face"),
        ("m.csv", "a,b\n1,2\n", "not from Live Link Face"),
        ("m.csv", "Timecode,EyeBlinkLeft\n", "has no rows"),
        ("m.csv", GOOD + "00:00:00:01.0,61\n", "line 3 has 2 columns, the first line 3"),
        ("m.csv", GOOD + "00:00:00:01.0,61,open\n", "column eyeblinkleft holds something that is not a number"),
        ("m.csv", GOOD + "00:00:00:01.0,61,nan\n", "not a finite number"),
        ("m.csv", GOOD + "half past,61,0\n", "Timecode is not of the form"),
        ("m.csv", GOOD + "00:00:00:00.0,61,0\n", "line 3 is not later"),
        ("m.csv", GOOD + "11:00:00:00.0,61,0\n", "more than nine hours"),
    ],
)
def test_what_is_no_motion_is_refused(tmp_path: Path, name: str, content: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(MotionError, match=said) as caught:
        Motion.load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match=r"cannot read the motion file .*gone\.npz"):
        Motion.load(tmp_path / "gone.npz")


def test_no_pickle_is_ever_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", fps=25.0, channels0=np.array(["jawOpen"], object), values0=np.zeros((2, 1)))
    with pytest.raises(MotionError, match="allow_pickle"):
        Motion.load(tmp_path / "m.npz")


def test_a_table_has_room_for_one_face(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match=r"holds one face, the motion has 2; write \.json or \.npz"):
        fake_motion(Timing(), faces=2).save(tmp_path / "m.csv")
    with pytest.raises(MotionError, match=r"name it \.json, \.npz or \.csv"):
        fake_motion(Timing()).save(tmp_path / "m.bvh")
    assert not list(tmp_path.iterdir())
