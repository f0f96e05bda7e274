"""Makes the pictures of the documentation from the example photo, with photomotion itself.

Run it from anywhere: ``python docs/images/make.py``. It writes ``film.webp``, ``moments.jpg`` and ``found.jpg`` beside
itself.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from photomotion import Animator
from photomotion.data import Analysis, FaceMotion, Motion, Timing
from photomotion.portrait import draw
from photomotion.reading import read_photo

HERE = Path(__file__).parent
PHOTO = HERE.parent.parent / "examples" / "photos" / "astronaut.png"
SIZE = 1024
"""Long edge of the films, twice that of the photo, px."""
HEAD = (240, 0, 660, 480)
"""The part of a film around the head: left, top, right, bottom, px."""
PAPER, INK = (24, 25, 28), (236, 236, 230)

MOMENTS: dict[str, dict[str, float]] = {
    "the photo": {},
    "half a blink": {"eyeBlinkLeft": 0.5, "eyeBlinkRight": 0.5},
    "a blink": {"eyeBlinkLeft": 1.0, "eyeBlinkRight": 1.0},
    "a glance aside": {"gazeYaw": 8.0, "eyeSquintLeft": 0.1, "eyeSquintRight": 0.1},
    "turned 5° to the left": {"headYaw": 5.0, "headRoll": 1.0, "gazeYaw": -5.0},
    "turned 5° to the right": {"headYaw": -5.0, "headRoll": -1.0, "gazeYaw": 5.0},
    "nodding 3°": {"headPitch": 3.0, "gazePitch": -3.0},
    "brows up, smiling": {
        "browInnerUp": 0.6, "browOuterUpLeft": 0.7, "browOuterUpRight": 0.7, "mouthSmileLeft": 0.6,
        "mouthSmileRight": 0.6, "cheekSquintLeft": 0.3, "cheekSquintRight": 0.3,
    },
}  # fmt: skip
"""What each picture of the sheet shows, as channels of a motion."""


class Poses:
    """A motion prior that shows one of :data:`MOMENTS` in each frame."""

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Return a motion with a moment for each of its rows."""
        channels = tuple(sorted({name for moment in MOMENTS.values() for name in moment}))
        values = [[moment.get(name, 0.0) for name in channels] for moment in MOMENTS.values()]
        face = FaceMotion(channels=channels, values=np.array(values, np.float32))
        return Motion(fps=timing.fps, faces=(face,) * len(analysis.faces))


def around_the_head(pixels: npt.NDArray[np.uint8], width: int) -> Image.Image:
    """The part of a frame that is shown, scaled to a width in px."""
    left, top, right, bottom = HEAD
    height = round(width * (bottom - top) / (right - left))
    return Image.fromarray(pixels[top:bottom, left:right]).resize((width, height), Image.Resampling.LANCZOS)


def make_film() -> None:
    """The photo beside the film that is made of it with no options."""
    with Animator() as animator:
        frames = [around_the_head(f.pixels, 320) for f in animator.animate(PHOTO, seconds=5, fps=25, size=SIZE)]
    width, height = frames[0].size
    pictures = []
    for frame in frames:
        pair = Image.new("RGB", (2 * width, height))
        pair.paste(frames[0], (0, 0))
        pair.paste(frame, (width, 0))
        pictures.append(pair)
    pictures[0].save(
        HERE / "film.webp", save_all=True, append_images=pictures[1:], duration=40, loop=0, quality=60, method=6
    )


def make_moments() -> None:
    """A sheet of single movements."""
    with Animator(motion=Poses()) as animator:
        film = animator.animate(PHOTO, seconds=len(MOMENTS) / 25, fps=25, size=SIZE)
        frames = [around_the_head(f.pixels, 280) for f in film]
    (width, height), caption, gap, columns = frames[0].size, 26, 6, 4
    rows = -(-len(frames) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + caption + gap) + gap), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for index, (frame, words) in enumerate(zip(frames, MOMENTS, strict=True)):
        x = gap + index % columns * (width + gap)
        y = gap + index // columns * (height + caption + gap)
        sheet.paste(frame, (x, y))
        pen.text((x + 4, y + height + 3), words, INK, font)
    sheet.save(HERE / "moments.jpg", quality=86)


def make_found() -> None:
    """What ``photomotion inspect --picture`` draws."""
    photo = read_photo(PHOTO)
    with Animator() as animator:
        picture = draw(photo, animator.inspect(photo))
    half = cv2.resize(picture, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    Image.fromarray(half).save(HERE / "found.jpg", quality=85)


if __name__ == "__main__":
    make_film()
    make_moments()
    make_found()
