"""Control films: what a conditioner draws of the motion, as a family that is driven by them wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PIL import Image

from photomotion.data import Conditioning
from photomotion.errors import UsageError
from photomotion_diffusers.portrait import Crop

from .base import Family
from .options import FamilyOptions

__all__ = ["control_films"]

WHOLE = ("face",)
"""Films that show one thing close by, not the photo's frame: they are not cropped with it."""


def control_films(
    conditioning: Conditioning, family: Family, options: FamilyOptions, crop: Crop
) -> Callable[[Sequence[int]], Mapping[str, list[Image.Image]]]:
    """A function from rows of the motion to the films that the family wants, one picture for each row.

    Args:
        conditioning: ``extras["controls"]`` maps names to functions from a row to a uint8 picture (H, W, 3): of the
            photo's size, but for the face, which fills its own.
        family: names the films.
        options: what it may be told about them.
        crop: the part of the photo that is generated.

    Raises:
        UsageError: if one of them is missing.
    """
    given = conditioning.extras.get("controls", {})
    wanted = family.films(options)
    missing = [name for name in wanted if name not in given]
    if missing:
        raise UsageError(
            f"{family.name} is driven by films of {' and '.join(missing)}, which the conditioning does not have; "
            "use conditioner='controls'"
        )

    def films(rows: Sequence[int]) -> Mapping[str, list[Image.Image]]:
        return {
            name: [Image.fromarray(given[name](row) if name in WHOLE else crop.take(given[name](row))) for row in rows]
            for name in wanted
        }

    return films
