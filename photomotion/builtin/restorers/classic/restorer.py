"""The way of a photo through the classic restoration: measure, mend what is measured, and say what was done."""

from __future__ import annotations

import numpy as np

from photomotion.data import Mending, Photo, Restoration

from . import border, sharpness, tone
from .faces import FaceSpot, FindFaces, cover
from .options import ClassicOptions
from .orientation import look, turned, upright
from .planes import Floats, Pixels
from .steps import Work, judge_tone, mend_blocks, mend_blur, mend_flaws, mend_noise

__all__ = ["ClassicRestorer"]

TINY, SMALL = 32.0, 480
"""Px between the outer eye corners, and of the long edge, under which a picture is enlarged."""
LEAST = 32
"""Px of the short edge, under which there is too little to measure anything."""
WHOLE = 64.0
"""Gray levels of change that count as 1 in the map."""


class ClassicRestorer:
    """Mends a photo from its own pixels alone. A photo in which nothing is found comes back as it is, bit for bit."""

    def __init__(self, options: ClassicOptions, find_faces: FindFaces) -> None:
        """Take what to do, and what finds faces; that is asked once a photo, and for each turn that is tried."""
        self.options = options
        self.find_faces = find_faces

    def restore(self, photo: Photo) -> Restoration:
        """Return the mended photo, maps of what was changed and what was filled, and the steps taken."""
        if min(photo.height, photo.width) < LEAST:
            return Restoration(photo=photo)
        faces = look(self.find_faces, photo.pixels)
        steps: list[Mending] = []
        scan = self._straighten(photo.pixels, faces, steps)
        if scan is not photo.pixels:
            faces = look(self.find_faces, scan)
        work = Work(scan.astype(np.float32), faces, self.options, steps)
        mend_blocks(work)
        mend_flaws(work)
        mend_noise(work)
        # Only now is black the print's own, not that of a speck.
        measured = tone.measure(work.picture, faces, specked=work.filled is not None)
        fading, cast = judge_tone(work, measured)
        if fading or cast:
            work.picture = tone.stretch(work.picture, measured, fading, cast)
        mend_blur(work)
        if work.touched and self.options.fidelity:
            plain = tone.stretch(scan.astype(np.float32), measured, fading, cast)
            share = self.options.fidelity * cover(faces, *scan.shape[:2])[..., None]
            work.picture = work.picture + share * (plain - work.picture)
            if work.filled is not None:
                work.filled = work.filled * (1 - share[..., 0])
        factor = self._factor(work)
        if scan is photo.pixels and not work.touched and factor == 1:
            return Restoration(photo=photo, steps=tuple(steps))
        return _finish(photo, scan, work, factor)

    def _straighten(self, pixels: Pixels, faces: list[FaceSpot], steps: list[Mending]) -> Pixels:
        """Turn a sideways scan, and find its border."""
        if self.options.turn == "auto":
            quarters, certainty = upright(self.find_faces, pixels, faces)
            if quarters:
                way = {1: "to the left", 2: "upside down", 3: "to the right"}[quarters]
                sentence = f"The scan was turned {way}, so that faces are upright."
                steps.append(Mending(name="turn", measured=round(certainty, 3), strength=1.0, sentence=sentence))
                pixels = turned(pixels, quarters)
        found = border.find(pixels)
        if found is None:
            return pixels
        cropped = self.options.border == "crop"
        lean = f", and the picture in it leans by {abs(found.angle):.1f} degrees" if abs(found.angle) >= 0.3 else ""
        sentence = (
            f"A plain border of {100 * found.share:.0f} % of the scan was {'cut off' if cropped else 'kept'}{lean}."
        )
        steps.append(Mending(name="border", measured=round(found.share, 3), strength=float(cropped), sentence=sentence))
        return border.crop(pixels, found) if cropped else pixels

    def _factor(self, work: Work) -> int:
        """How many times the picture is enlarged."""
        if self.options.enlarge != "auto":
            return self.options.enlarge
        eyes = max((1.5 * face.apart for face in work.faces), default=TINY)
        if eyes >= TINY or max(work.picture.shape[:2]) > SMALL:
            return 1
        return 4 if eyes < TINY / 2 else 2


def _finish(photo: Photo, scan: Pixels, work: Work, factor: int) -> Restoration:
    height, width = scan.shape[:2]
    pixels, filled = _rounded(work.picture), work.filled
    changed = np.minimum(np.abs(pixels.astype(np.int16) - scan).max(axis=2) / np.float32(WHOLE), np.float32(1))
    if filled is not None:
        changed = np.maximum(changed, filled)
    if factor > 1:
        pixels = _rounded(sharpness.enlarge(work.picture, factor))
        changed, filled = (None if m is None else m.repeat(factor, 0).repeat(factor, 1) for m in (changed, filled))
        sentence = f"The picture was enlarged {factor} times, from {width} x {height}; no detail was added."
        work.note("enlarge", factor, 1.0, sentence)
    if photo.gray:
        pixels = np.repeat(pixels[..., 1:2], 3, axis=2)
    return Restoration(photo=photo.with_pixels(pixels), changed=changed, filled=filled, steps=tuple(work.steps))


def _rounded(picture: Floats) -> Pixels:
    return np.asarray(np.clip(np.round(picture), 0, 255), np.uint8)
