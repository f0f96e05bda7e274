"""What can be measured on a photo as a print: grain, scratches, fading, a cast, a border."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from photomotion.builtin.cielab import to_lab
from photomotion.builtin.defects import (
    Cast,
    Mask,
    Tones,
    measure_cast,
    measure_grain,
    measure_tones,
    picture_box,
    print_outline,
    scratch_mask,
    shrunk,
)
from photomotion.data.ranks import median, percentile

from .region import Floats, Pixels

__all__ = ["CRACKED", "PrintQuality", "measure_print"]

CRACKED = 0.35
"""Length of scratches, over the diagonal, from which on a print is called scratched."""
ONE_HUE = 4.0
"""Spread of colours below which a picture is gray or sepia."""
WEDGES = 256
"""Long edge, px, at which padding in the corners is looked for."""
OVAL = (10, 338, 284, 454, 361, 397, 152, 172, 132, 234, 54, 109)
CHEEKS = (50, 101, 118, 205, 187, 280, 330, 347, 425, 411, 195, 4)
FEATURES = ((226, 224, 221, 189, 244, 232, 229, 70, 105, 107), (446, 444, 441, 413, 464, 452, 449, 300, 334, 336))
GLASSES = (70, 105, 107, 336, 334, 300, 345, 425, 4, 205, 116)
"""Around everything that the rims of glasses may lie on."""
MOUTH = (61, 40, 0, 270, 291, 321, 17, 91, 152, 2)


@dataclass(frozen=True, kw_only=True)
class PrintQuality:
    """Numbers that what is said of a whole photo is decided by."""

    grain: float
    """Gray levels, standard deviation, at a long edge of 640 px."""
    scratches: float
    """Length of scratches over the picture's diagonal."""
    tones: Tones
    """Black and white point inside the border."""
    cast: float
    """Strength of a tint over everything, in units of CIELAB; 0 for gray and sepia."""
    border: float
    """Part of the photo that is a border around the picture, or what a photographed print lies on, 0..1."""
    picture: Mask | None = None
    """bool (H, W), where the picture is, at a long edge of 640 px; None if there is no border or a face is on it."""


def measure_print(small: Pixels, faces: Sequence[Floats], matte: Callable[[], Floats]) -> PrintQuality:
    """Measure a photo, uint8 (H, W, 3), with a long edge of 640 px at most.

    Args:
        small: the photo.
        faces: landmarks (478, 3) in it, largest first.
        matte: gives the photo's, float32 of any size; asked for only if something looks like a scratch.
    """
    x0, y0, x1, y1 = picture_box(small)
    inner = np.ascontiguousarray(small[y0:y1, x0:x1])
    meshes = [f[:, :2] - np.array([x0, y0], np.float32) for f in faces]
    border, toned = 1 - inner.size / small.size, shrunk(inner, 320)
    picture: Mask | None = None
    if border:
        picture = np.pad(np.ones((y1 - y0, x1 - x0), bool), ((y0, len(small) - y1), (x0, small.shape[1] - x1)))
    elif (picture := _picture(small, faces[0][list(OVAL), :2] if faces else None)) is not None:
        border, toned = 1 - float(picture.mean()), small[picture][None]
    tint = measure_cast(shrunk(inner, 200))
    grain, scratches = measure_grain(inner), 0.0
    if (found := scratch_mask(inner, grain)).any():
        people = cv2.resize(np.ascontiguousarray(matte()), small.shape[1::-1], interpolation=cv2.INTER_AREA)
        scratches = _scratches(found, meshes, people[y0:y1, x0:x1] * (tint.spread >= ONE_HUE))
    return PrintQuality(
        grain=grain,
        scratches=scratches,
        tones=measure_tones(toned),
        cast=_cast(tint, inner, meshes),
        border=border,
        picture=picture if picture is not None and all(_holds(picture, face) for face in faces) else None,
    )


def _holds(picture: Mask, face: Floats) -> bool:
    """Whether a face, (478, 3), is in the picture whole."""
    x, y = np.round(face[:468, :2]).astype(int).T
    on = (x >= 0) & (y >= 0) & (x < picture.shape[1]) & (y < picture.shape[0])
    return bool(on.all() and picture[y, x].all())


