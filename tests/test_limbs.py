"""Arms before a head: whole and still, whatever the head does."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from photomotion.data import Analysis, CameraMotion, FaceMotion, Motion, Photo
from photomotion.testing.fakes import fake_analysis, fake_face, fake_photo
from photomotion.warp import Scene
from photomotion.warp.geometry import Array, HeadFrame
from photomotion.warp.grid import Grid
from photomotion.warp.limbs import Front

TURNS = {"headYaw": (0.0, 12.0, -12.0, 0.0, 0.01), "headRoll": (0.0, 0.0, 0.0, 8.0, 0.0)}


def motion(camera: CameraMotion | None = None) -> Motion:
    """A head that turns and leans."""
    values = np.array(list(TURNS.values()), np.float32).T.copy()
    return Motion(fps=10, faces=(FaceMotion(channels=tuple(TURNS), values=values),), camera=camera)


@pytest.fixture(scope="module")
def raised(portrait: tuple[Photo, Analysis]) -> tuple[Photo, Analysis, npt.NDArray[np.bool_]]:
    """The portrait with an arm beside the face, from above the hair down; and where the arm is."""
    photo, analysis = portrait
    face = analysis.faces[0]
    x0, _, x1, y1 = face.box
    wide = x1 - x0
    pixels, matte = photo.pixels.copy(), analysis.matte.copy()
    x, y = np.round(face.landmarks[[205, 425], :2].mean(axis=0)).astype(int)
    cheek = photo.pixels[y, x].astype(np.float32)
    arm = np.zeros(matte.shape, np.uint8)
    left = x0 + 0.95 * wide
    corners = [
        (left, 0),
        (left + 0.55 * wide, 0),
        (left + 0.65 * wide, y1 + 0.3 * wide),
        (left + 0.1 * wide, y1 + 0.3 * wide),
    ]
    cv2.fillConvexPoly(arm, np.round(corners).astype(np.int32), 1)
    across = np.linspace(0.75, 1.0, photo.width, dtype=np.float32)[None, :, None]
    skin = 0.9 * across * cheek + np.zeros(pixels.shape, np.float32)
    pixels[arm > 0] = skin[arm > 0].astype(np.uint8)
    matte[arm > 0] = 1
    return photo.with_pixels(pixels), replace(analysis, matte=matte), arm > 0


@pytest.fixture(scope="module")
def turning(raised: tuple[Photo, Analysis, npt.NDArray[np.bool_]]) -> tuple[Scene, Front]:
    """Her head turning behind it, and what is before her."""
    scene = Scene(*raised[:2], motion())
    assert scene.front is not None
    return scene, scene.front


def test_an_arm_before_the_face_stays_whole_while_the_head_turns(
    raised: tuple[Photo, Analysis, npt.NDArray[np.bool_]], turning: tuple[Scene, Front]
) -> None:
    photo, analysis, arm = raised
    drawn, _ = turning
    chin = round(float(analysis.faces[0].landmarks[152, 1]))
    sure = cv2.erode(arm.astype(np.uint8), np.ones((7, 7), np.uint8))[: chin - 20] > 0
    for row in range(1, 4):
        assert np.array_equal(drawn.draw(row)[: chin - 20][sure], photo.pixels[: chin - 20][sure])
    apart = np.abs(drawn.draw(1).astype(np.int16) - photo.pixels)
    assert apart[round(analysis.faces[0].box[1]) : chin].mean() > 2  # the head does turn
    nearly = np.abs(drawn.draw(4).astype(np.int16) - photo.pixels)
    assert nearly.mean() < 0.1
    assert nearly.max() <= 40


def test_nothing_of_the_arm_is_left_on_the_head_that_comes_out_behind_it(
    raised: tuple[Photo, Analysis, npt.NDArray[np.bool_]], turning: tuple[Scene, Front]
) -> None:
    photo, analysis, arm = raised
    drawn, front = turning
    marked = np.dstack([photo.pixels, drawn.opacity])
    marked[arm, :3] = (0, 255, 0)
    front.uncover(marked, analysis.matte)
    left = (marked[..., :3] == (0, 255, 0)).all(axis=2) & (marked[..., 3] > 0) & (front.hides > 0)
    assert (front.hides[arm] > 0).mean() > 0.5
    assert not left[: round(float(analysis.faces[0].landmarks[152, 1])) - 20].any()


def test_it_comes_nearer_with_the_camera(raised: tuple[Photo, Analysis, npt.NDArray[np.bool_]]) -> None:
    photo, analysis, _ = raised
    values = np.array([[0, 0, 0]] * 3 + [[0, 0, 0.1]] * 2, np.float32)
    drawn = Scene(photo, analysis, motion(CameraMotion(values=values)))
    assert drawn.front is not None
    picture = photo.pixels.copy()
    drawn.front.draw(picture, drawn.view(4))
    assert not np.array_equal(picture, photo.pixels)
    drawn.front.draw(rest := photo.pixels.copy(), drawn.view(0))
    assert np.array_equal(rest, photo.pixels)


@pytest.mark.parametrize("view", [(0.0, 0.0, 0.002), (0.008, -0.006, 0.02), (-0.04, 0.04, 0.1)])
def test_the_camera_moves_it_as_it_moves_the_people(
    raised: tuple[Photo, Analysis, npt.NDArray[np.bool_]], view: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, analysis, arm = raised
    spots = cv2.GaussianBlur(np.random.default_rng(1).normal(0, 20, arm.shape), (0, 0), 0.8)[..., None]
    spotted = photo.with_pixels(np.clip(photo.pixels + arm[..., None] * spots, 0, 255).astype(np.uint8))
    still = FaceMotion(channels=("headYaw",), values=np.zeros((2, 1), np.float32))
    film = Motion(fps=10, faces=(still,), camera=CameraMotion(values=np.array([(0, 0, 0), view], np.float32)))
    held = Scene(spotted, analysis, film)
    assert held.front is not None
    monkeypatch.setattr(Front, "of", lambda *_: None)
    sure = cv2.erode((held.front.opacity == 255).astype(np.uint8), np.ones((61, 61))) > 0
    drawn, free = (cv2.cvtColor(s.draw(1), cv2.COLOR_RGB2GRAY)[sure] for s in (held, Scene(spotted, analysis, film)))
    assert free.std() > 5
    assert np.abs(drawn.astype(np.float32) - free).mean() < 0.6


def test_far_from_the_head_it_is_the_body(
    raised: tuple[Photo, Analysis, npt.NDArray[np.bool_]], turning: tuple[Scene, Front]
) -> None:
    photo, _, arm = raised
    _, front = turning
    along = [front.opacity[row][arm[row]].max() for row in range(photo.height) if arm[row].any()]
    assert along[0] == 255
    assert along[-1] == 0


def test_behind_it_is_what_is_beside_it_but_no_second_eye(
    raised: tuple[Photo, Analysis, npt.NDArray[np.bool_]], turning: tuple[Scene, Front]
) -> None:
    photo, analysis, _ = raised
    drawn, front = turning
    away, deep = (cv2.distanceTransform(a, cv2.DIST_L2, 5) for a in (1 - front.hides, front.hides))
    layers = np.dstack([np.full_like(photo.pixels, 100), np.full_like(drawn.opacity, 255)])
    x, y = np.meshgrid(np.arange(photo.width), np.arange(photo.height))
    stripes = np.where(y // 8 % 2, 60, 140)
    layers[..., 0] = np.where(away < 0.12 * front.unit, stripes, 100)
    eye = (away > 0.18 * front.unit) & (away < 0.3 * front.unit) & ((x // 8 + y // 8) % 2 > 0)
    layers[eye, 1] = 255
    front.uncover(layers, analysis.matte)
    shown = (deep > 0) & (layers[..., 3] == 255)
    near, deeper = shown & (deep < 3), shown & (deep > 0.18 * front.unit) & (deep < 0.3 * front.unit)
    assert near.sum() > 50
    assert deeper.sum() > 500
    assert np.abs(layers[..., 0][near] - stripes[near]).mean() < 25  # it goes on as it is beside it ...
    assert layers[..., 1][deeper].std() < 30  # ... and deeper it is smooth


@pytest.mark.parametrize("apart", [150, 210])
def test_a_face_beside_it_is_no_limb(apart: int) -> None:
    photo, analysis = fake_photo(384, 480), fake_analysis(384, 480)
    face, hers = analysis.faces[0], analysis.matte > 0.5
    pixels = np.hstack([photo.pixels[:, :apart], photo.pixels])
    pixels[:, : photo.width][hers] = photo.pixels[hers]
    matte = np.pad(analysis.matte, ((0, 0), (apart, 0)))
    matte[:, : photo.width] = np.maximum(matte[:, : photo.width], analysis.matte)
    x0, y0, x1, y1 = face.box
    other = replace(face, landmarks=face.landmarks + np.array([apart, 0, 0], np.float32))
    other = replace(other, box=(x0 + apart, y0, x1 + apart, y1))
    both = replace(analysis, faces=(face, other), matte=matte)
    turning = motion()
    assert Scene(Photo(pixels=pixels), both, replace(turning, faces=turning.faces * 2)).front is None


def test_a_crowd_takes_as_long_as_its_faces_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    uv = HeadFrame.uv

    def counted(head: HeadFrame, x: Array, y: Array) -> tuple[Array, Array]:
        looked_at.append(x.size)
        return uv(head, x, y)

    monkeypatch.setattr(HeadFrame, "uv", counted)
    pixels, matte = np.zeros((600, 800, 3), np.uint8), np.zeros((600, 800), np.float32)
    face = fake_face(60, 75)
    crowd = [replace(face, landmarks=face.landmarks + np.array([90 * k, 0, 0], np.float32)) for k in range(8)]
    points = []
    for faces in (crowd[:4], crowd):
        heads = [HeadFrame.of(one) for one in faces]
        looked_at.clear()
        Front.of(pixels, matte, (255 * matte).astype(np.uint8), faces, heads, Grid.over((0, 0, 800, 600), 4))
        points.append(sum(looked_at))
    assert points[1] < 2.5 * points[0]


def test_a_head_alone_has_no_limbs(portrait: tuple[Photo, Analysis]) -> None:
    assert Scene(*portrait, motion()).front is None


def test_in_a_gray_photo_nothing_is_taken_for_a_limb(raised: tuple[Photo, Analysis, npt.NDArray[np.bool_]]) -> None:
    photo, analysis, _ = raised
    gray = photo.with_pixels(np.dstack([cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)] * 3))
    assert Scene(gray, analysis, motion()).front is None
