"""Fading and colour casts: the print's own black and white are measured and brought back to where they were.

Black that is gray in all three colours never is in an unfaded photo; black and white tinted alike is dye that faded,
unless the scene was lit so. A gray print stays gray, and a toned one keeps its tone: only brightness is stretched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from photomotion.builtin.cielab import to_lab

from .faces import FaceSpot
from .planes import Floats, luma, merge, split

__all__ = ["Tone", "measure", "stretch"]

WHITE = 234.0
"""Where the lightest hundredth of an unfaded photo lies: between 200 and 255; brighter than this none is made."""
FLAT = 20.0
"""Gray levels between black and white below which a picture is of one tone: nothing tells what was black."""
PRINT = 10.0
"""Black of a gray or toned print: it never was the black of ink."""
FADED = 30.0
"""Darkest colour, least of its channels, from which on a print that shows its age otherwise too is faded."""
FADED_ALONE, DULL = 46.0, 224.0
"""The same for one that shows no other sign of age, and the lightest that its white may be: films are graded, and rooms
are hazy, with blacks of up to 42; fading dulls white as well."""
DARKER = 8.0
"""Gray levels by which the middle of a face may become darker when black is brought back; beyond, middle tones are
raised in turn. How dark a face was on the fresh print nobody knows; that it turns dark is what people see first."""
MOST_RAISED = 0.6
"""Bound on that: middle tones are raised by at most a quarter of this, in parts of white."""
SKIN = np.array([13.0, 17.0])
"""Middle of the skins of all peoples, CIELAB a and b (after Xiao et al., 2017)."""


@dataclass(frozen=True, eq=False)
class Tone:
    """Black and white of a print."""

    dark: Floats
    """Mean colour of the darkest part, (3,), 0..255."""
    light: Floats
    """Mean colour of the lightest part, (3,)."""
    coloured: bool
    """More than one tone for each brightness."""
    black: Floats
    """What becomes black, (3,): gray of the darkest part; half its tint as well, if all blacks share it."""
    cast: float
    """Tint that black and white share, gray levels; 0 if they do not."""
    face: float | None = None
    """Brightness of the middle of the faces; None without one."""
    dyed: bool = False
    """The cast is surely one of dyes that faded, and not of the lights."""

    @property
    def fading(self) -> float:
        """Gray levels that black has lost."""
        return float(self.dark.min())

    @property
    def full(self) -> bool:
        """There is nothing to bring back: black is black and white is white, or all is of one tone."""
        black, white = _gray(self.dark), _gray(self.light)
        return white - black < FLAT or (black < (1.0 if self.coloured else PRINT) and white >= WHITE)

    def is_faded(self, aged: bool) -> bool:
        """Whether to take that for fading in a picture that is, or is not, ``aged`` by other signs."""
        if self.full:
            return False
        return self.fading >= FADED if aged else self.fading >= FADED_ALONE and float(self.light.mean()) <= DULL


def measure(picture: Floats, faces: Sequence[FaceSpot], *, specked: bool = False) -> Tone:
    """Measure a float32 (H, W, 3) picture, at most 512 px of it; ``specked``: there may still be dust on it."""
    scale = min(1.0, 512 / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rounded = np.clip(np.round(small), 0, 255).astype(np.uint8)
    small = cv2.medianBlur(rounded, 9 if specked else 5).astype(np.float32)
    y, cr, cb = split(small)
    low, high = np.percentile(y, [1.2, 98.8])
    blacks, whites = small[y <= low], small[y >= high]
    dark, light = blacks.mean(axis=0), whites.mean(axis=0)
    bins = (y // 8).astype(int).clip(0, 31).reshape(-1)
    count = np.maximum(np.bincount(bins, minlength=32), 1)
    left = [c.reshape(-1) - (np.bincount(bins, c.reshape(-1), 32) / count)[bins] for c in (cr, cb)]
    coloured = bool(np.percentile(np.hypot(*left), 90) > 5)
    one_black = (
        float(np.ptp(np.percentile(blacks, [15, 85], axis=0), axis=0).max()) <= 10
    )  # two deviations, less specks
    gray = np.full(3, _gray(dark), np.float32)
    black = (gray + dark) / 2 if one_black else gray
    face = _face(y, faces, scale)
    if not coloured:
        return Tone(dark, light, False, black, 0.0, face)
    gain = _skin_gain(small, dark, light, faces, scale)
    tints = [colour - colour.mean() for colour in (dark, light, np.median(small.reshape(-1, 3), axis=0))]
    cast = _cast(tints, light, one_black, gain)
    return Tone(dark, light, True, black, cast, face, cast > 0 and _dyed(small, tints, one_black, gain))


def _face(y: Floats, faces: Sequence[FaceSpot], scale: float) -> float | None:
    """Median brightness of the faces, each counting alike."""
    middles = []
    for face in faces:
        x0, y0, x1, y1 = (max(0, round(v * scale)) for v in face.box)
        patch = y[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
        if patch.size:
            middles.append(float(np.median(patch)))
    return float(np.mean(middles)) if middles else None


def _cast(tints: list[Floats], light: Floats, one_black: bool, gain: float | None) -> float:
    """Tint of the white, if there is reason to take it for a cast. ``tints`` are those of black, white and middle.

    Either all blacks have one and the same tint and it is that of white, since nothing in a scene tints both; or skin
    says so. Where there is skin, it must come out more like skin. Green is what grass is, no dye that is left.
    """
    of_dark, of_light, of_middle = (float(np.ptp(tint)) for tint in tints)
    if of_light < 22 or light.mean() < 110 or light.argmax() == 1:
        return 0.0
    dyes = one_black and of_dark >= 15 and _alike(tints[0], tints[1]) > 0.6 and (gain is None or gain > -2)
    skin = gain is not None and gain > 8 and of_light >= 45 and of_middle > 20 and _alike(tints[1], tints[2]) > 0.8
    return of_light if dyes or skin else 0.0


def _dyed(small: Floats, tints: list[Floats], one_black: bool, gain: float | None) -> bool:
    """Whether black, white, middle tones, skin and nearly every place agree on the tint.

    A warm lamp or a camera's white balance tints in proportion, and leaves black black; a dye that faded lifts it.
    """
    if gain is None or gain < 10:
        return False
    dark, light, middle = tints
    way = light / max(float(np.linalg.norm(light)), 1e-6)
    least = 0.5 * min(float(np.linalg.norm(dark)), float(np.linalg.norm(light)))
    everywhere = float(((small - small.mean(axis=2, keepdims=True)) @ way > least).mean()) > 0.85
    agreed = _alike(dark, light) > 0.75 and _alike(light, middle) > 0.7
    lifted = float(np.ptp(dark)) >= (18 if one_black else 30) and (one_black or gain > 18)
    return everywhere and agreed and lifted


def _alike(one: Floats, two: Floats) -> float:
    return float(one @ two) / max(float(np.linalg.norm(one) * np.linalg.norm(two)), 1e-6)


def _skin_gain(small: Floats, dark: Floats, light: Floats, faces: Sequence[FaceSpot], scale: float) -> float | None:
    """How much nearer to skin the largest face comes in CIELAB, negative if not there; None without a face."""
    if not faces:
        return None
    x0, y0, x1, y1 = (v * scale for v in max(faces, key=lambda f: f.box[2] - f.box[0]).box)
    rows = slice(max(0, round(y0 + 0.45 * (y1 - y0))), max(1, round(y0 + 0.7 * (y1 - y0))))
    columns = slice(max(0, round(x0 + 0.2 * (x1 - x0))), max(1, round(x0 + 0.8 * (x1 - x0))))
    patch = small[rows, columns].reshape(-1, 3)
    if not len(patch):
        return None
    skin = np.median(patch, axis=0)
    faded = (skin - dark.mean()) / max(float((light - dark).mean()), FLAT)
    mended = (skin - dark) / np.maximum(light - dark, FLAT)
    colours = (np.stack([faded, mended])[None].clip(0, 1) * (WHITE / 255)).astype(np.float32)
    lab = to_lab(colours)[0, :, 1:]
    before, after = np.linalg.norm(lab - SKIN, axis=1)
    return float(before - after) if after < 14 else -float(after)


def stretch(picture: Floats, tone: Tone, fading: float, cast: float) -> Floats:
    """Take away fading and cast, each with a strength of 0..1."""
    dark, light = tone.dark, tone.light
    middle_dark, middle_light = _gray(dark), _gray(light)
    white = max(middle_light, WHITE)
    if not tone.coloured:
        y, cr, cb = split(picture)
        ink = min(PRINT, middle_dark)
        gain = (white - ink) / max(middle_light - middle_dark, FLAT)
        bright = np.maximum(ink + gain * (y - middle_dark), 0)
        bright = bright * _raise(bright, tone.face, ink, gain, middle_dark, white)
        bright = y + fading * (bright - y)
        keep = np.minimum(1, (bright + 15) / (np.minimum(y, 40) + 15))  # a tint does not fit into black
        return merge(bright.astype(np.float32), (cr * keep).astype(np.float32), (cb * keep).astype(np.float32))
    black, white = tone.black, middle_light
    target = max(white, WHITE) if fading else white
    out, face = picture, tone.face
    if cast and tone.cast:
        black, white = np.full(3, dark.min(), np.float32), float(light.max())
        even = black + (picture - dark) / np.maximum(light - dark, FLAT) * (white - black)
        out = picture + cast * (even - picture)
        target = max(white, WHITE) if fading else white
        fading, face = max(fading, cast), None  # tinted blacks are lifted blacks, and skin's own were lifted too
    low = float(black.mean())
    gain = target / max(white - low, FLAT)
    wide = (out - black) * gain
    wide = wide * _raise(luma(np.asarray(wide, np.float32)), face, 0.0, gain, low, target)[..., None]
    return np.asarray(out + fading * (wide - out), np.float32)


def _raise(bright: Floats, face: float | None, black: float, gain: float, low: float, white: float) -> Floats:
    """By what brightness (H, W) is multiplied, so that a face keeps about the brightness it had.

    ``low`` became ``black`` with ``gain`` gray levels to one. A parabola: black and white stay, the middle rises.
    """
    share = 0.0
    if face is not None:
        now = black + gain * (face - low)
        room = now * (1 - now / white)
        if room > 0 and now < white:
            share = float(np.clip((face - DARKER - now) / room, 0, MOST_RAISED))
    return np.asarray(1 + share * (1 - np.clip(bright / white, 0, 1)), np.float32)


def _gray(colour: Floats) -> float:
    return float(luma(colour.reshape(1, 1, 3).astype(np.float32))[0, 0])
