"""Between the photo and the model: which part of the photo is generated, and how it comes back into it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Analysis, Photo

__all__ = ["Crop", "choose_crop", "match_colour", "paste", "to_gray"]

Picture = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]

WIDEST = 16 / 9
"""Width to height of the widest picture a model is asked for; the tallest is its inverse."""
ABOVE, BESIDE, BELOW = 0.8, 1.1, 1.7
"""Room around a face for head and shoulders, in heights or widths of the face's box."""
WHOLE = 0.6
"""From this share of the photo on, head and shoulders become the whole photo."""
FEATHER = 0.06
"""Width of the soft border, as a share of the crop's shorter side."""


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A part of the photo, and the size at which a model makes it."""

    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 in the photo, px; x1 and y1 are outside."""
    width: int
    """Of what the model makes, px."""
    height: int
    """Of what the model makes, px."""

    def take(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """This part of a picture or map of the photo's size, at the model's size: (height, width) or (..., 3)."""
        x0, y0, x1, y1 = self.box
        return _resized(image[y0:y1, x0:x1], self.width, self.height)

    def restore(self, image: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A picture or map of the model's size at the size this part has in the photo."""
        x0, y0, x1, y1 = self.box
        return _resized(image, x1 - x0, y1 - y0)

    def border(self, height: int, width: int) -> Map:
        """Weights for pasting, float32 of the box's size: 1 inside, 0 at edges inside a photo of that size."""
        x0, y0, x1, y1 = self.box
        soft = max(FEATHER * min(x1 - x0, y1 - y0), 1.0)

        def ramp(length: int, begins: bool, ends: bool) -> Map:
            place = np.arange(length, dtype=np.float32) + 0.5
            near = np.full(length, np.inf, np.float32)
            if begins:
                near = np.minimum(near, place)
            if ends:
                near = np.minimum(near, length - place)
            part = np.clip(near / soft, 0, 1)
            return np.asarray(part * part * (3 - 2 * part), np.float32)

        rows, columns = ramp(y1 - y0, y0 > 0, y1 < height), ramp(x1 - x0, x0 > 0, x1 < width)
        return np.asarray(np.minimum(rows[:, None], columns[None, :]), np.float32)


def _resized(image: npt.NDArray[Any], width: int, height: int) -> npt.NDArray[Any]:
    if image.shape[:2] == (height, width):
        return np.ascontiguousarray(image)
    shrinks = width * height < image.shape[0] * image.shape[1]
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC if image.ndim == 3 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(image), (width, height), interpolation=way), image.dtype)


def choose_crop(photo: Photo, analysis: Analysis, *, size: int, multiple: int) -> Crop:
    """The part of the photo a model makes: all heads with their shoulders, or the whole photo if that is not much more.

    Args:
        photo: the photo.
        analysis: its faces; without any, the whole photo is meant.
        size: about ``size * size`` pixels are generated.
        multiple: width and height are multiples of it.

    Returns:
        A crop whose shape differs from the model's by no more than rounding; it lies inside the photo.
    """
    wanted = _head_and_shoulders(photo, analysis)
    area = (wanted[2] - wanted[0]) * (wanted[3] - wanted[1])
    if area >= WHOLE * photo.width * photo.height:
        wanted = (0.0, 0.0, float(photo.width), float(photo.height))
    wide, high = wanted[2] - wanted[0], wanted[3] - wanted[1]
    width, height = _model_size(min(max(wide / high, 1 / WIDEST), WIDEST), size, multiple)
    aspect = width / height
    # Grow to the model's shape; where the photo ends, shrink the other side instead.
    wide, high = max(wide, high * aspect), max(high, wide / aspect)
    fit = min(1.0, photo.width / wide, photo.height / high)
    wide, high = wide * fit, high * fit
    x, y = (wanted[0] + wanted[2]) / 2, (wanted[1] + wanted[3]) / 2
    if analysis.faces and fit < 1:
        face = analysis.faces[0].box
        x, y = (x + (face[0] + face[2]) / 2) / 2, (y + (face[1] + face[3]) / 2) / 2
    columns, rows = max(1, min(round(wide), photo.width)), max(1, min(round(high), photo.height))
    x0 = min(max(round(x - columns / 2), 0), photo.width - columns)
    y0 = min(max(round(y - rows / 2), 0), photo.height - rows)
    return Crop(box=(x0, y0, x0 + columns, y0 + rows), width=width, height=height)


def _head_and_shoulders(photo: Photo, analysis: Analysis) -> tuple[float, float, float, float]:
    boxes = []
    for face in analysis.faces:
        x0, y0, x1, y1 = face.box
        wide, high = max(x1 - x0, 1.0), max(y1 - y0, 1.0)
        boxes.append((x0 - BESIDE * wide, y0 - ABOVE * high, x1 + BESIDE * wide, y1 + BELOW * high))
    if not boxes:
        return 0.0, 0.0, float(photo.width), float(photo.height)
    x0, y0 = max(min(b[0] for b in boxes), 0.0), max(min(b[1] for b in boxes), 0.0)
    x1, y1 = min(max(b[2] for b in boxes), photo.width), min(max(b[3] for b in boxes), photo.height)
    if x1 - x0 < 1 or y1 - y0 < 1:
        return 0.0, 0.0, float(photo.width), float(photo.height)
    return x0, y0, float(x1), float(y1)


