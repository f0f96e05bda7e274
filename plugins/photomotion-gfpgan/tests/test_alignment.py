from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import astronaut

from photomotion.data import Photo
from photomotion.testing.fakes import fake_face, fake_photo
from photomotion_gfpgan.alignment import SIZE, TEMPLATE, Alignment, five_points, resample, similarity
from photomotion_gfpgan.landmarks import builtin_analyzer
from photomotion_gfpgan.pasting import face_mask


@pytest.fixture(scope="module")
def analyzer():
    return builtin_analyzer()


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False)


@given(turn=numbers(-3.1, 3.1), scale=numbers(0.05, 20), x=numbers(-3000, 3000), y=numbers(-3000, 3000))
def test_a_similarity_is_found_again(turn: float, scale: float, x: float, y: float) -> None:
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    wanted = np.array([[c, -s, x], [s, c, y], [0, 0, 1]])
    moved = TEMPLATE @ wanted[:2, :2].T + wanted[:2, 2]
    assert np.allclose(similarity(TEMPLATE, moved), wanted, rtol=1e-7, atol=1e-6)


def test_no_mirroring() -> None:
    """The best similarity for mirrored points is still none that mirrors."""
    found = similarity(TEMPLATE, TEMPLATE * [-1, 1])
    assert np.linalg.det(found[:2, :2]) > 0


def test_a_real_face_lies_where_the_networks_expect_it(analyzer) -> None:
    photo = astronaut()
    face = analyzer().analyze(photo).faces[0]
    square = Alignment.of(face).crop(photo.pixels)
    seen = analyzer().analyze(Photo(pixels=square.astype(np.uint8))).faces[0]
    errors = np.linalg.norm(five_points(seen) - TEMPLATE, axis=1)
    assert errors.mean() < 15  # a face is not the mean face: 2 to 14 px on a set of old and new photos
    assert abs(np.linalg.norm(TEMPLATE[1] - TEMPLATE[0]) / 126 - 1) < 0.01


def test_there_and_back_again_is_the_scan(analyzer) -> None:
    """But for its very finest detail, which the paste takes from the scan: nothing is moved, not by 1/50 px."""
    photo = astronaut()
    face = analyzer().analyze(photo).faces[0]
    photo = photo.with_pixels(cv2.GaussianBlur(photo.pixels, (0, 0), 1.0))
    alignment = Alignment.of(face)
    box = alignment.box(photo.height, photo.width)
    inside = alignment.back(face_mask(alignment.apply(face.landmarks[:, :2])), box) > 0.01
    back = alignment.back(alignment.crop(photo.pixels), box)
    error = np.abs(back - photo.pixels[box])[inside]
    assert inside.sum() > 3000
    assert error.mean() < 1
    middle = tuple(slice(n // 4, 3 * n // 4) for n in back.shape[:2])
    one, two = (np.ascontiguousarray(p[middle][..., 1], np.float32) for p in (back, photo.pixels[box]))
    (x, y), _ = cv2.phaseCorrelate(one, two, cv2.createHanningWindow(one.shape[::-1], cv2.CV_32F))
    assert np.hypot(x, y) < 0.02


@pytest.mark.parametrize("factor", [2, 4])
def test_the_face_of_an_enlarged_photo_is_the_same(factor: int) -> None:
    photo, face = fake_photo(150, 190), fake_face(150, 190)
    large = cv2.resize(photo.pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    alignment = Alignment.of(face)
    one, two = alignment.crop(photo.pixels), alignment.in_enlarged(factor).crop(large)
    assert np.abs(one - two).mean() < 1.5
    shifted = alignment.crop(np.roll(photo.pixels, 1, axis=1))
    assert np.abs(one - shifted).mean() > 1.5  # half a pixel would show


def test_a_smaller_picture_is_free_of_moire() -> None:
    lines = np.zeros((300, 300), np.float32)
    lines[:, ::2] = 255
    small = resample(lines, np.diag([0.31, 0.31, 1]), 90, 90)
    assert np.abs(small - 127.5).max() < 30  # of 127


@pytest.mark.parametrize("where", [(-40, -60), (120, 150), (0, 150)])
def test_a_face_that_the_border_cuts(where: tuple[int, int]) -> None:
    photo, face = fake_photo(150, 190), fake_face(150, 190)
    moved = np.array([[1, 0, where[0]], [0, 1, where[1]], [0, 0, 1]], float)
    alignment = Alignment(Alignment.of(face).matrix @ np.linalg.inv(moved))
    box = alignment.box(photo.height, photo.width)
    assert photo.pixels[box].size
    assert alignment.crop(photo.pixels).shape == (SIZE, SIZE, 3)
    assert alignment.back(np.ones((SIZE, SIZE), np.float32), box).shape == photo.pixels[box].shape[:2]
