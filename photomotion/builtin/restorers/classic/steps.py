"""The single steps of the classic restoration: each measures, decides, mends, and says what it did."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from photomotion.data import Mending

from . import blocking, noise, scratches, sharpness, tone
from .faces import FaceSpot
from .fill import fill
from .options import ClassicOptions, Strength
from .planes import Floats, luma, merge, percentiles, split

__all__ = ["Work", "judge_tone", "mend_blocks", "mend_blur", "mend_flaws", "mend_noise"]

COARSE = 1.0
"""Steps of a JPEG over those of quality 50 from which on it is mended."""
GRAINY = 5.0
"""Gray levels of noise from which on it is taken down, if it is visible at all."""
VISIBLE, STRIKING = 6.0, 7.5
"""Gray levels that it would have on a print with full contrast; a fine film's are fewer. Striking noise of a faded
print is taken down even if it is weak now: bringing the contrast back makes it strong."""
EVEN = 0.72
"""Evenness from which on noise is noise; see :class:`noise.Noise`."""
ROUNDED = 3.5
"""Gray levels of noise that a strong JPEG compression has left; it had more before."""
SIGNS_OF_AGE = ("scratches", "dust", "noise")
"""Steps that tell an old print from a film still or a hazy room."""
SOFT = 1.45
"""Blur of the sharpest edges, px, from which on a picture is soft."""


@dataclass(eq=False)
class Work:
    """A picture under work."""

    picture: Floats
    """float32 (H, W, 3), 0..255."""
    faces: list[FaceSpot]
    options: ClassicOptions
    steps: list[Mending] = field(default_factory=list)
    touched: bool = False
    """Whether any pixel may have changed."""
    filled: Floats | None = None
    """float32 (H, W), 0..1: the share that was filled."""
    sigma: float = 0.0
    """Noise that is left, gray levels."""

    def note(self, name: str, measured: float, strength: float, sentence: str) -> None:
        """Remember a step that changed the picture."""
        self.steps.append(Mending(name=name, measured=round(measured, 3), strength=strength, sentence=sentence))
        self.touched = True


def mend_blocks(work: Work) -> None:
    """Smooth what a strong JPEG compression left, together with the noise that it rounded."""
    wanted = work.options.blocks
    if wanted == 0:
        return
    y, cr, cb = split(work.picture)
    lattice = blocking.measure(y)
    if lattice is None or (wanted == "auto" and lattice.scale < COARSE):
        return
    strength, found = _strength(wanted), noise.measure(y)
    noisy = work.options.noise != 0 and found.sigma >= ROUNDED
    mended = merge(*blocking.remove(y, cr, cb, lattice, found.spectrum if noisy else None))
    work.picture = work.picture + strength * (mended - work.picture)
    work.note("blocks", lattice.quality, strength, f"Blocks of a JPEG of quality {lattice.quality:.0f} were smoothed.")
    if noisy:
        sentence = f"Grain that the JPEG had left, {found.sigma:.0f} gray levels, was taken down with them."
        work.note("noise", found.sigma, strength, sentence)


def mend_flaws(work: Work) -> None:
    """Fill scratches, cracks and dust from around."""
    lines, spots = work.options.scratches, work.options.dust
    if lines == 0 and spots == 0:
        return
    y = luma(work.picture)
    sigma = noise.measure(y).sigma
    smeared = any(step.name == "blocks" for step in work.steps)
    flaws = scratches.find(y, sigma, work.faces, sure_lines=asked(lines), sure_spots=asked(spots), smeared=smeared)
    share = np.zeros(y.shape, np.float32)
    if spots != 0 and flaws.spots.any():
        share[flaws.spots] = _strength(spots)
        sentence = f"Dust, at least {flaws.count} specks, was filled from around."
        work.note("dust", flaws.count, _strength(spots), sentence)
    if lines != 0 and flaws.lines.any():
        share[flaws.lines] = _strength(lines)
        sentence = f"Scratches and cracks were filled from around; together they are {_times(flaws.length)}."
        work.note("scratches", flaws.length, _strength(lines), sentence)
    if share.any():
        work.picture = work.picture + share[..., None] * (fill(work.picture, share > 0) - work.picture)
        work.filled = share


def _times(length: float) -> str:
    return f"{length:.1f} times as long as the picture" if length >= 0.95 else "shorter than the picture"


def mend_noise(work: Work) -> None:
    """Take strong grain down, and hand some of it on."""
    options = work.options
    y, cr, cb = split(work.picture)
    found = noise.measure(y)
    work.sigma = found.sigma
    if options.noise == 0 or found.spectrum is None:
        return
    if options.noise == "auto":
        low, high = percentiles(y, 1, 99)
        visible = found.sigma * 250 / max(high - low, 40.0)
        if found.evenness < EVEN or visible < (VISIBLE if found.sigma >= GRAINY else STRIKING):
            return
    strength = _strength(options.noise) * (1 - options.grain)
    y = y + strength * (noise.remove(y, found.spectrum) - y)
    colours = []
    for plane in (cr, cb):
        colour = noise.measure(plane + 128)
        clean = plane if colour.spectrum is None or colour.sigma < 1 else noise.remove(plane, colour.spectrum)
        colours.append(plane + _strength(options.noise) * (clean - plane))
    work.picture = merge(y, colours[0], colours[1])
    work.sigma *= 1 - strength
    sentence = (
        f"Grain of {found.sigma:.0f} gray levels was taken down; {100 * (1 - strength):.0f} % of it was handed on."
    )
    work.note("noise", found.sigma, strength, sentence)


def judge_tone(work: Work, measured: tone.Tone) -> tuple[float, float]:
    """How strongly fading and cast are to be mended, 0..1 each; noted, but not yet done."""
    options = work.options
    dyed = asked(options.cast) or (options.cast == "auto" and measured.dyed)
    cast = _strength(options.cast) if measured.cast and dyed else 0.0
    aged = measured.dyed or any(step.name in SIGNS_OF_AGE for step in work.steps)
    faded = not measured.full if asked(options.fading) else options.fading == "auto" and measured.is_faded(aged)
    fading = _strength(options.fading) if faded else 0.0
    if fading:
        kept = "" if measured.coloured else "; the print keeps its tone"
        black = f"{measured.fading:.0f} of 255 gray levels"
        if measured.is_faded(aged=True):
            sentence = f"Black had faded by {black} and was brought back{kept}."
        else:
            sentence = f"Black at {black} is no sign of fading; contrast was widened, as asked{kept}."
        work.note("fading", measured.fading, fading, sentence)
    if cast:
        work.note("cast", measured.cast, cast, f"A colour cast of {measured.cast:.0f} gray levels was taken away.")
    return fading, cast


def mend_blur(work: Work) -> None:
    """Sharpen a picture that is soft all over."""
    wanted = work.options.blur
    if wanted == 0:
        return
    y, cr, cb = split(work.picture)
    width = sharpness.measure(y)
    if width < (SOFT if wanted == "auto" else 0.3):
        return
    strength = _strength(wanted)
    work.picture = merge(sharpness.sharpen(y, width, work.sigma, strength), cr, cb)
    sentence = f"The whole picture was soft (edges blurred by {width:.1f} px) and was sharpened a little."
    work.note("blur", width, strength, sentence)


def asked(wanted: Strength) -> bool:
    """Whether a step was asked for, whatever is measured."""
    return wanted != "auto" and wanted > 0


def _strength(wanted: Strength) -> float:
    return 1.0 if wanted == "auto" else wanted
