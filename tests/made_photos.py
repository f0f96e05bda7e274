"""Photos made by code from the one in the repository: everything that can be wrong with a portrait, one at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, FaceMotion, Motion, Photo
from photomotion.warp import Scene

Pixels = npt.NDArray[np.uint8]

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"
UNDER_EYE, CHIN, CROWN = 195, 152, 10
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
BOTH_SIDES_OF_THE_FOREHEAD = (127, 356)
MASKED = (227, 116, 111, 188, 195, 412, 340, 345, 447, 361, 397, 365, 379, 378, 152, 149, 150, 136, 172, 132)


class Portrait:
    """The astronaut, 1024 x 1024, and where her face is in it."""

    def __init__(self, analyzer: FaceMeshAnalyzer) -> None:
        self.analyzer = analyzer

    @cached_property
    def pixels(self) -> Pixels:
        small = np.asarray(Image.open(ASTRONAUT).convert("RGB"))
        return np.asarray(cv2.resize(small, (1024, 1024), interpolation=cv2.INTER_CUBIC))

    @cached_property
    def analysis(self) -> Analysis:
        return self.analyzer.analyze(Photo(pixels=self.pixels))

    @cached_property
    def points(self) -> npt.NDArray[np.int32]:
        return np.round(self.analysis.faces[0].landmarks[:, :2]).astype(np.int32)

    @cached_property
    def unit(self) -> float:
        return self.analysis.faces[0].eye_distance

    def at(self, index: int) -> tuple[int, int]:
        return int(self.points[index, 0]), int(self.points[index, 1])

    def copy(self) -> Pixels:
        return self.pixels.copy()


def plain(p: Portrait) -> Pixels:
    return p.pixels


def gray(p: Portrait) -> Pixels:
    return np.repeat(cv2.cvtColor(p.pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)


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


def closed_eyes(p: Portrait) -> Pixels:
    row = np.ones((1, 2), np.float32)
    motion = Motion(fps=25, faces=(FaceMotion(channels=("eyeBlinkLeft", "eyeBlinkRight"), values=row),))
    return np.asarray(Scene(Photo(pixels=p.pixels), p.analysis, motion).draw(0))


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
    "askew": askew, "at the edge": at_the_edge, "tiny": tiny,
    "cropped": cropped, "hand": hand, "fist": fist, "finger": finger, "mask": mask, "microphone": microphone,
    "telephone": telephone, "gray microphone": gray_microphone, "fingers": fingers,
    "bar": bar, "closed eyes": closed_eyes, "half frame": half_frame,
    "glasses": glasses, "sunglasses": sunglasses, "hat": hat, "grain": grain, "scratches": scratches,
    "border": border, "print on a table": print_on_a_table,
    "side light": side_light, "shadow": shadow, "statue": statue, "open mouth": open_mouth,
    "two": two, "nobody": nobody,
}  # fmt: skip
"""Every made photo by its name: a function of the portrait that returns uint8 (H, W, 3)."""
