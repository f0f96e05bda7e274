"""The inverse of a field is found alike by the compiled inner loops and by OpenCV, or left to it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from photomotion.warp import compiled
from photomotion.warp.grid import Grid
from photomotion.warp.inverse import sources

Floats = npt.NDArray[np.float32]

pytestmark = pytest.mark.skipif(compiled.inner is None, reason="photomotion was installed without a compiler")

SIZES = st.integers(1, 24)


def smooth(grid: Grid, seed: int, steep: float) -> Floats:
    """A field, px, that goes up and down over about two nodes, and by at most ``steep`` px from px to px."""
    rough = np.random.default_rng(seed).normal(0, 1, (grid.rows + 20, grid.columns + 20, 2)).astype(np.float32)
    field = cv2.GaussianBlur(rough, (0, 0), 2)[10:-10, 10:-10].reshape(grid.rows, grid.columns, 2)
    slopes = max(np.abs(np.diff(field, axis=axis)).max(initial=1e-3) for axis in (0, 1))
    return np.asarray(field * (steep * grid.step / slopes), np.float32)


def read(forward: Floats, column: npt.NDArray[np.float64], row: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A field between its nodes, and beyond them as at the edge; (h, w, 2)."""
    rows, columns = forward.shape[:2]
    column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
    aside, down = (column - left)[..., None], (row - top)[..., None]
    field = forward.astype(float)
    above = field[top, left] * (1 - aside) + field[top, right] * aside
    below = field[bottom, left] * (1 - aside) + field[bottom, right] * aside
    return np.asarray(above * (1 - down) + below * down, np.float64)


def found(forward: Floats, grid: Grid) -> Floats | None:
    """What the compiled loops find, if they do."""
    assert compiled.inner is not None
    half = (grid.step - 1) / 2
    places = np.full((grid.rows + 2, grid.columns + 2, 2), 7e7, np.float32)
    start = (grid.left + half, grid.top + half)
    return places if compiled.inner.find(forward, places, forward.shape[:2], start, grid.step) else None


def back(places: Floats, grid: Grid) -> Floats:
    """What is added to the position of each node, px."""
    return np.asarray(places[1:-1, 1:-1] - np.dstack(grid.nodes), np.float32)


def missed(forward: Floats, places: Floats, grid: Grid) -> float:
    """How far at most a field leads away from the nodes again, px."""
    inverse = back(places, grid).astype(float)
    row, column = np.indices(inverse.shape[:2])
    there = read(forward, column + inverse[..., 0] / grid.step, row + inverse[..., 1] / grid.step)
    return float(np.abs(there + inverse).max())


