"""How a head moved since frames that are remembered: its pixels show less than a mesh guesses, but exactly."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.builtin.analyzers.facemesh.region import Region, Scales

from .headframe import STEADY
from .links import Link

__all__ = ["Anchors"]

Floats = npt.NDArray[np.float32]

FIRM = (
    1, 4, 5, 6, 34, 45, 51, 111, 116, 117, 118, 119, 122, 143, 168, 174, 193, 195, 196, 197, 227, 228, 248, 264, 265,
    275, 281, 340, 345, 346, 347, 348, 351, 353, 354, 372, 383, 399, 417, 419, 447,
)  # fmt: skip
"""Mesh points whose surroundings are looked at: ridge of the nose, cheekbones, temples. No lids, lips or jaw, and
nothing that brows pull up."""
SIDE = 160
"""Side of the square that is looked at, px, at which the outer eye corners are ..."""
UNIT = 64.0
"""... so far apart."""
REACH = 4
"""px of a patch to either side of its point."""
ROUNDS = 5
"""Of Gauss and Newton."""
NEAR = 0.005
"""px: a round that moves less is the last."""
GRAY = 3.0
"""Gray levels of difference from which a pixel counts half."""
ASTRAY = 0.25
"""px that a patch would go from the others, from which it counts half: skin that slides, a highlight."""
FLAT = 2.0
"""(Gray levels a px) squared that a patch must have to go anywhere."""

LINKS = 2
"""Anchors that a frame is compared with, the nearest."""
SPACING = 4.0
"""Degrees between anchors."""
TOO_FAR = 8.0
"""Degrees from which a head is not compared any more."""
GROWTH = 40.0
"""Degrees that a head e times as large counts."""
MOST = 64
"""Anchors that are remembered, 15 kB each."""


class _Square(NamedTuple):
    """What is looked at of a frame: gray levels and how they change to the right and down, float32 (SIDE, SIDE)."""

    region: Region
    gray: Floats
    across: Floats
    down: Floats


class _Anchor(NamedTuple):
    """What is remembered of a frame."""

    frame: int
    stance: npt.NDArray[np.float64]
    size: float
    """Side of its square, px."""
    patches: Floats
    """(N, P) gray levels around each of :data:`FIRM`."""
    firm: Floats
    """(N, 3) of :data:`FIRM`, px of the square from their middle."""
    steady: Floats
    """(S, 3) of :data:`STEADY` from that middle."""
    places: Floats
    """(S, 2) of :data:`STEADY`, px of the picture."""


class Anchors:
    """Frames in which a head stood differently, kept to compare later ones with.

    Comparing with the same few frames again and again does not drift, as summing the steps from each frame to the next
    does (by a degree of pitch in one or two seconds of real films).
    """

    def __init__(self) -> None:
        self._anchors: list[_Anchor] = []
        along = np.arange(-REACH, REACH + 1, dtype=np.float32)
        self._x, self._y = (part.ravel() for part in np.meshgrid(along, along))
        bell = np.exp(-(self._x**2 + self._y**2) / (2 * (0.6 * REACH) ** 2))
        self._bell = (bell / bell.sum()).astype(np.float32)

    def compare(
        self, frame: int, scales: Scales, landmarks: Floats, pose: tuple[float, float, float]
    ) -> tuple[Link, ...]:
        """Where a frame's head stands, seen from the nearest anchors; it becomes one itself if none is near.

        Args:
            frame: its number.
            scales: its pixels.
            landmarks: (>= 468, 3) of the mesh in it, px.
            pose: yaw, pitch and roll of the mesh, degrees.
        """
        apart = max(float(np.linalg.norm(landmarks[263, :2] - landmarks[33, :2])), 8.0)
        stance = np.array([*pose, GROWTH * np.log(apart)])
        square = _square(landmarks[list(FIRM)].mean(axis=0), apart * SIDE / UNIT, scales)
        away = [float(np.linalg.norm(stance - anchor.stance)) for anchor in self._anchors]
        nearest = [i for i in np.argsort(away)[:LINKS] if away[i] < TOO_FAR]
        links = tuple(self._link(self._anchors[i], away[i], square, landmarks) for i in nearest)
        if (not nearest or away[nearest[0]] > SPACING) and len(self._anchors) < MOST:
            firm, steady = (square.region.from_photo(landmarks[list(part)], SIDE) for part in (FIRM, STEADY))
            middle = firm.mean(axis=0)
            patches = self._sample(square.gray, firm[:, :2], 1.0)
            places = landmarks[list(STEADY), :2]
            anchor = _Anchor(frame, stance, square.region.size, patches, firm - middle, steady - middle, places)
            self._anchors.append(anchor)
        return links

    def _link(self, anchor: _Anchor, away: float, square: _Square, landmarks: Floats) -> Link:
        """Turn, size and shift of the whole head that bring an anchor's patches onto a frame.

        Lucas and Kanade (1981) for a rigid body (Baker and Matthews, 2004), beginning from where the mesh says it went.
        A patch may become brighter or darker; those that slide or glitter count less, those without texture not at all.
        """
        larger = anchor.size / square.region.size
        firm = anchor.firm * np.float32(larger)
        turn, middle = _begin(firm, square.region.from_photo(landmarks[list(FIRM)], SIDE))
        alike = trust = np.zeros(len(firm), np.float32)
        for _ in range(ROUNDS):
            offsets = np.asarray(firm @ turn.T, np.float32)
            rigid = _rigid(offsets)
            places = np.asarray(middle + offsets[:, :2], np.float32)
            seen, gx, gy = (self._sample(part, places, larger) for part in square[1:])
            # Brighter or darker as a whole is no motion, and what would be taken for it shows none.
            off, gx, gy = (part - (part @ self._bell)[:, None] for part in (anchor.patches - seen, gx, gy))
            weights = self._bell / (1 + (off / GRAY) ** 2)
            alike, wx, wy = weights.sum(axis=1), weights * gx, weights * gy
            xx, xy, yy, px, py = (
                np.einsum("np,np->n", one, other) for one, other in ((wx, gx), (wx, gy), (wy, gy), (wx, off), (wy, off))
            )
            # How far each patch alone would go.
            inverse = 1 / ((xx + FLAT) * (yy + FLAT) - xy**2)
            alone = ((yy + FLAT) * px - xy * py) * inverse, ((xx + FLAT) * py - xy * px) * inverse
            trust = 1 / (1 + (alone[0] ** 2 + alone[1] ** 2) / ASTRAY**2)
            table = np.stack([trust * xx, trust * xy, trust * xy, trust * yy], axis=1).reshape(-1, 2, 2)
            flat = rigid.reshape(-1, 6)
            # A ridge leaves what no patch shows where the mesh has put it.
            ridge = flat.T @ flat / len(rigid) + 1e-3 * np.eye(6, dtype=np.float32)
            change = np.linalg.solve(
                flat.T @ (table @ rigid).reshape(-1, 6) + ridge,
                flat.T @ np.stack([trust * px, trust * py], axis=1).ravel(),
            )
            turn = (1 + change[3]) * cv2.Rodrigues(change[:3].astype(np.float64))[0].astype(np.float32) @ turn
            middle = middle + change[4:]
            if np.abs(rigid @ change).max() < NEAR:
                break
        steady = np.asarray((anchor.steady * np.float32(larger)) @ turn.T, np.float32)
        steady[:, :2] += middle
        moves = square.region.to_photo(steady, SIDE)[:, :2] - anchor.places
        return Link(anchor.frame, moves, float((alike * trust).mean()) / (1 + (away / SPACING) ** 2))

    def _sample(self, picture: Floats, places: Floats, larger: float) -> Floats:
        """The picture's values around places (N, 2), float32 (N, P), of patches so many times as large."""
        x, y = (places[:, axis, None] + larger * part for axis, part in ((0, self._x), (1, self._y)))
        return np.asarray(
            cv2.remap(picture, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR, None, cv2.BORDER_REPLICATE)
        )


