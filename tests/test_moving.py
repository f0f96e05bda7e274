"""Fields are summed and inverted alike by the compiled inner loops and by NumPy and OpenCV, whatever they are given."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from photomotion.warp import compiled
from photomotion.warp.field import FaceField, Push, sources
from photomotion.warp.grid import Grid

Floats = npt.NDArray[np.float32]

pytestmark = pytest.mark.skipif(compiled.inner is None, reason="photomotion was installed without a compiler")

SIZES = st.integers(1, 24)
TURNS = ("headYaw", "headPitch", "headRoll")


def noise(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def uncompiled(patch: pytest.MonkeyPatch) -> ModuleType:
    """From now on NumPy and OpenCV do everything; what was compiled is given back."""
    inner = compiled.inner
    assert inner is not None
    patch.setattr(compiled, "inner", None)
    return inner


def area(draw: st.DrawFn, rows: int, columns: int) -> tuple[slice, slice, slice]:
    """Some of the nodes, perhaps none."""
    top, left = draw(st.integers(0, rows)), draw(st.integers(0, columns))
    bottom, right = draw(st.integers(top, rows)), draw(st.integers(left, columns))
    return slice(None), slice(top, bottom), slice(left, right)


@st.composite
def person(draw: st.DrawFn, rows: int, columns: int) -> FaceField:
    """Somebody whose turning and whose channels "a" and "b" move some nodes each."""
    seed = draw(st.integers(0, 999))
    parts = [area(draw, rows, columns) for _ in range(3)]
    arms, *pushes = (noise(n, rows, columns, seed=seed + i)[parts[i]].copy() for i, n in enumerate((3, 2, 2)))
    found = tuple(Push(*each) for each in zip("ab", parts[1:], pushes, strict=True))
    return FaceField(noise(3, rows, columns), (parts[0], arms), found)


class TestSums:
    @given(st.data(), SIZES, SIZES, st.lists(st.floats(-20, 20), min_size=3, max_size=3), st.floats(-2, 2))
    def test_people_move_the_same_nodes_equally_far(
        self, data: st.DataObject, rows: int, columns: int, turn: list[float], much: float
    ) -> None:
        values = dict(zip(TURNS, turn, strict=True), a=much, b=1.0, c=3.0)
        one, other = noise(rows, columns, 2, seed=7), noise(rows, columns, 2, seed=7)
        people = [data.draw(person(rows, columns)) for _ in range(2)]
        for field in people:
            field.move(one, values)
        with pytest.MonkeyPatch.context() as patch:
            uncompiled(patch)
            for field in people:
                field.move(other, values)
        assert np.abs(one - other).max() < 1e-5
        still = np.ones((rows, columns), bool)
        for field in people:
            for part in (field.turned[0], *(push.area for push in field.pushes)):
                still[part[1:]] = False
        assert np.array_equal(one[still], noise(rows, columns, 2, seed=7)[still])

    @pytest.mark.parametrize("count", [2, 3])
    def test_each_number_counts_for_its_own_axis(self, count: int) -> None:
        part = np.arange(1, 1 + 6 * count, dtype=np.float32).reshape(count, 2, 3)
        much = (2.0, 3.0, 5.0, 7.0, 11.0, 13.0)
        field = np.full((5, 7, 2), 0.5, np.float32)
        expected = field.copy()
        expected[1:3, 2:5] += np.einsum("ai,ihw->hwa", np.reshape(much, (2, 3))[:, :count], part)
        assert compiled.inner is not None
        compiled.inner.add(field, (5, 7), part, (2, 1, 5, 3), count, much)
        assert np.array_equal(field, expected)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"field": np.zeros((4, 5, 3), np.float32)},
            {"field": np.zeros(161, np.uint8)[1:]},
            {"size": (5, 5)},
            {"size": (0, 5)},
            {"part": np.zeros((2, 2, 3), np.float32)},
            {"part": np.zeros((3, 3, 3), np.float32)},
            {"box": (1, 1, 4, 4)},
            {"box": (-1, 1, 2, 3)},
            {"box": (1, -1, 4, 1)},
            {"box": (3, 1, 6, 3)},
            {"box": (1, 3, 4, 5)},
            {"box": (4, 1, 1, 3)},
            {"box": (1, 3, 4, 1)},
            {"count": 2},
            {"count": 0},
            {"count": 4, "part": np.zeros((4, 2, 3), np.float32)},
            {"count": 1, "part": np.zeros((1, 2, 3), np.float32)},
            # So many numbers are those of the part and 2 to the 32nd more.
            {"count": (1 << 30) + 3},
        ],
        ids=lambda wrong: "-".join(wrong),
    )
    def test_sizes_that_do_not_fit_are_refused(self, wrong: dict[str, Any]) -> None:
        said: dict[str, Any] = {
            "field": np.zeros((4, 5, 2), np.float32),
            "size": (4, 5),
            "part": np.zeros((3, 2, 3), np.float32),
            "box": (1, 1, 4, 3),
            "count": 3,
            "much": (1.0,) * 6,
        }
        assert compiled.inner is not None
        compiled.inner.add(*said.values())
        with pytest.raises(ValueError, match="sizes do not fit"):
            compiled.inner.add(*(said | wrong).values())


def smooth(grid: Grid, seed: int, steep: float) -> Floats:
    """A field, px, that goes up and down over about two nodes, and by at most ``steep`` px from px to px."""
    rough = noise(grid.rows + 20, grid.columns + 20, 2, seed=seed)
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
        inverse = back(places, grid).astype(float)
        row, column = np.indices((rows, columns))
        missed = read(forward, column + inverse[..., 0] / step, row + inverse[..., 1] / step) + inverse
        assert np.abs(missed).max() < 0.03  # px
        # OpenCV reads a field at thirty-seconds of a step.
        with pytest.MonkeyPatch.context() as patch:
            uncompiled(patch)
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
            uncompiled(patch)
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


def test_arrays_are_let_go_of() -> None:
    assert compiled.inner is not None
    field, part, places = bytearray(8), bytearray(8), bytearray(72)
    calls: list[tuple[Any, ...]] = [
        (compiled.inner.add, field, (1, 1), part, (0, 0, 1, 1), 2, (1.0,) * 6),
        (compiled.inner.find, field, places, (1, 1), (0.0, 0.0), 1),
    ]
    for call, *said in calls:
        call(*said)
        for array in (field, part, places):
            array.append(0)  # Python refuses to while anybody holds it
        with pytest.raises(ValueError, match="sizes do not fit"):
            call(*said)
        with pytest.raises(TypeError):
            call(*said[:-1])
        for array in (field, part, places):
            array.append(0)
            del array[-2:]