def _picture(small: Pixels, face: Floats | None) -> Mask | None:
    """bool (H, W): the print in a photo of one around the outline of a face, or what is left by the padding of a photo
    that was turned; None if it is neither."""
    outline = None if face is None else print_outline(small, face)
    if outline is not None:
        inside = cv2.fillConvexPoly(np.zeros(small.shape[:2], np.uint8), np.round(outline).astype(np.int32), 1)
        return np.asarray(inside > 0)
    tiny = shrunk(small, WEDGES)
    height, width = tiny.shape[:2]
    padding = np.zeros((height, width), np.uint8)
    for even in (tiny.max(axis=2) <= 10, tiny.min(axis=2) >= 245):
        rest = even.astype(np.uint8)
        for corner in ((0, 0), (width - 1, 0), (0, height - 1), (width - 1, height - 1)):
            if rest[corner[::-1]] == 1:
                cv2.floodFill(rest, None, corner, 2)
                wedge = rest == 2
                if _ends_straight(wedge):
                    padding[wedge] = 1
                rest[wedge] = 0
    if not padding.any():
        return None
    return np.asarray(cv2.resize(padding, small.shape[1::-1], interpolation=cv2.INTER_NEAREST) == 0)


def _ends_straight(wedge: Mask) -> bool:
    """Whether the pixels, bool (H, W), of one piece of a corner end in one straight line, as no shadow does."""
    (outline, *_), _ = cv2.findContours(wedge.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    x, y = outline[:, 0].T
    inner = (x > 1) & (y > 1) & (x < wedge.shape[1] - 2) & (y < wedge.shape[0] - 2)
    edge = outline[inner, 0].astype(np.float64)
    if wedge.mean() < 0.01 or len(edge) < 8:
        return False
    edge -= edge.mean(axis=0)
    along, across = (edge @ np.linalg.svd(edge, full_matrices=False)[2].T).T
    return bool(np.ptp(along) > 0.25 * min(wedge.shape) and percentile(np.abs(across), 95) < 1.2)


def _scratches(found: Mask, meshes: Sequence[Floats], people: Floats) -> float:
    """Scratches beside the people and across faces; seams, cords, spectacles and wrinkles are lines as well.

    ``people`` (H, W) is where lines do not count, unless they run across a face. In a print of one hue it is empty:
    it is old more often than not, and what lies on it wears less that shines.
    """
    mask = found.astype(np.uint8)
    skin, features, glasses = np.zeros_like(mask), np.zeros_like(mask), np.zeros_like(mask)
    for mesh in meshes:
        cv2.fillConvexPoly(skin, cv2.convexHull(np.round(mesh[:468]).astype(np.int32)), 1)
        cv2.fillConvexPoly(glasses, cv2.convexHull(np.round(mesh[list(GLASSES)]).astype(np.int32)), 1)
        for part in (*FEATURES, MOUTH):
            cv2.fillConvexPoly(features, cv2.convexHull(np.round(mesh[list(part)]).astype(np.int32)), 1)
    width = max((float(np.ptp(m[:468, 0])) for m in meshes), default=0.0)
    total = 0.0
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    for outline in outlines:
        x, y, wide, high = cv2.boundingRect(outline)
        box = (slice(y, y + high), slice(x, x + wide))
        _, labels = cv2.connectedComponents(mask[box], connectivity=8)
        own = labels == labels[outline[0, 0, 1] - y, outline[0, 0, 0] - x]
        on_skin = float((skin[box][own] > 0).mean())
        beside = float((people[box][own] < 0.2).mean()) > 0.6 and on_skin < 0.5
        length = math.hypot(wide, high)
        drawn = float((features[box][own] > 0).mean()) > 0.3 or float((glasses[box][own] > 0).mean()) > 0.85
        if beside or (on_skin > 0.5 and length > 0.5 * width and not drawn):
            total += length
    return total / math.hypot(*mask.shape)


def _cast(cast: Cast, inner: Pixels, meshes: Sequence[Floats]) -> float:
    """The tint that deep and bright tones share if most of the picture has it, or what is wrong with the skin's hue.

    The second needs a little of the first: a mask or paint on a face is no tint.

    People's skin, light or dark, lies between red and yellow: 20 to 85 degrees in CIELAB under neutral light (Xiao et
    al. 2017, "Characterising the variations in ethnic skin colours").
    """
    if cast.spread < ONE_HUE or not meshes:
        return 0.0
    strength = cast.strength if cast.extent > 0.8 else 0.0
    if cast.strength < 4:
        return strength
    cheeks = np.zeros(inner.shape[:2], np.uint8)
    cv2.fillConvexPoly(cheeks, cv2.convexHull(np.round(meshes[0][list(CHEEKS)]).astype(np.int32)), 1)
    skin = inner[cheeks > 0]
    if not len(skin):
        return strength
    middle = median(skin, axis=0).astype(np.float32)[None, None] / np.float32(255)
    _, a, b = (float(v) for v in to_lab(middle)[0, 0])
    hue, chroma = float(np.degrees(np.arctan2(b, a))), float(np.hypot(a, b))
    wrong = max(15 - hue, hue - 90, 0.0)
    # How far the skin lies outside the range, as a distance in the plane of colours.
    return max(strength, chroma * float(np.sin(np.radians(min(wrong, 90.0)))))
