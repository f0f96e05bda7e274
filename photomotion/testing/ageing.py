"""Damage made by code: what time, scissors and scanners do to a photograph, repeatable and of known strength.

With the undamaged picture at hand a restorer can be measured. All take and return uint8 (H, W, 3), sRGB; sizes of
scratches and specks follow the picture's size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["KINDS", "age", "blur", "cast", "compress", "dust", "fade", "grain", "scratch", "tone"]

Pixels = npt.NDArray[np.uint8]


def _rounded(values: npt.NDArray[Any]) -> Pixels:
    return np.asarray(np.clip(np.round(values), 0, 255), np.uint8)


def fade(pixels: Pixels, seed: int = 0) -> Pixels:
    """Blacks become gray and whites dull: 0..255 is squeezed into 56..214."""
    return _rounded(56 + pixels * (158 / 255))


def cast(pixels: Pixels, seed: int = 0) -> Pixels:
    """The dyes of a colour print fade unequally: blacks turn red, whites yellow."""
    low, high = np.array([44.0, 18.0, 12.0]), np.array([250.0, 222.0, 176.0])
    return _rounded(low + pixels * ((high - low) / 255))


def grain(pixels: Pixels, seed: int = 0, strength: float = 14.0) -> Pixels:
    """Grain of a fast film, slightly soft, mostly in the middle tones; ``strength`` in gray levels."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.standard_normal(pixels.shape[:2]), (0, 0), 0.6)
    light = pixels.mean(axis=2) / 255
    noise *= strength / noise.std() * (0.6 + 1.6 * light * (1 - light))
    return _rounded(pixels + noise[..., None])


def scratch(pixels: Pixels, seed: int = 0, count: int = 9) -> Pixels:
    """Scratches and cracks: long, thin, crooked, most of them lighter than the print."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    out: npt.NDArray[Any] = pixels.astype(np.float32)
    for number in range(count):
        start = rng.uniform(0, [width, height])
        angle, length = rng.uniform(0, np.pi), rng.uniform(0.3, 0.9) * max(width, height)
        along = np.linspace(-0.5, 0.5, 24)[:, None] * length
        side = np.cumsum(rng.normal(0, 0.004 * length, (24, 1)), axis=0)
        way = start + along * [np.cos(angle), np.sin(angle)] + side * [-np.sin(angle), np.cos(angle)]
        mask = np.zeros((height, width), np.uint8)
        thick = max(1, round(max(width, height) / 512 * rng.uniform(0.8, 2.6)))
        cv2.polylines(mask, [np.round(way * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
        cover = (mask / 255 * rng.uniform(0.75, 1.0))[..., None]
        out = out * (1 - cover) + cover * (235.0 if number % 4 else 20.0)
    return _rounded(out)


def dust(pixels: Pixels, seed: int = 0, count: int = 140) -> Pixels:
    """Specks of dust, light and dark, and a few fibres."""
    rng = np.random.default_rng(seed)
    height, width = pixels.shape[:2]
    unit = max(width, height) / 512
    out: npt.NDArray[Any] = pixels.astype(np.float32)
    for number in range(count):
        x, y = rng.uniform(0, [width, height])
        mask = np.zeros((height, width), np.uint8)
        if number % 12:
            axes = np.round(unit * rng.uniform(0.6, 2.2, 2) * 16).astype(int)
            ellipse = cv2.ellipse2Poly((round(16 * x), round(16 * y)), tuple(map(int, axes)), number * 7, 0, 360, 30)
            cv2.fillPoly(mask, [ellipse], 255, cv2.LINE_AA, 4)
        else:
            turn = np.cumsum(rng.normal(0, 0.5, 10))
            way = np.array([x, y]) + np.cumsum(2.2 * unit * np.stack([np.cos(turn), np.sin(turn)], axis=1), axis=0)
            cv2.polylines(mask, [np.round(way * 16).astype(np.int32)], False, 255, 1, cv2.LINE_AA, 4)
        cover = (mask / 255)[..., None]
        out = out * (1 - cover) + cover * (240.0 if number % 3 else 15.0)
    return _rounded(out)


def compress(pixels: Pixels, seed: int = 0, quality: int = 20) -> Pixels:
    """JPEG, 4:2:0."""
    _, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1])


def blur(pixels: Pixels, seed: int = 0, sigma: float = 1.6) -> Pixels:
    """A lens out of focus, as a Gaussian of ``sigma`` px."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma), np.uint8)


def tone(pixels: Pixels, seed: int = 0) -> Pixels:
    """A sepia print: one tone for each brightness, warm in the middle."""
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None] / 255.0
    return _rounded(255 * light ** np.array([0.82, 1.0, 1.28]))


KINDS: dict[str, tuple[Callable[[Pixels, int], Pixels], ...]] = {
    "fade": (fade,),
    "cast": (cast,),
    "grain": (grain,),
    "scratches": (scratch,),
    "dust": (dust,),
    "JPEG 20": (compress,),
    "blur": (blur,),
    "fade, cast": (fade, cast),
    "scratches, dust": (scratch, dust),
    "fade, grain": (grain, fade),
    "grain, JPEG 20": (grain, compress),
    "fade, scratches, dust": (fade, scratch, dust),
    "cast, grain, scratches": (cast, grain, scratch),
    "grain, scratches, dust": (grain, scratch, dust),
    "everything": (cast, grain, fade, scratch, dust, compress),
}
"""Kinds of damage and mixtures, each a sequence of what happened to the print."""


def age(pixels: Pixels, kind: str, seed: int = 0) -> Pixels:
    """The picture after one of :data:`KINDS`, e.g. ``"fade, grain"``."""
    for step in KINDS[kind]:
        pixels = step(pixels, seed)
    return pixels
