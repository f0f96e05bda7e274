"""Ranks are those of NumPy, and spare every start an import."""

import subprocess
import sys

import numpy as np
import numpy.typing as npt
from command_line import PHOTO
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from photomotion.data.ranks import median, percentile


@given(
    arrays(np.float32, array_shapes(max_dims=3), elements=st.floats(-1e6, 1e6, width=32)),
    st.one_of(st.floats(0, 100), st.lists(st.floats(0, 100), min_size=1, max_size=3)),
    st.sampled_from([None, 0, -1]),
)
def test_percentiles_are_those_of_numpy(
    values: npt.NDArray[np.float32], rank: float | list[float], axis: int | None
) -> None:
    found, wanted = percentile(values, rank, axis), np.percentile(values, rank, axis=axis)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6 * float(np.abs(values).max()))
    assert found.shape == np.shape(wanted)
    assert found.dtype == np.float32


@given(arrays(np.int32, array_shapes(max_dims=2)))
def test_whole_numbers_have_halves_between_them(values: npt.NDArray[np.int32]) -> None:
    assert float(median(values)) == float(np.median(values))


def test_of_nothing_there_is_none() -> None:
    assert np.isnan(median(np.zeros(0, np.uint8)))
    assert np.isnan(percentile(np.zeros((0, 3), np.float32), [5, 95], 0)).all()
    assert percentile(np.zeros((0, 3), np.float32), [5, 95], 0).shape == (2, 3)


def test_no_film_imports_masked_arrays() -> None:
    code = (
        "import sys; from photomotion import Animator\n"
        f"for frame in Animator().animate({str(PHOTO)!r}, seconds=0.2, size=192).frames(): pass\n"
        "print('cv2' in sys.modules, 'numpy.ma' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", str("numpy.ma" in _with_numpy_alone())]


def _with_numpy_alone() -> list[str]:
    """The modules that NumPy itself imports; some of its versions take masked arrays along."""
    code = "import sys, numpy; print(*sys.modules)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
