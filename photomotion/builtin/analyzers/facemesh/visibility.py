"""Which parts of a face can be seen: what is turned away, outside the photo, or behind a hand, a mask, a fringe."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.builtin.cielab import to_lab
from photomotion.data import Visibility
from photomotion.data.ranks import median, percentile

from .region import Floats, Region, Scales

__all__ = ["PARTS", "measure_cover", "measure_visibility"]

Mask = npt.NDArray[np.bool_]

PARTS: Mapping[str, tuple[int, ...]] = {
    "left_eye": (446, 342, 445, 444, 443, 442, 441, 413, 464, 453, 452, 451, 450, 449, 448, 261),
    "right_eye": (226, 113, 225, 224, 223, 222, 221, 189, 244, 233, 232, 231, 230, 229, 228, 31),
    "forehead": (54, 103, 67, 109, 10, 338, 297, 332, 284, 300, 293, 334, 296, 336, 9, 107, 66, 105, 63, 70),
    "left_cheek": (340, 346, 347, 330, 266, 425, 411, 352, 345, 280),
    "right_cheek": (111, 117, 118, 101, 36, 205, 187, 123, 116, 50),
    "mouth": (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185),
    "jaw": (57, 214, 135, 150, 149, 176, 148, 152, 377, 400, 378, 379, 364, 434, 287, 406, 313, 18, 83, 182),
}
"""Mesh points around each part of :class:`Visibility`."""
LIDS = {
    "left_eye": (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466),
    "right_eye": (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246),
}
LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
AROUND_LIPS = (57, 43, 106, 182, 83, 18, 313, 406, 335, 273, 287, 410, 322, 391, 393, 164, 167, 165, 92, 186)
NOSE = (168, 193, 131, 115, 48, 64, 98, 97, 2, 326, 327, 294, 278, 344, 360, 417)
SIDE = 160
"""Faces are judged at this size at most, px."""
STEADY = {
    "left_eye": 1.5, "right_eye": 1.5, "forehead": 3.3, "left_cheek": 1.8, "right_cheek": 1.8, "mouth": 1.7, "jaw": 3.2,
}  # fmt: skip
"""How far the looks of the mesh model usually differ there, hundredths of the eye distance (median of 30 faces)."""
IN_DOUBT = (1.8, 3.0)
"""Times that at which doubt begins and is complete. Open eyes and mouths of near-frontal faces stay below 2.5, those
behind a hand or a finger come to 3 and more."""
FEATURES = frozenset({"left_eye", "right_eye", "mouth"})
TRUST, FRONTAL = (0.55, 0.85), 18.0
"""How much doubt alone says of smooth parts and turned faces, and of features in faces turned less than so many
degrees: the far side of a turned face is always a guess."""
DARK = {"left_cheek": (0.35, 0.5), "right_cheek": (0.35, 0.5), "mouth": (0.3, 0.45), "jaw": (0.25, 0.35)}
"""Lightness over that of the whole face below which nothing but an object or a hard shadow is, and from which it is
skin: cheeks in side light come to 0.6, beards to 0.4."""
BESIDE = {
    "left_cheek": ("left_eye",), "right_cheek": ("right_eye",), "mouth": ("left_eye", "right_eye"),
    "jaw": ("left_eye", "right_eye"),
}  # fmt: skip
"""Eyes that must not be as dark."""
DEEPEST = 20.0
"""L* of the darkest hundredth of a face, at most, in a photo that has not faded."""
NO_LASHES, IN_SHADE = (0.775, 0.82), (0.6, 0.8)
"""Lightness of the darkest near the lids over that around them: below 0.775 in eyes open or closed, but not in skin;
and that of the region over the other eye's, below which lashes are no darker than it."""
NO_LINE, PALE, SHADED, FLAT = (0.78, 0.84), (1.5, 3.0), (0.12, 0.2), (18.0, 28.0)
"""Lightness of the darkest between lips over that around them: 0.4 to 0.78 in all mouths but those of bearded men; by
how much redder than their surroundings lips are in most photos in colour, CIELAB; by how much lighter than a beard, in
the face's contrast; and that contrast, L*, below which even the line is pale."""


