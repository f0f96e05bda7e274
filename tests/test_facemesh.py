"""The built-in face analyzer against a reference, and under everything that happens to scans."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.analyzers.facemesh.interpreter import Model
from photomotion.builtin.analyzers.facemesh.lighting import normals
from photomotion.builtin.analyzers.facemesh.pose import CANONICAL, measure_pose
from photomotion.data import Analysis, Face, Photo
from photomotion.errors import WeightsError
from photomotion.reading import read_photo

HERE = Path(__file__).parent
Pixels = npt.NDArray[np.uint8]
MIRROR_PAIRS = ((33, 263), (133, 362), (61, 291), (234, 454), (105, 334), (159, 386), (468, 473))


@pytest.fixture(scope="module")
def analyzer() -> FaceMeshAnalyzer:
    return FaceMeshAnalyzer()


@pytest.fixture(scope="module")
def pixels() -> Pixels:
    return np.asarray(Image.open(HERE.parent / "examples" / "photos" / "astronaut.png").convert("RGB"))


@pytest.fixture(scope="module")
def analysis(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> Analysis:
    return analyzer.analyze(Photo(pixels=pixels))


def only_face(analyzer: FaceMeshAnalyzer, picture: Pixels) -> Face:
    faces = analyzer.analyze(Photo(pixels=np.ascontiguousarray(picture))).faces
    assert len(faces) == 1
    return faces[0]


def distance(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32], unit: float) -> float:
    """Mean distance of two lists of points as a part of ``unit``."""
    return float(np.linalg.norm(a[:, :2] - b[:, :2], axis=1).mean()) / unit


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


# Matte


def test_the_matte_holds_the_person_and_not_the_wall(analysis: Analysis) -> None:
    matte = analysis.matte
    assert matte.shape == (512, 512)
    assert matte.dtype == np.float32
    assert 0 <= matte.min() <= matte.max() <= 1
    face = np.zeros(matte.shape, np.uint8)
    hull = cv2.convexHull(np.round(analysis.faces[0].landmarks[:468, :2]).astype(np.int32))
    cv2.fillConvexPoly(face, hull, 1)
    assert matte[cv2.erode(face, np.ones((7, 7), np.uint8)) > 0].min() > 0.98
    assert matte[330:420, 150:260].mean() > 0.98  # the suit
    assert matte[20:120, 330:380].max() < 0.02  # the wall
    edge = (matte > 0.05) & (matte < 0.95)
    assert 0.002 < edge.mean() < 0.1


def test_the_matte_follows_edges_at_full_size(analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis) -> None:
    large = cv2.resize(pixels, (1536, 1536), interpolation=cv2.INTER_CUBIC)
    matte = analyzer.analyze(Photo(pixels=large)).matte
    assert matte.shape == (1536, 1536)
    small = cv2.resize(matte, (512, 512), interpolation=cv2.INTER_AREA)
    assert float(np.abs(small - analysis.matte).mean()) < 0.02


@pytest.mark.parametrize("seed", [0, 4])
def test_cracks_do_not_cut_pieces_of_the_wall_out_with_the_person(
    analyzer: FaceMeshAnalyzer, pixels: Pixels, seed: int
) -> None:
    gray = cv2.cvtColor(np.ascontiguousarray(pixels[:330, 60:460]), cv2.COLOR_RGB2GRAY)
    whole = cv2.cvtColor((0.6 * gray).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    random, cracked = np.random.default_rng(seed), whole.copy()
    for _ in range(14):
        start, end = random.uniform(0, 1, (2, 2)) * (400, 330)
        way = np.linspace(0, 1, 9)[:, None]
        crack = start * (1 - way) + end * way + random.normal(0, 5, (9, 2))
        cv2.polylines(cracked, [np.round(crack).astype(np.int32)], False, (235,) * 3, int(random.integers(2, 5)))
    found, true = (analyzer.analyze(Photo(pixels=p)) for p in (cracked, whole))
    assert "scratches" in found.suitability.of_face(None)
    assert np.abs(found.matte - true.matte)[:200].mean() < 0.02  # it was 0.08 and 0.19


def test_what_lies_on_the_border_of_a_print_is_no_person(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> None:
    print_ = np.ascontiguousarray(pixels[:400, 40:440])
    bordered = cv2.copyMakeBorder(print_, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(236, 232, 224))
    matte = analyzer.analyze(Photo(pixels=bordered)).matte
    whole = analyzer.analyze(Photo(pixels=print_)).matte
    around = np.ones(matte.shape, bool)
    around[40:-40, 40:-40] = False
    assert not matte[around].any()
    deep = (slice(12, -12), slice(12, -12))
    assert np.abs(matte[40:-40, 40:-40][deep] - whole[deep]).mean() < 0.05


# Light


@pytest.mark.parametrize("bright", ["left", "right"])
def test_the_light_comes_from_the_brighter_side(analyzer: FaceMeshAnalyzer, pixels: Pixels, bright: str) -> None:
    face = only_face(analyzer, pixels)
    ramp = np.clip((np.arange(512) - face.box[0]) / (face.box[2] - face.box[0]), 0, 1)
    ramp = (0.15 + 0.85 * (1 - ramp if bright == "left" else ramp))[None, :, None]
    analysis = analyzer.analyze(Photo(pixels=(pixels * ramp).astype(np.uint8)))
    x, y, z = analysis.lighting.direction
    assert (x < -0.5) if bright == "left" else (x > 0.5)
    assert math.hypot(x, y, z) == pytest.approx(1)
    assert z < 0
    assert 0 <= analysis.lighting.softness <= 1
    assert analysis.lighting.confidence > 0.3
    assert "side-light" in analysis.suitability.of_face(0)


def test_normals_look_at_the_camera_and_outward(analysis: Analysis) -> None:
    normal = normals(analysis.faces[0].landmarks[:468])
    np.testing.assert_allclose(np.linalg.norm(normal, axis=1), 1, atol=1e-4)
    assert (normal[:, 2] < 0).mean() > 0.85
    assert normal[234, 0] < -0.3  # the edge of the face on the picture's left
    assert normal[454, 0] > 0.3
    assert normal[10, 1] < normal[152, 1]


# Findings


def test_findings_of_damaged_photos(analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis) -> None:
    x0, y0, x1, y1 = (round(v) for v in analysis.faces[0].box)
    large = cv2.resize(pixels, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    damaged = {
        "dark": large // 6,
        "blurred": cv2.GaussianBlur(large, (0, 0), 5),
        "cropped-face": large[:, : round(0.5 * x0 + 1.5 * x1)],
        "low-contrast": (large * 0.2 + 110).astype(np.uint8),
        "overexposed": np.clip(large.astype(np.int32) * 2, 0, 255).astype(np.uint8),
        "tilted": cv2.warpAffine(large, cv2.getRotationMatrix2D((x0 + x1, y0 + y1), 30, 1), (1024, 1024)),
    }
    whole = analyzer.analyze(Photo(pixels=large)).suitability
    assert not whole.of_face(0) & set(damaged)
    assert whole.expectation == "good"
    for code, picture in damaged.items():
        suitability = analyzer.analyze(Photo(pixels=np.ascontiguousarray(picture))).suitability
        assert code in suitability.of_face(0), code
        finding = next(f for f in suitability.findings if f.code == code)
        assert math.isfinite(finding.value)
        assert finding.message.endswith(".")


def test_drawn_glasses_are_seen(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> None:
    large = cv2.resize(pixels, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    points = only_face(analyzer, large).landmarks
    reach = round(0.28 * float(np.linalg.norm(points[33, :2] - points[263, :2])))
    eyes = [tuple(int(v) for v in points[p, :2]) for p in (468, 473)]
    clear, dark = large.copy(), large.copy()
    for x, y in eyes:
        cv2.circle(clear, (x, y), reach, (20, 15, 15), 4, cv2.LINE_AA)
        cv2.circle(dark, (x, y), reach, (12, 12, 12), -1, cv2.LINE_AA)
    (ax, ay), (bx, by) = eyes
    for picture in (clear, dark):
        cv2.line(picture, (ax + reach, ay), (bx - reach, by), (20, 15, 15), 5, cv2.LINE_AA)
    assert "glasses" in analyzer.analyze(Photo(pixels=clear)).suitability.of_face(0)
    assert "sunglasses" in analyzer.analyze(Photo(pixels=dark)).suitability.of_face(0)


# Geometry


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
