"""From the pictures a model made to the film: all frames, at the photo's size, the first the photo itself."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Conditioning, Frame, Timing
from photomotion.errors import UsageError

from .moments import at_rows, quickness
from .options import DiffusionOptions
from .portrait import Crop, match_colour, paste, to_gray
from .timing import between

__all__ = ["Reel", "check_guide"]

Picture = npt.NDArray[np.uint8]
Map = npt.NDArray[np.float32]

MARGIN = 0.06
"""Without a draft's regions, how far around the matte the person may move, as a share of the crop's shorter side."""


def check_guide(conditioning: Conditioning, steer: float, backend: str) -> None:
    """Refuse to steer by nothing.

    Raises:
        UsageError: if ``steer`` is above 0 and the conditioning has no draft.
    """
    if steer > 0 and conditioning.guide is None:
        raise UsageError(
            f"{backend} is to be steered ({steer:g}) but has no draft to follow; use conditioner='guide', "
            "or set backend.steer=0 for the model's own film"
        )


class _Key(NamedTuple):
    """A row that the model made."""

    row: int
    picture: Picture
    change: Map | None
    """What the model changed in the draft, float32 (H, W, 3), levels; None if nothing is to be moved by the draft."""


class Reel:
    """One film being made. Everything here depends on the row asked for and on nothing before it.

    Args:
        conditioning: photo, analysis and, if the run is steered, the guide.
        timing: of the film.
        crop: the part of the photo that is generated.
        options: of the backend.
    """

    def __init__(self, conditioning: Conditioning, timing: Timing, crop: Crop, options: DiffusionOptions) -> None:
        self.photo = conditioning.photo
        self.guide = conditioning.guide if options.steer > 0 else None
        self.embeddings = conditioning.extras.get("clip-vae")
        self.timing = timing
        self.crop = crop
        self.options = options
        self._matte = conditioning.analysis.matte
        self._quick = quickness(conditioning.motion)
        auto = "flow" if self.guide is None else "guide"
        self.interpolate = auto if options.interpolate == "auto" else options.interpolate
        if self.interpolate == "guide" and self.guide is None:
            raise UsageError("interpolate='guide' needs a draft to follow; use conditioner='guide' and steer above 0")

    def full(self, row: int) -> Picture:
        """The draft at the photo's size, uint8 (H, W, 3); the photo at row 0, and wherever there is no draft."""
        return self.photo.pixels if self.guide is None or self.is_photo(row) else self.guide.draw(row)

    def is_photo(self, row: int) -> bool:
        """Whether a row is the photo itself: the first, and the one after the last, which only a loop has."""
        return row in (0, self.timing.frames)

    def small(self, row: int) -> Picture:
        """The draft at the model's size, uint8 (crop.height, crop.width, 3)."""
        return self.crop.take(self.full(row))

    def regions(self) -> dict[str, Map]:
        """The guide's regions at the model's size, float32 (crop.height, crop.width); none without a guide."""
        if self.guide is None:
            return {}
        return {name: np.asarray(self.crop.take(region), np.float32) for name, region in self.guide.regions.items()}

    def quick(self, rows: Sequence[int]) -> dict[str, Map]:
        """How quick the moments around some rows are, float32 (rows,), 0..1, by region."""
        return {name: at_rows(curve, rows) for name, curve in self._quick.items()}

    def frames(self, keys: Generator[tuple[int, Picture], None, None]) -> Iterator[Frame]:
        """The whole film from the rows that were made.

        Args:
            keys: rising rows from 0 to the last, each with what the model made for it, uint8 at the model's size.
                Two of them are in memory at a time. In a loop the last is the photo again: what was made for it is
                passed over, and the frames before it lead to the photo. Closed when the film is, early or not.
        """
        with closing(keys):
            weight = self._weight()
            yield self._frame(0, self.photo.pixels)
            first: Picture | None = None
            old = self._key(0, self.small(0))
            for row, made in keys:
                first = made if first is None else first
                if row == 0:
                    continue
                new = self._key(row, self.small(row) if self.is_photo(row) else self._matched(row, made, first))
                for at in range(old.row + 1, min(row + 1, self.timing.frames)):
                    yield self._frame(at, self._pasted(old, new, at, weight))
                old = new

    def _pasted(self, old: _Key, new: _Key, row: int, weight: Map) -> Picture:
        full = self.full(row)
        small = None if self.guide is None else self.crop.take(full)
        picture = self._between(old, new, row, small)
        pasted = paste(picture, full, self.crop, weight=weight, draft=small, detail=self.options.detail)
        return to_gray(pasted) if self.photo.gray else pasted

    def _key(self, row: int, picture: Picture) -> _Key:
        if self.interpolate != "guide":
            return _Key(row, picture, None)
        return _Key(row, picture, picture.astype(np.float32) - self.small(row))

    def _frame(self, row: int, pixels: Picture) -> Frame:
        return Frame(index=row, time=row / self.timing.fps, pixels=pixels)

    def _matched(self, row: int, made: Picture, first: Picture) -> Picture:
        if not self.options.match_colour:
            return made
        if self.guide is None:
            return match_colour(made, self.small(0), by=first)
        return match_colour(made, self.small(row))

    def _between(self, old: _Key, new: _Key, row: int, small: Picture | None) -> Picture:
        if row == new.row:
            return new.picture
        if self.interpolate == "repeat":
            return old.picture
        part = (row - old.row) / (new.row - old.row)
        if small is None or old.change is None or new.change is None:
            return between(old.picture, new.picture, part)
        # The draft knows how things move; what the model changed in it passes from one made picture to the next.
        changed = cv2.addWeighted(old.change, 1 - part, new.change, part, 0)
        return np.asarray(np.clip(np.round(small + changed), 0, 255), np.uint8)

    def _weight(self) -> Map:
        """Where the film shows what was made: the crop's soft border, and around the person if the rest is kept."""
        x0, y0, x1, y1 = self.crop.box
        border = self.crop.border(self.photo.height, self.photo.width)
        if self.options.background == "generated":
            return border
        reach = max(MARGIN * min(x1 - x0, y1 - y0), 1.0)
        if self.guide is not None and "person" in self.guide.regions:
            person = np.ascontiguousarray(self.guide.regions["person"][y0:y1, x0:x1])
        else:
            size = 2 * round(reach) + 1
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
            person = cv2.dilate(np.ascontiguousarray(self._matte[y0:y1, x0:x1]), kernel)
        return np.asarray(np.minimum(border, np.clip(cv2.GaussianBlur(person, (0, 0), reach / 4), 0, 1)), np.float32)