def measure_visibility(
    landmarks: Floats, normal: Floats, cover: Mapping[str, float], width: int, height: int
) -> Visibility:
    """What can be seen of a face (478, 3) with normals (468, 3) in a photo of this size, px.

    Args:
        landmarks: of the face.
        normal: outward, in camera axes.
        cover: from :func:`measure_cover`.
        width: of the photo.
        height: of the photo.
    """
    inside = _within(landmarks, width, height)
    facing = np.clip((0.15 - normal[:, 2]) / 0.4, 0, 1)
    seen = {part: float((inside * facing)[list(i)].mean()) * (1 - cover[part]) for part, i in PARTS.items()}
    return Visibility(**seen)


def measure_cover(
    scales: Scales, landmarks: Floats, looks: Floats, *, mouth_open: float, yaw: float
) -> dict[str, float]:
    """How likely each part of a face is behind something, 0..1, by the names in :class:`Visibility`.

    Five signs are put together, each weak alone: the looks (K, 468, 3) of the mesh model disagree there; the colour is
    not that of the face's own skin; it is far darker than the rest of the face; there are no features where eyes and
    mouth should be; there are no lashes and no lips. Beards, side light and lipstick set off single signs, so bounds
    are wide; a wide open mouth is as unlike the model's idea of a face as a covered one, so less is made of it there.
    """
    mesh = landmarks[:468]
    loose = Region.around(mesh, mesh[33], mesh[263], 1.05)
    side = int(np.clip(loose.size, 32, SIDE))
    cut = loose.cut(scales, side, cv2.BORDER_REPLICATE).astype(np.float32) / 255.0
    lab = to_lab(np.asarray(cv2.GaussianBlur(cut, (0, 0), side / 80), np.float32))
    points = loose.from_photo(landmarks, side)
    masks = {part: _inside(points, index, side) for part, index in {**PARTS, "nose": NOSE}.items()}
    skin = _skin_colour(lab, masks)
    face = lab[_inside(points, range(468), side), 0]
    black, low, high = (float(v) for v in percentile(face, [1, 5, 95]))
    spread, lifted = high - low, max(0.0, black - DEEPEST)
    unit = max(float(np.linalg.norm(mesh[33, :2] - mesh[263, :2])), 1.0)
    lightness = max(float(median(face)), 5.0)
    bright = {part: float(median(lab[masks[part], 0])) / lightness for part in PARTS}
    doubt = 100 * np.linalg.norm(looks.std(axis=0)[:, :2], axis=1) / unit
    inside = _within(landmarks, scales.width, scales.height)
    cover = {}
    for part, index in PARTS.items():
        pixels = lab[masks[part]]
        known = 1 - _rise(mouth_open, 0.25, 0.45) if part in {"mouth", "jaw"} else 1.0
        trust = TRUST[part in FEATURES and abs(yaw) < FRONTAL]
        signs = [trust * known * _rise(float(doubt[list(index)].mean()) / STEADY[part], *IN_DOUBT)]
        signs.append(known * _foreign(pixels, skin, features=part in FEATURES))
        if part in FEATURES:
            signs.append(1 - _rise(float(pixels[:, 0].std()) / max(spread, 8.0), 0.02, 0.07))
        if part in LIDS and abs(yaw) < 2 * FRONTAL:
            lids = cv2.dilate(_inside(points, LIDS[part], side).astype(np.uint8), np.ones((side // 20 | 1,) * 2)) > 0
            lit = _rise(bright[part] / max(bright[eye] for eye in LIDS), *IN_SHADE)
            bare = _rise(_darkest(lab[lids, 0], float(median(pixels[:, 0])), lifted), *NO_LASHES)
            signs.append(lit * bare * _rise(spread, *FLAT))
        if part == "mouth":
            signs.append(known * _lipless(lab, points, spread, lifted))
        if part in DARK:
            # A side that lies in shadow is dark up to the eye.
            lit = _rise(max(bright[eye] for eye in BESIDE[part]), 0.5, 0.65)
            signs.append(known * lit * (1 - _rise(bright[part], *DARK[part])))
        if part == "forehead":
            # Each half against the cheek below it: under side light half of a bare forehead is dark.
            usual = np.where(np.nonzero(masks[part])[1] < points[168, 0], bright["right_cheek"], bright["left_cheek"])
            signs.append(_rise(float((pixels[:, 0] < 0.6 * lightness * usual).mean()), 0.35, 0.65))
        # Nothing is in front of what is not in the photo.
        cover[part] = float(inside[list(index)].mean() * (1 - np.prod([1 - s for s in signs])))
    return cover


def _within(landmarks: Floats, width: int, height: int) -> Mask:
    """Which of the 468 mesh points lie in the photo."""
    x, y = landmarks[:468, 0], landmarks[:468, 1]
    return np.asarray((x >= 0) & (y >= 0) & (x < width) & (y < height))


def _inside(points: Floats, index: tuple[int, ...] | range, side: int) -> Mask:
    """bool (side, side): the hull of some points; never empty."""
    mask = np.zeros((side, side), np.uint8)
    outline = np.clip(np.round(points[list(index), :2]), 0, side - 1).astype(np.int32)
    cv2.fillConvexPoly(mask, cv2.convexHull(outline), 1)
    return np.asarray(mask > 0)


def _skin_colour(lab: Floats, masks: Mapping[str, Mask]) -> Floats:
    """CIELAB of the skin: of its five parts the one that is most like the others, and could be skin at all."""
    parts = ("forehead", "left_cheek", "right_cheek", "nose", "jaw")
    middles = np.stack([median(lab[masks[p]], axis=0) for p in parts])
    hue = np.degrees(np.arctan2(middles[:, 2], middles[:, 1]))
    likely = (np.hypot(middles[:, 1], middles[:, 2]) < 6) | ((hue > -20) & (hue < 110))
    kept = middles[likely] if likely.any() else middles
    apart = np.linalg.norm((kept[:, None] - kept[None]) * [0.3, 1, 1], axis=-1).sum(axis=1)
    return np.asarray(kept[int(np.argmin(apart))], np.float32)


def _foreign(pixels: Floats, skin: Floats, *, features: bool) -> float:
    """How sure it is that most of ``pixels`` (N, 3), CIELAB, are no skin: another hue, or none where skin has one.

    Lips and eyes have colours of their own and are let off with more.
    """
    bound = 1.6 if features else 1.0
    apart = np.hypot(pixels[:, 1] - skin[1], pixels[:, 2] - skin[2])
    far = apart > bound * (9 + 0.25 * float(np.hypot(skin[1], skin[2])))
    pale = np.hypot(pixels[:, 1], pixels[:, 2]) < 0.35 * float(np.hypot(skin[1], skin[2]))
    dark = pixels[:, 0] < 0.5 * skin[0]
    counted = far & (pale | (apart > bound * 16))
    counted |= dark & pale & (apart > 9)
    counted &= (pixels[:, 0] < 1.1 * skin[0]) | (apart > 30)  # skin that shines has no colour of its own
    return _rise(float(counted.mean()), 0.3, 0.7)


def _lipless(lab: Floats, points: Floats, spread: float, lifted: float) -> float:
    """How sure it is that there is no mouth where it should be: no dark line between lips, these no redder or lighter.

    ``spread`` is the face's contrast, L*, and ``lifted`` what fading has added to its black.
    """
    side = len(lab)
    inside, outside = _inside(points, LIPS, side), _inside(points, AROUND_LIPS, side)
    ring = outside & ~inside
    if not ring.any():
        return 0.0
    lips, skin = median(lab[inside], axis=0), median(lab[ring], axis=0)
    line = _darkest(lab[inside, 0], max(float(skin[0]), float(lips[0])), lifted)
    pale = 1 - _rise(float(lips[1] - skin[1]), *PALE)
    plain = pale * (1 - _rise(float(lips[0] - skin[0]) / max(spread, 8.0), *SHADED))
    return plain * _rise(line, *NO_LINE) * _rise(spread, *FLAT)


def _darkest(light: Floats, around: float, lifted: float) -> float:
    """The darkest twentieth of some lightnesses (N,) over that ``around``, without what fading has added to both."""
    return max(float(percentile(light, 5)) - lifted, 0.0) / max(around - lifted, 5.0)


def _rise(value: float, low: float, high: float) -> float:
    """0 up to ``low``, 1 from ``high`` on, straight between."""
    return float(np.clip((value - low) / (high - low), 0, 1))
