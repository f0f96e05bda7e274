"""Curves: minimum jerk, held steps, soft limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.builtin.limits import soft_limit
from photomotion.builtin.priors.natural.curves import Steps, min_jerk


def test_minimum_jerk_has_its_known_peak_velocity():
    s = np.linspace(0, 1, 10001)
    v = np.diff(min_jerk(s)) / np.diff(s)
    assert v.max() == pytest.approx(1.875, abs=1e-3)
    assert min_jerk([-1, 0, 0.5, 1, 2]).tolist() == [0, 0, 0.5, 1, 1]


@given(st.floats(-50, 50), st.floats(-9, -0.1), st.floats(0.1, 9))
def test_a_soft_limit_keeps_inside_and_leaves_small_values_alone(x, low, high):
    y = float(soft_limit(x, low, high))
    assert low <= y <= high
    if low / 2 <= x <= high / 2:
        assert y == x


def test_steps_hold_and_move():
    steps = Steps(np.array([1.0, 3.0]), np.array([0.5, 1.0]), np.array([[0.0], [2.0], [-1.0]]))
    assert steps.sample(np.array([0, 1, 1.25, 1.5, 2.9, 3.5, 9])).ravel().tolist() == [0, 0, 1, 2, 2, 0.5, -1]
    assert Steps(np.zeros(0), np.zeros(0), np.ones((1, 2))).sample(np.arange(3.0)).tolist() == [[1, 1]] * 3


def test_steps_return():
    steps = Steps(np.array([1.0, 3.0]), np.array([0.5, 1.0]), np.array([[0.0], [2.0], [-1.0]]))
    assert steps.returning(6.0).sample(np.array([2.0, 4.5, 6.0])).ravel().tolist() == [2, -1, 0]
    assert steps.returning(4.5).sample(np.array([2.0, 4.5])).ravel().tolist() == [2, 0]
    assert not steps.returning(2.0).sample(np.arange(0, 3, 0.1)).any()
