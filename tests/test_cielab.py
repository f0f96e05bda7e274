"""CIELAB against colours whose values are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.builtin.cielab import to_lab

KNOWN = {
    (255, 255, 255): (100.0, 0.0, 0.0),
    (0, 0, 0): (0.0, 0.0, 0.0),
    (255, 0, 0): (53.24, 80.09, 67.20),
    (0, 255, 0): (87.74, -86.18, 83.18),
    (0, 0, 255): (32.30, 79.19, -107.86),
    (119, 119, 119): (50.03, 0.0, 0.0),
}
"""sRGB and CIELAB, as scikit-image and Lindbloom's calculator give them."""


@pytest.mark.parametrize(("colour", "expected"), KNOWN.items())
def test_known_colours(colour: tuple[int, int, int], expected: tuple[float, float, float]) -> None:
    assert to_lab(np.array([[colour]], np.uint8))[0, 0] == pytest.approx(expected, abs=0.02)


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_bytes_and_floats_agree(colour: tuple[int, int, int]) -> None:
    whole = np.array([[colour]], np.uint8)
    assert to_lab(whole) == pytest.approx(to_lab(whole.astype(np.float32) / np.float32(255)), rel=1e-7, abs=1e-3)
