"""The way of a photo through the classic restoration: measure, mend what is measured, and say what was done."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from photomotion.data import Mending, Photo, Restoration

from . import blocking, border, noise, scratches, sharpness, tone
from .faces import FaceSpot, FindFaces, cover
from .fill import fill
from .options import ClassicOptions, Strength
from .orientation import look, turned, upright
from .planes import Floats, Mask, Pixels, luma, merge, split

__all__ = ["ClassicRestorer"]

COARSE = 1.0
"""Steps of a JPEG over those of quality 50 from which on it is mended."""
GRAINY = 6.0
"""Gray levels of noise, on a print with full contrast, from which on it is taken down: stronger than a fine film's."""
EVEN = 0.72
"""Evenness from which on noise is noise; see :class:`noise.Noise`."""
SOFT = 1.45
"""Blur of the sharpest edges, px, from which on a picture is soft."""
TINY, SMALL = 32.0, 480
"""Px between the outer eye corners, and of the long edge, under which a picture is enlarged."""
WHOLE = 64.0
"""Gray levels of change that count as 1 in the map."""


@dataclass(eq=False)
class _Work:
    """A picture under work."""

    picture: Floats
    faces: list[FaceSpot]
    steps: list[Mending] = field(default_factory=list)
    touched: bool = False
    filled: Mask | None = None
    sigma: float = 0.0

    def note(self, name: str, measured: float, strength: float, sentence: str) -> None:
        self.steps.append(Mending(name=name, measured=round(measured, 3), strength=strength, sentence=sentence))
        self.touched |= strength > 0


