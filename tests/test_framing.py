"""Head and shoulders of whom a photo is of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from photomotion.data import Analysis
from photomotion.framing import portrait
from photomotion.testing.fakes import fake_analysis


def people(width: int, height: int, *boxes: tuple[float, float, float, float]) -> Analysis:
    face = fake_analysis().faces[0]
    faces = tuple(replace(face, box=box) for box in boxes)
    return Analysis(faces=faces, matte=np.zeros((height, width), np.float32))


def test_one_person_in_a_room() -> None:
    assert portrait(people(1000, 800, (400, 300, 480, 400))) == (310, 235, 570, 519)


def test_those_small_in_the_background_are_left_out() -> None:
    alone = portrait(people(1000, 800, (400, 300, 480, 400)))
    assert portrait(people(1000, 800, (400, 300, 480, 400), (900, 200, 930, 240))) == alone
    with_a_friend = portrait(people(1000, 800, (400, 300, 480, 400), (600, 300, 660, 380)))
    assert with_a_friend[:2] == alone[:2] and with_a_friend[2] > 660


@given(st.data())
def test_a_portrait_lies_in_the_photo_is_even_and_has_the_largest_face(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(16, 500)), data.draw(st.integers(16, 500))
    boxes = []
    for _ in range(data.draw(st.integers(1, 4))):
        x, y = (data.draw(st.floats(-20, n - 10)) for n in (width, height))
        boxes.append((x, y, x + data.draw(st.floats(10, 200)), y + data.draw(st.floats(10, 200))))
    x0, y0, x1, y1 = portrait(people(width, height, *boxes))
    assert 0 <= x0 < x1 <= width and 0 <= y0 < y1 <= height
    assert (x1 - x0) % 2 == 0 and (y1 - y0) % 2 == 0
    left, top, right, bottom = max(boxes, key=lambda box: box[3] - box[1])
    assert x0 <= max(left, 0) + 1 and y0 <= max(top, 0) + 1
    assert x1 >= min(right, width) - 2 and y1 >= min(bottom, height) - 2
