"""Reading a picture between its pixels, sharply and fast: it is supersampled once, then read linearly. And softly,
where only what is coarse counts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Face

from .geometry import Array

__all__ = ["Closer", "Sampler", "read_softly"]

Pixels = npt.NDArray[np.uint8]

LARGEST = 24_000_000
"""Points that a table may have (four bytes each). A larger photo is supersampled less, or read as it is: its finest
detail is not what moves the viewer."""
LONGEST = 32767
"""Rows and columns that OpenCV can read from."""

ENERGY = {2: 1.15, 4: 1.035}
"""What the Laplacian variance of a picture shifted along one axis to a point of the table is brought to, by the table's
points per pixel. A little more than that of the photo, because linear reading between the points loses what is missing:
at four points a pixel all fractions, along one axis or both, then keep 95 to 107 % (on 11 of 12 faces; 96 to 109 % on a
very soft one, where rounding counts)."""
ROUNDING = 20 / 12
"""Laplacian variance that rounding to whole gray levels adds by itself: as much as a soft face may have."""
AROUND = 0.4
"""How far what is read more finely reaches beyond a face's mesh, in eye distances."""
GAIN = (-0.08, 0.15)
"""Least and greatest sharpening; without bounds a picture of pure noise would become all overshoot."""


def _taps(fraction: float) -> Array:
    """Weights of 11 neighbours, -5..5, of a point at ``fraction`` of a pixel: Lanczos, a = 4 (Duchon, 1979)."""
    x = np.arange(-5.0, 6.0) - fraction
    weights = np.sinc(x) * np.sinc(x / 4) * (np.abs(x) < 4)
    return np.asarray(weights / weights.sum(), np.float32)


def _sharpened(taps: Array, gain: float) -> Array:
    """The taps and ``gain`` times their negative second difference."""
    return np.asarray(np.convolve(taps, [-gain, 1 + 2 * gain, -gain], "same"), np.float32)


def _gain(light: Array, taps: Array, energy: float) -> float:
    """The gain of :func:`_sharpened` with which a shifted picture has ``energy`` times its own Laplacian variance.

    Grain loses much between pixels, soft photos nothing; so one gain for all would make some swell and others fade as
    they move. The variance is quadratic in the gain: it is solved for, on the mean over both axes.

    Args:
        light: float32 (H, W).
        taps: of the shift.
        energy: wanted.
    """

    def detail(picture: Array) -> Array:
        found = cv2.Laplacian(picture, cv2.CV_32F)[6:-6, 6:-6].ravel()
        return np.asarray(found - found.mean() if found.size else found, np.float32)

    own = detail(light)
    plain, edges = (
        np.concatenate([detail(cv2.filter2D(light, -1, k)) for k in (t[None], t[:, None])])
        for t in (taps, _sharpened(taps, 1.0) - taps)
    )
    wanted = 2 * (energy * float(own @ own) - ROUNDING * own.size)
    a, b, c = float(edges @ edges), float(plain @ edges), float(plain @ plain) - wanted
    return float(np.clip((np.sqrt(max(b * b - a * c, 0.0)) - b) / a, *GAIN)) if a > 0 else 0.0


