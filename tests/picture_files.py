"""Small pictures as files of many kinds."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

from photomotion.data import Photo

WIDTH, HEIGHT = 48, 32


def colours() -> np.ndarray:
    """A smooth picture in which every corner has another colour."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.dstack([x * 5, y * 7, 255 - x * 3 - y * 3]).clip(0, 255).astype(np.uint8)


def ramp() -> np.ndarray:
    return np.tile(np.linspace(0, 255, WIDTH).round().astype(np.uint8), (HEIGHT, 1))


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def distance(photo: Photo, wanted: np.ndarray) -> int:
    """Largest difference between a photo and an array (H, W) or (H, W, 3), in levels."""
    wanted = wanted if wanted.ndim == 3 else np.dstack([wanted] * 3)
    assert photo.pixels.shape == wanted.shape
    return int(np.abs(photo.pixels.astype(int) - wanted.astype(int)).max())


def png_header(width: int, height: int) -> bytes:
    """A PNG that promises a size and holds nothing."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
