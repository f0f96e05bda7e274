"""Drawing the eyes into the moved picture: first skin goes with the lids, then balls turn and lids close over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt

from . import compiled
from .areas import Area, box_of
from .eyeballs import Eyeball
from .eyelids import Eyelid
from .geometry import Array
from .grid import Grid
from .sampling import Closer

__all__ = ["Person", "look"]

Pixels = npt.NDArray[np.uint8]

Person = tuple[Mapping[str, tuple[Eyeball, Eyelid]], Closer, Mapping[str, float]]
"""The eyes of a face, the photo around it, and its channels."""


def look(picture: Pixels, places: Array, grid: Grid, reach: int, people: Sequence[Person]) -> None:
    """Draw the eyes of all people into the moved picture, in place.

    Args:
        picture: uint8 (H, W, 3).
        places: where each node comes from, of :meth:`Grid.places`.
        grid: theirs; it covers the picture from its first pixel on.
        reach: px that nothing moves farther than.
        people: all of the photo.
    """
    moving = []
    for eyes, face, values in people:
        gaze = values.get("gazeYaw", 0.0), values.get("gazePitch", 0.0)
        for side, (ball, lid) in eyes.items():
            closure = values.get(f"eyeBlink{side}", 0.0)
            area = ball.eye.area(places, grid.step, reach, *picture.shape[:2])
            if (any(gaze) or closure) and picture[area].size:
                ways = follow(picture, area, places, grid, lid, face, gaze[1], closure)
                moving.append((ball, lid, area, ways, gaze, closure))
    # Eyes that are close to each other share pixels: all skin is in place before a ball or a lid is drawn.
    for ball, lid, area, ways, gaze, closure in moving:
        if any(gaze):
            turn(picture, area, ways, ball, *gaze)
        if closure:
            lid.draw(picture[area], ways[1], closure)


def follow(
    picture: Pixels, area: Area, places: Array, grid: Grid, lid: Eyelid, face: Closer, pitch: float, closure: float
) -> Array:
    """Draw the skin around an eye as it goes with the lids, in place, and tell where every pixel comes from.

    Args:
        picture: uint8 (H, W, 3).
        area: where the eye can be in it, not empty.
        places: of :meth:`Grid.places`.
        grid: theirs.
        lid: the eye's.
        face: the photo around it.
        pitch: of the gaze, degrees.
        closure: 0 as in the photo ... 1 shut.

    Returns:
        float32 (3, h, w, 2), of the area, px from the corner of the eye's box: where a pixel comes from as the head
        moves, then if lids also follow the gaze, then if they also close.
    """
    box, corner = box_of(area), lid.eye.box[:2]
    if inner := compiled.inner:
        ways = np.empty((3, box[3] - box[1], box[2] - box[0], 2), np.float32)
        scale, points = face.table.scale, face.table.table
        inner.follow(
            picture,
            picture.shape[:2],
            box,
            ways,
            places,
            places.shape[:2],
            grid.step,
            corner,
            lid.maps,
            lid.maps.shape[1:],
            lid.moves(pitch, closure),
            points,
            points.shape[:2],
            (scale, -scale * face.corner[0], -scale * face.corner[1]),
        )
        return ways
    head = grid.between(places, box) - np.array(corner, np.float32)
    local = head - lid.followed(head, pitch, closure) if pitch else head
    pulled = local - lid.pulled(local, closure) if closure else local
    if pulled is not head:
        skin = face.read(pulled + np.array(corner, np.float32))
        # Next to what has moved, there may be a mouth that opens, or another eye.
        moved = cv2.bitwise_not(cv2.inRange(pulled - head, (0, 0, 0, 0), (0, 0, 0, 0)))
        cv2.copyTo(cv2.cvtColor(skin, cv2.COLOR_RGBA2RGB), moved, picture[area])
    return np.stack([head, local, pulled])


def turn(picture: Pixels, area: Area, ways: Array, ball: Eyeball, yaw: float, pitch: float) -> None:
    """Draw an eyeball that looks elsewhere than in the photo, in place; ``ways`` is of :func:`follow`, angles are as in
    :meth:`Eyeball.draw`."""
    inner = compiled.inner
    if inner is None:
        ball.draw(picture[area], ways[2], ways[0], yaw, pitch)
        return
    inner.turn(picture, picture.shape[:2], box_of(area), ways, *ball.tables, *ball.looking(yaw, pitch))
