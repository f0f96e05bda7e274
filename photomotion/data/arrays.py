"""Arrays inside frozen data: checked once, then read-only."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["frozen"]


def frozen(array: npt.ArrayLike, dtype: npt.DTypeLike, shape: tuple[int | None, ...], name: str) -> npt.NDArray[Any]:
    """Return ``array`` as a read-only view of the given dtype, its shape checked.

    Args:
        array: anything NumPy takes; copied only when its dtype has to change.
        dtype: the dtype it must have. Floating point input is cast; integer pixels must already be right.
        shape: expected shape, ``None`` where any length will do.
        name: how error messages call it.

    Raises:
        ValueError: if dtype or shape do not fit.
    """
    out = np.asarray(array)
    want = np.dtype(dtype)
    if out.dtype != want:
        if want.kind != "f" or out.dtype.kind not in "fiu":
            raise ValueError(f"{name} must be {want}, not {out.dtype}")
        out = out.astype(want)
    if out.ndim != len(shape) or any(s is not None and s != n for s, n in zip(shape, out.shape, strict=True)):
        wanted = ", ".join("any" if s is None else str(s) for s in shape)
        raise ValueError(f"{name} must have shape ({wanted}), not {out.shape}")
    view = out.view()
    view.flags.writeable = False
    return view
