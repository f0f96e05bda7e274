from __future__ import annotations

import cv2
import numpy as np
from made import astronaut, gray, painted, sepia

from photomotion_gfpgan.tones import TO_YCC, Tone

SQUARE = (slice(20, 276), slice(100, 356))


def square(photo) -> np.ndarray:
    return cv2.resize(photo.pixels[SQUARE], (512, 512), interpolation=cv2.INTER_CUBIC).astype(np.float32)


def colour(picture: np.ndarray) -> np.ndarray:
    return picture.astype(np.float64) @ TO_YCC[1:].T


def test_what_kind_of_print_it_is() -> None:
    photo = astronaut()
    assert Tone.of(photo).kind == "colour"
    assert Tone.of(gray(photo)).kind == "gray"
    assert Tone.of(sepia(photo)).kind == "toned"
    noise = np.random.default_rng(0).normal(0, 6, photo.pixels.shape)
    grainy = np.clip(sepia(photo).pixels + noise, 0, 255).astype(np.uint8)
    assert Tone.of(photo.with_pixels(grainy)).kind == "toned"


def test_gray_stays_gray() -> None:
    photo = gray(astronaut())
    kept = Tone.of(photo).keep(painted(square(photo)), square(photo), 24)
    assert (kept == kept[..., :1]).all()


def test_sepia_keeps_its_dye_even_where_lips_were_painted() -> None:
    photo = sepia(astronaut())
    scan, tone = square(photo), Tone.of(photo)
    made = painted(scan)
    assert np.abs(colour(made) - colour(scan)).max() > 60
    kept = tone.keep(made, scan, 24)
    light = kept.astype(np.float64) @ TO_YCC[0]
    # The curve as measured, at each brightness.
    expected = np.stack([np.polynomial.polynomial.polyval(light / 255, c) for c in tone.curve.T], axis=2)
    assert np.abs(colour(kept) - expected).max() < 8
    assert np.abs(kept - scan)[350:395, 205:310].mean() > 5  # the lips' drawing is not thrown away, only its colour


def test_a_colour_photo_is_not_tinted_as_a_whole() -> None:
    photo = astronaut()
    scan = square(photo)
    made = np.clip(scan * 0.8 + np.array([40, 0, -30], np.float32), 0, 255)
    kept = Tone.of(photo).keep(made, scan, 24)
    soft = [cv2.GaussianBlur(p, (0, 0), 60) for p in (kept, made, scan)]
    assert np.abs(soft[0] - soft[2]).mean() < 2 < np.abs(soft[1] - soft[2]).mean()


def test_in_a_colour_photo_too_lips_are_not_painted() -> None:
    scan, tone = square(astronaut()), Tone.of(astronaut())
    made = painted(scan)
    kept = tone.keep(made, scan, 24)
    middle = (slice(362, 384), slice(225, 290))
    strays = [np.abs(colour(p) - colour(scan))[middle].mean() for p in (kept, made)]
    assert strays[0] < 0.35 * strays[1]


def test_what_is_the_scan_already_stays_it() -> None:
    for photo in (astronaut(), sepia(astronaut()), gray(astronaut())):
        scan = square(photo)
        kept = Tone.of(photo).keep(scan.copy(), scan, 24)
        # A print of one dye is brought onto its curve, by no more than its colour strays from it.
        assert np.abs(kept - scan).mean() < (1.5 if Tone.of(photo).kind == "toned" else 0.01)
