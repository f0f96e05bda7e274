"""Following a scratch beyond where it was certain: across hair, edges and faces, as long as it goes on.

A scratch lies on top of everything, so that its own brightness hardly changes, whatever it runs across; how much it
stands out does. Where something else shows it has ended; where what is beside it is as bright it is only hidden.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .planes import Floats, Mask, Pixels

__all__ = ["follow"]

Labels = npt.NDArray[np.int32]

TAIL = 24.0
"""Length of a line's end that gives its direction, units."""
FURTHEST = 90.0
"""How far a line is followed in one go, units."""
PATIENCE, GONE = 12.0, 4.0
"""How long a line may be hidden, and how long something else may show, units."""
WIDEST = 170.0
"""The widest gap between two ends of one line, units."""
STRAIGHT = 0.95
"""Cosine of the most by which a line turns between its ends."""
SHOWN, OTHER = 0.45, 0.12
"""Part of a gap where the line must show, and where something else may."""


@dataclass(frozen=True, eq=False)
class _End:
    """One end of a line."""

    of: int
    place: Floats
    way: Floats
    """Unit vector that points on."""
    level: float
    """Brightness of the line."""
    rise: float
    """By how much it stands out, signed."""
    thickness: float

    @property
    def across(self) -> Floats:
        return np.array([-self.way[1], self.way[0]], np.float32)

    def is_it(self, own: Floats, rises: Floats, covered: Mask, sigma: float) -> tuple[Mask, Mask]:
        """Where it shows, and where something else does."""
        alike = np.abs(own - self.level) < 0.35 * abs(self.rise) + 10 + sigma
        return alike & (rises * np.sign(self.rise) > max(5.0, 0.15 * abs(self.rise), 0.7 * sigma)), ~alike & ~covered


