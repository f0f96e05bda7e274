"""A mouth that opens: lips part along their line, the jaw goes down as a body, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mouth_pictures import drawn_line, shut_analysis, shut_face

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, CameraMotion, Face, FaceMotion, Motion, Photo
from photomotion.reading import read_photo
from photomotion.testing.fakes import fake_photo
from photomotion.warp import Scene, posed_landmarks
from photomotion.warp.folds import squeeze
from photomotion.warp.jaw import CORNERS, LOWER_LIP, UPPER_LIP, opening
from photomotion.warp.tint import Tint

Pixels = npt.NDArray[np.uint8]

UPPER, LOWER, CHIN, NOSE = UPPER_LIP[4], LOWER_LIP[4], 152, 1


def film(photo: Photo, analysis: Analysis, *rows: dict[str, float]) -> Scene:
    """A scene in which everybody moves by those rows."""
    channels = tuple(sorted({name for row in rows for name in row}))
    values = np.array([[row.get(c, 0.0) for c in channels] for row in rows], np.float32)
    faces = tuple(FaceMotion(channels=channels, values=values) for _ in analysis.faces)
    return Scene(photo, analysis, Motion(fps=25, faces=faces))


class TestOpening:
    def test_it_is_dark_between_the_lips_and_the_upper_one_stays(self) -> None:
        photo, analysis = drawn_line(), shut_analysis()
        scene = film(photo, analysis, {}, {"jawOpen": 0.3})
        unit, open_ = scene.heads[0].unit, scene.draw(1)
        assert np.array_equal(scene.draw(0), photo.pixels)
        rest, moved = (posed_landmarks(scene, row, 0) for row in (0, 1))
        gap = moved[LOWER, 1] - moved[UPPER, 1] - (rest[LOWER, 1] - rest[UPPER, 1])
        assert 0.09 * unit < gap < 0.16 * unit
        assert np.abs(moved[NOSE] - rest[NOSE]).max() < 0.01 * unit
        x, y = (int(v) for v in np.round(0.7 * moved[LOWER] + 0.3 * moved[UPPER])[:2])  # below the teeth
        assert open_[y, x].max() < 0.5 * photo.pixels[y - round(0.3 * unit), x].max()
        above = slice(0, int(rest[UPPER, 1] - 0.1 * unit))
        eyes = np.abs(open_[above].astype(int) - photo.pixels[above])
        assert eyes[:, x - 5 : x + 5].max() <= 4

    def test_jaw_and_lower_lip_go_as_a_body(self) -> None:
        scene = film(fake_photo(), shut_analysis(), {}, {"jawOpen": 0.2})
        moved = (posed_landmarks(scene, 1, 0) - posed_landmarks(scene, 0, 0)) / scene.heads[0].unit
        body = moved[[LOWER, 17, 18, 200, 199, 175, CHIN], 1]
        assert body.min() > 0.8 * body.max() > 0.04
        assert np.abs(moved[[33, 263, 4, 168, 10]]).max() < 0.005

    def test_a_hardly_open_mouth_is_hardly_changed(self) -> None:
        photo = drawn_line()
        scene = film(photo, shut_analysis(), {}, {"jawOpen": 0.002})
        assert np.abs(scene.draw(1).astype(int) - photo.pixels).max() <= 12

    @given(st.floats(0, 0.5), st.floats(-12, 12), st.floats(-8, 8), st.floats(0, 1))
    @settings(max_examples=20)
    def test_neither_field_folds(self, jaw: float, yaw: float, pitch: float, smile: float) -> None:
        both = {"mouthSmileLeft": smile, "mouthSmileRight": smile}
        scene = film(fake_photo(), shut_analysis(), {}, {"jawOpen": jaw, "headYaw": yaw, "headPitch": pitch, **both})
        forward = scene.forward(scene.values(1))
        assert squeeze(forward, scene.grid.step).min() > 0.1
        if (mouth := scene.mouths[0]) is not None:
            upper = forward + np.float32(opening(scene.values(1)[0])) * mouth.kept
            s, t = mouth.axes.st(*scene.grid.nodes)
            seen = (t < 0.02) & (t > -0.4) & (np.abs(s) < 1.3)
            assert squeeze(upper, scene.grid.step)[seen].min() > 0.1

    def test_more_than_can_be_shown_is_cut(self) -> None:
        scene = film(fake_photo(), shut_analysis(), {"jawOpen": 0.3}, {"jawOpen": 1.0})
        assert np.array_equal(scene.draw(0), scene.draw(1))

    def test_a_mouth_that_is_not_in_the_photo_is_left_alone(self) -> None:
        landmarks = shut_face().landmarks + np.array([0, 90, 0], np.float32)
        analysis = replace(shut_analysis(), faces=(replace(shut_face(), landmarks=landmarks),))
        scene = film(fake_photo(), analysis, {"jawOpen": 0.3, "headYaw": 4.0})
        assert scene.draw(0).shape == fake_photo().pixels.shape

    def test_it_grows_with_the_zoom_of_the_camera(self) -> None:
        channels, jaw = ("jawOpen",), np.array([[0.3], [0.3]], np.float32)
        camera = CameraMotion(values=np.array([[0, 0, 0], [0, 0, 0.5]], np.float32))
        motion = Motion(fps=25, faces=(FaceMotion(channels=channels, values=jaw),), camera=camera)
        photo = drawn_line()
        scene = Scene(photo, shut_analysis(), motion)
        lips = [*UPPER_LIP, *LOWER_LIP]
        plain, larger = (posed_landmarks(scene, row, 0)[lips, :2] for row in (0, 1))
        middle = (np.array([photo.width, photo.height]) - 1) / 2
        assert np.abs(larger - (middle + 1.5 * (plain - middle))).max() < 0.1
        matrix = cv2.getRotationMatrix2D((float(middle[0]), float(middle[1])), 0, 1.5)
        whole = cv2.warpAffine(scene.draw(0), matrix, (photo.width, photo.height), flags=cv2.INTER_CUBIC)
        (left, top), (right, bottom) = (np.round(f(larger, axis=0)).astype(int) for f in (np.min, np.max))
        around = (slice(top - 4, bottom + 5), slice(left, right + 1))
        assert np.abs(scene.draw(1)[around].astype(int) - whole[around]).mean() < 4

    def test_a_profile_keeps_its_mouth_shut(self) -> None:
        face = shut_face()
        turned = replace(face, pose=replace(face.pose, yaw=60.0))
        scene = film(fake_photo(), replace(shut_analysis(), faces=(turned,)), {"jawOpen": 0.3})
        assert not scene.forward(scene.values(0)).any()
        assert np.array_equal(scene.draw(0), fake_photo().pixels)


class TestLips:
    """How thick lips are, of the mesh's inner and outer edges, at the full strength of a channel."""

    def thicker(self, channels: dict[str, float], *pairs: tuple[int, int]) -> npt.NDArray[np.float32]:
        scene = film(drawn_line(), shut_analysis(), {}, channels)
        rest, moved = (posed_landmarks(scene, row, 0)[:, :2] for row in (0, 1))
        inner, outer = (list(points) for points in zip(*pairs, strict=True))
        thick = [np.linalg.norm(p[inner] - p[outer], axis=1) for p in (moved, rest)]
        return np.asarray(thick[0] / thick[1], np.float32)

    def test_a_smile_does_not_swell_them(self) -> None:
        smile = {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0}
        assert self.thicker(smile, (87, 84), (317, 314), (178, 181), (402, 405)).max() < 1.01
        assert self.thicker(smile, (82, 37), (312, 267)).max() < 1.05

    def test_a_faint_smile_takes_corners_cheeks_and_lower_lids_up_and_the_middle_stays(self) -> None:
        shares = {"mouthSmile": 0.3, "cheekSquint": 0.14, "eyeSquint": 0.1}
        smile = {name + side: share for name, share in shares.items() for side in ("Left", "Right")}
        scene = film(drawn_line(), shut_analysis(), {}, smile)
        moved = (posed_landmarks(scene, 1, 0) - posed_landmarks(scene, 0, 0)) / scene.heads[0].unit
        corners, middle = moved[[61, 291]], moved[[UPPER, LOWER]]
        assert corners[1, 0] > 0.02 and corners[0, 0] < -0.02
        assert (middle[:, 1].mean() - corners[:, 1]).min() > 0.016
        assert moved[[101, 330, 50, 280], 1].max() < -0.008
        assert moved[[145, 374], 1].max() < -0.004

    def test_pressed_and_rolled_ones_are_thin(self) -> None:
        pressed = {"mouthPressLeft": 1.0, "mouthPressRight": 1.0}
        assert self.thicker(pressed, (81, 39), (311, 269), (178, 181), (402, 405)).max() < 0.9
        assert self.thicker({"mouthRollLower": 1.0}, (14, 17)).max() < 0.89

    def test_a_pucker_does(self) -> None:
        assert self.thicker({"mouthPucker": 1.0}, (13, 0), (14, 17)).min() > 1.03


