"""The frames of glasses: thin, long and unlike skin. They are on top of the lids and do not move with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data.ranks import median

from .eyes import Eye
from .geometry import Array, HeadFrame

__all__ = ["find_frames", "find_rim"]

THICK = 0.11
"""Frames are thinner than this, in eye widths ..."""
LONG = 0.7
"""... and longer than this."""
LIDS = (-0.11, 0.09)
"""Above the upper and below the lower lid's edge, dark lines are lashes and folds, in eye widths."""
RIM, OWN = 0.16, 0.8
"""A bright line of which so much is no farther than that below the lower lid's edge, in eye widths, and between the
corners is the lid's own rim in the light: frames go on beyond an eye."""
PLACES = np.linspace(-0.25, 1.15, 29, dtype=np.float32)
"""Along an eye, in eye widths from the outer corner: where the upper rim of a frame is looked for, ..."""
STEP, BEND = 0.02, 3
"""... in such steps upward, in eye widths; at the next place it is at most so many of them higher or lower."""
LOWEST, HIGHEST = 0.08, 0.65
"""How far above the upper lid's edge, and above the brow's lower one, a rim's lower edge may be, in eye widths."""
BROW, BEFORE = 0.06, 0.5
"""How far above the brow's lower edge no lens is seen below a rim, in eye widths, and what a line counts there: it may
be a wrinkle."""
BESIDE, WIDEST, USUAL = 3, 10, 7
"""Steps that are looked at beside a rim, that it is wide at most, and that it is taken to be where it meets a brow."""
COVERED = 0.13
"""Rims that reach farther above the brow's lower edge than this are before the brow, in eye widths."""


def find_frames(pixels: npt.NDArray[np.uint8], eye: Eye) -> Array:
    """Where the frames of glasses pass an eye, float32 (h, w) of its box, 0..1, with soft edges.

    Brows and deep wrinkles may be found too; they may stay in place as well as frames.
    """
    light = cv2.cvtColor(eye.crop(pixels), cv2.COLOR_RGB2GRAY).astype(np.float32)
    light = cv2.GaussianBlur(light, (0, 0), max(0.012 * eye.width, 0.6))
    size = 2 * max(1, round(0.5 * THICK * eye.width)) + 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    near_lids = (eye.s > -0.12) & (eye.s < 1.1) & (eye.t > eye.upper + LIDS[0]) & (eye.t < eye.lower + LIDS[1])
    opening = (eye.t > eye.upper - 0.02) & (eye.t < eye.lower + 0.02)
    rim = (eye.s > -0.05) & (eye.s < 1.05) & (eye.t > eye.lower - 0.05) & (eye.t < eye.lower + RIM)
    frames = np.zeros(light.shape, np.uint8)
    for kind, banned in ((cv2.MORPH_BLACKHAT, near_lids), (cv2.MORPH_TOPHAT, opening)):
        thin = cv2.morphologyEx(light, kind, window)
        usual = float(median(thin))
        found = ((thin > 4 * usual + 10) & ~banned).astype(np.uint8)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(found)
        for label in range(1, count):
            extent = np.hypot(stats[label, cv2.CC_STAT_WIDTH], stats[label, cv2.CC_STAT_HEIGHT])
            line = labels == label
            if extent > LONG * eye.width and (kind == cv2.MORPH_BLACKHAT or rim[line].mean() < OWN):
                frames[line] = 1
    frames = cv2.dilate(frames, np.ones((3, 3), np.uint8))
    return np.asarray(cv2.GaussianBlur(frames.astype(np.float32), (0, 0), max(0.01 * eye.width, 0.6)), np.float32)


def find_rim(pixels: npt.NDArray[np.uint8], eyes: Sequence[Eye], frame: HeadFrame) -> tuple[Array, Array] | None:
    """Where the upper edge of a frame runs between eyes and brows, by dynamic programming along each eye.

    The rim's lower edge stands out against the lens wherever it is; above it there is skin, or a brow at once. Where
    hardly any frame is seen, it is the lower edge of the brow that is found.

    Args:
        pixels: of the photo, uint8 (H, W, 3).
        eyes: of the face, as far as they are in the photo.
        frame: of its head.

    Returns:
        u and v in the head's axes, each float32 (29 for each eye,), u from low to high; ``None`` if the frame is before
        the brows.
    """
    views = [_View.of(pixels, eye) for eye in eyes]
    before = sum(view.path(before=True)[1] for view in views)
    paths = [view.path(before=False) for view in views]
    if before >= sum(plain for _, plain in paths):
        return None
    tops = [view.top(steps) for view, (steps, _) in zip(views, paths, strict=True)]
    if np.mean([view.brow - top for view, top in zip(views, tops, strict=True)]) > COVERED:
        return None
    places = [np.add(eye.place(PLACES, top), np.array([eye.box[:2]]).T) for eye, top in zip(eyes, tops, strict=True)]
    u, v = frame.uv(*np.concatenate(places, axis=1, dtype=np.float32))
    order = np.argsort(u)
    return u[order], v[order]


