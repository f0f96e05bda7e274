"""Makes the pictures of the pages on old photos from the example photo, artificially aged.

Run it from anywhere: ``python docs/images/restored.py``. It writes ``aged.jpg`` and ``mended.jpg`` beside itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from photomotion.builtin.plugin import load_classic
from photomotion.builtin.restorers.classic.options import ClassicOptions
from photomotion.data import Restoration
from photomotion.plugin import Runtime
from photomotion.reading import read_photo
from photomotion.testing.ageing import age, cast, dust, fade, grain, scratch

HERE = Path(__file__).parent
PHOTO = HERE.parent.parent / "examples" / "photos" / "astronaut.png"
PAPER, INK = (24, 25, 28), (236, 236, 230)
SINGLE = ("cast", "grain", "scratches, dust", "JPEG 20")
"""Kinds of damage that are shown one by one."""


def drawn(restoration: Restoration) -> npt.NDArray[np.uint8]:
    """The map as a picture: gold where something was changed, red where it was filled."""
    changed = restoration.changed
    assert changed is not None
    picture = changed[..., None] * np.array([230.0, 170.0, 60.0])
    if restoration.filled is not None:
        picture += restoration.filled[..., None] * (np.array([220.0, 40.0, 40.0]) - picture)
    return np.round(picture).astype(np.uint8)


def sheet(pictures: list[tuple[str, npt.NDArray[np.uint8]]], columns: int, side: int) -> Image.Image:
    """Square pictures in rows, each with a caption."""
    caption, gap = 24, 6
    rows = -(-len(pictures) // columns)
    out = Image.new("RGB", (columns * (side + gap) + gap, rows * (side + caption + gap) + gap), PAPER)
    pen, font = ImageDraw.Draw(out), ImageFont.load_default(15)
    for i, (words, pixels) in enumerate(pictures):
        left, top = gap + i % columns * (side + gap), gap + i // columns * (side + caption + gap)
        pen.text((left + 2, top + 2), words, INK, font)
        picture = Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS)
        out.paste(picture, (left, top + caption))
    return out


def main() -> None:
    """Write both pictures."""
    photo = read_photo(PHOTO)
    restorer = load_classic(ClassicOptions(), Runtime(weights=Path))
    old = dust(scratch(fade(cast(grain(photo.pixels, strength=11.0)))), count=90)
    mended = restorer.restore(photo.with_pixels(old))
    whole = [("the scan", old), ("restored", mended.photo.pixels), ("what was changed; red: filled", drawn(mended))]
    sheet(whole, 3, 384).save(HERE / "aged.jpg", quality=80)
    single = []
    for kind in SINGLE:
        damaged = age(photo.pixels, kind)
        single.append((kind, damaged[:300, 60:360]))
    for kind in SINGLE:
        restored = restorer.restore(photo.with_pixels(age(photo.pixels, kind))).photo.pixels
        single.append(("restored", restored[:300, 60:360]))
    sheet(single, len(SINGLE), 290).save(HERE / "mended.jpg", quality=80)
    for step in mended.steps:
        print(f"{step.name}: {step.sentence}")


if __name__ == "__main__":
    main()
