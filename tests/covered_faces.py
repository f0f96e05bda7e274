"""Photos made by code in which something is before the face: hands, glasses, hats, masks."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from large_portrait import Pixels, Portrait, gray

CHIN, CROWN = 152, 10
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
BOTH_SIDES_OF_THE_FOREHEAD = (127, 356)
MASKED = (227, 116, 111, 188, 195, 412, 340, 345, 447, 361, 397, 365, 379, 378, 152, 149, 150, 136, 172, 132)


def hand(p: Portrait) -> Pixels:
    """A bar of other skin across mouth and cheek."""
    out = p.copy()
    start = np.array(p.at(61)) + p.unit * np.array([-0.7, 0.5])
    end = np.array(p.at(291)) + p.unit * np.array([0.2, -0.1])
    width = round(0.55 * p.unit)
    cv2.line(out, start.astype(int).tolist(), end.astype(int).tolist(), (120, 78, 60), width, cv2.LINE_AA)
    return out


def _skin_over(p: Portrait, index: int, width: float, height: float) -> Pixels:
    """Her own cheek, enlarged, in front of a point of the face; sizes in eye distances."""
    x, y = p.at(50)
    reach = round(0.13 * p.unit)
    size = (round(width * p.unit), round(height * p.unit))
    skin = cv2.resize(p.pixels[y - reach : y + reach, x - reach : x + reach], size, interpolation=cv2.INTER_CUBIC)
    shape = np.zeros(size[::-1], np.float32)
    cv2.ellipse(shape, (size[0] // 2, size[1] // 2), (size[0] // 2 - 4, size[1] // 2 - 4), 0, 0, 360, 1.0, -1)
    shape = cv2.GaussianBlur(shape, (0, 0), 2)[..., None]
    left, top = p.at(index)[0] - size[0] // 2, p.at(index)[1] - size[1] // 2
    out = p.copy()
    box = (slice(top, top + size[1]), slice(left, left + size[0]))
    out[box] = np.round(shape * skin * 0.92 + (1 - shape) * out[box])
    return out


def fist(p: Portrait) -> Pixels:
    return _skin_over(p, 14, 1.1, 0.7)


def finger(p: Portrait) -> Pixels:
    return _skin_over(p, 468, 0.7, 0.6)


def mask(p: Portrait) -> Pixels:
    out = p.copy()
    cv2.fillPoly(out, [cv2.convexHull(p.points[list(MASKED)])], (150, 195, 215), cv2.LINE_AA)
    return out


def microphone(p: Portrait) -> Pixels:
    out = p.copy()
    x, y = p.at(17)
    cv2.line(out, (x, y), (x - round(0.5 * p.unit), 1023), (40, 40, 42), round(0.25 * p.unit), cv2.LINE_AA)
    cv2.circle(out, (x, y), round(0.33 * p.unit), (25, 25, 28), -1, cv2.LINE_AA)
    return out


def telephone(p: Portrait) -> Pixels:
    """A black receiver at the cheek in a gray photo."""
    out = gray(p)
    x, y = p.at(425)
    corners = np.array([[-0.15, -0.3], [0.5, -0.5], [0.6, 0.7], [-0.1, 0.8]]) * p.unit + (x, y)
    cv2.fillPoly(out, [np.round(corners).astype(np.int32)], (26, 26, 26), cv2.LINE_AA)
    return np.clip(out + np.random.default_rng(3).normal(0, 2, out.shape[:2])[..., None], 0, 255).astype(np.uint8)


def gray_microphone(p: Portrait) -> Pixels:
    return np.repeat(cv2.cvtColor(microphone(p), cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


def fingers(p: Portrait) -> Pixels:
    """Four fingers of her own skin before the mouth."""
    out = p.pixels.astype(np.float32)
    x, y = p.at(50)
    skin = np.median(p.pixels[y - 6 : y + 6, x - 6 : x + 6].reshape(-1, 3), axis=0)
    (left, _), (right, _), (_, middle) = p.at(57), p.at(287), p.at(14)
    width = 0.19 * p.unit
    for row in range(round(middle - 2 * width), round(middle + 2 * width)):
        across = ((row - middle) / width) % 1 * 2 - 1
        out[row, left - 8 : right + 8] = skin * (0.97 - 0.3 * abs(across) ** 3)
    return np.round(np.clip(out, 0, 255)).astype(np.uint8)


def bar(p: Portrait) -> Pixels:
    """Something gray hangs in front of one eye."""
    out = p.copy()
    x = p.at(468)[0]
    cv2.line(out, (x, 0), (x, 700), (110, 112, 115), round(0.5 * p.unit), cv2.LINE_AA)
    return out


def _frames(p: Portrait, thickness: int) -> Pixels:
    out = p.copy()
    reach = round(0.28 * p.unit)
    (ax, ay), (bx, by) = p.at(468), p.at(473)
    for x, y in ((ax, ay), (bx, by)):
        cv2.circle(out, (x, y), reach, (15, 12, 12), thickness, cv2.LINE_AA)
    cv2.line(out, (ax + reach, ay), (bx - reach, by), (20, 15, 15), 5, cv2.LINE_AA)
    return out


def glasses(p: Portrait) -> Pixels:
    return _frames(p, 4)


def half_frame(p: Portrait) -> Pixels:
    """Glasses with a rim above the lenses only."""
    out = p.copy()
    reach = round(0.26 * p.unit)
    (ax, ay), (bx, by) = p.at(468), p.at(473)
    for x, y in ((ax, ay), (bx, by)):
        cv2.ellipse(out, (x, y + 6), (reach, round(0.2 * p.unit)), 0, 180, 360, (35, 28, 26), 3, cv2.LINE_AA)
    cv2.ellipse(out, ((ax + bx) // 2, ay + 6), ((bx - ax) // 2 - reach, 6), 0, 180, 360, (35, 28, 26), 3, cv2.LINE_AA)
    return out


def sunglasses(p: Portrait) -> Pixels:
    return _frames(p, -1)


def hat(p: Portrait) -> Pixels:
    """A cap pulled down to the brows."""
    out = p.copy()
    up = np.array(p.at(CROWN)) - p.at(CHIN)
    low = p.points[list(BROWS)] - (0.02 * up).astype(int)
    high = np.concatenate([p.points[list(BOTH_SIDES_OF_THE_FOREHEAD)], p.points[[CROWN]]]) + (0.45 * up).astype(int)
    cv2.fillPoly(out, [cv2.convexHull(np.concatenate([low, high]).astype(np.int32))], (45, 60, 42), cv2.LINE_AA)
    return out


COVERED: dict[str, Callable[[Portrait], Pixels]] = {
    "hand": hand, "fist": fist, "finger": finger, "mask": mask, "microphone": microphone, "telephone": telephone,
    "gray microphone": gray_microphone, "fingers": fingers, "bar": bar, "half frame": half_frame, "glasses": glasses,
    "sunglasses": sunglasses, "hat": hat,
}  # fmt: skip
"""Each by its name."""
