"""Filters that do not lag: each looks as far ahead as back."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["bridge", "fill_between", "fill_nearest", "gaps", "median", "odd", "settle", "smooth"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def odd(seconds: float, fps: float, least: int) -> int:
    """The odd number of frames nearest to a length of time, at least ``least``."""
    return max(least, 2 * round((seconds * fps - 1) / 2) + 1)


def smooth(values: Floats, width: int, order: int = 2) -> Floats:
    """Fit a parabola to ``width`` neighbours of each row of (T, ...) and take its middle (Savitzky and Golay, 1964).

    The ends are read from the first and the last parabola. Fewer than ``width`` rows come back as they are.
    """
    if len(values) < width or width <= order + 1:
        return values
    powers = np.vander(np.arange(width) - width // 2, order + 1).astype(np.float64)
    hat = powers @ np.linalg.pinv(powers)
    half = width // 2
    out = np.empty_like(values)
    windows = np.lib.stride_tricks.sliding_window_view(values, width, axis=0)
    out[half : len(values) - half] = windows @ hat[half]
    out[:half] = np.tensordot(hat[:half], values[:width], 1)
    out[len(values) - half :] = np.tensordot(hat[half + 1 :], values[-width:], 1)
    return out


def median(values: Floats, width: int) -> Floats:
    """Median of ``width`` neighbours along the first axis: steps stay steps. Ends are repeated."""
    half = width // 2
    padded = np.concatenate([values[:1].repeat(half, 0), values, values[-1:].repeat(half, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, width, axis=0)
    return np.asarray(np.median(windows, axis=-1))


def settle(values: Floats, reach: int, range_: float) -> Floats:
    """Mean of those neighbours of (T,) that differ by little more than ``range_``: noise goes, jumps stay.

    A bilateral filter (Tomasi and Manduchi, 1998) with a reach of ``reach`` to either side.
    """
    padded = np.pad(values, reach, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)
    weights = np.exp(-0.5 * ((windows - values[:, None]) / range_) ** 2)
    return np.asarray((weights * windows).sum(axis=1) / weights.sum(axis=1))


def gaps(seen: Flags) -> list[tuple[int, int]]:
    """First row and the one after the last of every stretch in which (T,) is False."""
    edges = np.flatnonzero(np.diff(np.r_[True, seen, True].astype(np.int8)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def bridge(values: Floats, seen: Flags, short: int, back: int) -> Floats:
    """Fill the rows of (T, K) that were not seen; at least one must have been.

    Straight lines over up to ``short`` rows; over more the last value is held, and left for the next within the last
    ``back`` rows of the gap.
    """
    out = values.copy()
    for first, after in gaps(seen):
        if first == 0 or after == len(seen):
            out[first:after] = out[after] if first == 0 else out[first - 1]
            continue
        long = after - first > short
        begin = after - back - 1 if long else first - 1
        out[first : begin + 1] = out[first - 1]
        share = (np.arange(begin + 1, after) - begin) / (after - begin)
        out[begin + 1 : after] = out[first - 1] + share[:, None] * (out[after] - out[first - 1])
    return out


def fill_nearest(values: Floats, good: Flags) -> Floats:
    """Replace what is not good in (T,) by the nearest that is, so that a jump stays one; all as it is if none is."""
    places = np.flatnonzero(good)
    if not places.size:
        return values
    at = np.clip(np.searchsorted(places, np.arange(len(values))), 1, max(len(places) - 1, 1))
    before, after = places[at - 1], places[np.minimum(at, len(places) - 1)]
    rows = np.arange(len(values))
    return values[np.where(np.abs(rows - before) <= np.abs(after - rows), before, after)]


def fill_between(values: Floats, good: Flags) -> Floats:
    """Replace what is not good in (T,) by a straight line between what is; all as it is if nothing is."""
    rows = np.arange(len(values))
    return np.interp(rows, rows[good], values[good]) if good.any() else values
