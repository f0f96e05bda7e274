"""What is behind the people: the photo where they are not, and beyond their outline what goes on there most likely."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import numpy.typing as npt

from .geometry import Array, smoothstep
from .grid import diffuse
from .lines import mirrored

__all__ = ["background"]

Pixels = npt.NDArray[np.uint8]

WORKING = 160
"""px of the longer side of the picture in which is decided where to copy from."""
ANGLES, LENGTHS = 20, (0.3, 0.6)
"""Directions and lengths, in eye distances, of the ways to what is copied."""
SHY = 0.08
"""Nothing nearer than this to a person is copied, in eye distances: loose hair, or the edge of a tight matte."""
ADDED = np.ones((1, 3), np.float32)
"""Adds up the three colours."""
CONTEXT = 0.3
"""How far around a place the photo must repeat itself for a way to be trusted, in eye distances."""
WORSE = 30.0
"""How much worse than the best way a way may be that can be gone, in gray levels, all three colours together."""
FADE = 0.06
"""Copies of different places fade into each other over this, in eye distances."""
EVEN = (0.15, 0.6)
"""A step that copies would leave at the outline is evened out until these depths, in eye distances ..."""
ALIKE = 0.1
"""... as far as it is the same around a place; ..."""
MIRROR = 0.1
"""... and up to this depth they go over into what is just outside, mirrored, which leaves no step at all."""
ALONG = 0.35
"""... or up to this depth, where the outline cuts through a line, into what is outside mirrored along the line: so it
goes on straight."""
VEIL = 0.015, 30
"""How softly, in eye distances, and from which opacity on it is told where something of the people shows: what is
mirrored lies beyond. A hair or a rim of skin that is left there would be seen twice, as a speck."""
DEEP = (0.3, 0.6)
"""Behind the outline, copies go over into a smooth fill between these depths, in eye distances."""


def background(pixels: Pixels, opacity: Pixels, unit: float) -> Pixels:
    """The plate behind the people, uint8 (H, W, 3).

    Each place behind the outline is copied from where the photo goes on like around that place: a shift of the whole
    picture is good where the picture next to the outline agrees with itself shifted (He and Sun, 2012). So lines go on
    straight, along themselves, and textures stay textures. What is left of a step at the outline is evened out, and
    deeper in the copy dissolves into a smooth fill. Only a band as wide as a head can move is ever seen.

    Args:
        pixels: the photo, uint8 (H, W, 3).
        opacity: of the people, uint8 (H, W). Where it is below 255 the plate is the photo.
        unit: of the largest head, px.
    """
    hidden = (opacity == 255).astype(np.uint8)
    if not hidden.any() or hidden.all():
        return pixels
    height, width = hidden.shape
    shrink = max(1, round(max(height, width) / WORKING))
    with ThreadPoolExecutor(1, thread_name_prefix="outline") as beside:
        veil = hidden | (cv2.GaussianBlur(opacity // 128 * 255, (0, 0), max(VEIL[0] * unit, 0.5)) > VEIL[1])
        outline = beside.submit(mirrored, veil, pixels, DEEP[1] * unit, unit)
        smooth, copies, sure, step = _planned(pixels, hidden, unit, shrink)
    depth, band, across, lined = outline.result()
    covered = hidden[band] > 0
    across, lined = across[covered], lined[covered]
    band &= hidden > 0
    deep = depth[band][:, None] / np.float32(unit)
    filled = cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR)
    plate = cv2.copyTo(np.round(filled).astype(np.uint8), hidden, pixels.copy())
    fill = filled[band]
    del filled  # the largest thing there is at the start
    flat = pixels.reshape(-1, 3)
    total = _laid(flat, band, copies, shrink)
    total += cv2.resize(step, (width, height), interpolation=cv2.INTER_LINEAR)[band] * (1 - smoothstep(deep, *EVEN))
    sureness = cv2.resize(sure, (width, height), interpolation=cv2.INTER_LINEAR)[band][:, None]
    copy = fill + sureness * (1 - smoothstep(deep, *DEEP)) * (total - fill)
    edge = flat[across]
    copy += (
        (1 - smoothstep(deep, 0.0, MIRROR + (ALONG - MIRROR) * lined[:, None]))
        * (veil.ravel()[across] == 0)[:, None]
        * (edge - copy)
    )
    plate[band] = np.clip(np.round(copy), 0, 255)
    return np.asarray(plate, np.uint8)


def _planned(
    pixels: Pixels, hidden: Pixels, unit: float, shrink: int
) -> tuple[Array, list[tuple[tuple[int, int], Array]], Array, Array]:
    """What is decided on a small picture, ``shrink`` times smaller, (h, w).

    Returns:
        The smooth fill, float32 (h, w, 3); the copies and how surely there is any, of :func:`_copies`; and the step
        that copies leave at the outline, float32 (h, w, 3).
    """
    size = (-(-hidden.shape[1] // shrink), -(-hidden.shape[0] // shrink))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    known = (cv2.resize(1.0 - hidden, size, interpolation=cv2.INTER_AREA) > 0.999).astype(np.uint8)
    # From a little before the outline on, or the person's own edge would colour the fill.
    clean = cv2.erode(known, np.ones((2 * max(1, round(0.5 * SHY * unit / shrink)) + 1,) * 2, np.uint8), borderValue=1)
    smooth = diffuse(small, np.asarray(clean if clean.any() else known, np.float32))
    if not known.any():  # it shows in slivers thinner than a cell
        smooth[:] = pixels[hidden == 0].mean(axis=0)
    copies, sure = _copies(small, known, unit / shrink)

    copied = np.zeros_like(small)
    for way, share in copies:
        here, there = _overlap(way, known.shape)
        copied[here] += share[here][..., None] * small[there]
    seen = (known > 0) & (sure > 0) & (cv2.distanceTransform(known, cv2.DIST_L2, 3) < 0.5 * CONTEXT * unit / shrink)
    apart = np.where(seen[..., None], small - copied, 0).astype(np.float32)
    # Only what both sides differ by on the whole: evened out stone by stone, a wall would turn into blots.
    around = (2 * max(1, round(ALIKE * unit / shrink)) + 1,) * 2
    apart = cv2.blur(apart, around) / np.maximum(cv2.blur(seen.astype(np.float32), around), 1e-3)[..., None]
    step = diffuse(np.where(seen[..., None], apart, 0).astype(np.float32), seen.astype(np.float32))
    return smooth, copies, sure, step


def _laid(flat: Pixels, band: npt.NDArray[np.bool_], copies: list[tuple[tuple[int, int], Array]], shrink: int) -> Array:
    """The copies laid over each other where ``band``, bool (H, W), is set, n times: float32 (n, 3).

    Args:
        flat: all pixels of the photo, uint8 (H * W, 3).
        band: where to.
        copies: of :func:`_copies`.
        shrink: px of the photo to one of the copies' cells.
    """
    height, width = band.shape
    total = np.zeros((height * width, 3), np.float32)
    size = (copies[0][1].shape[1], copies[0][1].shape[0]) if copies else (1, 1)
    cells = cv2.resize(band.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    for (down, right), share in copies:
        x, y, columns, rows = cv2.boundingRect((share * cells > 0.01).astype(np.uint8))
        x0, y0 = max(x - 1, 0), max(y - 1, 0)
        part = np.ascontiguousarray(share[y0 : y + rows + 1, x0 : x + columns + 1])
        size = (part.shape[1] * shrink, part.shape[0] * shrink)
        top, left = y0 * shrink, x0 * shrink
        inside = band[top : top + size[1], left : left + size[0]]
        weight = cv2.resize(part, size, interpolation=cv2.INTER_LINEAR)[: inside.shape[0], : inside.shape[1]]
        used = np.flatnonzero((weight > 0.01) & inside)
        row, column = np.divmod(used, inside.shape[1])
        at = (row + top) * width + column + left
        there = np.clip(row + (top + shrink * down), 0, height - 1) * width
        there += np.clip(column + (left + shrink * right), 0, width - 1)
        total[at] += weight.ravel().take(used)[:, None] * flat.take(there, axis=0)
    return np.asarray(total.reshape(height, width, 3)[band], np.float32)


def _copies(small: Array, known: Pixels, unit: float) -> tuple[list[tuple[tuple[int, int], Array]], Array]:
    """Which shifted copies of the picture are laid where.

    Each place has the two best; where neighbours have different ones, these fade into each other.

    Returns:
        Ways to what is copied (down, right), each with its share of every place, float32 (h, w), together 1; and how
        surely there is anything to copy, float32 (h, w), 0..1.
    """
    distance = cv2.distanceTransform(known, cv2.DIST_L2, 3)
    source = distance > SHY * unit
    # What is nearest to the outline says most about what goes on behind it.
    ring = np.square(np.clip(1 - distance / (CONTEXT * unit), 0, 1), dtype=np.float32) * (distance > 0.25 * SHY * unit)
    window = (2 * max(2, round(CONTEXT * unit)) + 1,) * 2
    shape = known.shape
    ways = [
        (round(length * unit * np.sin(turn)), round(length * unit * np.cos(turn)))
        for length in LENGTHS
        for turn in np.arange(ANGLES) * (2 * np.pi / ANGLES)
    ]
    cost = [np.full(shape, 1e6, np.float32) for _ in range(2)]
    best = [np.zeros(shape, np.uint8) for _ in range(2)]
    ideal = np.full(shape, 1e6, np.float32)
    for index, way in enumerate(ways):
        here, there = _overlap(way, shape)
        found = np.zeros(shape, np.float32)
        apart = np.zeros(shape, np.float32)
        found[here] = ring[here] * source[there]
        apart[here] = found[here] * np.minimum(cv2.transform(cv2.absdiff(small[here], small[there]), ADDED), 150)
        weight = cv2.blur(found, window)
        length = np.float32(LENGTHS[index // ANGLES])
        new = cv2.blur(apart, window) / np.maximum(weight, 1e-6) + 4 * length
        new[weight <= 0.01] = 1e6
        ideal = cv2.min(ideal, new)
        unusable = np.ones(shape, bool)
        unusable[here] = ~source[there]
        new[unusable] = 1e6
        second = cv2.compare(new, cost[1], cv2.CMP_LT)
        cv2.copyTo(new, second, cost[1])
        best[1][second > 0] = index
        first = cv2.compare(new, cost[0], cv2.CMP_LT)
        for values, better in ((cost, new), (best, np.full(shape, index, np.uint8))):
            cv2.copyTo(values[0], first, values[1])
            cv2.copyTo(better, first, values[0])
    lead = smoothstep((cost[1] - cost[0]) / (0.25 * cost[0] + 3), 0.0, 1.0)
    other = np.asarray(0.5 * (1 - lead) * (cost[1] < 1e5), np.float32)
    able = cost[0] < 1e5
    fade = (2 * max(1, round(FADE * unit)) + 1,) * 2
    copies = []
    for index, way in enumerate(ways):
        chosen = np.where(able & (best[0] == index), 1 - other, 0) + np.where(best[1] == index, other, 0)
        if chosen.any():
            here, there = _overlap(way, shape)
            share = np.zeros(shape, np.float32)
            share[here] = cv2.blur(chosen.astype(np.float32), fade)[here] * source[there]
            copies.append((way, share))
    together = np.maximum(sum((share for _, share in copies), np.zeros(shape, np.float32)), 1e-6)
    sure = cv2.blur(able.astype(np.float32), (2 * max(1, round(0.1 * unit)) + 1,) * 2)
    sure = np.clip(2 * sure - 1, 0, 1) * able
    # Where only what does not go on like this place can be copied, nothing is better than a stranger's colours.
    sure *= 1 - cv2.blur(smoothstep(cost[0] / (ideal + WORSE), 1.0, 2.0), fade)
    return [(way, np.asarray(share / together, np.float32)) for way, share in copies], np.asarray(sure, np.float32)


def _overlap(way: tuple[int, int], shape: tuple[int, ...]) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The part of a picture that stays inside it on that way, and where it comes to."""
    here, there = (
        tuple(slice(max(-sign * w, 0), n - max(sign * w, 0)) for w, n in zip(way, shape, strict=True))
        for sign in (1, -1)
    )
    return (here[0], here[1]), (there[0], there[1])
