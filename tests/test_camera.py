"""The camera: planned shots, and what is shown of people and of what is behind them."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.builtin.camera import film
from photomotion.builtin.direction import Directed
from photomotion.builtin.priors.still import StillPrior
from photomotion.builtin.priors.track import TrackPrior
from photomotion.builtin.script import Script
from photomotion.data import CameraMotion, FaceMotion, Motion, Timing
from photomotion.errors import MotionError
from photomotion.testing.fakes import fake_analysis, fake_motion, fake_photo
from photomotion.warp import Scene, moving_regions, posed_landmarks, posed_points
from photomotion.warp.camera import View
from photomotion.warp.eyes import EYES
from photomotion.warp.grid import Grid

SHOTS: tuple[Literal["push-in", "drift"], ...] = ("push-in", "drift")
WIDE, HIGH = 96, 64
room = st.floats(-0.5, 0.5, width=32)


def camera(*rows: tuple[float, float, float]) -> CameraMotion:
    return CameraMotion(values=np.array(rows, np.float32))


def still(frames: int, shown: CameraMotion) -> Motion:
    rest = FaceMotion(channels=(), values=np.zeros((frames, 0), np.float32))
    return Motion(fps=10, faces=(rest,), camera=shown)


@given(room, room, st.floats(0, 1, width=32))
def test_nothing_beyond_the_edge_is_ever_shown(x: float, y: float, zoom: float) -> None:
    view = View.at(camera((x, y, zoom)), 0, WIDE, HIGH)
    grid = Grid.over((0, 0, WIDE, HIGH), 1)
    moved = view.move(np.zeros((HIGH, WIDE, 2), np.float32), grid, WIDE, HIGH)
    # Where the photo's own corners are shown: outside of the picture, or in its corners, to half a pixel.
    assert moved[0, 0].max() < 0.51 and moved[-1, -1].min() > -0.51
    gradient = np.dstack(np.meshgrid(np.arange(WIDE), np.arange(HIGH), [0])).reshape(HIGH, WIDE, 3).astype(np.uint8)
    behind = view.behind(gradient)[..., :2].astype(int)
    assert behind.max(axis=(0, 1)).tolist() <= [WIDE - 1, HIGH - 1]
    assert (np.diff(behind[:, :, 0], axis=1) >= 0).all() and (np.diff(behind[:, :, 1], axis=0) >= 0).all()


@pytest.mark.parametrize("shot", SHOTS)
@pytest.mark.parametrize("loop", [False, True])
def test_a_shot_begins_with_the_whole_photo_and_a_loop_closes(shot: Literal["push-in", "drift"], loop: bool) -> None:
    values = film(shot, fake_analysis(), Timing(seconds=4, loop=loop)).values
    assert not values[0].any()
    assert 0.04 < values[:, 2].max() <= 0.12
    assert still(100, film(shot, fake_analysis(), Timing(seconds=4, loop=loop))).closes is loop
    assert np.abs(np.diff(values, n=2, axis=0)).max() < 1e-3  # no jerk


def test_people_stay_where_they_are_as_the_camera_comes_nearer() -> None:
    scene = Scene(fake_photo(), fake_analysis(), still(50, film("push-in", fake_analysis(), Timing(seconds=5, fps=10))))
    middle = fake_analysis().faces[0].landmarks[:468, :2].mean(axis=0, keepdims=True)
    assert np.abs(posed_points(scene, 49, middle) - middle).max() < 0.2
    corner = np.array([[0, 0]], np.float32)
    assert (posed_points(scene, 49, corner) < corner - 5).all()


def test_people_grow_more_than_what_is_behind_them() -> None:
    photo, analysis = fake_photo(), fake_analysis()
    scene = Scene(photo, analysis, still(2, camera((0, 0, 0), (0, 0, 0.2))))
    assert np.array_equal(scene.draw(0), photo.pixels)
    drawn = scene.draw(1)
    height, width = photo.pixels.shape[:2]
    for larger, part in ((1.2, analysis.matte > 0.99), (1.15, analysis.matte < 0.01)):
        matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 0, larger)
        whole = cv2.warpAffine(photo.pixels, matrix, (width, height), flags=cv2.INTER_CUBIC)
        own = cv2.erode(cv2.warpAffine(part.astype(np.uint8), matrix, (width, height)), np.ones((13, 13)))
        assert own.mean() > 0.15
        # Whatever was hidden or is covered now is left out; of the rest most is exactly there.
        assert np.median(np.abs(drawn.astype(int) - whole)[own > 0]) <= 2


def test_what_moves_is_within_its_region_as_the_camera_sees_it() -> None:
    scene = Scene(fake_photo(), fake_analysis(), still(3, camera((0, 0, 0), (0.1, 0, 0.3), (-0.1, 0.1, 0.5))))
    regions = moving_regions(scene)
    for row, (name, points) in product(
        range(3), (("eyes", (*EYES["Left"][0], *EYES["Right"][1])), ("mouth", (61, 291)))
    ):
        x, y = np.round(posed_landmarks(scene, row, 0)[list(points), :2]).astype(int).T
        seen = (x >= 0) & (x < scene.photo.width) & (y >= 0) & (y < scene.photo.height)
        assert seen.any() and regions[name][y[seen], x[seen]].min() == 1


def test_an_aside_of_the_camera_moves_people_more_than_the_background() -> None:
    view = View.at(camera((0.5, 0, 0.2)), 0, WIDE, HIGH)
    grid = Grid.over((0, 0, WIDE, HIGH), 1)
    moved = view.move(np.zeros((HIGH, WIDE, 2), np.float32), grid, WIDE, HIGH)[HIGH // 2, WIDE // 2, 0]
    ramp = np.repeat((2 * np.arange(WIDE)).astype(np.uint8)[None, :, None], HIGH, axis=0).repeat(3, axis=2)
    behind = (int(ramp[HIGH // 2, WIDE // 2, 0]) - int(view.behind(ramp)[HIGH // 2, WIDE // 2, 0])) / 2
    assert moved == pytest.approx(-9.6, abs=0.2)
    assert behind * 1.15 == pytest.approx(0.75 * moved, abs=0.8)


def test_keyframes_move_the_camera_too() -> None:
    script = Script.model_validate(
        {
            "curves": [
                {"channel": "cameraZoom", "points": [[0, 0], [2, 0.3]]},
                {"channel": "cameraX", "points": [[1, 0], [2, 0.1]]},
            ]
        }
    )
    motion = Directed(StillPrior(), script).plan(fake_analysis(), Timing(seconds=3, fps=10), 0)
    assert motion.camera is not None
    assert motion.camera.values[-1].tolist() == pytest.approx([0.1, 0, 0.3])
    assert not motion.camera.values[0].any()
    both = Directed(StillPrior(), script, "push-in").plan(fake_analysis(), Timing(seconds=3, fps=10), 0)
    assert both.camera is not None and both.camera.values[-1, 2] == pytest.approx(0.36, abs=0.002)


def test_a_camera_is_nobodys() -> None:
    with pytest.raises(ValueError, match="cameraZoom is nobody's; leave out the face"):
        Script.model_validate({"curves": [{"channel": "cameraZoom", "face": 1, "points": [[0, 0], [1, 0.1]]}]})


@pytest.mark.parametrize("ending", ["json", "npz"])
def test_it_survives_a_file(tmp_path: Path, ending: str) -> None:
    motion = still(3, camera((0, 0, 0), (0.01, -0.02, 0.1), (0, 0, 0.2)))
    motion.save(tmp_path / f"m.{ending}")
    again = Motion.load(tmp_path / f"m.{ending}")
    assert again.camera is not None and motion.camera is not None
    np.testing.assert_allclose(again.camera.values, motion.camera.values, atol=1e-6)
    assert Motion.from_dict(fake_motion(Timing(seconds=1)).to_dict()).camera is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.zeros((2, 2)), "CameraMotion.values"),
        (np.full((2, 3), np.nan), "not a finite number"),
        (np.full((2, 3), -0.1), "zoom must be 0..1"),
        (np.zeros((3, 3)), "as many frames as the faces"),
    ],
)
def test_what_no_camera_can_do_is_refused(values: np.ndarray, said: str) -> None:
    with pytest.raises(MotionError, match=said):
        still(2, CameraMotion(values=values.astype(np.float32)))


def test_a_table_of_live_link_face_has_no_camera(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match="holds no camera"):
        still(2, camera((0, 0, 0), (0, 0, 0.1))).save(tmp_path / "m.csv")


def test_a_recorded_camera_starts_where_it_is_told_though_nobody_moves(tmp_path: Path) -> None:
    rows = [(0.0, 0.0, 0.0)] * 10 + [(0.0, 0.0, 0.01 * row) for row in range(20)]
    still(30, camera(*rows)).save(tmp_path / "m.json")
    played = TrackPrior(tmp_path / "m.json", start=1.0).plan(fake_analysis(), Timing(seconds=2, fps=10), 0).camera
    assert played is not None
    assert played.values[:, 2] == pytest.approx(0.01 * np.arange(20), abs=1e-6)


def test_a_recorded_camera_is_played_with_the_faces(tmp_path: Path) -> None:
    planned = Directed(StillPrior(), Script(), "drift").plan(fake_analysis(), Timing(seconds=4, fps=10), 0)
    planned.save(tmp_path / "m.json")
    timing = Timing(seconds=4, fps=10)
    played = TrackPrior(tmp_path / "m.json").plan(fake_analysis(), timing, 0).camera
    assert played is not None and planned.camera is not None
    np.testing.assert_allclose(played.values, planned.camera.values, atol=1e-5)
    mirrored = TrackPrior(tmp_path / "m.json", mirror=True).plan(fake_analysis(), timing, 0).camera
    assert mirrored is not None
    np.testing.assert_allclose(mirrored.values * [-1, 1, 1], played.values, atol=1e-6)
    longer = TrackPrior(tmp_path / "m.json").plan(fake_analysis(), Timing(seconds=8, fps=10), 0).camera
    assert longer is not None and not longer.values[-1].any()
