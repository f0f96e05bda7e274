"""Brows that move as bodies: eyes stay, the skin between gives way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, FaceMotion, Motion, Photo
from photomotion.reading import read_photo
from photomotion.testing.fakes import fake_analysis, fake_face, fake_photo
from photomotion.warp import Scene, posed_landmarks
from photomotion.warp.brows import BROWS, LOWER, UPPER, Rim, moved
from photomotion.warp.folds import squeeze
from photomotion.warp.geometry import HeadFrame
from photomotion.warp.grid import Grid

IRISES = list(range(468, 478))
LIDS = [159, 145, 386, 374]


@pytest.fixture
def portrait(astronaut: object) -> tuple[Photo, Analysis]:
    photo = read_photo(str(astronaut))
    return photo, FaceMeshAnalyzer(max_faces=1).analyze(photo)


def way(photo: Photo, analysis: Analysis, values: dict[str, float]) -> npt.NDArray[np.float32]:
    """How far the mesh's points go, eye distances."""
    motion = FaceMotion(channels=tuple(values), values=np.array([[0] * len(values), list(values.values())], np.float32))
    scene = Scene(photo, analysis, Motion(fps=25, faces=(motion,)))
    rest, then = (posed_landmarks(scene, row, 0)[:, :2] for row in (0, 1))
    return np.asarray((then - rest) / scene.heads[0].unit, np.float32)


RAISED = {"browInnerUp": 0.9, "browOuterUpLeft": 1.0, "browOuterUpRight": 1.0}
DRAWN = {"browDownLeft": 1.0, "browDownRight": 1.0}


@pytest.mark.parametrize("values", [RAISED, DRAWN], ids=["raised", "drawn"])
def test_brows_keep_their_height_and_eyes_theirs(portrait: tuple[Photo, Analysis], values: dict[str, float]) -> None:
    gone = way(*portrait, values)[:, 1]
    brow = np.array([*LOWER, *UPPER])
    assert np.abs(gone[brow]).mean() > 0.025
    thicker = np.abs(gone[list(LOWER)] - gone[list(UPPER)])
    assert thicker.mean() < 0.12 * np.abs(gone[brow]).mean()
    assert np.abs(gone[[*IRISES, *LIDS]]).max() < 0.1 * np.abs(gone[brow]).mean()


def test_a_raised_brow_goes_up_evenly_and_one_end_can_go_alone(portrait: tuple[Photo, Analysis]) -> None:
    alone = ({name: 1.0} for name in ("browInnerUp", "browOuterUpRight", "browOuterUpLeft"))
    both, inner, outer, other = (-way(*portrait, values)[[107, 105, 70], 1] for values in (RAISED, *alone))
    assert both.min() > 0.75 * both.max() > 0.04
    assert inner[0] > 4 * inner[2] and outer[2] > 4 * outer[0]
    assert np.abs(other).max() < 0.01


def test_drawn_brows_come_together() -> None:
    gone = way(fake_photo(), fake_analysis(), DRAWN)
    assert gone[107, 0] > 0.008 and gone[336, 0] < -0.008
    assert gone[107, 1] > 1.2 * gone[70, 1] > 0
    assert np.abs(gone[9, 0]) < 0.004 < gone[9, 1]


def level(height: float) -> Rim:
    """A rim that is as high everywhere."""
    return np.array([-0.5, 0.5], np.float32), np.full(2, height, np.float32)


@given(st.lists(st.floats(0, 1), min_size=len(BROWS), max_size=len(BROWS)), st.none() | st.floats(-0.5, 0.1))
@settings(max_examples=40)
def test_nothing_folds(amounts: list[float], height: float | None) -> None:
    face = fake_face()
    frame, grid = HeadFrame.of(face), Grid.over((0, 0, 192, 240), round(HeadFrame.of(face).unit / 14))
    rim = None if height is None else level(height)
    total = sum(a * moved(c, face, frame, grid, rim) for a, c in zip(amounts, BROWS, strict=True))
    field = np.ascontiguousarray(np.asarray(total, np.float32).transpose(1, 2, 0))
    assert squeeze(field, grid.step).min() > 0.3


def test_brows_move_above_a_rim_and_nothing_does_below() -> None:
    face = fake_face()
    frame, grid = HeadFrame.of(face), Grid.over((0, 0, 192, 240), 1)
    v = frame.uv(*grid.nodes)[1]
    lower, upper = (float(frame.uv(*face.landmarks[list(edge), :2].T)[1].mean()) for edge in (LOWER, UPPER))
    at_brow = np.abs(v - upper) < 0.01
    for channel in BROWS:
        free, held = (moved(channel, face, frame, grid, rim)[1] for rim in (None, level(lower)))
        assert np.abs(held[v > lower]).max() == 0
        assert np.abs(held[at_brow]).max() > 0.9 * np.abs(free[at_brow]).max() > 1
        covered = moved(channel, face, frame, grid, level(upper))[1]
        assert np.abs(covered[v > upper]).max() == 0


def test_left_is_right_in_the_mirror() -> None:
    face = fake_face()
    points = face.landmarks
    middle = 2 * float(points[[33, 263], 0].mean())
    flipped = points * np.array([-1, 1, 1], np.float32) + np.array([middle, 0, 0], np.float32)
    swap = np.linalg.norm(flipped[:, None] - points[None], axis=2).argmin(axis=1)
    mirrored = replace(face, landmarks=flipped[swap])
    grid = Grid.over((round(middle / 2) - 96, 0, round(middle / 2) + 97, 240), 1)
    assert grid.nodes[0].mean() == pytest.approx(middle / 2, abs=0.01)
    for left in ("browOuterUpLeft", "browDownLeft"):
        one = moved(left, face, HeadFrame.of(face), grid)
        other = moved(left.replace("Left", "Right"), mirrored, HeadFrame.of(mirrored), grid)[:, :, ::-1]
        assert one[0] == pytest.approx(-other[0], abs=0.02 * float(np.abs(one).max()))
        assert one[1] == pytest.approx(other[1], abs=0.02 * float(np.abs(one).max()))
