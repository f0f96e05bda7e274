"""A jaw that goes down with lips apart, with lips together, and with anything between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mouth_pictures import drawn_line, shut_analysis

from photomotion.data import FaceMotion, Motion
from photomotion.warp import Scene, posed_landmarks
from photomotion.warp.folds import squeeze
from photomotion.warp.jaw import LOWER_LIP, MOST, UPPER_LIP, limited, opening

UPPER, LOWER, CHIN = UPPER_LIP[4], LOWER_LIP[4], 152


def scene(*rows: tuple[float, float]) -> Scene:
    """A scene in which ``jawOpen`` and ``mouthClose`` go by those rows."""
    motion = FaceMotion(channels=("jawOpen", "mouthClose"), values=np.array(rows, np.float32))
    return Scene(drawn_line(), shut_analysis(), Motion(fps=25, faces=(motion,)))


@given(st.floats(-0.2, 1.2), st.floats(-0.2, 1.2))
def test_a_mouth_is_opened_by_what_is_left_of_the_jaw(jaw: float, close: float) -> None:
    found = limited({"jawOpen": jaw, "mouthClose": close, "headYaw": 3.0})
    assert opening(found) == pytest.approx(min(max(jaw - max(close, 0), 0), MOST))
    assert found["jawOpen"] == min(max(jaw, 0), MOST)
    assert 0 <= found["mouthClose"] <= found["jawOpen"] and found["headYaw"] == 3
    assert opening(limited({"mouthClose": close})) == 0


@pytest.mark.parametrize("jaw", [0.1, 0.3])
def test_lips_that_stay_together_stay_up_over_the_chin(jaw: float) -> None:
    film = scene((jaw, jaw), (jaw, 0.0))
    (sealed, apart), unit = (posed_landmarks(film, row, 0) for row in (0, 1)), film.heads[0].unit
    rest = film.analysis.faces[0].landmarks
    assert sealed[CHIN] == pytest.approx(apart[CHIN], abs=0.01 * unit)
    way = (sealed - rest)[[UPPER, LOWER, CHIN], 1]
    assert abs(way[0] - way[1]) < 0.01 * unit
    assert 0 < way[0] < 0.4 * way[2]


def test_without_a_jaw_that_goes_down_nothing_is_closed() -> None:
    film = scene((0.0, 0.8), (0.2, 0.0))
    assert np.array_equal(film.draw(0), film.photo.pixels)


@given(st.floats(0, 0.3), st.floats(0, 0.3))
@settings(max_examples=10)
def test_nothing_folds(jaw: float, close: float) -> None:
    film = scene((jaw, close))
    assert squeeze(film.forward(film.values(0)), film.grid.step).min() > 0.3


def test_teeth_come_out_of_the_shadow_as_the_lips_part() -> None:
    """Nothing bright appears at once: right below the upper lip it is the darker the less they part."""
    film = scene((0.07, 0.0), (0.14, 0.0), (0.28, 0.0))
    light = []
    for row in range(3):
        lip = posed_landmarks(film, row, 0)[UPPER]
        x, y = round(float(lip[0])) + 2, round(float(lip[1]) + 0.045 * film.heads[0].unit)
        light.append(int(film.draw(row)[y - 1 : y + 1, x - 1 : x + 2].max()))
    assert light[0] < light[1] < light[2]
