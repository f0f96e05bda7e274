"""The text beside a picture of what was found: what to expect, poses, what can be seen, light, findings, cost."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from .console import describe_cost, describe_light
from .data import Analysis, Face, Finding, Lighting, Photo

__all__ = ["GOLD", "INK", "MINT", "PAPER", "ROSE", "SKY", "draw_panel"]

Pixels = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

WIDTH, MARGIN = 460, 26
"""Of the panel and its text, px."""
INK, MUTED, PAPER, EDGE = (238, 238, 233), (160, 163, 172), (22, 23, 27), (58, 60, 68)
MINT, GOLD, SKY, ROSE = (120, 235, 190), (255, 205, 90), (110, 190, 255), (255, 110, 120)
MOOD = {"good": MINT, "fair": GOLD, "poor": ROSE}
FACES = 4
"""Faces that get lines of their own."""
BALL = 84
"""Diameter of the ball that shows the light, px."""
LEGEND = (
    "Blue line: the person's edge. Mesh: green in view, red hidden. Arrows: the head's axes; the gold haze at the nose "
    "is as wide as they are uncertain. Sun: where the light comes from, the larger the softer."
)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


class _Column:
    """Writes from the top down; as tall as it turns out to be."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH, 4000), PAPER)
        self.pen = ImageDraw.Draw(self.image)
        self.y = MARGIN

    def write(self, text: str, size: int = 17, colour: Colour = INK, indent: int = 0) -> None:
        """A paragraph, wrapped at the panel's width."""
        font = _font(size)
        line = ""
        for word in text.split():
            longer = f"{line} {word}".strip()
            if line and self.pen.textlength(longer, font=font) > WIDTH - 2 * MARGIN - indent:
                self._put(line, font, size, colour, indent)
                longer = word
            line = longer
        self._put(line, font, size, colour, indent)

    def _put(
        self, line: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, size: int, colour: Colour, indent: int
    ) -> None:
        self.pen.text((MARGIN + indent, self.y), line, fill=colour, font=font)
        self.y += round(1.35 * size)

    def rule(self, title: str) -> None:
        """A thin line with a title below."""
        self.y += 12
        self.pen.line((MARGIN, self.y, WIDTH - MARGIN, self.y), fill=EDGE)
        self.y += 12
        self.write(title.upper(), 12, MUTED)
        self.y += 4


def draw_panel(photo: Photo, analysis: Analysis, height: int) -> Pixels:
    """The panel for an analyzed photo, uint8 (H, 460, 3), sRGB, at least ``height`` px tall."""
    column = _Column()
    column.write(photo.name, 24)
    column.write(f"{photo.width} x {photo.height}, {'gray' if photo.gray else 'colour'}", 15, MUTED)
    column.y += 8
    _expectation(column, analysis.suitability.expectation)
    for number, face in enumerate(analysis.faces[:FACES], 1):
        column.rule(f"face {number}" if len(analysis.faces) > 1 else "the face")
        _face(column, face, bars=number == 1)
    if len(analysis.faces) > FACES:
        column.write(f"and {len(analysis.faces) - FACES} more", 15, MUTED)
    if analysis.faces and analysis.lighting.confidence > 0:
        column.rule("the light")
        _light(column, analysis.lighting)
    column.rule("what was found" if analysis.suitability.findings else "nothing stands in the way")
    for finding in analysis.suitability.findings:
        _finding(column, finding, several=len(analysis.faces) > 1)
    if analysis.suitability.cost and analysis.faces:
        column.rule("what it takes")
        column.write(_sentence(describe_cost(analysis.suitability.cost)), 15, MUTED)
    if analysis.faces:
        column.rule("how to read it")
        column.write(LEGEND, 13, MUTED)
    tall = max(height, column.y + MARGIN)
    return np.asarray(column.image.crop((0, 0, WIDTH, tall)), np.uint8)


def _expectation(column: _Column, word: str) -> None:
    """The expectation in a coloured pill."""
    text, font = f"expect a {word} film", _font(18)
    length = column.pen.textlength(text, font=font)
    box = (MARGIN, column.y, MARGIN + length + 32, column.y + 34)
    column.pen.rounded_rectangle(box, 17, fill=MOOD[word])
    column.pen.text((MARGIN + 16, column.y + 6), text, fill=PAPER, font=font)
    column.y += 40


def _face(column: _Column, face: Face, *, bars: bool) -> None:
    pose = face.pose
    angles = zip(("yaw", "pitch", "roll"), (pose.yaw, pose.pitch, pose.roll), pose.uncertainty, strict=True)
    said = [f"{name} {angle:+.0f}{f' ± {doubt:.0f}' if doubt else ''}°" for name, angle, doubt in angles]
    column.write("   ".join(said), 16)
    left, right = face.eyes_open
    column.write(
        f"{face.eye_distance:.0f} px between the eyes, open {left:.0%} and {right:.0%}; mouth {face.mouth_open:.0%}",
        14,
        MUTED,
    )
    if not bars:
        return
    column.y += 6
    middle = WIDTH // 2
    for index, (part, seen) in enumerate(vars(face.visibility).items()):
        x, y = (MARGIN, middle + 6)[index % 2], column.y + 22 * (index // 2)
        column.pen.text((x, y), part.replace("_", " "), fill=MUTED, font=_font(13))
        start, width = x + 84, middle - MARGIN - 104
        column.pen.rounded_rectangle((start, y + 5, start + width, y + 12), 3, fill=EDGE)
        if seen > 0.02:
            colour = MINT if seen > 0.7 else GOLD if seen > 0.4 else ROSE
            column.pen.rounded_rectangle((start, y + 5, start + max(6, width * seen), y + 12), 3, fill=colour)
    column.y += 22 * 4


def _light(column: _Column, light: Lighting) -> None:
    """A ball lit like the face, and words."""
    column.image.paste(Image.fromarray(_ball(light)), (MARGIN, column.y))
    top = column.y
    column.y += 14
    column.write(_sentence(describe_light(light).removeprefix("light: ")), 16, INK, indent=BALL + 18)
    column.y = max(column.y, top + BALL + 2)


def _ball(light: Lighting) -> Pixels:
    """A gray ball under the light that was fitted, drawn twice as large and shrunk for a smooth edge."""
    y, x = np.mgrid[-1 : 1 : 2 * BALL * 1j, -1 : 1 : 2 * BALL * 1j]
    inside = x * x + y * y < 0.97
    z = -np.sqrt(np.maximum(1 - x * x - y * y, 0))
    terms = (np.ones_like(x), x, y, z, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y)
    bright = sum(c * t for c, t in zip(light.harmonics, terms, strict=True))
    level = np.clip(0.45 * np.asarray(bright), 0.01, 1) ** (1 / 2.2)
    ball = np.where(inside[..., None], level[..., None] * np.array([255, 244, 222]), np.array(PAPER))
    return np.asarray(cv2.resize(ball.astype(np.uint8), (BALL, BALL), interpolation=cv2.INTER_AREA), np.uint8)


def _finding(column: _Column, finding: Finding, *, several: bool) -> None:
    whose = f"Face {finding.face + 1}: " if several and finding.face is not None else ""
    column.pen.ellipse((MARGIN, column.y + 7, MARGIN + 9, column.y + 16), fill=SKY if finding.action else MUTED)
    column.write(f"{whose}{finding.message}", 17, INK, indent=20)
    if finding.action:
        column.write(_sentence(finding.action), 15, MINT, indent=20)
    column.write(f"{finding.code}  {finding.value:.3g}", 13, MUTED, indent=20)
    column.y += 9


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."
