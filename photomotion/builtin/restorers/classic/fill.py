"""Filling holes from their surroundings, structure and texture alike.

Each place of the hole is matched with the most similar patch nearby, coarse to fine, and takes its colour from what all
matches around it vote for: Wexler et al. 2007, "Space-time completion of video", with the search of Barnes et al. 2009,
"PatchMatch". The first guess, and all of it where a hole is only a few pixels wide, is interpolated along edges
(Bertalmío et al., 2001).
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from .planes import Floats, Mask

__all__ = ["fill"]

REACH = 2
"""Patches are 5 x 5."""
OFFSETS = np.array([(v, u) for v in range(-REACH, REACH + 1) for u in range(-REACH, REACH + 1)])
THIN = 6.0
"""Up to this distance from its rim, px, a hole is interpolated; the exemplars take over from there."""
NEARBY = 0.12
"""How far a patch may come from, in long edges."""
BUDGET = 120_000
"""Places times rounds of the finest search."""

Places = npt.NDArray[np.intp]


def fill(picture: Floats, hole: Mask) -> Floats:
    """Fill ``hole`` (H, W) of a float32 (H, W, 3) picture; everything else stays exactly as it is."""
    rough = _interpolate(picture, hole)
    depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
    # Around thick places the whole width is matched, so that what meets at the seam fits.
    size = 2 * round(2 * THIN) + 1
    thick = cv2.dilate((depth > THIN).astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    thick &= hole
    if not thick.any():
        return np.where(hole[..., None], rough, picture)
    exemplar = _complete(rough, thick, hole, float(depth.max()))
    share = (cv2.GaussianBlur(thick.astype(np.float32), (0, 0), 1.0) * thick)[..., None]
    return np.where(hole[..., None], rough + share * (exemplar - rough), picture)


def _interpolate(picture: Floats, hole: Mask) -> Floats:
    rounded = np.clip(np.round(picture), 0, 255).astype(np.uint8)
    return np.asarray(cv2.inpaint(rounded, hole.astype(np.uint8), 3, cv2.INPAINT_NS), np.float32)


def _complete(picture: Floats, wanted: Mask, hole: Mask, depth: float) -> Floats:
    """Solve the picture at half its size first, as long as the hole is deep, then here."""
    height, width = hole.shape
    matches = None
    if depth > 3 and min(height, width) >= 48:
        small = (-(-width // 2), -(-height // 2))
        half = cv2.resize(picture, small, interpolation=cv2.INTER_AREA)
        holes = [cv2.resize(m.astype(np.uint8), small, interpolation=cv2.INTER_NEAREST) > 0 for m in (wanted, hole)]
        guess = _complete(half, holes[0], holes[1], depth / 2)
        up = cv2.resize(guess, (width, height), interpolation=cv2.INTER_LINEAR)
        picture = np.where(wanted[..., None], up, picture)
    search = _Search(picture, wanted, hole)
    if not search.possible:
        return picture
    matches = search.begin()
    rounds = int(np.clip(BUDGET // max(1, len(search.places)), 1, 4))
    for turn in range(rounds):
        matches = search.improve(matches, turn)
        search.vote(matches)
    return search.picture


class _Search:
    def __init__(self, picture: Floats, wanted: Mask, hole: Mask) -> None:
        self.picture = picture.copy()
        self.height, self.width = hole.shape
        size = 2 * REACH + 1
        clear = cv2.dilate(hole.astype(np.uint8), np.ones((size, size), np.uint8)) == 0
        clear[:REACH], clear[-REACH:], clear[:, :REACH], clear[:, -REACH:] = False, False, False, False
        self.clear = clear
        self.places: Places = np.argwhere(wanted)
        self.number = np.full(hole.shape, -1, np.intp)
        self.number[wanted] = np.arange(len(self.places))
        self.rng = np.random.default_rng(0)
        self.radius = max(8, round(NEARBY * max(hole.shape)))
        self.possible = len(self.places) > 0 and bool(clear.any())
        self.cost = np.zeros(len(self.places), np.float32)
        self.target = np.zeros((len(self.places), len(OFFSETS), 3), np.float32)

    def _patches(self, centres: Places) -> Floats:
        rows = (centres[:, :1] + OFFSETS[:, 0]).clip(0, self.height - 1)
        columns = (centres[:, 1:] + OFFSETS[:, 1]).clip(0, self.width - 1)
        return np.asarray(self.picture[rows, columns], np.float32)

    def _costs(self, which: Places, centres: Places) -> Floats:
        difference = self._patches(centres) - self.target[which]
        return np.asarray(np.einsum("ijk,ijk->i", difference, difference), np.float32)

    def begin(self) -> Places:
        """The clear place nearest to each hole pixel."""
        _, labels = cv2.distanceTransformWithLabels(
            (~self.clear).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        position = np.zeros((int(labels.max()) + 1, 2), np.intp)
        clear = np.argwhere(self.clear)
        position[labels[self.clear]] = clear
        return np.asarray(position[labels[tuple(self.places.T)]], np.intp)

    def improve(self, matches: Places, turn: int) -> Places:
        """Try the matches of the neighbours, moved along, and places around one's own match, wide to narrow."""
        every = np.arange(len(self.places))
        self.target = self._patches(self.places)
        self.cost = self._costs(every, matches)
        matches = matches.copy()
        steps = [(0, -1), (-1, 0), (0, 1), (1, 0)]
        for step in steps:
            neighbour = self.places + step
            inside = (neighbour >= 0).all(axis=1) & (neighbour < (self.height, self.width)).all(axis=1)
            number = np.where(inside, self.number[tuple(neighbour.clip(0, (self.height - 1, self.width - 1)).T)], -1)
            which = np.flatnonzero(number >= 0)
            self._try(matches, which, matches[number[which]] - step)
        radius = self.radius
        while radius >= 2:
            around = matches if radius < self.radius else self.places
            self._try(matches, every, around + self.rng.integers(-radius, radius + 1, matches.shape))
            radius //= 3
        return matches

    def _try(self, matches: Places, which: Places, centres: Places) -> None:
        inside = (centres >= 0).all(axis=1) & (centres < (self.height, self.width)).all(axis=1)
        which, centres = which[inside], centres[inside]
        clear = self.clear[tuple(centres.T)]
        which, centres = which[clear], centres[clear]
        cost = self._costs(which, centres)
        better = cost < self.cost[which]
        matches[which[better]], self.cost[which[better]] = centres[better], cost[better]

    def vote(self, matches: Places) -> None:
        """Give each place the mean of what the matches around it say, the better ones counting more."""
        spread = max(float(np.percentile(self.cost, 60)), 1.0)
        weight = np.exp(-self.cost / spread)
        total, weights = np.zeros((len(self.places), 3)), np.zeros(len(self.places))
        for offset in OFFSETS:
            neighbour = (self.places + offset).clip(0, (self.height - 1, self.width - 1))
            number = self.number[tuple(neighbour.T)]
            which = np.flatnonzero(number >= 0)
            source = matches[number[which]] - offset
            near = weight[number[which]] * (2.0 if not offset.any() else 1.0)
            total[which] += self.picture[tuple(source.T)] * near[:, None]
            weights[which] += near
        told = weights > 0
        self.picture[tuple(self.places[told].T)] = (total[told] / weights[told, None]).astype(np.float32)
