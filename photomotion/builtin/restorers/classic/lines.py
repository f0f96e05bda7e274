"""Finding scratches and cracks among the patches that stand out.

Something thin is a scratch if its traits say so (see :mod:`.traits`), or if it is light, stands out from both its sides
and these are alike, and is long; and if a whole number of such lines is there. Lids, lips, rims, hair and whiskers meet
some of these conditions: on a face a line must be surer, a dark one, which may be a wrinkle, far surer. A scratch that
is missed is a pity, a wrinkle that is removed is a wrong.

Lengths are in units of 1/512 of the picture's long edge, brightness in parts of the picture's own range.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from .patches import Ground, Patches
from .planes import Mask
from .tracing import follow
from .traits import measure

__all__ = ["find_lines"]

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
MOST = 250
"""Bound on the lines that are looked at closely."""


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


@dataclass(eq=False)
class _Taken:
    """Lines of one kind, light or dark."""

    found: Mask
    maybe: Mask
    """To be taken if they join one that was found."""
    doubtful: list[tuple[slice, slice, Mask]]
    """To be taken if they are next to one."""


def find_lines(ground: Ground, sure: bool) -> tuple[list[Mask], float]:
    """Masks of long thin flaws, light and dark, and the length of those that are certain."""
    judged = [_judge(ground, p) for p in ground.patches]
    certain = [sum(line.length for line in lines if line.certain) / EVIDENCE for lines in judged]
    lonely = sum(line.extent for line in judged[0] if line.plain) / EVIDENCE_PLAIN
    light, dark = (
        _taken(ground, p, lines, max(own + OTHERS * other, lonely if p.light else 0.0), sure)
        for p, lines, own, other in zip(ground.patches, judged, certain, reversed(certain), strict=True)
    )
    reach = 2 * round(6 * ground.unit) + 1
    near = cv2.dilate((light.found | dark.found).astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    for own in (light, dark):
        for rows, columns, mask in own.doubtful:
            if (near[rows, columns] & mask).any():
                own.found[rows, columns] |= mask
    for _ in range(ROUNDS):
        light.found, dark.found = (
            follow(ground.y, one.found, one.maybe, other.found, ground.unit, ground.sigma)
            for one, other in ((light, dark), (dark, light))
        )
    return [light.found, dark.found], max(sum(certain) * EVIDENCE, lonely * EVIDENCE_PLAIN)


def _taken(ground: Ground, p: Patches, lines: list[_Line], evidence: float, sure: bool) -> _Taken:
    """Sort lines, light or dark ones, by whether they are taken."""
    out = _Taken(np.zeros(ground.y.shape, np.bool_), np.zeros(ground.y.shape, np.bool_), [])
    if evidence < 1 and not sure:
        return out
    for line in lines:
        rows, columns, mask = p.mask(line.label)
        if p.on_face[line.label] > 0:
            mask &= _slender(mask) | (ground.face[rows, columns] < 0.1)
            mask &= (ground.marks[rows, columns] < 0.5) | p.light
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


def _judge(ground: Ground, p: Patches) -> list[_Line]:
    """Judge the patches that may be scratches, the longest first."""
    slender = p.extent / p.thickness
    wanted = (p.extent >= 10) & (slender >= 3) & (p.contrast >= 0.06) & (p.on_marks < 0.3) & (p.thickness < 8)
    order = np.flatnonzero(wanted)
    lines = []
    for i in order[np.argsort(-p.extent[order], kind="stable")][:MOST]:
        rows, columns, mask = p.mask(int(i))
        pad = round(8 * ground.unit)
        top, left = max(0, rows.start - pad), max(0, columns.start - pad)
        here = ground.y[top : rows.stop + pad, left : columns.stop + pad]
        shape = np.zeros(here.shape, np.float32)
        shape[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left] = mask
        extent, contrast, on_face = float(p.extent[i]), float(p.contrast[i]), float(p.on_face[i])
        traits = measure(here, shape, float(p.thickness[i]), contrast, ground.range, ground.unit, light=p.light)
        # A collar, a strap or the rim of glasses is round: that is no evidence, and on a face it is left.
        arc = traits.extent_in_radii > 0.45 and traits.stray < 0.02 + 0.8 / (extent * ground.unit)
        more = (ON_FACE if p.light else ON_FACE_DARK) * on_face + (ROUND * (1 + on_face) if arc else 0.0)
        score = traits.score(p.light)
        rim = traits.extent_in_radii > 0.55 and traits.stray < 0.012 + 0.7 / (extent * ground.unit)
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


def _slender(mask: Mask) -> Mask:
    """The patch without what is far thicker than the rest: an eye, a brow or a shadow that a line runs into."""
    padded = np.pad(mask.astype(np.uint8), 1)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, 3)
    size = round(max(BULGE * 4 * float(np.median(depth[padded > 0])), 3))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    thick = cv2.dilate(cv2.morphologyEx(padded, cv2.MORPH_OPEN, disc), np.ones((3, 3), np.uint8))
    return np.asarray(mask & (thick[1:-1, 1:-1] == 0), np.bool_)
