"""A mesh of 478 from 68 points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.data import Photo
from photomotion.testing.fakes import fake_face, fake_photo
from photomotion_face_alignment.fitting import CORRESPONDENCE, _standard, fit_mesh, reduce_mesh
from photomotion_face_alignment.irises import place_irises


def turned(yaw: float, pitch: float, roll: float) -> np.ndarray:
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


def test_every_point_has_its_place_and_its_mirror_image() -> None:
    assert len(CORRESPONDENCE) == 68
    sparse = reduce_mesh(_standard())
    mirror = [
        *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37,
        36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
    ]  # fmt: skip
    assert np.abs(sparse[mirror] * [-1, 1, 1] - sparse).max() < 0.05
    assert (np.diff(sparse[:17, 0]) > 0).all()
    assert sparse[8, 1] == sparse[:, 1].max()


@settings(max_examples=40, deadline=None)
@given(
    yaw=st.floats(-40, 40), pitch=st.floats(-25, 25), roll=st.floats(-170, 170), size=st.floats(20, 900),
    x=st.floats(-300, 3000), y=st.floats(-300, 3000), dimensions=st.sampled_from([2, 3]),
)  # fmt: skip
def test_the_standard_face_comes_back_however_it_is_turned(
    yaw: float, pitch: float, roll: float, size: float, x: float, y: float, dimensions: int
) -> None:
    face = size * _standard() @ turned(yaw, pitch, roll).T + [x, y, 0]
    mesh = fit_mesh(reduce_mesh(face)[:, :dimensions].astype(np.float32))
    assert mesh.dtype == np.float32
    assert np.linalg.norm(mesh - face, axis=1).max() < 0.02 * size


def test_a_mouth_that_opens_opens_the_mesh_and_nothing_far_from_it() -> None:
    points = reduce_mesh(_standard() * 100)[:, :2]
    shut = fit_mesh(points.astype(np.float32))
    points[[55, 56, 57, 58, 59, 65, 66, 67, 7, 8, 9], 1] += 15
    opened = fit_mesh(points.astype(np.float32))
    moved = (opened - shut)[:, 1]
    assert moved[17] > 10 and moved[14] > 8
    assert np.abs(moved[[10, 159, 386, 105, 334]]).max() < 3


def test_one_point_that_is_far_off_does_not_tear_the_mesh() -> None:
    points = reduce_mesh(_standard() * 100)[:, :2]
    whole = fit_mesh(points.astype(np.float32))
    points[30] += [12, 0]
    pulled = fit_mesh(points.astype(np.float32))
    assert 2 < pulled[4, 0] - whole[4, 0] < 14
    assert np.linalg.norm(pulled - whole, axis=1)[[33, 263, 61, 291, 152]].max() < 3


@pytest.mark.parametrize("glance", [-3, 0, 3])
def test_irises_lie_where_it_is_dark(glance: int) -> None:
    face = fake_face(384, 480)
    photo: Photo = fake_photo(384, 480)
    gray = photo.pixels.astype(np.float32).mean(axis=2) / 255
    gray = np.roll(gray, glance, axis=1)
    landmarks = face.landmarks.copy()
    landmarks[468:] = 0
    placed = place_irises(gray, landmarks)
    wanted = face.landmarks[[468, 473], :2] + [glance, 0]
    assert np.linalg.norm(placed[[468, 473], :2] - wanted, axis=1).max() < 0.05 * face.eye_distance
    for first in (468, 473):
        off = placed[first + 1 : first + 5, :2] - placed[first, :2]
        assert (off[0, 0] > 0, off[1, 1] < 0, off[2, 0] < 0, off[3, 1] > 0) == (True,) * 4
    assert (landmarks[468:] == 0).all()


def test_irises_of_shut_eyes_lie_in_the_middle() -> None:
    landmarks = fake_face(384, 480).landmarks.copy()
    for eye in ((33, 160, 159, 158, 157, 145, 144, 153, 133), (263, 387, 386, 385, 384, 374, 373, 380, 362)):
        landmarks[list(eye), 1] = landmarks[eye[0], 1]
    placed = place_irises(np.zeros((480, 384), np.float32), landmarks)
    for first, (outer, inner) in ((468, (33, 133)), (473, (263, 362))):
        middle = landmarks[[outer, inner], :2].mean(axis=0)
        assert np.linalg.norm(placed[first, :2] - middle) < 0.05 * np.linalg.norm(landmarks[outer] - landmarks[inner])
