"""Makes the plots of the page on natural motion, as ``photomotion motion plot`` draws them.

Run it from anywhere: ``python docs/images/motions.py``. It writes ``motion-calm.png``, ``motion-lively.png``,
``motion-together.png`` and ``motion-figures.png`` beside itself.
"""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from photomotion.builtin.priors.natural import Manner, NaturalPrior
from photomotion.data import Analysis, Timing
from photomotion.plotting import draw_plot
from photomotion.testing.fakes import fake_face

HERE = Path(__file__).parent
CURVES, FIGURES = (0, 0, 1600, 1355), (0, 1355, 1600, 1700)
"""The upper part of a plot, channels and blinks, and the lower, intervals and spectrum: left, top, right, bottom."""


def people(count: int) -> Analysis:
    """So many people in a row, who all look straight into the lens."""
    face = fake_face(400, 400)
    x0, y0, x1, y1 = face.box
    aside = np.array([300, 0, 0], np.float32)
    row = tuple(
        replace(face, box=(x0 + 300 * i, y0, x1 + 300 * i, y1), landmarks=face.landmarks + i * aside)
        for i in range(count)
    )
    return Analysis(faces=row, matte=np.zeros((400, 300 * count + 100), np.float32))


def save(name: str, part: tuple[int, int, int, int], manner: Manner, seconds: float, seed: int, count: int = 1) -> None:
    """Plan a film for ``count`` people and keep a part of the plot of the first one's motion."""
    motion = NaturalPrior(manner).plan(people(count), Timing(seconds=seconds), seed)
    picture = Image.open(io.BytesIO(draw_plot(motion))).convert("RGB").crop(part)
    small = picture.resize((1200, round(1200 * picture.height / picture.width)), Image.Resampling.LANCZOS)
    small.quantize(160).save(HERE / f"motion-{name}.png", optimize=True)


def main() -> None:
    """Make them all."""
    save("calm", CURVES, Manner(), 30, 2)
    save("lively", CURVES, Manner(mood="lively"), 30, 2)
    save("together", CURVES, Manner(mood="warm"), 30, 5, count=2)
    save("figures", FIGURES, Manner(), 1200, 1)


if __name__ == "__main__":
    main()
