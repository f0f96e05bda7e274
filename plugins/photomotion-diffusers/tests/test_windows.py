from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.data import Timing
from photomotion.testing.fakes import fake_photo
from photomotion_diffusers.timing import between, key_rows
from photomotion_diffusers.windows import crossfade, plan_windows


@given(count=st.integers(1, 400), length=st.integers(1, 40), overlap=st.integers(1, 64))
def test_windows_cover_a_film(count: int, length: int, overlap: int) -> None:
    windows = plan_windows(count, length, overlap)
    assert windows[0].start == 0 and windows[0].shared == 0 and windows[-1].stop == count
    assert {window.stop - window.start for window in windows} == {min(length, count)}
    for before, after in pairwise(windows):
        assert before.start < after.start
        assert after.shared == before.stop - after.start
        assert after.shared < min(length, count)
        if length > 1:
            assert after.shared >= min(overlap, length - 1)


def test_a_crossfade_leads_from_old_to_new() -> None:
    old, new = np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 100, np.uint8)
    assert [int(crossfade(old, new, i, 3)[0, 0, 0]) for i in range(3)] == [25, 50, 75]


@given(frames=st.integers(1, 500), fps=st.floats(1, 60), model=st.integers(2, 60))
def test_key_rows_span_the_film_evenly(frames: int, fps: float, model: int) -> None:
    timing = Timing(seconds=frames / fps, fps=fps)
    rows = key_rows(timing, model)
    assert rows[0] == 0 and rows[-1] == timing.frames - 1
    gaps = np.diff(rows)
    if len(gaps):
        assert gaps.min() >= 1 and gaps.max() - gaps.min() <= 1
    if model >= fps:
        assert rows == list(range(timing.frames))
    elif len(gaps) > 4:
        assert gaps.mean() == pytest.approx(fps / model, rel=0.15)


@given(frames=st.integers(1, 500), fps=st.floats(1, 60), model=st.integers(2, 60))
def test_a_loop_has_one_row_more(frames: int, fps: float, model: int) -> None:
    rows = key_rows(Timing(seconds=frames / fps, fps=fps, loop=True), model)
    assert rows[0] == 0 and rows == sorted(set(rows))
    if frames == 1:
        assert rows == [0]
    else:
        assert rows[-1] == frames and len(rows) > 2


def test_flow_moves_what_moved() -> None:
    """Half way along a shift of 6 pixels is a shift of 3, nearer than a mere blend; the ends are exact."""
    first = fake_photo(160, 160).pixels
    second = np.roll(first, 6, axis=1)
    assert between(first, second, 0) is first and between(first, second, 1) is second
    inner = (slice(20, 140), slice(20, 140))
    wanted = np.roll(first, 3, axis=1)[inner].astype(int)
    blend = (first.astype(int) + second)[inner] // 2
    moved = between(first, second, 0.5)[inner].astype(int)
    assert np.abs(moved - wanted).mean() < 0.6 * np.abs(blend - wanted).mean()


@pytest.mark.parametrize("size", [(1, 1), (31, 64), (40, 33)])
def test_pictures_too_small_for_flow_are_blended(size: tuple[int, int]) -> None:
    first, second = np.zeros((*size, 3), np.uint8), np.full((*size, 3), 200, np.uint8)
    assert between(first, second, 0.25).shape == first.shape
    assert abs(int(between(first, second, 0.25).mean()) - 50) <= 1
