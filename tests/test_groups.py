"""Several people in one photo: whose is what, who is before whom, and nobody is dragged along."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.direction import Directed
from photomotion.builtin.limits import SMALLEST
from photomotion.builtin.priors.natural import NaturalPrior
from photomotion.builtin.priors.track import TrackPrior
from photomotion.builtin.script import Script
from photomotion.data import Analysis, Face, FaceMotion, Motion, Photo, Timing
from photomotion.reading import read_photo
from photomotion.testing.fakes import fake_analysis, fake_face, fake_motion, fake_photo
from photomotion.warp import Scene
from photomotion.warp.field import FaceField
from photomotion.warp.folds import squeeze, unfold
from photomotion.warp.geometry import Array, HeadFrame
from photomotion.warp.grid import Grid
from photomotion.warp.groups import territories

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"
GRID = Grid.over((0, 0, 400, 300), 4)


def placed(x: float, y: float, size: float = 1.0) -> Face:
    """The face of the fakes, its middle at (x, y)."""
    face = fake_face()
    points = (face.landmarks * np.array(size, np.float32)).astype(np.float32)
    points[:, :2] += np.array([x, y], np.float32) - points[:, :2].mean(axis=0)
    low, high = points[:468, :2].min(axis=0), points[:468, :2].max(axis=0)
    return replace(face, landmarks=points, box=(float(low[0]), float(low[1]), float(high[0]), float(high[1])))


def shares(*faces: Face) -> list[Array]:
    return territories(faces, [HeadFrame.of(face) for face in faces], GRID)


def at(share: Array, points: Array) -> Array:
    """A share at points (N, 2), px."""
    column, row = (points[:, :2] / GRID.step).astype(int).T
    return np.asarray(share[row, column], np.float32)


@pytest.mark.parametrize("size", [1.0, 1.6])
@pytest.mark.parametrize("x", [210.0, 260.0, 340.0])
def test_every_place_is_somebodys(size: float, x: float) -> None:
    found = shares(placed(120, 150), placed(x, 140, size), placed(300, 60, 0.7))
    assert np.allclose(sum(found), 1, atol=1e-4)
    assert min(float(share.min()) for share in found) >= 0


def test_who_is_nearer_moves_whole_and_covers_the_other() -> None:
    near, far = placed(150, 150, 1.6), placed(262, 150)  # the larger one's ear is over the other's cheek
    mine, other = shares(near, far)
    assert at(mine, near.landmarks).min() > 0.99
    ear = near.landmarks[454] + (0.3 * HeadFrame.of(near).unit, 0, 0)
    assert at(mine, ear[None]).min() > 0.9
    assert at(other, far.landmarks[[263, 359, 454]]).min() > 0.9
    assert at(other, far.landmarks).min() < 0.5  # of the farther one, what is behind the nearer's ear


def test_heads_of_one_size_side_by_side_keep_each_their_face() -> None:
    left, right = placed(140, 150), placed(246, 150)
    mine, other = shares(left, right)
    assert at(mine, left.landmarks).min() > 0.9
    assert at(other, right.landmarks).min() > 0.9


@pytest.mark.parametrize("size", [1.0, 1.3, 1.6])
@pytest.mark.parametrize("signs", [(1, 1, 1), (-1, -1, 1), (1, -1, -1), (-1, 1, -1)])
def test_turning_against_each_other_they_do_not_fold(signs: tuple[int, ...], size: float) -> None:
    faces = (placed(150, 150, size), placed(240, 150))  # one covers the other's temple
    analysis = Analysis(faces=faces, matte=np.ones((300, 400), np.float32))
    names, found = ("headYaw", "headPitch", "headRoll"), shares(*faces)
    fields = [FaceField.of(analysis, index, GRID, share, names) for index, share in enumerate(found)]
    turn = {n: s * most for n, s, most in zip(names, signs, (12.0, 8.0, 8.0), strict=True)}
    forward = np.zeros((GRID.rows, GRID.columns, 2), np.float32)
    for field, sign in zip(fields, (1, -1), strict=True):
        field.move(forward, {name: sign * angle for name, angle in turn.items()})
    assert np.isfinite(forward).all()
    assert squeeze(unfold(forward, GRID.step), GRID.step).min() > 0.1


@pytest.fixture(scope="module")
def crowd() -> tuple[Photo, Analysis]:
    """Twelve times the same head, side by side."""
    head = cv2.resize(read_photo(ASTRONAUT).pixels[:216, 112:328], (96, 96), interpolation=cv2.INTER_AREA)
    photo = Photo(pixels=np.ascontiguousarray(np.tile(head, (3, 4, 1))))
    return photo, FaceMeshAnalyzer().analyze(photo)


def test_twelve_people_are_found_and_each_moves_alone(crowd: tuple[Photo, Analysis]) -> None:
    photo, analysis = crowd
    assert len(analysis.faces) == 12
    channels = ("headYaw", "headRoll", "eyeBlinkLeft", "breath")
    for mover in (0, 7):
        faces = tuple(
            FaceMotion(channels=channels, values=np.array([[8.0, 4.0, 0.8, 0.0]], np.float32) * (index == mover))
            for index in range(12)
        )
        drawn = Scene(photo, analysis, Motion(fps=25, faces=faces)).draw(0)
        apart = np.abs(drawn.astype(np.int16) - photo.pixels).mean(axis=2)
        for index, face in enumerate(analysis.faces):
            x0, y0, x1, y1 = (round(v) for v in face.box)
            changed = float(apart[y0:y1, x0:x1].mean())
            assert changed > 4 if index == mover else changed < 0.5


def test_faces_in_a_few_pixels_keep_still_beside_one_that_does_not(tmp_path: Path) -> None:
    small, large = placed(60, 60, 0.3), placed(250, 150)
    assert small.eye_distance < SMALLEST < large.eye_distance
    analysis = Analysis(faces=(large, small), matte=np.ones((300, 400), np.float32))
    timing = Timing(seconds=6)
    for prior in (NaturalPrior(), _recorded(tmp_path)):
        script = Script.model_validate({"do": [{"move": "nod", "at": 2}]})
        for planned in (prior.plan(analysis, timing, 3), Directed(prior, script).plan(analysis, timing, 3)):
            moving, still = (bool(face.values.any()) for face in planned.faces)
            assert moving
            assert not still


def _recorded(folder: Path) -> TrackPrior:
    values = np.sin(np.linspace(0, 6, 200, dtype=np.float32))[:, None].repeat(2, axis=1)
    face = FaceMotion(channels=("headYaw", "breath"), values=values)
    Motion(fps=25, faces=(face, face)).save(folder / "m.npz")
    return TrackPrior(folder / "m.npz", others="same")


@pytest.mark.parametrize("away", [(400, 0), (-400, 0), (0, 500)])
def test_a_face_that_lies_beyond_the_picture_stops_nothing(away: tuple[int, int]) -> None:
    analysis = fake_analysis()
    face = analysis.faces[0]
    x, y = away
    x0, y0, x1, y1 = face.box
    beyond = replace(
        face, box=(x0 + x, y0 + y, x1 + x, y1 + y), landmarks=face.landmarks + np.array([x, y, 0], np.float32)
    )
    scene = Scene(fake_photo(), replace(analysis, faces=(beyond, face)), fake_motion(Timing(seconds=1), 2))
    assert not np.array_equal(scene.draw(10), scene.draw(0))


def test_how_finely_somebody_is_read_does_not_hang_on_how_far_another_moves() -> None:
    large, small = placed(120, 150, 1.5), placed(350, 150, 0.4)
    texture = np.random.default_rng(5).integers(60, 200, (300, 400, 3), np.uint8)
    photo, analysis = Photo(pixels=texture), Analysis(faces=(large, small), matte=np.ones((300, 400), np.float32))
    names = ("headYaw", "headPitch")
    drawn = []
    for far in (0.0, 1.0):
        angles = (12 * far, 8 * far), (0.8, 0.0)
        mine, other = (FaceMotion(channels=names, values=np.array([a], np.float32)) for a in angles)
        drawn.append(Scene(photo, analysis, Motion(fps=25, faces=(mine, other))).draw(0))
    middle = (slice(135, 165), slice(335, 365))
    apart = np.abs(drawn[0][middle].astype(int) - drawn[1][middle]).mean()
    assert apart < 0.1
    assert not np.array_equal(drawn[0][middle], texture[middle])