def tinted(photo: Photo, tint: tuple[float, float, float]) -> Photo:
    gray = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return photo.with_pixels(np.round(gray[..., None] * np.array(tint, np.float32)).astype(np.uint8))


@given(st.floats(0.01, 0.3), st.sampled_from([(1.0, 1.0, 1.0), (1.0, 0.85, 0.62), (0.8, 0.9, 1.0)]))
@settings(max_examples=9)
def test_the_tint_of_a_print_is_kept(jaw: float, tint: tuple[float, float, float]) -> None:
    picture = film(tinted(drawn_line(), tint), shut_analysis(), {"jawOpen": jaw, "headYaw": 3.0}).draw(0)
    brightness = picture[..., [int(np.argmax(tint))]]
    unclipped = brightness[..., 0] < 240  # beside what is brighter than white no tint is kept
    apart = np.abs(picture - brightness * np.array(tint, np.float32) / max(tint))[unclipped].max()
    assert apart <= (0 if tint == (1.0, 1.0, 1.0) else 4)


def test_tints_are_measured_as_they_are() -> None:
    photo, face = fake_photo(), shut_face()
    assert Tint.of(photo.pixels, face).variety > 0.9
    for tint in ((1.0, 1.0, 1.0), (1.0, 0.85, 0.62)):
        found = Tint.of(tinted(photo, tint).pixels, face)
        assert found.variety == 0
        colour = found.mixed(0.3, found.lip)
        assert colour / colour.max() == pytest.approx(np.array(tint), abs=0.03)


