"""The plain margins of a picture: the white border of a print, the black bars of a film. They are not in the scene."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median

from .areas import Area
from .geometry import Array

__all__ = ["EDGES", "Margins", "around", "find_margins", "inside", "seen_from"]

Pixels = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Margins = tuple[Array | None, ...]

EDGES = ((0, False), (0, True), (1, False), (1, True))
"""The left, right, upper and lower edge: their axis, and whether they are the last."""
DEEPEST = 0.25
"""As a share of the picture: what is wider than that is a wall."""
LEAST = 3
"""px that a margin is wide at least."""
PLACES = 120
"""Places along the edge at which its width is looked for."""
PLAIN = 14.0
"""Gray levels by which a margin differs from itself at most, in a print without grain, and ..."""
GRAINY = 5.0
"""... in a grainy one: so many times the median difference from its usual colour."""
EVEN = 10
"""Paper grows darker slowly: its colour is the mean of twice the length over this."""
LEANS = np.arange(-12, 13) / 400
"""How askew a margin is looked for: px of width to one along the edge."""
EVENLY = 0.5
"""Its least width, as a share of its greatest."""
JAGGED = 0.004
"""How far the end of a margin may be from a straight line, as a share of the picture."""
SOFT = 2
"""px over which it goes over into the picture."""
ALONG = 0.55
"""Share of places at which it ends on that line at least; at the others it goes over into something as plain, a dark
coat above a black bar."""
CLEAN = 0.75
"""Share of it that is plain at least: the rest is writing, or dirt."""
BEFORE = 0.1
"""Share of a face that lies on a margin: more, and the face is before it, as on a magazine's cover."""


def seen_from(edge: tuple[int, bool], picture: Pixels) -> Pixels:
    """A picture, uint8 (H, W, ...), turned so that rows lie along an edge and columns lead away from it.

    Args:
        edge: its axis, 0 for the left and right ones, 1 for the upper and lower ones, and whether it is the last.
        picture: to be looked at; what is returned looks into it.
    """
    axis, last = edge
    turned = picture.swapaxes(0, 1) if axis else picture
    return turned[:, ::-1] if last else turned


def find_margins(pixels: Pixels, faces: Sequence[Array]) -> Margins:
    """How wide the margin along each of the :data:`EDGES` is, px, float32 (n,); None where there is none.

    Args:
        pixels: uint8 (H, W, 3).
        faces: points of each face, x and y, px, float32 (N, 2).
    """
    found = []
    for edge in EDGES:
        width = _margin(seen_from(edge, pixels))
        size = pixels.shape[1 - edge[0]]
        covered = width is not None and any(_share_on(width, points, edge, size) > BEFORE for points in faces)
        found.append(None if covered else width)
    return tuple(found)


def inside(margins: Margins, height: int, width: int) -> Area:
    """The part of a picture that is within its margins, and shows nothing of them."""
    left, right, top, bottom = (0 if deep is None else int(np.ceil(deep.max())) + SOFT for deep in margins)
    return slice(top, height - bottom), slice(left, width - right)


def around(part: Pixels, area: Area, whole: Pixels) -> Pixels:
    """A part of a picture with the rest of it around it."""
    if part.shape == whole.shape:
        return part
    picture = whole.copy()
    picture[area] = part
    return picture


def _share_on(width: Array, points: Array, edge: tuple[int, bool], size: int) -> float:
    """Which share of points, float32 (N, 2), lies on a margin so wide, float32 (n,), of a picture of so many px."""
    axis, last = edge
    away = size - points[:, axis] if last else points[:, axis]
    return float((away < np.interp(points[:, 1 - axis], np.arange(len(width)), width)).mean())


def _margin(edge: Pixels) -> Array | None:
    """How wide the margin is at whose edge the rows of uint8 (n, depth, 3) begin; None if there is none."""
    count, size = edge.shape[0], min(edge.shape[:2])
    deepest, places = round(DEEPEST * size), min(PLACES, count)
    if deepest < 4 * LEAST:
        return None
    strip = cv2.resize(np.ascontiguousarray(edge[:, :deepest]), (deepest, places), interpolation=cv2.INTER_AREA)
    # Scans have a dark line at the very edge.
    outer = strip[:, 1 : 1 + max(LEAST, round(0.01 * size))].astype(np.float32)
    colour = cv2.blur(outer.mean(axis=1), (1, 2 * (places // EVEN) + 1), borderType=cv2.BORDER_REPLICATE)[:, None]
    usual = float(median(np.abs(outer - colour).max(axis=2)))
    apart = cv2.absdiff(strip, np.broadcast_to(np.round(colour).astype(np.uint8), strip.shape).copy())
    plain = cv2.max(cv2.max(*cv2.split(apart)[:2]), cv2.extractChannel(apart, 2)) <= max(PLAIN, GRAINY * usual)
    if plain[:, 1 : 1 + LEAST].mean() < CLEAN:
        return None
    along = (np.arange(places) + 0.5) * count / places - 0.5
    line = _line(plain, along, max(2.0, JAGGED * size))
    return None if line is None else np.polyval(line, np.arange(count)).astype(np.float32)


def _line(plain: Mask, places: Floats, slack: float) -> Floats | None:
    """The straight line, slope and height, on which a margin ends; None if there is none.

    Args:
        plain: what is coloured as a margin, bool (n, depth).
        places: along the edge, px, float64 (n,).
        slack: how far from the line it may end, px.
    """
    # Words may be written on it, so it need not end where it first is not plain.
    row, last = np.nonzero(plain[:, :-2] & ~plain[:, 1:-1] & ~plain[:, 2:])
    width = last + 1.0
    most, best = 0, np.zeros(len(row), bool)
    for lean in LEANS:
        level = width - lean * places[row]
        order = np.sort(level)
        near = np.searchsorted(order, order + slack, "right") - np.arange(order.size)
        if near.size and near.max() > most:
            most, low = int(near.max()), order[near.argmax()]
            best = (level >= low) & (level <= low + slack)
    if most < ALONG * len(plain):
        return None
    line = np.polyfit(places[row[best]], width[best], 1)
    straight = np.polyval(line, places)
    outside = np.arange(plain.shape[1]) < straight[:, None] - slack
    if straight.min() < max(LEAST, EVENLY * straight.max()) or plain[outside].mean() < CLEAN:
        return None
    return np.asarray(line)
