"""The door for analyzers that find faces themselves."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from photomotion.analysis import Describer, Sighting, search_turned
from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Photo, Pose
from photomotion.testing.fakes import fake_analysis, fake_photo

ASTRONAUT = Path(__file__).parents[1] / "examples" / "photos" / "astronaut.png"


def test_what_is_said_of_a_face_does_not_depend_on_who_found_it() -> None:
    photo = Photo(pixels=cv2.cvtColor(cv2.imread(str(ASTRONAUT)), cv2.COLOR_BGR2RGB))
    ours = FaceMeshAnalyzer().analyze(photo)
    (face,) = ours.faces
    theirs = Describer().describe(photo, [Sighting(landmarks=face.landmarks, confidence=face.confidence)])
    (other,) = theirs.faces
    assert np.array_equal(theirs.matte, ours.matte)
    assert (other.box, other.eyes_open, other.mouth_open) == (face.box, face.eyes_open, face.mouth_open)
    assert abs(other.pose.yaw - face.pose.yaw) < 2
    assert theirs.lighting == ours.lighting
    assert theirs.suitability.expectation == ours.suitability.expectation


def test_faces_come_out_largest_first() -> None:
    small, large = (fake_analysis(side, side).faces[0].landmarks for side in (96, 192))
    described = Describer().describe(fake_photo(192, 192), [Sighting(landmarks=small), Sighting(landmarks=large)])
    assert described.faces[0].eye_distance > described.faces[1].eye_distance
    assert "several-faces" in described.suitability.of_face(None)


def test_nobody_is_no_error() -> None:
    described = Describer().describe(fake_photo(), [])
    assert described.faces == ()
    assert described.suitability.of_face(None) == {"no-face"}


def test_people_are_cut_out_by_the_segmenter_that_is_given() -> None:
    shown = []

    def nobody(image: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        shown.append((image.dtype, image.shape, float(image.max()) <= 1))
        return np.zeros(image.shape[:2], np.float32)

    face = fake_analysis().faces[0]
    own = Describer().describe(fake_photo(), [Sighting(landmarks=face.landmarks)])
    given = Describer(nobody).describe(fake_photo(), [Sighting(landmarks=face.landmarks)])
    assert set(shown) == {(np.dtype(np.float32), (256, 256, 3), True)}
    assert given.matte.sum() < 0.8 * own.matte.sum()
    assert given.matte[tuple(face.landmarks[1, 1::-1].astype(int))] > 0.9  # where a face was found, somebody is


def test_a_pose_that_was_measured_is_kept() -> None:
    pose = Pose(yaw=11.0, pitch=-5.0, roll=3.0)
    sighting = Sighting(landmarks=fake_analysis().faces[0].landmarks, pose=pose)
    (face,) = Describer().describe(fake_photo(), [sighting]).faces
    assert (face.pose.yaw, face.pose.pitch, face.pose.roll) == (11.0, -5.0, 3.0)
    assert min(face.pose.uncertainty) > 0


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turned_photo_is_searched_turned(quarters: int) -> None:
    upright = fake_photo(120, 80)
    landmarks = fake_analysis(120, 80).faces[0].landmarks

    def find(pixels: npt.NDArray[np.uint8]) -> list[Sighting]:
        if not np.array_equal(pixels, upright.pixels):
            return []
        return [Sighting(landmarks=landmarks, pose=Pose(roll=10.0), looks=landmarks[None, :468])]

    turned = np.ascontiguousarray(np.rot90(upright.pixels, -quarters))
    (found,) = search_turned(turned, find)
    for x, y in ((33, 10), (0, 0), (119, 79)):
        marked = np.zeros((80, 120), bool)
        marked[y, x] = True
        row, column = np.argwhere(np.rot90(marked, -quarters))[0]
        moved = landmarks + np.array([x, y, 0], np.float32) - landmarks[1]
        (one,) = search_turned(
            turned,
            lambda p, m=moved: [Sighting(landmarks=m)] if np.array_equal(p, upright.pixels) else [],  # type: ignore[misc]
        )
        assert one.landmarks[1, :2] == pytest.approx([column, row], abs=1e-3)
    assert found.looks is not None
    assert np.array_equal(found.looks[0], found.landmarks[:468])
    assert found.pose is not None
    assert found.pose.roll == pytest.approx({0: 10, 1: 100, 2: -170, 3: -80}[quarters])


def test_the_most_certain_turn_is_taken_and_a_certain_one_ends_the_search() -> None:
    landmarks = fake_analysis().faces[0].landmarks
    tried = []

    def find(pixels: npt.NDArray[np.uint8]) -> list[Sighting]:
        tried.append(pixels)
        return [Sighting(landmarks=landmarks, confidence=(0.5, 0.7, 0.9, 1.0)[len(tried) - 1])]

    (found,) = search_turned(fake_photo().pixels, find)
    assert (found.confidence, len(tried)) == (0.9, 3)
    assert search_turned(fake_photo().pixels, lambda pixels: []) == []
