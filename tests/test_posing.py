"""Where points and depths are at a moment: at rest those of the analysis, then those of the drawn picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, CameraMotion, FaceMotion, Motion, Photo, Timing
from photomotion.testing.fakes import fake_analysis, fake_motion, fake_photo
from photomotion.warp import Scene, posed_depth, posed_landmarks, posed_points
from photomotion.warp.eyes import EYES


def scene_of(
    values: Mapping[str, float], analysis: Analysis | None = None, photo: Photo | None = None, faces: int = 1
) -> Scene:
    """Rest, then one row with those values, for every face."""
    table = np.array([[0.0] * len(values), list(values.values())], np.float32)
    motion = Motion(fps=10, faces=(FaceMotion(channels=tuple(values), values=table),) * faces)
    return Scene(photo or fake_photo(), analysis or fake_analysis(), motion)


CHANNELS = {"headYaw": 8, "headPitch": 5, "gazeYaw": 8, "eyeBlinkLeft": 1, "mouthSmileLeft": 1, "breath": 1}


@given(st.fixed_dictionaries({name: st.floats(-top, top, width=32) for name, top in CHANNELS.items()}))
@settings(max_examples=10)
def test_at_rest_points_are_those_of_the_analysis(values: dict[str, float]) -> None:
    scene = scene_of(values)
    face = scene.analysis.faces[0]
    assert np.array_equal(posed_landmarks(scene, 0, 0), face.landmarks)
    assert np.array_equal(posed_points(scene, 0, face.landmarks[:, :2]), face.landmarks[:, :2])


def test_a_turn_carries_the_nose_and_takes_depth_along() -> None:
    scene = scene_of({"headYaw": 10})
    rest, turned = (posed_landmarks(scene, row, 0) for row in (0, 1))
    moved = turned - rest
    assert moved[1, 0] < moved[234, 0] - 2  # the nose goes to the picture's left, the near cheek less
    assert moved[234, 2] * moved[454, 2] < 0 and abs(moved[454, 2]) > 2  # one ear comes nearer, the other goes away
    assert np.array_equal(posed_points(scene, 1, rest[1:2, :2]), turned[1:2, :2])


def test_a_camera_that_comes_nearer_shows_a_face_larger_and_deeper() -> None:
    motion = fake_motion(Timing(seconds=1, fps=2))
    camera = CameraMotion(values=np.array([[0, 0, 0], [0, 0, 0.25]], np.float32))
    still = Motion(fps=2, faces=tuple(replace(face, values=0 * face.values) for face in motion.faces), camera=camera)
    scene = Scene(fake_photo(), fake_analysis(), still)
    rest, nearer = (posed_landmarks(scene, row, 0) for row in (0, 1))
    assert np.ptp(nearer, axis=0) == pytest.approx(1.25 * np.ptp(rest, axis=0), rel=1e-3)


@pytest.mark.parametrize(("side", "other"), [("Left", "Right"), ("Right", "Left")])
def test_a_lid_closes_and_the_other_does_not(side: str, other: str) -> None:
    scene = scene_of({f"eyeBlink{side}": 1.0})
    points = [posed_landmarks(scene, row, 0) for row in (0, 1)]

    def opening(pose: np.ndarray, eye: str) -> float:
        upper, lower, _ = EYES[eye]
        return float(np.linalg.norm(pose[list(upper[2:-2]), :2] - pose[list(lower[2:-2]), :2], axis=1).mean())

    before, after = (opening(pose, side) for pose in points)
    assert after < 0.3 * before
    assert opening(points[1], other) == opening(points[0], other)


def test_a_glance_turns_the_irises_and_nothing_else() -> None:
    scene = scene_of({"gazeYaw": 8.0})
    moved = posed_landmarks(scene, 1, 0) - posed_landmarks(scene, 0, 0)
    assert (moved[468:, 0] < -0.3).all()
    assert not moved[:468].any()


@pytest.mark.parametrize("values", [
    {"headYaw": 8.0}, {"headYaw": -8.0}, {"headPitch": 5.0}, {"headRoll": 5.0},
    {"mouthSmileLeft": 1.0, "mouthSmileRight": 1.0},
], ids=str)  # fmt: skip
def test_they_are_where_the_analyzer_finds_them_in_the_drawn_picture(astronaut: Path, values: dict[str, float]) -> None:
    analyzer = FaceMeshAnalyzer(max_faces=1)
    photo = Photo(pixels=np.asarray(Image.open(astronaut).convert("RGB")))
    scene = scene_of(values, analyzer.analyze(photo), photo)
    found = analyzer.analyze(photo.with_pixels(scene.draw(1))).faces[0].landmarks
    unit = scene.heads[0].unit

    def error(row: int) -> float:
        return float(np.linalg.norm(posed_landmarks(scene, row, 0)[:, :2] - found[:, :2], axis=1).mean()) / unit

    assert error(1) < 0.03
    assert error(1) < 0.8 * error(0)


def test_depth_is_the_person_before_nothing() -> None:
    scene = scene_of({"headYaw": 8.0, "headPitch": 3.0})
    rest, turned = (posed_depth(scene, row) for row in (0, 1))
    assert rest.shape == scene.analysis.matte.shape and rest.dtype == np.float32
    assert not rest[scene.analysis.matte == 0].any()
    assert 0.9 < rest.max() <= 1 and turned.max() < 1.1
    points = scene.analysis.faces[0].landmarks
    nose, ear, other = (rest[round(float(y)), round(float(x))] for x, y, _ in points[[1, 234, 454]])
    assert nose > max(ear, other) > 0.5
    # Turned to the picture's left, the side that was on its right has come nearer.
    where = posed_landmarks(scene, 1, 0)
    left, right = (turned[round(float(y)), round(float(x))] for x, y, _ in where[[234, 454]])
    assert right > left


def test_a_smaller_head_is_farther_away() -> None:
    analysis = fake_analysis()
    face = analysis.faces[0]
    middle = face.landmarks.mean(axis=0)
    large, small = (
        replace(face, landmarks=(face.landmarks - middle) * size + np.array([x, 90, 0], np.float32))
        for size, x in ((0.6, 55.0), (0.3, 150.0))
    )
    two = replace(analysis, faces=(large, small), matte=np.ones_like(analysis.matte))
    scene = scene_of({"headYaw": 1}, two, faces=2)
    near = posed_depth(scene, 0)
    ends = [near[round(float(y)), round(float(x))] for x, y, _ in (large.landmarks[1], small.landmarks[1])]
    assert ends[0] > 1.5 * ends[1] > 0
