from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.data import FaceMotion, Motion
from photomotion_diffusers.moments import at_rows, quickness

T, FPS = 100, 25.0


def motion(**curves: np.ndarray) -> Motion:
    values = np.stack([np.asarray(curve, np.float32) for curve in curves.values()], 1)
    return Motion(fps=FPS, faces=(FaceMotion(channels=tuple(curves), values=values),))


def pulse(start: int, length: int, height: float = 1.0) -> np.ndarray:
    curve = np.zeros(T, np.float32)
    curve[start : start + length] = height
    return curve


def test_a_blink_of_two_frames_is_a_quick_moment() -> None:
    quick = quickness(motion(eyeBlinkRight=pulse(40, 2)))
    assert quick["eyes"][40:42].min() == 1
    assert quick["eyes"][:38].max() == quick["eyes"][44:].max() == 0
    assert quick["mouth"].max() == 0


def test_lids_that_stay_shut_count_and_slow_movement_does_not() -> None:
    time = np.arange(T) / FPS
    assert quickness(motion(eyeBlinkLeft=pulse(10, 60)))["eyes"][11:69].min() == 1
    calm = motion(gazeYaw=5 * np.sin(time), eyeBlinkLeft=0.1 * np.sin(time) ** 2, jawOpen=0.2 * np.sin(time) ** 2)
    assert max(curve.max() for curve in quickness(calm).values()) == 0


def test_jumping_eyes_and_a_speaking_mouth() -> None:
    assert quickness(motion(gazeYaw=pulse(30, T, 8.0)))["eyes"][29:31].min() == 1
    speaking = quickness(motion(jawOpen=0.25 * np.sin(np.arange(T) / FPS * 2 * np.pi * 4) ** 2))
    assert speaking["mouth"].max() > 0.5 and speaking["eyes"].max() == 0


def test_the_quickest_of_all_counts_and_nobody_is_quiet() -> None:
    one, two = motion(eyeBlinkLeft=pulse(10, 3)).faces[0], motion(eyeBlinkLeft=pulse(50, 3)).faces[0]
    eyes = quickness(Motion(fps=FPS, faces=(one, two)))["eyes"]
    assert eyes[11] == eyes[51] == 1 and eyes[30] == 0
    assert quickness(Motion(fps=FPS, faces=()))["eyes"].shape == (0,)


@given(at=st.integers(0, T - 1), stride=st.integers(1, 9))
def test_no_moment_falls_between_rows(at: int, stride: int) -> None:
    """Each belongs to a row that is made, and to no row further away than half a stride."""
    rows = [*range(0, T, stride), T]
    curve = np.zeros(T, np.float32)
    curve[at] = 1
    marked = [row for row, quick in zip(rows, at_rows(curve, rows), strict=True) if quick]
    assert marked and all(2 * abs(row - at) <= stride for row in marked)


def test_behind_the_end_all_is_quiet() -> None:
    assert at_rows(np.ones(5, np.float32), [0, 2, 5, 5]).tolist() == [1, 1, pytest.approx(1), 0]