def follow(y: Floats, lines: Mask, maybe: Mask, others: Mask, unit: float, sigma: float) -> Mask:
    """Return ``lines`` (H, W), all light or all dark, with what joins them and what continues them straight on.

    ``maybe`` are lines that are taken if they join one, ``others`` those that may run across, ``unit`` is 1/512 of the
    long edge in px, ``sigma`` the noise in gray levels.
    """
    out = lines.astype(np.uint8)
    calm = cv2.GaussianBlur(y, (0, 0), 0.5 * unit)
    size = 2 * round(2 * unit) + 1
    covers = cv2.dilate(others.astype(np.uint8), np.ones((size, size), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(out, connectivity=8)
    _, more, boxes, _ = cv2.connectedComponentsWithStats((maybe & ~lines).astype(np.uint8), connectivity=8)
    ends = list(_ends(calm, labels, stats, 0, unit))
    sure = len(ends)
    ends += _ends(calm, more, boxes, count, unit)
    joined = set()
    for gap, i, j in sorted(_pairs(ends, sure, unit)):
        if i not in joined and j not in joined and _join(calm, out, covers, ends[i], ends[j], gap, unit, sigma):
            joined |= {i, j}
            if j >= sure:
                out[more == ends[j].of - count] = 1
    for i, end in enumerate(ends[:sure]):
        if i not in joined:
            _follow_end(calm, out, covers, end, unit, sigma)
    return out > 0


def _ends(calm: Floats, labels: Labels, stats: Labels, first: int, unit: float) -> Iterator[_End]:
    """Both ends of every line that is long enough; ``first`` is added to its label."""
    for i in range(1, len(stats)):
        left, top, wide, high, size = (int(v) for v in stats[i])
        if np.hypot(wide, high) < TAIL * unit:
            continue
        own = labels[top : top + high, left : left + wide] == i
        depth = cv2.distanceTransform(np.pad(own.astype(np.uint8), 1), cv2.DIST_L2, 3)
        thickness = max(1.0, 4 * float(depth[depth > 0].mean()) - 1)
        if thickness > 7 * unit:
            continue
        rows, columns = np.nonzero(own)
        points = np.stack([columns + left, rows + top], axis=1).astype(np.float32)
        middle = points.mean(axis=0)
        axis = points - middle
        along = axis @ np.linalg.svd(axis[:: max(1, size // 500)], full_matrices=False)[2][0]
        for last in (along.min(), along.max()):
            tail = points[np.abs(along - last) < TAIL * unit]
            vx, vy, x0, y0 = cv2.fitLine(tail, cv2.DIST_L2, 0, 0.01, 0.01).ravel()
            way, at = np.array([vx, vy], np.float32), np.array([x0, y0], np.float32)
            if (at - middle) @ way < 0:
                way = -way
            own_level, rises = _profile(calm, tail, np.array([-way[1], way[0]]), thickness, unit)
            sure = np.abs(rises) > 4
            if sure.mean() < 0.5:
                continue
            place = at + way * float(((tail - at) @ way).max())
            yield _End(
                first + i, place, way, float(np.median(own_level[sure])), float(np.median(rises[sure])), thickness
            )


def _pairs(ends: list[_End], sure: int, unit: float) -> Iterator[tuple[float, int, int]]:
    """Ends that may be of one line, the first of them one of so many ``sure`` ones, with the gap between them in px."""
    for i, one in enumerate(ends[:sure]):
        for j in range(i + 1, len(ends)):
            two = ends[j]
            step = two.place - one.place
            gap = float(np.hypot(*step))
            if one.of == two.of or not unit < gap < WIDEST * unit or one.rise * two.rise < 0:
                continue
            like = abs(one.level - two.level) < 0.35 * max(abs(one.rise), abs(two.rise)) + 10
            least = STRAIGHT * gap if gap > 12 * unit else 0.7 * gap
            if like and step @ one.way > least and -(step @ two.way) > least:
                yield gap, i, j


def _join(
    calm: Floats, out: Pixels, covers: Pixels, one: _End, two: _End, gap: float, unit: float, sigma: float
) -> bool:
    """Draw the likeliest way of a line between two ends (dynamic programming), if it shows there; else False."""
    way = (two.place - one.place) / gap
    across = np.array([-way[1], way[0]], np.float32)
    steps, reach = max(2, round(gap / unit)), round(4 + 0.16 * gap / unit)
    along = np.linspace(0, 1, steps + 1, dtype=np.float32)[:, None, None] * (two.place - one.place)
    aside = np.arange(-reach, reach + 1, dtype=np.float32)[None, :, None] * (0.5 * unit) * across
    points = (one.place + along + aside).reshape(-1, 2)
    thickness = 0.5 * (one.thickness + two.thickness)
    own, rises = (cv2.blur(v.reshape(steps + 1, -1), (1, 3)) for v in _profile(calm, points, across, thickness, unit))
    covered = _at(covers, points).reshape(own.shape)
    one_shows, one_other = one.is_it(own, rises, covered, sigma)
    two_shows, two_other = two.is_it(own, rises, covered, sigma)
    shows, other = one_shows | two_shows, one_other & two_other
    full = max(abs(one.rise), abs(two.rise))
    cost = 1.0 - shows * (0.5 + 0.5 * np.clip(rises * np.sign(one.rise) / full, 0, 1)) + other
    total, back = np.full(2 * reach + 1, np.inf), np.zeros(cost.shape, np.intp)
    total[reach] = 0
    for k in range(1, steps + 1):
        options = np.stack([np.roll(total, s) + 0.1 * abs(s) for s in (-1, 0, 1)])
        options[0, -1], options[2, 0] = np.inf, np.inf
        best = np.argmin(options, axis=0)
        back[k] = best - 1
        total = options[best, np.arange(total.size)] + cost[k]
    track = np.zeros(steps + 1, np.intp)
    track[-1] = reach
    for k in range(steps, 0, -1):
        track[k - 1] = track[k] - back[k, track[k]]
    on = (np.arange(steps + 1), track)
    seen = ~covered[on]
    if shows[on].sum() < SHOWN * max(4, seen.sum()) or other[on].mean() > OTHER:
        return False
    _draw(out, points.reshape(steps + 1, -1, 2)[on], thickness, unit)
    return True


def _follow_end(calm: Floats, out: Pixels, covers: Pixels, end: _End, unit: float, sigma: float) -> None:
    way, across, place = end.way, end.across, end.place
    path, hidden, gone, last = [place], 0.0, 0.0, 0
    for _ in range(round(FURTHEST)):
        place = place + way * unit
        if not (0 <= place[0] < calm.shape[1] and 0 <= place[1] < calm.shape[0]):
            break
        options = place + across * (np.arange(-1, 2, dtype=np.float32)[:, None] * unit)
        levels, rises = _profile(calm, options, across, end.thickness, unit)
        covered = _at(covers, options)
        shows, other = end.is_it(levels, rises, covered, sigma)
        best = int(np.argmax(np.where(shows, rises * np.sign(end.rise), -np.inf)))
        if shows[best]:
            place = 0.5 * place + 0.5 * options[best]
            way = way + 0.08 * across * (best - 1)
            way /= np.linalg.norm(way)
            across = np.array([-way[1], way[0]], np.float32)
            hidden, gone, last = 0.0, 0.0, len(path)
        else:
            hidden, gone = hidden + float(not covered.any()), gone + float(other.all())
            if hidden > PATIENCE or gone > GONE:
                break
        path.append(place)
    if last >= 3:
        _draw(out, np.array(path[: last + 1]), end.thickness, unit)


def _at(mask: Pixels, points: Floats) -> Mask:
    """The mask at points (N, 2)."""
    columns, rows = np.round(points).astype(np.intp).T
    return np.asarray(mask[rows.clip(0, mask.shape[0] - 1), columns.clip(0, mask.shape[1] - 1)] > 0, np.bool_)


def _draw(out: Pixels, path: Floats, thickness: float, unit: float) -> None:
    drawn = np.round(path * 16).astype(np.int32)
    cv2.polylines(out, [drawn], False, 1, max(1, round(min(thickness, 4 * unit))), cv2.LINE_8, 4)


def _profile(calm: Floats, points: Floats, across: Floats, thickness: float, unit: float) -> tuple[Floats, Floats]:
    """Brightness at points (N, 2), and by how much they stand out from the nearer of both sides, signed."""
    reach = 0.5 * thickness + 2.5 * unit
    own, one, two = (
        cv2.remap(
            calm,
            (points[:, 0] + way * across[0]).astype(np.float32).reshape(1, -1),
            (points[:, 1] + way * across[1]).astype(np.float32).reshape(1, -1),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )[0]
        for way in (0.0, -reach, reach)
    )
    above, below = own - np.maximum(one, two), own - np.minimum(one, two)
    return own, np.where(above > 0, above, np.where(below < 0, below, 0)).astype(np.float32)