@dataclass(frozen=True, eq=False)
class Sampler:
    """A picture that can be read anywhere. At whole coordinates it gives the picture's own pixels, unchanged."""

    table: Pixels
    scale: int

    @classmethod
    def of(
        cls, picture: Pixels, looked_at: tuple[slice, slice] = (slice(None), slice(None)), finest: int = 4
    ) -> Sampler:
        """Prepare a picture.

        Args:
            picture: uint8 (H, W, 4), the first three colours.
            looked_at: rows and columns whose sharpness shall stay the same wherever they are read; if there is nothing
                in them, that of the whole picture does.
            finest: points per pixel at most: 4, 2 or 1. Twice as many take three times as long to read, since fewer
                of them are near to each other in memory.
        """
        picture = np.ascontiguousarray(picture)
        height, width, channels = picture.shape
        fitting = (s for s in (4, 2) if s * s * height * width <= LARGEST and s * max(height, width) < LONGEST)
        scale = next((s for s in fitting if s <= finest), 1)
        if scale == 1:
            return cls(picture, 1)
        seen = picture[looked_at] if picture[looked_at].size else picture
        light = cv2.cvtColor(np.ascontiguousarray(seen[..., :3]), cv2.COLOR_RGB2GRAY).astype(np.float32)
        wide = np.empty((height, scale * width, channels), np.uint8)
        table = np.empty((scale * height, scale * width, channels), np.uint8)
        rows = []
        for point in range(scale):
            taps = _taps(point / scale)
            rows.append(_sharpened(taps, _gain(light, taps, ENERGY[scale])) if point else None)
        for point, row in enumerate(rows):
            along = picture if row is None else cv2.filter2D(picture, -1, row[None], borderType=cv2.BORDER_REFLECT_101)
            wide.view(np.uint32)[:, point::scale] = along.view(np.uint32)  # whole pixels at a time
        for point, row in enumerate(rows):
            across = wide if row is None else cv2.filter2D(wide, -1, row[:, None], borderType=cv2.BORDER_REFLECT_101)
            table[point::scale] = across
        return cls(table, scale)

    def read(self, at: Array) -> Pixels:
        """Pixels at coordinates ``at``, float32 (h, w, 2) in the table's own px, that is ``scale`` to one of the
        picture's; beyond its edge the picture is mirrored."""
        return np.asarray(
            cv2.remap(self.table, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101), np.uint8
        )


@dataclass(frozen=True, eq=False)
class Closer:
    """The part of a picture around a face, to be read at four points a pixel if it is not huge."""

    area: tuple[slice, slice]
    """Its rows and columns."""
    table: Sampler

    @classmethod
    def of(cls, picture: Pixels, face: Face, unit: float) -> Closer:
        """Prepare the surroundings of a face in uint8 (H, W, 4); ``unit`` is px per eye distance."""
        height, width = picture.shape[:2]
        far = AROUND * unit
        x0, y0, x1, y1 = face.box
        left, right = int(np.clip(np.floor(x0 - far), 0, width - 1)), int(np.clip(np.ceil(x1 + far), 1, width))
        top, bottom = int(np.clip(np.floor(y0 - far), 0, height - 1)), int(np.clip(np.ceil(y1 + far), 1, height))
        inner = (
            slice(max(int(y0) - top, 0), max(int(y1) - top, 0)),
            slice(max(int(x0) - left, 0), max(int(x1) - left, 0)),
        )
        area = (slice(top, max(bottom, top + 1)), slice(left, max(right, left + 1)))
        return cls(area, Sampler.of(picture[area], inner))

    @property
    def corner(self) -> tuple[int, int]:
        """x and y of its first pixel."""
        return self.area[1].start, self.area[0].start

    def inner(self, reach: int) -> tuple[slice, slice] | None:
        """Rows and columns that show nothing from outside it when nothing moves farther than ``reach`` px."""
        rows, columns = (slice(part.start + reach, part.stop - reach) for part in self.area)
        return (rows, columns) if rows.start < rows.stop and columns.start < columns.stop else None

    def read(self, places: Array) -> Pixels:
        """Pixels at ``places``, float32 (h, w, 2), px of the picture; uint8 (h, w, 4)."""
        return self.table.read((places - np.array(self.corner, np.float32)) * np.float32(self.table.scale))


def read_softly(picture: Pixels, x: Array, y: Array, sigma: float) -> Pixels:
    """A picture blurred by a Gaussian of ``sigma`` px, read at places ``x`` and ``y`` (h, w), px.

    Beyond its edge it goes on as there. Only what is around the places is blurred: a face is a small part of a photo.

    Args:
        picture: uint8 (H, W) or (H, W, C).
        x: float32 (h, w).
        y: likewise.
        sigma: px.
    """
    margin = int(4 * sigma) + 2
    low, high = (np.array([f(x), f(y)]) for f in (np.min, np.max))
    last = np.array(picture.shape[1::-1]) - 1
    left, top = np.maximum(np.clip(np.floor(low), 0, last) - margin, 0).astype(int)
    right, bottom = (np.clip(np.ceil(high), 0, last) + margin + 1).astype(int)
    soft = cv2.GaussianBlur(picture[top:bottom, left:right], (0, 0), sigma)
    near = cv2.remap(soft, x - np.float32(left), y - np.float32(top), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(near, np.uint8)
