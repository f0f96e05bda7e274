"""Following a scratch beyond where it was certain: across hair, edges and faces, as long as it goes on."""

from __future__ import annotations

import cv2
import numpy as np

from .planes import Floats, Mask, Pixels

__all__ = ["follow"]

TAIL = 24.0
"""Length of a line's end that gives its direction, units."""
FURTHEST = 90.0
"""How far a line is followed in one go, units."""
PATIENCE = 12.0
"""How long a line may be hidden, units."""


def follow(y: Floats, lines: Mask, unit: float) -> Mask:
    """Return ``lines`` (H, W) with what continues them straight on; ``unit`` is 1/512 of the long edge in px.

    A step further counts if the brightest (for a dark line darkest) of a few pixels across still stands out from both
    sides by a third of what the line does where it is certain, and is about as bright.
    """
    out = lines.astype(np.uint8)
    calm = cv2.GaussianBlur(y, (0, 0), 0.5 * unit)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(out, connectivity=8)
    for i in range(1, count):
        left, top, wide, high, size = (int(v) for v in stats[i])
        if np.hypot(wide, high) < TAIL * unit:
            continue
        rows, columns = np.nonzero(labels[top : top + high, left : left + wide] == i)
        points = np.stack([columns + left, rows + top], axis=1).astype(np.float32)
        thickness = max(1.0, size / float(np.hypot(wide, high)))
        if thickness > 7 * unit:
            continue
        axis = points - points.mean(axis=0)
        along = axis @ np.linalg.svd(axis[:: max(1, size // 500)], full_matrices=False)[2][0]
        for end in (along.min(), along.max()):
            tail = points[np.abs(along - end) < TAIL * unit]
            _follow_end(calm, out, tail, points.mean(axis=0), thickness, unit)
    return out > 0


def _follow_end(calm: Floats, out: Pixels, tail: Floats, middle: Floats, thickness: float, unit: float) -> None:
    vx, vy, x0, y0 = cv2.fitLine(tail, cv2.DIST_L2, 0, 0.01, 0.01).ravel()
    way, at = np.array([vx, vy]), np.array([x0, y0])
    if (at - middle) @ way < 0:
        way = -way
    across = np.array([-way[1], way[0]])
    place = at + way * float(((tail - at) @ way).max())
    own, rises = _profile(calm, tail, across, thickness, unit)
    sure = np.abs(rises) > 4
    if sure.mean() < 0.5:
        return
    level, rise = float(np.median(own[sure])), float(np.median(rises[sure]))
    step, missed, last = unit, 0.0, place
    path = [place]
    for _ in range(round(FURTHEST)):
        place = place + way * step
        if not (0 <= place[0] < calm.shape[1] and 0 <= place[1] < calm.shape[0]):
            break
        options = place + across * (np.arange(-1, 2)[:, None] * unit)
        levels, rises = _profile(calm, options, across, thickness, unit)
        best = int(np.argmax(rises * np.sign(rise)))
        if (
            rises[best] * np.sign(rise) > max(5.0, 0.33 * abs(rise))
            and abs(levels[best] - level) < 0.9 * abs(rise) + 12
        ):
            place = 0.5 * place + 0.5 * options[best]
            path.append(place)
            way = way + 0.08 * across * (best - 1)
            way /= np.linalg.norm(way)
            across = np.array([-way[1], way[0]])
            missed, last = 0.0, place
        else:
            missed += step / unit
            if missed > PATIENCE:
                break
    kept = [p for p in path if np.linalg.norm(p - path[0]) <= np.linalg.norm(last - path[0]) + 1e-6]
    if len(kept) >= 4:
        drawn = np.round(np.array(kept) * 16).astype(np.int32)
        cv2.polylines(out, [drawn], False, 1, max(1, round(min(thickness, 4 * unit))), cv2.LINE_8, 4)


def _profile(calm: Floats, points: Floats, across: Floats, thickness: float, unit: float) -> tuple[Floats, Floats]:
    """Brightness at points (N, 2), and by how much they stand out from the nearer of both sides, signed."""
    reach = 0.5 * thickness + 2.5 * unit
    own, one, two = (
        cv2.remap(
            calm,
            (points[:, 0] + way * across[0]).astype(np.float32)[None],
            (points[:, 1] + way * across[1]).astype(np.float32)[None],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )[0]
        for way in (0.0, -reach, reach)
    )
    above, below = own - np.maximum(one, two), own - np.minimum(one, two)
    return own, np.where(above > 0, above, np.where(below < 0, below, 0)).astype(np.float32)