def _begin(firm: Floats, after: Floats) -> tuple[Floats, Floats]:
    """Turn times size (3, 3) that brings centred points onto others, and the middle (2,) of those (Umeyama, 1991)."""
    middle = after.mean(axis=0)
    u, size, v = np.linalg.svd((after - middle).T @ firm)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ v))])
    scale = (size * sign).sum() / (firm**2).sum()
    return np.asarray(scale * (u * sign) @ v, np.float32), middle[:2]


def _square(middle: Floats, size: float, scales: Scales) -> _Square:
    """The square of ``size`` px around the middle of a head, in gray and a little blurred."""
    region = Region(float(middle[0]), float(middle[1]), size)
    gray = cv2.cvtColor(region.cut(scales, SIDE, cv2.BORDER_REPLICATE), cv2.COLOR_RGB2GRAY)
    soft = np.asarray(cv2.GaussianBlur(gray.astype(np.float32), (0, 0), 1.0))
    across = cv2.Scharr(soft, cv2.CV_32F, 1, 0, scale=1 / 32)
    return _Square(region, soft, np.asarray(across), np.asarray(cv2.Scharr(soft, cv2.CV_32F, 0, 1, scale=1 / 32)))


def _rigid(offsets: Floats) -> Floats:
    """How points at offsets (N, 3) from the middle move with each of three turns, growth and two shifts, (N, 2, 6)."""
    x, y, z = offsets.T
    none, one = np.zeros_like(x), np.ones_like(x)
    across = np.stack([none, z, -y, x, one, none], axis=1)
    down = np.stack([-z, none, x, y, none, one], axis=1)
    return np.stack([across, down], axis=1)
