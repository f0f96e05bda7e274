"""Finding scratches, cracks and dust: what lies on the print, not in the picture.

Something thin is a scratch if its traits say so (see :mod:`.traits`), or if it is light, stands out from both its sides
and these are alike, and is long; and if a whole number of such lines is there. Lids, lips, rims, hair and whiskers meet
some of these conditions: on a face a line must be surer, a dark one, which may be a wrinkle, far surer. A scratch that
is missed is a pity, a wrinkle that is removed is a wrong.

Lengths are in units of 1/512 of the picture's long edge, brightness in parts of the picture's own range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .faces import FaceSpot, cover, features
from .outline import trim
from .planes import Floats, Mask, percentiles
from .tracing import follow
from .traits import measure

__all__ = ["Flaws", "find"]

Labels = npt.NDArray[np.int32]

LONGEST = 1024
"""Larger pictures are searched at this size, px: finer flaws than that are no wider than their grain."""
CERTAIN = 2.0
"""Score from which on a line is certain."""
EVIDENCE = 240.0
"""Length of certain lines, all light or all dark, from which on a print is scratched; undamaged portraits have up to
120 (straps, hair), most of them none."""
EVIDENCE_PLAIN = 260.0
"""The same for plain light lines, from end to end; undamaged portraits have up to 104."""
CRACKED = 3.0
"""Pieces of evidence from which on a print is full of cracks."""
OTHERS = 0.25
"""What certain light lines count for dark ones, and dark for light."""
ON_FACE, ON_FACE_DARK, ROUND = 0.8, 1.6, 1.5
"""What a line must score more: a light one on a face, a dark one, which may be a wrinkle, and a round one."""
SPECKS = 17
"""Certain specks from which on a print counts as dusty; undamaged pictures have up to 14."""
MEDIAN = 5.5
"""Half the window that tells what there would be without a flaw: those of up to that width are seen."""
BULGE = 1.6
"""How much thicker than the middle of it a part of a line may be."""
PLAIN, LIKELY = 1.0, 0.0
"""Score from which on a plain light line is taken where there is evidence, less where there is more, and any line that
goes on where another ends."""
ALONE, ALONE_CRACKED = 30.0, 60.0
"""Extent from which on a line is taken where no other is near: letters and seams are many and short. The second
for those that are taken only where a print is full of cracks."""
ROUNDS = 2
"""How often lines are followed; one that was lost may be met again from its other end."""
RIM = 1.3
"""How far around what was searched a flaw may reach, units."""
MOST = 250
"""Bound on the lines that are looked at closely."""


@dataclass(frozen=True, eq=False)
class Flaws:
    """What lies on a print. Masks are (H, W), empty where there is too little to be sure of any of it."""

    lines: Mask
    """On scratches and cracks."""
    spots: Mask
    """On dust."""
    length: float
    """Lines that are certain, in long edges of the picture, whether masked or not."""
    count: int
    """Specks that are certain, whether masked or not."""


def find(
    y: Floats,
    sigma: float,
    faces: Sequence[FaceSpot],
    *,
    sure_lines: bool = False,
    sure_spots: bool = False,
    smeared: bool = False,
) -> Flaws:
    """Search a brightness plane (H, W) with noise of ``sigma`` gray levels.

    ``sure_lines`` and ``sure_spots`` take what looks like a flaw as one, however few there are; otherwise nothing is
    certain where there is no face to tell what the picture is of. ``smeared`` tells that JPEG spread the colour of
    flaws around them.
    """
    height, width = y.shape
    shrink = min(1.0, LONGEST / max(height, width))
    size = (max(8, round(width * shrink)), max(8, round(height * shrink)))
    small = y if shrink == 1 else np.asarray(cv2.resize(y, size, interpolation=cv2.INTER_AREA), np.float32)
    face, marks = (
        cv2.resize(draw(faces, height, width), size, interpolation=cv2.INTER_LINEAR) for draw in (cover, features)
    )
    search = _Search(small, sigma * shrink, face, marks)
    lines, length = search.lines(sure_lines)
    spots, count = search.spots(sure_spots)
    found = [
        mask if faces or sure else np.zeros_like(mask)
        for sure, masks in ((sure_lines, lines), (sure_spots, spots))
        for mask in masks
    ]
    reach = 2 * round(RIM * search.unit) + 1
    rim = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    wide = [
        cv2.resize(cv2.dilate(mask.astype(np.uint8), rim), (width, height), interpolation=cv2.INTER_LINEAR) > 0
        for mask in found
    ]
    light_lines, dark_lines, light_spots, dark_spots = wide if smeared else trim(y, wide, sigma)
    return Flaws(light_lines | dark_lines, light_spots | dark_spots, length / 512, count)


@dataclass(frozen=True, kw_only=True)
class _Line:
    """A patch that may be a scratch."""

    label: int
    extent: float
    """From end to end, units."""
    length: float
    """Along all branches, units."""
    score: float
    """See :class:`Traits`."""
    reserve: float
    """How much more it must score for where it is and what it looks like."""
    certain: bool
    """Its score alone makes it evidence."""
    plain: bool
    """Light, long and lonely enough to be evidence whatever its score."""
    cracked: bool
    """To be taken where a print is full of cracks."""
    doubtful: bool
    """To be taken where it meets another."""


def _slender(mask: Mask) -> Mask:
    """The patch without what is far thicker than the rest: an eye, a brow or a shadow that a line runs into."""
    padded = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)
    size = round(max(BULGE * 4 * float(np.median(depth[padded > 0])), 3))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    thick = cv2.dilate(cv2.morphologyEx(padded, cv2.MORPH_OPEN, disc), np.ones((3, 3), np.uint8))
    return np.asarray(mask & (thick[1:-1, 1:-1] == 0), np.bool_)


@dataclass(eq=False)
class _Taken:
    """Lines of one kind, light or dark."""

    found: Mask
    maybe: Mask
    """To be taken if they join one that was found."""
    doubtful: list[tuple[slice, slice, Mask]]
    """To be taken if they are next to one."""


@dataclass(frozen=True, eq=False)
class _Patches:
    """Connected patches that stand out from their surroundings on one side, light or dark; one row a patch."""

    light: bool
    labels: Labels
    box: Labels
    extent: Floats
    thickness: Floats
    contrast: Floats
    on_face: Floats
    on_marks: Floats
    around: Floats
    """Spread of the surroundings as a part of the contrast."""

    def mask(self, i: int) -> tuple[slice, slice, Mask]:
        left, top, wide, high = (int(v) for v in self.box[i, :4])
        here = (slice(top, top + high), slice(left, left + wide))
        return (*here, self.labels[here] == i)


class _Search:
    def __init__(self, y: Floats, sigma: float, face: Floats, marks: Floats) -> None:
        self.y, self.sigma, self.face, self.marks = y, sigma, face, marks
        self.unit = max(0.6, max(y.shape) / 512)
        rounded = np.clip(np.round(y), 0, 255).astype(np.uint8)
        self.rise = y - cv2.medianBlur(rounded, 2 * round(MEDIAN * self.unit) + 1)
        busy = np.clip(4 * np.abs(self.rise), 0, 255).astype(np.uint8)
        self.busy = np.maximum(cv2.medianBlur(busy, 2 * round(12 * self.unit) + 1) / np.float32(4), 0.67 * sigma)
        low, high = percentiles(y, 0.5, 99)
        self.range = max(high - low, 1.0)
        self.patches = [self._patches(light) for light in (True, False)]

    def _patches(self, light: bool) -> _Patches:
        rise = self.rise if light else -self.rise
        weak = (rise > np.maximum(9, 3.0 * self.busy)).astype(np.uint8)
        strong = rise > np.maximum(18, 5 * self.busy)
        count, labels, stats, middles = cv2.connectedComponentsWithStats(weak, connectivity=8)
        there = weak > 0
        of = labels[there]
        area = np.bincount(of, minlength=count).clip(1)

        def mean(values: Floats) -> Floats:
            return np.asarray(np.bincount(of, values[there], count) / area, np.float32)

        contrast = mean(rise)
        sure = (mean(strong.astype(np.float32)) >= 0.35) & (area >= 3 * self.unit)
        contrast[~sure] = 0
        contrast[0] = 0
        size = 2 * round(1.2 * self.unit) + 1
        clear = (cv2.dilate(weak, np.ones((size, size), np.uint8)) == 0).astype(np.float32)
        window = (2 * round(5 * self.unit) + 1,) * 2
        share = cv2.blur(clear, window)
        average = cv2.blur(self.y * clear, window) / np.maximum(share, 1e-3)
        spread = cv2.blur(self.y * self.y * clear, window) / np.maximum(share, 1e-3) - average * average
        spread = np.where(share > 0.25, np.sqrt(np.maximum(spread, 0)), 255)
        at = np.round(middles).astype(int)
        around = spread[at[:, 1].clip(0, spread.shape[0] - 1), at[:, 0].clip(0, spread.shape[1] - 1)]
        return _Patches(
            light=light,
            labels=labels,
            box=stats,
            extent=np.hypot(stats[:, 2], stats[:, 3]).astype(np.float32) / self.unit,
            thickness=np.maximum(1, 4 * mean(cv2.distanceTransform(weak, cv2.DIST_L2, 3)) - 1) / self.unit,
            contrast=contrast / self.range,
            on_face=mean(self.face),
            on_marks=mean(self.marks),
            around=np.asarray(around / np.maximum(contrast, 1), np.float32),
        )

    def lines(self, sure: bool) -> tuple[list[Mask], float]:
        """Masks of long thin flaws, light and dark, and the length of those that are certain."""
        judged = [self._judge(p) for p in self.patches]
        certain = [sum(line.length for line in lines if line.certain) / EVIDENCE for lines in judged]
        lonely = sum(line.extent for line in judged[0] if line.plain) / EVIDENCE_PLAIN
        light, dark = (
            self._taken(p, lines, max(own + OTHERS * other, lonely if p.light else 0.0), sure)
            for p, lines, own, other in zip(self.patches, judged, certain, reversed(certain), strict=True)
        )
        reach = 2 * round(6 * self.unit) + 1
        near = cv2.dilate((light.found | dark.found).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
        for own in (light, dark):
            for rows, columns, mask in own.doubtful:
                if (near[rows, columns] & mask).any():
                    own.found[rows, columns] |= mask
        for _ in range(ROUNDS):
            light.found, dark.found = (
                follow(self.y, one.found, one.maybe, other.found, self.unit, self.sigma)
                for one, other in ((light, dark), (dark, light))
            )
        return [light.found, dark.found], max(sum(certain) * EVIDENCE, lonely * EVIDENCE_PLAIN)

    def _taken(self, p: _Patches, lines: list[_Line], evidence: float, sure: bool) -> _Taken:
        """Sort lines, light or dark ones, by whether they are taken."""
        out = _Taken(np.zeros(self.y.shape, np.bool_), np.zeros(self.y.shape, np.bool_), [])
        if evidence < 1 and not sure:
            return out
        for line in lines:
            rows, columns, mask = p.mask(line.label)
            if p.on_face[line.label] > 0:
                mask &= _slender(mask) | (self.face[rows, columns] < 0.1)
                mask &= (self.marks[rows, columns] < 0.5) | p.light
            patch = (rows, columns, mask)
            # Asked for where there is no evidence, a line on a face is not taken for its looks alone.
            plain = line.plain and (evidence >= 1 or line.reserve < 0.3 * ON_FACE)
            plain &= line.score > PLAIN - 0.35 * max(evidence - 1, 0)
            taken = plain or line.score > CERTAIN + line.reserve
            cracked = line.cracked and evidence >= CRACKED
            if line.extent >= (ALONE if taken else ALONE_CRACKED) and (taken or cracked):
                out.found[patch[:2]] |= patch[2]
            elif line.doubtful or taken or cracked:
                out.doubtful.append(patch)
            if line.score > LIKELY:
                out.maybe[patch[:2]] |= patch[2]
        return out

    def _judge(self, p: _Patches) -> list[_Line]:
        """Judge the patches that may be scratches, the longest first."""
        slender = p.extent / p.thickness
        wanted = (p.extent >= 10) & (slender >= 3) & (p.contrast >= 0.06) & (p.on_marks < 0.3) & (p.thickness < 8)
        order = np.flatnonzero(wanted)
        lines = []
        for i in order[np.argsort(-p.extent[order], kind="stable")][:MOST]:
            rows, columns, mask = p.mask(int(i))
            pad = round(8 * self.unit)
            top, left = max(0, rows.start - pad), max(0, columns.start - pad)
            here = self.y[top : rows.stop + pad, left : columns.stop + pad]
            shape = np.zeros(here.shape, np.float32)
            shape[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = mask
            extent, contrast, on_face = float(p.extent[i]), float(p.contrast[i]), float(p.on_face[i])
            traits = measure(here, shape, float(p.thickness[i]), contrast, self.range, self.unit, light=p.light)
            # A collar, a strap or the rim of glasses is round: that is no evidence, and on a face it is left.
            arc = traits.extent_in_radii > 0.45 and traits.stray < 0.02 + 0.8 / (extent * self.unit)
            more = (ON_FACE if p.light else ON_FACE_DARK) * on_face + (ROUND * (1 + on_face) if arc else 0.0)
            score = traits.score(p.light)
            rim = traits.extent_in_radii > 0.55 and traits.stray < 0.012 + 0.7 / (extent * self.unit)
            firm = p.light and contrast >= 0.1 and not rim
            lines.append(
                _Line(
                    label=int(i),
                    extent=extent,
                    length=traits.length,
                    score=score,
                    reserve=more,
                    certain=score > CERTAIN and not arc and on_face < 0.5,
                    plain=firm
                    and not arc
                    and score > 0
                    and traits.clean
                    and extent >= 25
                    and slender[i] >= 7
                    and (on_face < 0.5 or contrast >= 0.25),
                    cracked=firm and traits.clean and not (arc and on_face > 0.1),
                    doubtful=firm and traits.ridge > 0.7 and traits.step < 0.8 and extent >= 14 and on_face < 0.5,
                )
            )
        return lines

    def spots(self, sure: bool) -> tuple[list[Mask], int]:
        """Masks of specks, light and dark, and the number of those that are certain: strong, small, on calm ground."""
        masks: list[Mask] = []
        count = 0
        for p in self.patches:
            speck = (p.extent <= 14) & (p.thickness < 7)
            elsewhere = (p.on_face < 0.4) & (p.on_marks < 0.2)
            small = speck & elsewhere
            count += int((small & (p.contrast > 0.12) & (p.around < 0.12)).sum())
            # On a face only what no mole, gleam or pupil is: nearly black or white, and sharply alone on smooth skin.
            bold = speck & ~elsewhere & (p.contrast > 0.4) & (p.around < 0.08)
            fibre = (p.extent <= 26) & (p.on_face < 0.1) & (p.on_marks < 0.1)
            taken = bold | (small & (p.contrast > 0.09) & (p.around < 0.25))
            taken |= fibre & (p.contrast > 0.15) & (p.around < 0.12)
            masks.append(taken[p.labels])
        if count < SPECKS and not sure:
            masks = [np.zeros_like(mask) for mask in masks]
        return masks, count