def test_a_mirrored_mouth_opens_as_in_the_mirror() -> None:
    photo, face = drawn_line(), shut_face()
    row, back = {"jawOpen": 0.25, "headYaw": 4.0}, {"jawOpen": 0.25, "headYaw": -4.0}
    one = film(photo, shut_analysis(), row).draw(0)
    flipped = photo.with_pixels(np.ascontiguousarray(photo.pixels[:, ::-1]))
    swap = _mirrored(face)
    landmarks = face.landmarks[swap] * np.array([-1, 1, 1], np.float32) + np.array([photo.width - 1, 0, 0], np.float32)
    analysis = shut_analysis()
    mirrored = replace(analysis, faces=(replace(face, landmarks=landmarks),), matte=analysis.matte[:, ::-1].copy())
    other = film(flipped, mirrored, back).draw(0)[:, ::-1]
    moved, apart = (np.abs(one.astype(int) - p).mean() for p in (photo.pixels, other))
    assert apart < 0.01 * moved


def _mirrored(face: Face) -> npt.NDArray[np.int64]:
    """For each point of a symmetric face the one on its other side."""
    points = face.landmarks
    middle = points[[33, 263], 0].mean()
    flipped = points * np.array([-1, 1, 1], np.float32) + np.array([2 * middle, 0, 0], np.float32)
    found = np.linalg.norm(flipped[:, None] - points[None], axis=2).argmin(axis=1)
    for lip in (UPPER_LIP, LOWER_LIP, CORNERS):  # shut, they lie on each other
        found[list(lip)] = lip[::-1]
    return np.asarray(found, np.int64)


def test_an_analyzer_sees_the_jaw_where_it_is_said_to_be(astronaut: object) -> None:
    analyzer = FaceMeshAnalyzer(max_faces=1)
    photo = read_photo(str(astronaut))
    scene = film(photo, analyzer.analyze(photo), {}, {"jawOpen": 0.3})
    found = analyzer.analyze(photo.with_pixels(scene.draw(1))).faces[0].landmarks
    rest, moved = (posed_landmarks(scene, row, 0) for row in (0, 1))
    unit = scene.heads[0].unit
    seen, planned = (float(p[LOWER, 1] - rest[LOWER, 1]) for p in (found, moved))
    assert 0.5 * planned < seen < 1.2 * planned  # a mesh that knows faces gives in less than they do
    assert float(np.linalg.norm((found - moved)[list(LOWER_LIP), :2], axis=1).mean()) < 0.05 * unit
