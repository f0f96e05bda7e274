"""The built-in face analyzer against a reference, and under everything that happens to scans."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from found_faces import Pixels, distance, only_face
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.analyzers.facemesh.interpreter import Model
from photomotion.builtin.analyzers.facemesh.pose import CANONICAL, measure_pose
from photomotion.data import Analysis, Photo
from photomotion.errors import WeightsError
from photomotion.reading import read_photo

HERE = Path(__file__).parent
MIRROR_PAIRS = ((33, 263), (133, 362), (61, 291), (234, 454), (105, 334), (159, 386), (468, 473))


# Against mediapipe


def test_the_astronaut_agrees_with_mediapipe(analysis: Analysis) -> None:
    reference = json.loads((HERE / "data" / "astronaut_mesh.json").read_text())
    mesh = np.array(reference["mesh"], np.float32)
    unit = float(np.linalg.norm(mesh[33, :2] - mesh[263, :2]))
    (face,) = analysis.faces
    assert distance(face.landmarks[:468], mesh, unit) < 0.012
    assert distance(face.landmarks[468:], np.array(reference["irises"], np.float32), unit) < 0.018
    depth = face.landmarks[:468, 2]
    assert float(np.corrcoef(depth, mesh[:, 2])[0, 1]) > 0.98
    assert (face.pose.yaw, face.pose.pitch, face.pose.roll) == pytest.approx(reference["pose"], abs=2)


def test_the_irises_belong_to_their_eyes_and_their_points_are_in_order(analysis: Analysis) -> None:
    points = analysis.faces[0].landmarks
    for iris, corners in ((468, (33, 133)), (473, (362, 263))):
        middle, right, top, left, bottom = points[iris : iris + 5, :2]
        assert points[corners[0], 0] < middle[0] < points[corners[1], 0]
        assert right[0] > middle[0] > left[0]
        assert top[1] < middle[1] < bottom[1]


def test_the_astronaut_looks_at_us_with_open_eyes_and_shows_her_teeth(analysis: Analysis) -> None:
    (face,) = analysis.faces
    assert min(face.eyes_open) > 0.5
    assert 0.05 < face.mouth_open < 0.5
    assert 0.5 < face.confidence <= 1
    x0, y0, x1, y1 = face.box
    assert x0 < face.landmarks[:468, 0].mean() < x1
    assert y0 < face.landmarks[:468, 1].mean() < y1
    assert {"teeth", "tiny-face"} == analysis.suitability.of_face(0)


def test_the_same_photo_gives_the_same_numbers(pixels: Pixels, analysis: Analysis) -> None:
    again = FaceMeshAnalyzer().analyze(Photo(pixels=pixels))
    np.testing.assert_array_equal(again.faces[0].landmarks, analysis.faces[0].landmarks)
    np.testing.assert_array_equal(again.matte, analysis.matte)
    assert again.lighting == analysis.lighting
    assert again.suitability == analysis.suitability


# What happens to scans


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_scan_is_found(analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis, quarters: int) -> None:
    picture = np.ascontiguousarray(np.rot90(pixels, quarters))
    face, analysed = only_face(analyzer, picture), analyzer.analyze(Photo(pixels=picture))
    back = face.landmarks[:, :2].copy()
    for _ in range(quarters):  # undo one counter-clockwise quarter turn of the 512x512 photo
        back = np.stack([511 - back[:, 1], back[:, 0]], axis=1)
    assert distance(back, analysis.faces[0].landmarks, analysis.faces[0].eye_distance) < 0.03
    turned = math.remainder(face.pose.roll - analysis.faces[0].pose.roll + 90 * quarters, 360)
    assert abs(turned) < 4
    assert analysed.suitability.turn == 90 * quarters
    assert "rotated-scan" in analysed.suitability.of_face(None)
    upright = analyzer.analyze(Photo(pixels=np.ascontiguousarray(np.rot90(picture, -quarters))))
    assert upright.suitability == analysis.suitability
    assert float(np.abs(np.rot90(analysed.matte, -quarters) - analysis.matte).mean()) < 0.03


def test_a_mirrored_photo_gives_mirrored_points(analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis) -> None:
    picture = cv2.warpAffine(pixels, np.array([[1, 0, 0], [0, 1, 0]], float), (512, 512))[:, ::-1]
    face, original = only_face(analyzer, picture), analysis.faces[0]
    for a, b in MIRROR_PAIRS:
        for mine, theirs in ((a, b), (b, a)):
            expected = np.array([511 - original.landmarks[theirs, 0], original.landmarks[theirs, 1]])
            assert np.linalg.norm(face.landmarks[mine, :2] - expected) < 0.04 * original.eye_distance
    assert face.pose.yaw == pytest.approx(-original.pose.yaw, abs=2)
    assert face.pose.roll == pytest.approx(-original.pose.roll, abs=2)
    assert face.pose.pitch == pytest.approx(original.pose.pitch, abs=2)


def test_a_head_that_leans_clockwise_has_positive_roll(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> None:
    clockwise = cv2.warpAffine(pixels, cv2.getRotationMatrix2D((256, 256), -20, 1), (512, 512))
    assert 15 < only_face(analyzer, clockwise).pose.roll < 30


@given(yaw=st.floats(-40, 40), pitch=st.floats(-30, 30), roll=st.floats(-80, 80))
def test_a_turned_head_is_measured_as_it_was_turned(yaw: float, pitch: float, roll: float) -> None:
    y, p, r = np.radians([yaw, pitch, roll])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    head = np.array(list(CANONICAL.values())) * [1, -1, -1]
    far = head @ (about_z @ about_y @ about_x).T + [0, 0, 100]  # 1 m away, the lens of measure_pose
    landmarks = np.zeros((468, 3), np.float32)
    landmarks[list(CANONICAL), :2] = 2000 * far[:, :2] / far[:, 2:] + 500
    pose = measure_pose(landmarks, 1000, 1000)
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((yaw, pitch, roll), abs=0.1)


def test_the_nose_points_to_the_left_of_the_picture_when_yaw_is_positive() -> None:
    head = np.array(list(CANONICAL.values())) * [1, -1, -1]
    turned = head @ np.array([[np.cos(0.4), 0, np.sin(0.4)], [0, 1, 0], [-np.sin(0.4), 0, np.cos(0.4)]]).T
    landmarks = np.zeros((468, 3), np.float32)
    landmarks[list(CANONICAL), :2] = 20 * turned[:, :2] + 500
    assert landmarks[1, 0] < landmarks[[234, 454], 0].mean()
    assert measure_pose(landmarks, 1000, 1000).yaw == pytest.approx(math.degrees(0.4), abs=5)


@pytest.mark.parametrize("scale", [0.7, 2.0, 3.1])
def test_size_does_not_matter(analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis, scale: float) -> None:
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    side = round(512 * scale)
    face = only_face(analyzer, cv2.resize(pixels, (side, side), interpolation=how))
    back = (face.landmarks[:, :2] + 0.5) * np.float32(512 / side) - 0.5
    assert distance(back, analysis.faces[0].landmarks, analysis.faces[0].eye_distance) < 0.03


def test_colour_does_not_matter(analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis) -> None:
    gray = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    face = only_face(analyzer, gray)
    assert distance(face.landmarks, analysis.faces[0].landmarks, analysis.faces[0].eye_distance) < 0.03


@settings(max_examples=12, deadline=None)
@given(gamma=st.floats(0.9, 1.1), level=st.integers(-6, 6))
def test_a_little_more_or_less_light_moves_nothing(
    analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis, gamma: float, level: int
) -> None:
    lit = np.clip(np.round(255 * (pixels / 255) ** gamma + level), 0, 255).astype(np.uint8)
    face = only_face(analyzer, lit)
    assert distance(face.landmarks, analysis.faces[0].landmarks, analysis.faces[0].eye_distance) < 0.003


@pytest.mark.parametrize("level", [-1, 1])
def test_one_gray_level_moves_nothing(
    analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis, level: int
) -> None:
    face = only_face(analyzer, np.clip(pixels.astype(np.int32) + level, 0, 255).astype(np.uint8))
    assert distance(face.landmarks, analysis.faces[0].landmarks, analysis.faces[0].eye_distance) < 0.001


@pytest.mark.parametrize("quality", [75, 90])
def test_compressing_a_photo_moves_little(
    analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis, quality: int
) -> None:
    coded = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    face = only_face(analyzer, np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))[..., ::-1])
    assert distance(face.landmarks, analysis.faces[0].landmarks, analysis.faces[0].eye_distance) < 0.004


@settings(max_examples=12, deadline=None)
@given(right=st.integers(0, 24), down=st.integers(0, 24))
def test_the_points_go_with_the_picture(
    analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis, right: int, down: int
) -> None:
    moved = cv2.copyMakeBorder(pixels, down, 0, right, 0, cv2.BORDER_REPLICATE)[:512, :512]
    face = only_face(analyzer, moved)
    back = face.landmarks[:, :2] - np.array([right, down], np.float32)
    assert distance(back, analysis.faces[0].landmarks, analysis.faces[0].eye_distance) < 0.01


@pytest.mark.parametrize("border", [(0, 0, 300, 500), (400, 30, 0, 0)])
def test_padding_only_moves_the_points(
    analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis, border: tuple[int, int, int, int]
) -> None:
    top, _, left, _ = border
    face = only_face(analyzer, cv2.copyMakeBorder(pixels, *border, cv2.BORDER_CONSTANT, value=(90, 90, 90)))
    moved = face.landmarks[:, :2] - np.array([left, top], np.float32)
    assert distance(moved, analysis.faces[0].landmarks, analysis.faces[0].eye_distance) < 0.03


def test_a_small_face_in_a_large_photo_is_found(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> None:
    photo = np.full((1500, 2000, 3), 128, np.uint8)
    small = cv2.resize(pixels, (340, 340), interpolation=cv2.INTER_AREA)  # 40 px between the outer eye corners
    photo[1100:1440, 1500:1840] = small
    face = only_face(analyzer, photo)
    assert 36 < face.eye_distance < 44
    assert face.box[0] > 1500


def test_two_people_largest_first(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> None:
    small = cv2.resize(pixels, (384, 384), interpolation=cv2.INTER_AREA)
    photo = np.full((512, 384 + 512, 3), 200, np.uint8)
    photo[:384, :384] = small
    photo[:, 384:] = pixels
    analysis = analyzer.analyze(Photo(pixels=photo))
    assert len(analysis.faces) == 2
    assert analysis.faces[0].box[0] > 384 > analysis.faces[1].box[2]
    assert analysis.faces[0].eye_distance > analysis.faces[1].eye_distance
    assert "several-faces" in {f.code for f in analysis.suitability.findings}
    assert len(FaceMeshAnalyzer(max_faces=1).analyze(Photo(pixels=photo)).faces) == 1


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 400), (16, 16), (64, 48)])
def test_tiny_photos_are_no_error(analyzer: FaceMeshAnalyzer, shape: tuple[int, int]) -> None:
    analysis = analyzer.analyze(Photo(pixels=np.full((*shape, 3), 120, np.uint8)))
    assert analysis.faces == ()
    assert analysis.matte.shape == shape


@pytest.mark.parametrize("kind", ["black", "white", "noise"])
def test_nobody_is_no_error(analyzer: FaceMeshAnalyzer, kind: str) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (400, 600, 3), dtype=np.uint8)
    picture = {"black": np.zeros_like(noise), "white": np.full_like(noise, 255), "noise": noise}[kind]
    analysis = analyzer.analyze(Photo(pixels=picture))
    assert analysis.faces == ()
    assert [f.code for f in analysis.suitability.findings] == ["no-face"]
    assert analysis.suitability.expectation == "poor"
    assert np.isfinite(analysis.matte).all()


def test_a_missing_model_says_what_to_do() -> None:
    with pytest.raises(WeightsError, match=r"absent\.tflite.*reinstall"):
        Model("absent.tflite")(np.zeros((8, 8, 3), np.float32))


@pytest.mark.parametrize("side", [175, 250])
def test_all_twelve_of_a_group_are_found(astronaut: Path, side: int) -> None:
    one = read_photo(astronaut).pixels[0:256, 110:366]
    small = cv2.resize(one, (side, side), interpolation=cv2.INTER_AREA)
    row = np.hstack([small, small[:, ::-1], small, small[:, ::-1]])
    found = FaceMeshAnalyzer().analyze(Photo(pixels=np.vstack([row] * 3))).faces
    places = {tuple((face.landmarks[1, :2] // side).astype(int).tolist()) for face in found}
    assert places == {(x, y) for x in range(4) for y in range(3)}
    assert min(face.eye_distance for face in found) > 0.22 * side
