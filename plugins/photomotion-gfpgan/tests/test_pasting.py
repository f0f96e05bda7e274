from __future__ import annotations

import numpy as np
import pytest

from photomotion.testing.fakes import fake_face, fake_photo
from photomotion_gfpgan.alignment import SIZE, Alignment
from photomotion_gfpgan.pasting import FEATHER, OVAL, Canvas, face_mask

LANDMARKS = Alignment.of(fake_face()).apply(fake_face().landmarks[:, :2])
BRIGHTER = np.full((SIZE, SIZE, 3), 40, np.float32)


def test_the_mask_rises_smoothly_inside_the_face() -> None:
    mask = face_mask(LANDMARKS)
    rows, columns = np.gradient(mask)
    assert mask.min() == 0 and mask.max() == 1
    assert np.hypot(rows, columns).max() <= 1.5 / FEATHER + 0.003
    x, y = np.round(LANDMARKS[list(OVAL)]).astype(int).T
    assert mask[np.clip(y, 0, 511), np.clip(x, 0, 511)].max() < 0.01
    features = LANDMARKS[[33, 133, 362, 263, 61, 291, 1]].astype(int)
    assert mask[features[:, 1], features[:, 0]].min() > 0.5


def test_a_face_that_leaves_the_square_has_no_edge_there() -> None:
    mask = face_mask(LANDMARKS - np.array([0, 200]))
    assert mask.max() > 0.9
    assert np.max([mask[0], mask[-1], mask[:, 0], mask[:, -1]]) == 0


@pytest.mark.parametrize("size", [(150, 190), (700, 900), (1500, 1700)])
def test_no_square_is_seen(size: tuple[int, int]) -> None:
    """A brighter face has no edge anywhere: from pixel to pixel it rises as the mask does; beside it is nothing."""
    photo, face = fake_photo(*size), fake_face(*size)
    alignment = Alignment.of(face)
    canvas = Canvas(photo.pixels // 2, photo.pixels // 2)
    canvas.put(alignment, BRIGHTER, face_mask(alignment.apply(face.landmarks[:, :2])), 1.0)
    added = canvas.pixels.astype(float) - photo.pixels // 2
    assert added.max() == 40
    steepest = max(np.abs(np.diff(added, axis=axis)).max() for axis in (0, 1))
    assert steepest <= 40 * 1.5 / FEATHER * alignment.scale + 1.01  # rounding moves each pixel by half a level
    x0, y0, x1, y1 = (int(v) for v in face.box)
    outside = np.ones(added.shape[:2], bool)
    outside[y0 : y1 + 2, x0 : x1 + 2] = False
    assert not added[outside].any()
    assert not canvas.generated[outside].any()


def test_the_map_is_the_share_that_was_put_there() -> None:
    photo, face = fake_photo(), fake_face()
    alignment = Alignment.of(face)
    canvas = Canvas(photo.pixels, photo.pixels)
    canvas.put(alignment, BRIGHTER, face_mask(LANDMARKS), 0.25)
    assert canvas.generated.max() == pytest.approx(0.25, abs=1e-6)
    changed = canvas.changed()
    same = (canvas.pixels == photo.pixels).all(axis=2)
    assert not changed[same].any()
    assert np.array_equal(changed[~same], canvas.generated[~same])


def test_where_faces_overlap_nothing_is_added_twice() -> None:
    photo, face = fake_photo(), fake_face()
    alignment, mask = Alignment.of(face), face_mask(LANDMARKS)
    canvas = Canvas(photo.pixels // 2, photo.pixels // 2)
    for _ in range(3):
        canvas.put(alignment, BRIGHTER, mask, 1.0)
    assert (canvas.pixels.astype(int) - photo.pixels // 2).max() == 40
    assert canvas.generated.max() <= 1


def test_on_an_enlarged_ground_the_face_stands_on_the_plain_scan() -> None:
    photo, face = fake_photo(), fake_face()
    plain = photo.pixels
    canvas = Canvas(255 - plain, plain, made_up=1.0)
    canvas.put(Alignment.of(face), BRIGHTER * 0, face_mask(LANDMARKS), 0.3)
    x, y = face.landmarks[1, :2].astype(int)
    assert np.array_equal(canvas.pixels[y, x], plain[y, x])
    assert canvas.generated[y, x] == pytest.approx(0.3, abs=1e-5)
    assert canvas.generated[0, 0] == 1 and np.array_equal(canvas.pixels[0, 0], 255 - plain[0, 0])
