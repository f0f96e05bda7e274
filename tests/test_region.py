"""Turned squares of a photo: there and back, around corners, in tiles, halfway."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.builtin.analyzers.facemesh.detector import Detection, merge, tiles
from photomotion.builtin.analyzers.facemesh.region import Region, Scales

numbers = st.floats(-500, 500)
regions = st.builds(Region, numbers, numbers, st.floats(4, 2000), st.floats(-math.pi, math.pi), st.booleans())


@given(region=regions, side=st.integers(8, 256), x=st.floats(0, 1), y=st.floats(0, 1), z=st.floats(-1, 1))
def test_points_of_a_region_come_back(region: Region, side: int, x: float, y: float, z: float) -> None:
    point = np.array([[x * side, y * side, z * side]], np.float32)
    back = region.from_photo(region.to_photo(point, side), side)
    np.testing.assert_allclose(back, point, atol=0.02 * side)


@given(x=numbers, y=numbers, size=st.floats(4, 2000), angle=st.floats(-3, 3))
def test_a_region_around_its_own_corners_is_itself(x: float, y: float, size: float, angle: float) -> None:
    level = Region(x, y, size)
    corners = level.to_photo(np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32), 1)
    turn = np.array([math.cos(angle), math.sin(angle)], np.float32)
    again = Region.around(corners, np.zeros(2, np.float32), turn, 1.0)
    assert (again.x, again.y, again.size) == pytest.approx((x, y, size), abs=0.01 + 1e-3 * size)
    assert abs(math.remainder(again.angle - angle, math.tau)) < 1e-3


@settings(max_examples=30, deadline=None)
@given(width=st.integers(1, 5000), height=st.integers(1, 5000))
def test_tiles_cover_the_photo_and_stay_few(width: int, height: int) -> None:
    found = list(tiles(width, height))
    assert found[0].size == max(width, height)
    assert len(found) < 150
    for size in {r.size for r in found}:
        same = [r for r in found if r.size == size]
        for x, y in ((0, 0), (width, height), (width / 2, height / 2), (width / 3, height / 5)):
            inside = [max(abs(r.x - x), abs(r.y - y)) <= size / 2 + 1e-6 for r in same]
            assert any(inside)


@pytest.mark.parametrize("size", [20.0, 100.0, 333.0])
def test_a_cut_out_shows_what_its_points_say(size: float) -> None:
    picture = np.zeros((400, 400, 3), np.uint8)
    at = np.array([[180.0, 210.0]], np.float32)
    cv2.circle(picture, (180, 210), 3, (255, 255, 255), -1)
    region = Region(182.0, 209.0, size, 0.5)
    cut = region.cut(Scales(picture), 64).astype(float)[..., 0]
    (expected,) = region.from_photo(at, 64)
    y, x = np.mgrid[0:64, 0:64]
    seen = np.array([(x * cut).sum(), (y * cut).sum()]) / cut.sum()
    np.testing.assert_allclose(seen, expected, atol=0.5)


@given(weight=st.floats(1e-4, 1), by=st.floats(-20, 20))
def test_an_answer_that_hardly_counts_changes_hardly_anything(weight: float, by: float) -> None:
    corners = np.array([[0, 0], [80, 0], [80, 80], [0, 80]], np.float32)
    points = np.linspace(0, 80, 12, dtype=np.float32).reshape(6, 2)
    best = Detection(0.9, corners, points)
    face = merge([(best, 1.0), (Detection(0.6, corners + by, points + by), weight)])
    assert face.score == 0.9
    np.testing.assert_allclose(face.box - corners, by * weight / (1 + weight), atol=1e-3)
    np.testing.assert_allclose(face.keypoints - points, by * weight / (1 + weight), atol=1e-3)


@given(one=regions, other=regions)
def test_halfway_is_as_far_from_both(one: Region, other: Region) -> None:
    middle = one.halfway(other)
    for near, far in ((one, other), (other, one)):
        assert middle.x - near.x == pytest.approx(far.x - middle.x, abs=1e-6)
        assert middle.y - near.y == pytest.approx(far.y - middle.y, abs=1e-6)
        assert middle.size / near.size == pytest.approx(far.size / middle.size)
        turned = math.remainder(middle.angle - near.angle, math.tau)
        assert abs(turned) <= math.pi / 2 + 1e-6
        assert math.cos(turned) == pytest.approx(math.cos(far.angle - middle.angle), abs=1e-6)
