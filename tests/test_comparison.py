"""The sheet and the sentences that say what a restorer did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from photomotion.clip import Report
from photomotion.comparison import CHANGED, FILLED, GAP, GENERATED, LINE, describe_restoration, draw_comparison
from photomotion.console import describe_film, restoration_data
from photomotion.data import Mending, Restoration
from photomotion.testing.fakes import fake_photo

STEP = Mending(name="scratches", measured=3.0, strength=0.8, sentence="3 scratches were filled.")
LEFT = Mending(name="grain", measured=1.5, strength=0.0, sentence="Fine grain, 1.5 levels, belongs to the print.")


def mended() -> Restoration:
    """The drawn photo with its upper quarter filled, its lower quarter made up and a little changed everywhere."""
    photo = fake_photo()
    changed = np.full((photo.height, photo.width), 0.04, np.float32)
    filled, generated = np.zeros_like(changed), np.zeros_like(changed)
    filled[: photo.height // 4] = 1
    generated[-photo.height // 4 :] = 1
    return Restoration(photo=photo, changed=changed, filled=filled, generated=generated, steps=(STEP, LEFT))


def test_the_map_shows_each_kind_in_its_colour() -> None:
    restoration = mended()
    sheet = draw_comparison(fake_photo(), restoration)
    third = (sheet.shape[1] - 4 * GAP) // 3
    high = round(third * restoration.photo.height / restoration.photo.width)
    x = sheet.shape[1] - GAP - third // 2
    top, middle, bottom = (sheet[GAP + LINE + round(high * part), x].astype(int) for part in (0.1, 0.5, 0.9))
    for seen, colour in ((top, FILLED), (bottom, GENERATED)):
        assert np.abs(seen - colour).max() < 60
    dim = replace(restoration, changed=np.zeros_like(restoration.changed))
    without = draw_comparison(fake_photo(), dim)[GAP + LINE + round(high * 0.5), x].astype(int)
    assert (middle - without)[0] > 10, "a change of 4 % is seen"
    assert (np.sign(middle - without) * np.sign(np.array(CHANGED) - without) >= 0).all()


def test_before_and_after_are_the_two_photos() -> None:
    scan = fake_photo()
    after = scan.with_pixels((255 - scan.pixels).astype(np.uint8))
    sheet = draw_comparison(scan, Restoration(photo=after)).astype(int)
    third = (sheet.shape[1] - 4 * GAP) // 3
    rows = slice(GAP + LINE + 40, GAP + LINE + 400)
    before, beside = (sheet[rows, GAP + n * (third + GAP) + 20 : n * (third + GAP) + third - 20] for n in (0, 1))
    assert np.abs(before + beside - 255).max() <= 1


def test_a_wide_upscaled_photo_fits_on_the_sheet() -> None:
    scan = fake_photo(300, 100)
    sheet = draw_comparison(scan, Restoration(photo=fake_photo(1200, 400)))
    assert sheet.shape[1] <= 3 * 640 + 4 * GAP


def test_the_sentences_say_what_was_done_and_what_was_left() -> None:
    assert describe_restoration(mended()) == [
        "100.0% of the picture was changed, 25.0% filled from around, 25.0% made up by a network",
        "scratches: 3 scratches were filled (strength 80%)",
        "grain: Fine grain, 1.5 levels, belongs to the print (left)",
    ]
    assert describe_restoration(Restoration(photo=fake_photo())) == ["nothing was changed"]


def test_the_data_for_apps() -> None:
    data = restoration_data(mended())
    assert (data["changed"], data["filled"], data["generated"]) == (0.04, 0.25, 0.25)
    assert data["steps"][0] == {"name": "scratches", "measured": 3.0, "strength": 0.8, "sentence": STEP.sentence}


def test_the_line_on_a_film_names_what_was_mended() -> None:
    report = Report(
        photo="a", frames=1, seconds=1, seed=0, faces=1, expectation="good", findings=(), mended=(STEP, LEFT)
    )
    assert "expectation good; mended: scratches; nothing" in describe_film(report, 1.0)