class TestInverse:
    @given(SIZES, SIZES, st.sampled_from([1, 2, 3, 4, 7, 16]), st.integers(-9, 9), st.floats(0.0, 0.3))
    @example(1, 24, 4, 0, 0.3)
    @example(24, 1, 4, 0, 0.3)
    @example(1, 1, 3, 5, 0.3)
    @example(2, 2, 3, 5, 0.3)
    def test_it_leads_back(self, rows: int, columns: int, step: int, left: int, steep: float) -> None:
        grid = Grid(left, 3 - left, columns, rows, step)
        forward = smooth(grid, rows + columns, steep)
        places = found(forward, grid)
        assert places is not None
        assert missed(forward, places, grid) < 0.03
        # OpenCV reads a field at thirty-seconds of a step.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compiled, "inner", None)
            assert np.abs(sources(forward, grid) - places).max() < 0.03 + 2 * steep * step / 32

    @given(SIZES, SIZES, st.integers(1, 20), st.integers(0, 99))
    def test_around_the_grid_it_goes_on_as_at_its_edge(self, rows: int, columns: int, step: int, seed: int) -> None:
        grid = Grid(-5, 8, columns, rows, step)
        places = found(smooth(grid, seed, 0.2), grid)
        assert places is not None
        assert np.abs(places - grid.places(back(places, grid))).max() < 1e-3

    @pytest.mark.parametrize("step", [1, 2, 5])
    def test_at_rest_every_node_is_its_own(self, step: int) -> None:
        grid = Grid(4, -9, 30, 20, step)
        still = np.zeros((20, 30, 2), np.float32)
        assert np.array_equal(sources(still, grid), grid.places(still))

    @pytest.mark.parametrize("way", [(3.0, -2.0), (1000.0, 1000.0), (-5000.0, 0.25)])
    def test_what_goes_out_of_the_picture_comes_from_beyond_the_other_edge(self, way: tuple[float, float]) -> None:
        grid = Grid.over((0, 0, 40, 30), 3)
        forward = np.broadcast_to(np.array(way, np.float32), (grid.rows, grid.columns, 2)).copy()
        assert np.allclose(sources(forward, grid), grid.places(-forward), atol=1e-3)

    def test_a_node_at_an_edge_may_come_from_far_inside(self) -> None:
        grid = Grid.over((0, 0, 80, 80), 4)
        x, y = grid.nodes
        forward = np.asarray(np.dstack([0.4 * (x - 40), 0.6 * (y - 40)]), np.float32)  # as a camera comes nearer
        places = found(forward, grid)
        assert places is not None
        inverse = np.dstack([(x - 40) / 1.4 - x + 40, (y - 40) / 1.6 - y + 40])
        assert np.abs(back(places, grid) - inverse).max() < 1e-3

    @pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 5), (5, 0), (9, 11), (9, 3), (4, 11), (5, 5)])
    @pytest.mark.parametrize("axis", [0, 1])
    @pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf, 3e38])
    def test_numbers_that_are_none_are_left_to_opencv(self, row: int, column: int, axis: int, lost: float) -> None:
        forward = np.zeros((10, 12, 2), np.float32)
        forward[row, column, axis] = lost
        assert found(forward, Grid(0, 0, 12, 10, 4)) is None

    @pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 1), (1, 3), (3, 1)])
    def test_so_they_are_in_the_smallest_grids(self, shape: tuple[int, int]) -> None:
        for at in np.ndindex(*shape, 2):
            forward = np.zeros((*shape, 2), np.float32)
            forward[at] = np.nan
            assert found(forward, Grid(0, 0, shape[1], shape[0], 4)) is None

    @given(st.integers(2, 20), st.integers(2, 20), st.integers(1, 8), st.floats(0.6, 5))
    def test_where_it_folds_everything_is_as_opencv_finds_it(
        self, rows: int, columns: int, step: int, steep: float
    ) -> None:
        grid = Grid(0, 0, columns, rows, step)
        forward = smooth(grid, rows + columns, steep)
        forward[-2, -2:, 0] = (steep * step, -steep * step)  # the last two change places
        with pytest.MonkeyPatch.context() as patch:
            assert found(forward, grid) is None
            one = sources(forward, grid)
            patch.setattr(compiled, "inner", None)
            assert np.array_equal(one, sources(forward, grid))

    @pytest.mark.parametrize(
        "squeezed",
        [(0, -1, 0, 0, 0, 0), (0, 0, 1, 0, -1, 0), (0, 0, 0, 1, 0), (0, 1, 0, -1, 0, 0)],
        ids=["first", "inside", "last", "second"],
    )
    @pytest.mark.parametrize("axis", [0, 1])
    def test_it_gives_up_where_less_than_three_tenths_are_left(self, squeezed: tuple[int, ...], axis: int) -> None:
        for much, enough in ((0.69, True), (0.71, False)):
            forward = np.zeros((6, 6, 2), np.float32)
            forward[2, : len(squeezed), 0] = np.multiply(much, squeezed)
            forward = forward[:, : len(squeezed)]
            if axis:
                forward = forward.transpose(1, 0, 2)[..., ::-1]
            grid = Grid(0, 0, forward.shape[1], forward.shape[0], 1)
            assert (found(np.ascontiguousarray(forward), grid) is not None) == enough

    @pytest.mark.parametrize("degrees", [-40, 0, 25, 60])
    def test_a_picture_that_turns_and_comes_nearer_is_found(self, degrees: int) -> None:
        grid = Grid.over((0, 0, 90, 60), 3)
        x, y = (axis - axis.mean() for axis in grid.nodes)
        sine, cosine = 2 * np.sin(np.radians(degrees)), 2 * np.cos(np.radians(degrees))
        forward = np.asarray(np.dstack([cosine * x - sine * y - x, sine * x + cosine * y - y]), np.float32)
        # In a square all comes from inside: beyond the edge a field does not go on as this one does.
        forward, grid = np.ascontiguousarray(forward[:, 5:25]), replace(grid, left=15, columns=20)
        x, y = x[:, 5:25], y[:, 5:25]
        places = found(forward, grid)
        assert places is not None
        inverse = np.dstack([cosine * x + sine * y, cosine * y - sine * x]) / 4 - np.dstack([x, y])
        assert np.abs(back(places, grid) - inverse).max() < 1e-3
        forward += smooth(grid, degrees + 50, 0.3)
        places = found(forward, grid)
        assert places is not None
        assert missed(forward, places, grid) < 0.03

    def test_zigzags_that_end_nowhere_are_given_up(self) -> None:
        row, column = np.indices((12, 12))
        forward = np.asarray(np.dstack([9.0 * (-1.0) ** column, 9.0 * (-1.0) ** row]), np.float32)
        forward[:, [0, -1]] = forward[[0, -1]] = 0  # slopes at an edge would tell; between two neighbours they do not
        assert found(forward, Grid(0, 0, 12, 12, 4)) is None

    @pytest.mark.parametrize(
        "wrong",
        [
            {"field": np.zeros((4, 5, 3), np.float32)},
            {"field": np.zeros(161, np.uint8)[1:]},
            {"places": np.zeros((4, 5, 2), np.float32)},
            {"places": np.zeros((7, 7, 2), np.float32)},
            {"places": np.zeros(337, np.uint8)[1:]},
            {"size": (5, 5)},
            {"size": (0, 5)},
            {"size": (-4, -5)},
            {"size": ((1 << 31) - 1, 5)},
            {"step": 0},
            {"step": -1},
            {"step": np.nan},
        ],
        ids=lambda wrong: "-".join(wrong),
    )
    def test_sizes_that_do_not_fit_are_refused(self, wrong: dict[str, Any]) -> None:
        said: dict[str, Any] = {
            "field": np.zeros((4, 5, 2), np.float32),
            "places": np.zeros((6, 7, 2), np.float32),
            "size": (4, 5),
            "start": (1.5, 1.5),
            "step": 4,
        }
        assert compiled.inner is not None
        assert compiled.inner.find(*said.values()) is True
        with pytest.raises(ValueError, match="sizes do not fit"):
            compiled.inner.find(*(said | wrong).values())

    def test_threads_find_the_same(self) -> None:
        grid = Grid(0, 0, 120, 90, 4)
        fields = [smooth(grid, seed, 0.25) for seed in range(8)]
        alone = [sources(forward, grid) for forward in fields]
        with ThreadPoolExecutor(2) as pool:
            together = list(pool.map(lambda forward: sources(forward, grid), fields))
        for one, other in zip(alone, together, strict=True):
            assert np.array_equal(one, other)

    def test_arrays_are_let_go_of(self) -> None:
        assert compiled.inner is not None
        field, places = bytearray(8), bytearray(72)
        said = (field, places, (1, 1), (0.0, 0.0), 1)
        assert compiled.inner.find(*said)
        for array in (field, places):
            array.append(0)  # Python refuses to while anybody holds it
        with pytest.raises(ValueError, match="sizes do not fit"):
            compiled.inner.find(*said)
        with pytest.raises(TypeError):
            compiled.inner.find(*said[:-1])
        for array in (field, places):
            array.append(0)