class _View(NamedTuple):
    """What is seen between an eye and the forehead at all :data:`PLACES`, in steps upward."""

    lowest: Array
    """float32 (29,), t of the first step."""
    brow: Array
    """float32 (29,), t of the brow's lower edge."""
    light: Array
    """float32 (29, N), brightness from :data:`BESIDE` steps before the first on."""

    @classmethod
    def of(cls, pixels: npt.NDArray[np.uint8], eye: Eye) -> _View:
        """What a picture, uint8 (H, W, 3), shows there."""
        order = np.argsort(eye.s, axis=None)
        lid, brow = (np.interp(PLACES, eye.s.flat[order], edge.flat[order]) for edge in (eye.upper, eye.brow))
        lowest = lid - LOWEST
        brow = np.minimum(brow, lowest - BESIDE * STEP)
        rows = np.arange(-BESIDE, int(((lowest - brow).max() + HIGHEST) / STEP) + WIDEST + BESIDE)
        x, y = eye.place(PLACES[:, None], np.asarray(lowest[:, None] - STEP * rows, np.float32))
        x, y = x + eye.box[0], y + eye.box[1]
        left, top = (max(int(v.min()) - 2, 0) for v in (x, y))
        part = pixels[top : max(int(y.max()) + 3, top + 1), left : max(int(x.max()) + 3, left + 1)]
        light = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.float32)
        light = cv2.GaussianBlur(light, (0, 0), max(0.01 * eye.width, 0.5))
        light = cv2.remap(light, x - left, y - top, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return cls(np.asarray(lowest, np.float32), np.asarray(brow, np.float32), np.asarray(light, np.float32))

    def path(self, before: bool) -> tuple[npt.NDArray[np.intp], float]:
        """The plainest line from place to place, its step at each of them, and how plain it is in all.

        Args:
            before: the brow and the forehead, instead of below the brow.
        """
        plain = self._plain(before)
        best, ways = plain[0], []
        for line in plain[1:]:
            near = np.lib.stride_tricks.sliding_window_view(np.pad(best, BEND, constant_values=-np.inf), 2 * BEND + 1)
            ways.append(np.arange(len(best)) + near.argmax(axis=1) - BEND)
            best = line + near.max(axis=1)
        steps = [int(best.argmax())]
        for way in ways[::-1]:
            steps.append(int(way[steps[-1]]))
        return np.array(steps[::-1]), float(best.max())

    def _plain(self, before: bool) -> Array:
        """How much each step looks like the lower edge of a rim, float32 (29, steps)."""
        total = np.cumsum(np.pad(self.light, ((0, 0), (1, 0))), axis=1)
        count = self.light.shape[1] - BESIDE - WIDEST

        def mean(start: int, length: int) -> Array:
            first, last = (total[:, at : at + count] for at in (BESIDE + start, BESIDE + start + length))
            return np.asarray((last - first) / length, np.float32)

        below = mean(-BESIDE, BESIDE)
        line = mean(0, 2) - np.maximum(below, mean(2, BESIDE))  # wire may shine
        for wide in (2, 4, 6, USUAL):
            line = np.maximum(line, np.minimum(below, mean(wide, BESIDE)) - mean(0, wide))
        high = np.arange(count) > ((self.lowest - self.brow + BROW) / STEP)[:, None]
        lens = np.maximum(below - mean(0, 2), 0) / 2
        return np.where(high == before, BEFORE * line if before else line + lens, np.float32(-1e6))

    def top(self, steps: npt.NDArray[np.intp]) -> Array:
        """t of the upper edge, float32 (29,), of a rim whose lower one is at ``steps`` (29,)."""
        places = np.arange(len(PLACES))
        below = np.mean([self.light[places, steps + k] for k in range(BESIDE)], axis=0)
        strip = np.stack([self.light[places, steps + BESIDE + k] for k in range(WIDEST + 1)], axis=1)
        away = np.abs(strip - below[:, None])
        ended = away[:, 1:] < away[:, :2].max(axis=1)[:, None] / 2
        wide = np.where(ended.any(axis=1), ended.argmax(axis=1) + 1, USUAL)
        wide = np.minimum(wide, median(wide) + 1)  # it is evenly so, but brows are next to it
        # What is a little higher beside a place counts there too: rather a brow gives way than a frame.
        near = np.lib.stride_tricks.sliding_window_view(np.pad(steps + wide, 2, mode="edge"), 5)
        return np.asarray(self.lowest - STEP * near.max(axis=1), np.float32)