def _model_size(aspect: float, size: int, multiple: int) -> tuple[int, int]:
    """Width and height, multiples of ``multiple``, nearest in shape among those of at most ``size * size`` pixels."""
    cells = max((size / multiple) ** 2, 1.0)
    best = (multiple, multiple)
    cost = math.inf
    for columns in range(1, int(cells) + 1):
        rows = max(1, min(round(columns / aspect), int(cells / columns)))
        if columns / rows > WIDEST + 1e-9 or rows / columns > WIDEST + 1e-9:
            continue
        # A shape off by a tenth is as bad as a fifth of the pixels lost.
        miss = 2 * abs(math.log(columns / rows / aspect)) + math.log(cells / (columns * rows))
        if miss < cost:
            best, cost = (columns * multiple, rows * multiple), miss
    return best


def match_colour(frame: Picture, reference: Picture, *, by: Picture | None = None) -> Picture:
    """Give a frame the mean and contrast of a reference, channel by channel (Reinhard et al., 2001).

    Args:
        frame: uint8 (H, W, 3), what is changed.
        reference: uint8 (H, W, 3), what it is to look like.
        by: the frame that is measured, if not ``frame`` itself: the first of a film, whose correction all others get.
    """
    measured = frame if by is None else by
    mean, spread = _statistics(measured)
    target, wanted = _statistics(reference)
    gain = np.clip(wanted / np.maximum(spread, 1.0), 1 / STRONGEST, STRONGEST)
    table = np.arange(256, dtype=np.float32)[:, None]
    table = np.clip(np.round((table - mean) * gain + target), 0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(frame, table[None]), np.uint8)


STRONGEST = 1.25
"""Most that contrast is raised or lowered: a frame that is further off is not one of colour."""


def _statistics(picture: Picture) -> tuple[Map, Map]:
    mean, spread = cv2.meanStdDev(picture)
    return np.asarray(mean[:, 0], np.float32), np.asarray(spread[:, 0], np.float32)


def paste(
    generated: Picture,
    beneath: Picture,
    crop: Crop,
    *,
    weight: Map | None = None,
    draft: Picture | None = None,
    detail: float = 0.0,
) -> Picture:
    """Lay what a model made into a picture of the photo's size.

    Args:
        generated: uint8 (crop.height, crop.width, 3).
        beneath: uint8 (H, W, 3), the photo, or the draft at the same moment; not changed.
        crop: where it belongs.
        weight: float32 of the box's size, 0..1; None is the crop's own soft border.
        draft: uint8 (crop.height, crop.width, 3), what ``beneath`` looks like at the model's size.
        detail: 0..1, how much of the fine detail is that of ``beneath``, with what the model changed in the coarse
            laid over it, where the two do not differ much. Needs ``draft``.

    Returns:
        uint8 (H, W, 3).
    """
    x0, y0, x1, y1 = crop.box
    made = generated.astype(np.float32)
    freed = np.ones((crop.height, crop.width), np.float32)
    if draft is not None and detail > 0:
        coarse = cv2.GaussianBlur(made - draft.astype(np.float32), (0, 0), COARSE * max(crop.width, crop.height))
        agrees = np.exp(-((np.abs(coarse).max(axis=2) / APART) ** 2))
        freed = np.asarray(1 - detail * agrees, np.float32)
        made = freed[..., None] * made + (1 - freed[..., None]) * coarse
    alpha = crop.border(beneath.shape[0], beneath.shape[1]) if weight is None else weight
    # What is laid over is made + (1 - freed) * beneath: one resize for both, and few passes at the photo's size.
    large = crop.restore(np.dstack([made, freed]))
    over = cv2.multiply(large[..., :3], cv2.merge([alpha] * 3))
    stays = cv2.merge([1 - alpha * large[..., 3]] * 3)
    under = beneath[y0:y1, x0:x1]
    out = beneath.copy()
    cv2.add(over, cv2.multiply(under, stays, dtype=cv2.CV_32F), dst=out[y0:y1, x0:x1], dtype=cv2.CV_8U)
    return out


APART = 24.0
"""Levels (of 255) by which model and draft may differ before the draft's detail fades."""
COARSE = 1 / 400
"""Width of what counts as detail, as a share of the generated picture's longer side: a few pixels, which is what the
model's decoder loses."""


def to_gray(picture: Picture) -> Picture:
    """The picture with R = G = B, for a photo without colour."""
    return np.asarray(cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
