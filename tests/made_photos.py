"""Photos made by code from the one in the repository: everything that can be wrong with a portrait, one at a time."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from covered_faces import COVERED
from large_portrait import Pixels, Portrait, gray

from photomotion.data import FaceMotion, Motion, Photo
from photomotion.warp import Scene

UNDER_EYE, CROWN = 195, 10


def plain(p: Portrait) -> Pixels:
    return p.pixels


def sepia(p: Portrait) -> Pixels:
    return np.asarray((gray(p) * np.array([1.0, 0.86, 0.68])).astype(np.uint8))


def blurred(p: Portrait) -> Pixels:
    return np.asarray(cv2.GaussianBlur(p.pixels, (0, 0), 5))


def dark(p: Portrait) -> Pixels:
    return p.pixels // 6


def overexposed(p: Portrait) -> Pixels:
    return np.clip(p.pixels.astype(np.int32) * 2, 0, 255).astype(np.uint8)


def low_contrast(p: Portrait) -> Pixels:
    return np.asarray((p.pixels * 0.2 + 110).astype(np.uint8))


def faded(p: Portrait) -> Pixels:
    return np.asarray((p.pixels * 0.55 + 85).astype(np.uint8))


def green_cast(p: Portrait) -> Pixels:
    return np.asarray(np.clip(p.pixels * np.array([0.75, 1.0, 0.7]) + [5, 28, 10], 0, 255), np.uint8)


def magenta_cast(p: Portrait) -> Pixels:
    return np.asarray(np.clip(p.pixels * np.array([0.95, 0.68, 0.85]) + [30, 5, 25], 0, 255), np.uint8)


def turned(quarters: int) -> Callable[[Portrait], Pixels]:
    return lambda p: np.ascontiguousarray(np.rot90(p.pixels, quarters))


def tilted(p: Portrait) -> Pixels:
    middle = (float(p.points[:, 0].mean()), float(p.points[:, 1].mean()))
    return np.asarray(cv2.warpAffine(p.pixels, cv2.getRotationMatrix2D(middle, 30, 1), (1024, 1024)))


def askew(p: Portrait) -> Pixels:
    """A scan set upright by 8 degrees, black where there was nothing."""
    return np.asarray(cv2.warpAffine(p.pixels, cv2.getRotationMatrix2D((512, 512), 8, 1), (1024, 1024)))


def at_the_edge(p: Portrait) -> Pixels:
    """At the right edge of a wide group, where a lens sees a head from the side that the photo shows from the front."""
    out = np.full((1024, 2600, 3), 150, np.uint8)
    out[:, -1024:] = p.pixels
    return out


def tiny(p: Portrait) -> Pixels:
    return np.asarray(cv2.resize(p.pixels, (256, 256), interpolation=cv2.INTER_AREA))


def cropped(p: Portrait) -> Pixels:
    return np.ascontiguousarray(p.pixels[:, : (p.at(1)[0] + p.at(454)[0]) // 2])


def closed_eyes(p: Portrait) -> Pixels:
    row = np.ones((1, 2), np.float32)
    motion = Motion(fps=25, faces=(FaceMotion(channels=("eyeBlinkLeft", "eyeBlinkRight"), values=row),))
    return np.asarray(Scene(Photo(pixels=p.pixels), p.analysis, motion).draw(0))


def grain(p: Portrait) -> Pixels:
    noise = np.random.default_rng(1).normal(0, 11, (1024, 1024, 1))
    return np.clip(gray(p) + noise, 0, 255).astype(np.uint8)


def scratches(p: Portrait) -> Pixels:
    out = gray(p)
    chance = np.random.default_rng(5)
    for _ in range(7):
        x, y = chance.uniform(0, 1023, 2)
        line = [(x, y)]
        for _ in range(30):
            x, y = x + chance.normal(2, 6), y + chance.uniform(8, 18)
            line.append((x, y))
        cv2.polylines(out, [np.round(line).astype(np.int32)], False, (240, 240, 240), 2, cv2.LINE_AA)
    return out


def border(p: Portrait) -> Pixels:
    return np.asarray(cv2.copyMakeBorder(p.pixels, 50, 80, 50, 50, cv2.BORDER_CONSTANT, value=(238, 233, 222)))


def print_on_a_table(p: Portrait) -> Pixels:
    """A photo of a print that lies on a wooden table, a little askew."""
    out = np.full((1100, 1300, 3), (120, 84, 52), np.uint8)
    out += np.random.default_rng(4).integers(0, 14, (1100, 1, 1)).astype(np.uint8)
    print_ = cv2.copyMakeBorder(p.pixels, 45, 45, 45, 45, cv2.BORDER_CONSTANT, value=(236, 230, 216))
    matrix = cv2.getRotationMatrix2D((557, 557), 6, 0.75)
    matrix[:, 2] += (90, -20)
    cv2.warpAffine(print_, matrix, (1300, 1100), dst=out, borderMode=cv2.BORDER_TRANSPARENT)
    return out


def side_light(p: Portrait) -> Pixels:
    """The light comes from the left and is gone behind the nose."""
    x0, x1 = p.at(234)[0], p.at(454)[0]
    ramp = np.clip((np.arange(1024) - x0) / (x1 - x0), 0, 1)
    return np.asarray((p.pixels * (1 - 0.88 * ramp)[None, :, None]).astype(np.uint8))


def shadow(p: Portrait) -> Pixels:
    """The hard shadow of something falls over the brow and eyes."""
    out = p.copy()
    y0, y1 = p.at(CROWN)[1], p.at(UNDER_EYE)[1]
    out[y0 - 20 : y1] = out[y0 - 20 : y1] // 6
    return out


def statue(p: Portrait) -> Pixels:
    """Of one gray stone, the eyes included."""
    stone = gray(p).astype(np.float32)
    skin = float(np.median(stone[p.at(50)[1] - 5 : p.at(50)[1] + 5, p.at(50)[0] - 5 : p.at(50)[0] + 5]))
    out = p.copy()
    face = np.zeros(stone.shape[:2], np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(p.points[:468]), 1)
    out[face > 0] = stone[face > 0].astype(np.uint8)
    for start in (468, 473):
        cv2.circle(out, p.at(start), round(0.16 * p.unit), (int(skin),) * 3, -1, cv2.LINE_AA)
    return np.asarray(np.where(face[..., None] > 0, cv2.GaussianBlur(out, (0, 0), 1.2), out))


def open_mouth(p: Portrait) -> Pixels:
    """The jaw has dropped: what is below the upper lip slides down, and it is dark between."""
    out = p.copy()
    drop = round(0.45 * p.unit)
    x0, x1, lip, end = p.at(234)[0], p.at(454)[0], p.at(13)[1], p.at(152)[1] + drop
    out[lip + drop : end, x0:x1] = p.pixels[lip : end - drop, x0:x1]
    out[lip : lip + drop, x0:x1] = cv2.resize(p.pixels[lip - 6 : lip - 5, x0:x1], (x1 - x0, drop))
    (lx, _), (rx, _) = p.at(78), p.at(308)
    centre, axes = ((lx + rx) // 2, lip + drop // 2), ((rx - lx) // 2, drop // 2 + 8)
    cv2.ellipse(out, centre, (axes[0] + 10, axes[1] + 14), 0, 0, 360, (170, 70, 75), -1, cv2.LINE_AA)
    cv2.ellipse(out, centre, axes, 0, 0, 360, (38, 14, 16), -1, cv2.LINE_AA)
    return out


def two(p: Portrait) -> Pixels:
    small = cv2.resize(p.pixels, (768, 768), interpolation=cv2.INTER_AREA)
    out = np.full((1024, 768 + 1024, 3), 200, np.uint8)
    out[:768, :768] = small
    out[:, 768:] = p.pixels
    return out


def nobody(p: Portrait) -> Pixels:
    return np.ascontiguousarray(p.pixels[520:, :560])


MADE: dict[str, Callable[[Portrait], Pixels]] = {
    "plain": plain, "gray": gray, "sepia": sepia, "blurred": blurred, "dark": dark, "overexposed": overexposed,
    "low contrast": low_contrast, "faded": faded, "green cast": green_cast, "magenta cast": magenta_cast,
    "turned left": turned(1), "upside down": turned(2), "turned right": turned(3), "tilted": tilted,
    "askew": askew, "at the edge": at_the_edge, "tiny": tiny, "cropped": cropped, **COVERED, "closed eyes": closed_eyes,
    "grain": grain, "scratches": scratches, "border": border, "print on a table": print_on_a_table,
    "side light": side_light, "shadow": shadow, "statue": statue, "open mouth": open_mouth,
    "two": two, "nobody": nobody,
}  # fmt: skip
"""Every made photo by its name: a function of the portrait that returns uint8 (H, W, 3)."""
