"""Fields are summed alike by the compiled inner loops and by NumPy, whatever they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.warp import compiled
from photomotion.warp.field import FaceField, Push

Floats = npt.NDArray[np.float32]

pytestmark = pytest.mark.skipif(compiled.inner is None, reason="photomotion was installed without a compiler")

SIZES = st.integers(1, 24)
TURNS = ("headYaw", "headPitch", "headRoll")


def noise(*shape: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


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
            patch.setattr(compiled, "inner", None)
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


def test_arrays_are_let_go_of() -> None:
    assert compiled.inner is not None
    field, part = bytearray(8), bytearray(8)
    said = (field, (1, 1), part, (0, 0, 1, 1), 2, (1.0,) * 6)
    compiled.inner.add(*said)
    for array in (field, part):
        array.append(0)  # Python refuses to while anybody holds it
    with pytest.raises(ValueError, match="sizes do not fit"):
        compiled.inner.add(*said)
    with pytest.raises(TypeError):
        compiled.inner.add(*said[:-1])
    for array in (field, part):
        array.append(0)
