"""What both generations of MediaPipe's interface find on real pictures."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from photomotion.analysis import Describer
from photomotion.data import ARKIT, Photo
from photomotion.plugin import Runtime
from photomotion.testing.base import digest
from photomotion_mediapipe.analyzer import MediapipeAnalyzer
from photomotion_mediapipe.geometry import fit_transform

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="session")
def facemesh(photo: Photo) -> npt.NDArray[np.float32]:
    """What the analyzer that comes with photomotion finds."""
    from photomotion.builtin.options import FacemeshOptions
    from photomotion.builtin.plugin import load_facemesh

    (face,) = load_facemesh(FacemeshOptions(), Runtime(weights=lambda name: pytest.fail(name))).analyze(photo).faces
    return face.landmarks


def test_it_finds_what_the_built_in_analyzer_finds(
    analyzer: MediapipeAnalyzer, photo: Photo, facemesh: npt.NDArray[np.float32]
) -> None:
    before = digest(photo)
    analysis = analyzer.analyze(photo)
    (face,) = analysis.faces
    error = np.linalg.norm(face.landmarks[:468, :2] - facemesh[:468, :2], axis=1).mean() / face.eye_distance
    irises = np.linalg.norm(face.landmarks[[468, 473], :2] - facemesh[[468, 473], :2], axis=1) / face.eye_distance
    assert error < 0.035
    assert irises.max() < 0.06
    assert abs(face.pose.yaw) < 15
    assert analysis.suitability.turn == 0
    assert analysis.lighting.confidence > 0
    assert 0.2 < analysis.matte.mean() < 0.8
    assert digest(photo) == before


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_a_turned_scan_is_found(analyzer: MediapipeAnalyzer, pixels: Pixels, photo: Photo, quarters: int) -> None:
    (upright,) = analyzer.analyze(photo).faces
    analysis = analyzer.analyze(Photo(pixels=np.ascontiguousarray(np.rot90(pixels, quarters))))
    (face,) = analysis.faces
    assert analysis.suitability.turn == 90 * quarters
    x, y = upright.landmarks[:, 0], upright.landmarks[:, 1]
    expected = {1: (y, 511 - x), 2: (511 - x, 511 - y), 3: (511 - y, x)}[quarters]
    apart = np.linalg.norm(face.landmarks[:, :2] - np.stack(expected, axis=1), axis=1).mean()
    assert apart / face.eye_distance < 0.06


def test_small_faces_of_a_group_are_found_in_parts(analyzer: MediapipeAnalyzer, pixels: Pixels) -> None:
    small = cv2.resize(pixels, (320, 320), interpolation=cv2.INTER_AREA)
    wall = np.full((960, 1280, 3), 120, np.uint8)
    for x, y in ((20, 20), (900, 60), (480, 600)):
        wall[y : y + 320, x : x + 320] = small
    faces = analyzer.analyze(Photo(pixels=wall)).faces
    middles = sorted(tuple(int(v // 320) for v in face.landmarks[1, :2]) for face in faces)
    assert len(faces) == 3
    assert middles == [(0, 0), (1, 2), (3, 0)]


def test_a_gray_photo_is_like_any_other(analyzer: MediapipeAnalyzer, pixels: Pixels, photo: Photo) -> None:
    gray = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    (one,), (two,) = analyzer.analyze(photo).faces, analyzer.analyze(Photo(pixels=gray, gray=True)).faces
    apart = np.linalg.norm(one.landmarks[:, :2] - two.landmarks[:, :2], axis=1).mean()
    assert apart / one.eye_distance < 0.04


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (16, 16)])
def test_pictures_too_small_for_anybody(analyzer: MediapipeAnalyzer, size: tuple[int, int]) -> None:
    analysis = analyzer.analyze(Photo(pixels=np.full((*size, 3), 90, np.uint8)))
    assert analysis.faces == ()
    assert analysis.matte.shape == size
    assert "no-face" in analysis.suitability.of_face(None)


def test_a_huge_photo_is_no_harder(analyzer: MediapipeAnalyzer, pixels: Pixels, photo: Photo) -> None:
    huge = cv2.resize(pixels, (4000, 4000), interpolation=cv2.INTER_CUBIC)
    (one,), (two,) = analyzer.analyze(photo).faces, analyzer.analyze(Photo(pixels=huge)).faces
    apart = np.linalg.norm(one.landmarks[:468, :2] - two.landmarks[:468, :2] * 512 / 4000, axis=1).mean()
    assert apart / one.eye_distance < 0.04


def test_the_transform_projects_the_canonical_face_onto_the_photo(analyzer: MediapipeAnalyzer, photo: Photo) -> None:
    (one,) = analyzer.measure(photo)
    turn = one.transform[:3, :3]
    fitted = fit_transform(one.landmarks, photo.width, photo.height)
    scale = np.cbrt(np.linalg.det(turn))
    between = (turn / scale) @ fitted[:3, :3].T
    angle = np.degrees(np.arccos(np.clip((np.trace(between) - 1) / 2, -1, 1)))
    assert angle < 12  # the canonical face of the test's bundle is not quite MediaPipe's
    eyes = np.array([[-4.4459, 2.664, 3.1734, 1], [4.4459, 2.664, 3.1734, 1]]) @ fitted.T
    focal = photo.height / (2 * np.tan(np.radians(63) / 2))
    seen = np.stack([focal * eyes[:, 0], -focal * eyes[:, 1]], axis=1) / -eyes[:, 2:3] + photo.width / 2
    assert np.linalg.norm(seen - one.landmarks[[33, 263], :2], axis=1).max() < 0.08 * 60


def test_blendshapes_have_arkits_names(analyzer: MediapipeAnalyzer, photo: Photo) -> None:
    (one,) = analyzer.measure(photo)
    if not one.blendshapes:
        assert "Solutions" in type(analyzer._finder).__name__
        return
    assert set(one.blendshapes) == {*ARKIT, "_neutral"} - {"tongueOut"}
    assert all(0 <= value <= 1 for value in one.blendshapes.values())


def test_only_the_largest_are_kept(analyzer: MediapipeAnalyzer, pixels: Pixels) -> None:
    pair = np.concatenate([pixels, cv2.resize(pixels, (400, 512))], axis=1)
    assert len(analyzer.analyze(Photo(pixels=pair)).faces) == 2
    one = MediapipeAnalyzer(analyzer._finder, None, 1)
    (face,) = one.analyze(Photo(pixels=pair)).faces
    assert face.landmarks[1, 0] < 512


def test_people_are_cut_out_as_by_the_core(analyzer: MediapipeAnalyzer, photo: Photo) -> None:
    analysis = analyzer.analyze(photo)
    own = Describer().describe(photo, [])
    assert own.faces == ()
    assert np.abs(analysis.matte[300:] - own.matte[300:]).mean() < 0.15
