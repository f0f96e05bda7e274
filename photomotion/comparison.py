"""A sheet that shows what a restorer did: the scan, the restored photo, and a map of what was changed."""

from __future__ import annotations

import textwrap

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from .data import Photo, Restoration

__all__ = ["describe_restoration", "draw_comparison"]

Pixels = npt.NDArray[np.uint8]

HEIGHT, WIDEST = 720, 640
"""Greatest height and width of each of the three pictures, px."""
GAP, LINE = 16, 24
"""Space between things, and from one line of text to the next, px."""
PAPER, INK, MUTED = (24, 25, 28), (236, 236, 230), (178, 180, 186)
CHANGED, FILLED, GENERATED = (255, 205, 90), (110, 190, 255), (255, 110, 110)
LEGEND = "gold: changed   blue: filled from around   red: made up by a network"


def describe_restoration(restoration: Restoration) -> list[str]:
    """What was done, a line for each step, and how much of the picture it touched."""
    if restoration.changed is None:
        return ["nothing was changed", *_steps(restoration)]
    touched = f"{float((restoration.changed > 0.01).mean()):.1%} of the picture was changed"
    shares = (("filled from around", restoration.filled), ("made up by a network", restoration.generated))
    touched += "".join(f", {float(values.mean()):.1%} {what}" for what, values in shares if values is not None)
    return [touched, *_steps(restoration)]


def _steps(restoration: Restoration) -> list[str]:
    return [
        f"{step.name}: {step.sentence.rstrip('.')} ({f'strength {step.strength:.0%}' if step.strength else 'left'})"
        for step in restoration.steps
    ]


def draw_comparison(scan: Photo, restoration: Restoration) -> Pixels:
    """Draw the three pictures side by side, each at the restored photo's shape, with the steps as text below.

    Args:
        scan: the photo before.
        restoration: what the restorer returned.

    Returns:
        uint8 (H, W, 3), sRGB; each picture at most 640 x 720 px.
    """
    after = restoration.photo
    scale = min(HEIGHT / after.height, WIDEST / after.width)
    size = max(1, round(after.width * scale)), max(1, round(after.height * scale))
    pictures = [_resized(scan.pixels, size), _resized(after.pixels, size), _map(restoration, size)]
    lines = [part for line in describe_restoration(restoration) for part in textwrap.wrap(line, 3 * size[0] // 9)]
    width = 3 * size[0] + 4 * GAP
    sheet = Image.new("RGB", (width, LINE + size[1] + LINE * len(lines) + 5 * GAP), PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(16)
    for place, (title, picture) in enumerate(zip(("before", "after", LEGEND), pictures, strict=True)):
        x = GAP + place * (size[0] + GAP)
        draw.text((x, GAP), title, MUTED, _fitting(title, size[0]))
        sheet.paste(Image.fromarray(picture), (x, GAP + LINE))
    for row, line in enumerate(lines):
        draw.text((GAP, 2 * GAP + LINE + size[1] + LINE * row), line, INK if row == 0 else MUTED, font)
    return np.asarray(sheet, np.uint8)


def _fitting(text: str, width: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Letters so small that the text fits."""
    font = ImageFont.load_default(16)
    return font if font.getlength(text) <= width else ImageFont.load_default(max(6, 16 * width / font.getlength(text)))


def _resized(pixels: npt.NDArray[np.generic], size: tuple[int, int]) -> Pixels:
    way = cv2.INTER_AREA if size[0] < pixels.shape[1] else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=way))


def _map(restoration: Restoration, size: tuple[int, int]) -> Pixels:
    """The restored photo, dim and gray, under the colours of what was done to it."""
    gray = cv2.cvtColor(_resized(restoration.photo.pixels, size), cv2.COLOR_RGB2GRAY)
    canvas = np.repeat((gray * 0.45)[..., None], 3, axis=2).astype(np.float32)
    for values, colour in (
        (restoration.changed, CHANGED),
        (restoration.filled, FILLED),
        (restoration.generated, GENERATED),
    ):
        if values is not None:
            # The root lets a little change be seen.
            share = np.sqrt(np.clip(cv2.resize(values, size, interpolation=cv2.INTER_AREA), 0, 1))[..., None]
            canvas += 0.85 * share * (np.array(colour, np.float32) - canvas)
    return np.asarray(np.round(canvas), np.uint8)
