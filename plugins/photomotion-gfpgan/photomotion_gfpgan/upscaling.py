"""A large picture through a network piece by piece, without seams."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from .alignment import Floats
from .tones import Tone

__all__ = ["OVERLAP", "enlarge", "enlarge_in_bands", "enlarge_plainly"]

Pixels = npt.NDArray[np.uint8]

OVERLAP = 32
"""What each piece sees of its neighbours, px of the scan. Half of it is thrown away, for a network does not know there
what lies beyond; over the other half neighbours are cross-faded."""


GRID = 4
"""Pieces begin at multiples of this, px of the scan: Real-ESRGAN's x2 network gathers pixels in squares at first,
and would draw another picture on another grid."""


@dataclass(frozen=True, eq=False)
class _Piece:
    """A stretch of an axis."""

    read: slice
    """What the network sees, px of the scan."""
    use: slice
    """What of its answer is used, px of the scan."""
    weight: Floats
    """float32, one for each px of the answer that is used; those of all pieces sum to 1 everywhere."""


def _pieces(length: int, tile: int, overlap: int, scale: int) -> list[_Piece]:
    count = -(-length // tile)
    edges = [*(GRID * round(length * i / count / GRID) for i in range(count)), length]
    fade = overlap // 2
    pieces = []
    for start, stop in pairwise(edges):
        first, last = start == 0, stop == length
        use = slice(0 if first else start - fade, length if last else stop + fade)
        place = use.start + (np.arange((use.stop - use.start) * scale) + 0.5) / scale
        rise = np.ones_like(place) if first else np.clip((place - start + fade) / (2 * fade), 0, 1)
        fall = np.zeros_like(place) if last else np.clip((place - stop + fade) / (2 * fade), 0, 1)
        read = slice(max(0, start - overlap), min(length, stop + overlap))
        pieces.append(_Piece(read, use, (rise - fall).astype(np.float32)))
    return pieces


def enlarge_in_bands(
    pixels: Pixels,
    network: Callable[[Floats], Floats],
    scale: int,
    *,
    tile: int = 256,
    overlap: int = OVERLAP,
    on_tile: Callable[[int, int], None] = lambda done, total: None,
) -> Iterator[tuple[int, Floats]]:
    """Enlarge a picture in square pieces and yield it in bands, so that only one of them is held as numbers.

    Args:
        pixels: uint8 (H, W, 3).
        network: enlarges float32 (h, w, 3), 0..255.
        scale: how many times.
        tile: edge of the pieces, px, at least twice ``overlap``.
        overlap: what each sees of its neighbours, px, a multiple of 8.
        on_tile: told how many of how many are done.

    Yields:
        First row, and float32 (rows, W * scale, 3).
    """
    height, width = pixels.shape[:2]
    rows, columns = _pieces(height, tile, overlap, scale), _pieces(width, tile, overlap, scale)
    carried = np.zeros((0, width * scale, 3), np.float32)
    for i, row in enumerate(rows):
        band = np.zeros(((row.use.stop - row.use.start) * scale, width * scale, 3), np.float32)
        for j, column in enumerate(columns):
            made = network(pixels[row.read, column.read].astype(np.float32))
            y, x = ((p.use.start - p.read.start) * scale for p in (row, column))
            part = made[y : y + len(row.weight), x : x + len(column.weight)]
            x = column.use.start * scale
            band[:, x : x + len(column.weight)] += part * row.weight[:, None, None] * column.weight[:, None]
            on_tile(i * len(columns) + j + 1, len(rows) * len(columns))
        band[: len(carried)] += carried
        done = (rows[i + 1].use.start - row.use.start) * scale if i + 1 < len(rows) else len(band)
        yield row.use.start * scale, band[:done]
        carried = band[done:]


def enlarge_plainly(pixels: Pixels, scale: int) -> Pixels:
    """Enlarge uint8 (H, W, 3) by cubic interpolation."""
    height, width = pixels.shape[:2]
    return np.asarray(cv2.resize(pixels, (width * scale, height * scale), interpolation=cv2.INTER_CUBIC))


def enlarge(
    pixels: Pixels,
    network: Callable[[Floats], Floats],
    scale: int,
    tone: Tone,
    *,
    tile: int = 256,
    fidelity: float = 0.0,
    on_tile: Callable[[int, int], None] = lambda done, total: None,
) -> Pixels:
    """Enlarge a picture with a network, and keep its tones.

    Args:
        pixels: uint8 (H, W, 3).
        network: enlarges float32 (h, w, 3), 0..255.
        scale: how many times.
        tone: of the photo.
        tile: edge of the pieces, px.
        fidelity: share of the plainly enlarged picture, 0..1.
        on_tile: told how many of how many pieces are done.

    Returns:
        uint8 (H * scale, W * scale, 3).
    """
    plain = enlarge_plainly(pixels, scale)
    made = np.empty_like(plain)
    sigma = 8.0 * scale

    def in_tone(part: Floats) -> Floats:
        return tone.keep(
            network(part), enlarge_plainly(np.round(part).astype(np.uint8), scale).astype(np.float32), sigma
        )

    for y, band in enlarge_in_bands(pixels, in_tone, scale, tile=tile, on_tile=on_tile):
        own = plain[y : y + len(band)].astype(np.float32)
        made[y : y + len(band)] = np.round(np.clip(band + fidelity * (own - band), 0, 255))
    return made