class ClassicRestorer:
    """Mends a photo from its own pixels alone. A photo in which nothing is found comes back as it is, bit for bit."""

    def __init__(self, options: ClassicOptions, find_faces: FindFaces) -> None:
        """Take what to do, and what finds faces; that is asked once or twice a photo."""
        self.options = options
        self.find_faces = find_faces

    def restore(self, photo: Photo) -> Restoration:
        """Return the mended photo, what was changed and what was filled, and the steps taken."""
        faces = look(self.find_faces, photo.pixels)
        steps: list[Mending] = []
        scan = self._straighten(photo.pixels, faces, steps)
        if scan is not photo.pixels:
            faces = look(self.find_faces, scan)
        work = _Work(scan.astype(np.float32), faces, steps)
        self._mend_blocks(work)
        self._mend_flaws(work)
        self._mend_noise(work)
        before_tone = work.picture
        measured = tone.measure(before_tone, faces)
        fading, cast = self._judge_tone(work, measured)
        if fading or cast:
            work.picture = tone.stretch(before_tone, measured, fading, cast)
            work.sigma *= (tone.WHITE - tone.BLACK) / max(
                float(np.ptp([measured.dark.min(), measured.light.max()])), 20
            )
        self._mend_blur(work)
        if work.touched and self.options.fidelity and faces:
            plain = scan.astype(np.float32)
            if fading or cast:
                plain = tone.stretch(plain, measured, fading, cast)
            share = self.options.fidelity * cover(faces, *scan.shape[:2])[..., None]
            work.picture = work.picture + share * (plain - work.picture)
        if not work.touched and scan is photo.pixels and self._factor(work) == 1:
            return Restoration(photo=photo, steps=tuple(steps))
        return self._finish(photo, scan, work)

    def _straighten(self, pixels: Pixels, faces: list[FaceSpot], steps: list[Mending]) -> Pixels:
        if self.options.turn == "auto":
            quarters, score = upright(self.find_faces, pixels, faces)
            if quarters:
                degrees = {1: "90° to the left", 2: "upside down", 3: "90° to the right"}[quarters]
                steps.append(
                    Mending(
                        name="turn",
                        measured=round(score, 3),
                        strength=1.0,
                        sentence=f"The scan was turned {degrees}, so that faces are upright.",
                    )
                )
                pixels = turned(pixels, quarters)
        found = border.find(pixels)
        if found is not None:
            cropped = self.options.border == "crop"
            done = "was cut off" if cropped else "was kept"
            lean = f", and the picture leans by {abs(found.angle):.1f}°" if abs(found.angle) >= 0.3 else ""
            steps.append(
                Mending(
                    name="border",
                    measured=round(found.share, 3),
                    strength=float(cropped),
                    sentence=f"A plain border of {100 * found.share:.0f} % of the scan {done}{lean}.",
                )
            )
            if cropped:
                pixels = border.crop(pixels, found)
        return pixels

    def _mend_blocks(self, work: _Work) -> None:
        wanted = self.options.blocks
        if wanted == 0:
            return
        y, cr, cb = split(work.picture)
        lattice = blocking.measure(y)
        if lattice is None or (wanted == "auto" and lattice.scale < COARSE):
            return
        strength = _strength(wanted)
        mended = merge(*blocking.remove(y, cr, cb, lattice))
        work.picture = work.picture + strength * (mended - work.picture)
        work.note(
            "blocks", lattice.quality, strength, f"Blocks of a JPEG of quality {lattice.quality:.0f} were smoothed."
        )

    def _mend_flaws(self, work: _Work) -> None:
        o = self.options
        y = luma(work.picture)
        work.sigma = noise.measure(y).sigma
        if o.scratches == 0 and o.dust == 0:
            return
        flaws = scratches.find(y, work.sigma, work.faces, sure_lines=_asked(o.scratches), sure_spots=_asked(o.dust))
        hole = np.zeros(y.shape, np.bool_)
        if o.scratches != 0 and flaws.lines.any():
            hole |= flaws.lines
            work.note(
                "scratches",
                flaws.length,
                _strength(o.scratches),
                f"Scratches and cracks, together {flaws.length:.1f} times as long as the picture, were filled from around.",
            )
        if o.dust != 0 and flaws.spots.any():
            hole |= flaws.spots
            work.note(
                "dust", flaws.count, _strength(o.dust), f"Dust, at least {flaws.count} specks, was filled from around."
            )
        if hole.any():
            share = np.where(flaws.lines, _strength(o.scratches), _strength(o.dust)).astype(np.float32)[..., None]
            filled = fill(work.picture, hole)
            work.picture = np.where(hole[..., None], work.picture + share * (filled - work.picture), work.picture)
            work.filled = hole

    def _mend_noise(self, work: _Work) -> None:
        o = self.options
        y, cr, cb = split(work.picture)
        found = noise.measure(y)
        work.sigma = found.sigma
        if o.noise == 0 or found.spectrum is None:
            return
        low, high = np.percentile(y[::4, ::4], [1, 99])
        relative = found.sigma * 250 / max(high - low, 40)
        if o.noise == "auto" and (relative < GRAINY or found.evenness < EVEN):
            return
        strength = _strength(o.noise) * (1 - o.grain)
        y = y + strength * (noise.remove(y, found.spectrum) - y)
        planes = []
        for plane in (cr, cb):
            colour = noise.measure(plane + 128)
            gone = noise.remove(plane, colour.spectrum) if colour.spectrum is not None and colour.sigma > 1 else plane
            planes.append(plane + _strength(o.noise) * (gone - plane))
        work.picture = merge(y, *planes)
        work.sigma *= 1 - strength
        work.note(
            "noise",
            found.sigma,
            strength,
            f"Grain of {found.sigma:.0f} gray levels was taken down; {100 * (1 - strength):.0f} % of it is still there.",
        )

    def _judge_tone(self, work: _Work, measured: tone.Tone) -> tuple[float, float]:
        o = self.options
        fading = (
            _strength(o.fading) if _asked(o.fading) or (o.fading == "auto" and measured.fading >= tone.FADED) else 0.0
        )
        cast = _strength(o.cast) if measured.cast and o.cast != 0 else 0.0
        if fading:
            kept = "" if measured.coloured else "; the print keeps its tone"
            work.note(
                "fading",
                measured.fading,
                fading,
                f"Black had faded by {measured.fading:.0f} of 255 gray levels and was brought back{kept}.",
            )
        if cast:
            work.note("cast", measured.cast, cast, f"A colour cast of {measured.cast:.0f} gray levels was taken away.")
        return fading, cast

    def _mend_blur(self, work: _Work) -> None:
        wanted = self.options.blur
        if wanted == 0:
            return
        y, cr, cb = split(work.picture)
        width = sharpness.measure(y)
        if width < (SOFT if wanted == "auto" else 0.3):
            return
        strength = _strength(wanted)
        work.picture = merge(sharpness.sharpen(y, width, work.sigma, strength), cr, cb)
        work.note(
            "blur",
            width,
            strength,
            f"The whole picture was soft (edges {width:.1f} px wide) and was sharpened a little.",
        )

    def _factor(self, work: _Work) -> int:
        if self.options.enlarge != "auto":
            return self.options.enlarge
        eyes = max((1.5 * f.apart for f in work.faces), default=TINY)
        if eyes >= TINY or max(work.picture.shape[:2]) > SMALL:
            return 1
        return 4 if eyes < TINY / 2 else 2

    def _finish(self, photo: Photo, scan: Pixels, work: _Work) -> Restoration:
        factor = self._factor(work)
        height, width = scan.shape[:2]
        change = np.abs(_rounded(work.picture).astype(np.int16) - scan).max(axis=2) / np.float32(WHOLE)
        changed = np.minimum(change, 1).astype(np.float32)
        filled = None if work.filled is None else work.filled.astype(np.float32)
        if filled is not None:
            changed = np.maximum(changed, filled)
        if factor > 1:
            work.picture = sharpness.enlarge(work.picture, factor)
            grown = [None if m is None else np.repeat(np.repeat(m, factor, 0), factor, 1) for m in (changed, filled)]
            changed, filled = grown[0], grown[1]
            work.note(
                "enlarge",
                factor,
                1.0,
                f"The picture was enlarged {factor} times, from {width} x {height}; no detail was added.",
            )
        pixels = _rounded(work.picture)
        if photo.gray:
            pixels = np.repeat(pixels[..., 1:2], 3, axis=2)
        return Restoration(photo=photo.with_pixels(pixels), changed=changed, filled=filled, steps=tuple(work.steps))


def _asked(wanted: Strength) -> bool:
    """Whether a step was asked for, whatever is measured."""
    return wanted != "auto" and wanted > 0


def _strength(wanted: Strength) -> float:
    return 1.0 if wanted == "auto" else wanted


def _rounded(picture: Floats) -> Pixels:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)
