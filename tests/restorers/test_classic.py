"""The restorer ``classic``: nothing where nothing is wrong, nearer to the undamaged photo where something is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

from photomotion.builtin.plugin import load_auto, load_classic
from photomotion.builtin.restorers.classic.options import ClassicOptions
from photomotion.data import Photo, Restoration
from photomotion.plugin import Options, Runtime
from photomotion.reading import read_photo
from photomotion.testing import ageing

RUNTIME = Runtime(weights=Path)

Pixels = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def photo() -> Photo:
    return read_photo(Path(__file__).parents[2] / "examples" / "photos" / "astronaut.png")


def restore(photo: Photo, **options: Any) -> Restoration:
    return load_classic(ClassicOptions(**options), RUNTIME).restore(photo)


def names(restoration: Restoration) -> list[str]:
    return [step.name for step in restoration.steps]


def psnr(one: Pixels, two: Pixels) -> float:
    return float(10 * np.log10(255**2 / max(float(np.mean((one.astype(np.float64) - two) ** 2)), 1e-9)))


def ssim(one: Pixels, two: Pixels) -> float:
    """Wang et al. 2004, with the published Gaussian window, on brightness."""
    a, b = (cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(np.float64) for p in (one, two))
    ma, mb, aa, bb, ab = (cv2.GaussianBlur(v, (11, 11), 1.5) for v in (a, b, a * a, b * b, a * b))
    up = (2 * ma * mb + 6.5025) * (2 * (ab - ma * mb) + 58.5225)
    return float((up / ((ma * ma + mb * mb + 6.5025) * (aa - ma * ma + bb - mb * mb + 58.5225))).mean())


@pytest.mark.parametrize("size", [512, 400, 256])
def test_an_undamaged_photo_is_not_touched(photo: Photo, size: int) -> None:
    small = cv2.resize(photo.pixels, (size, size), interpolation=cv2.INTER_AREA) if size < 512 else photo.pixels
    whole = photo.with_pixels(np.asarray(small, np.uint8))
    restoration = restore(whole)
    assert restoration.photo is whole
    assert restoration.changed is None and restoration.filled is None and restoration.generated is None


def before_green(pixels: Pixels) -> Pixels:
    """Cut out roughly along hair and suit, and put before a green cloth."""
    figure = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(figure, (225, 115), (95, 105), 0, 0, 360, 255, -1)
    cv2.fillPoly(figure, [np.array([(60, 511), (90, 300), (160, 190), (300, 190), (420, 290), (511, 511)])], 255)
    share = (cv2.GaussianBlur(figure, (0, 0), 2) / 255.0)[..., None]
    return np.asarray(np.round(share * pixels + (1 - share) * (24, 168, 62)), np.uint8)


MEANT: dict[str, Callable[[Pixels], Pixels]] = {
    "warm white balance": lambda p: np.asarray(np.clip(p * np.array([1.1, 1.0, 0.9]), 0, 255), np.uint8),
    "lamp": lambda p: np.asarray(np.clip(p * np.array([1.2, 1.0, 0.75]), 0, 255), np.uint8),
    "cool light": lambda p: np.asarray(np.clip(p * np.array([0.85, 1.0, 1.15]), 0, 255), np.uint8),
    "low key": lambda p: np.asarray(p * 0.4, np.uint8),
    "dusk": lambda p: np.asarray(255 * (p / 255) ** 2, np.uint8),
    "film grade": lambda p: np.asarray(40 + p * (195 / 255), np.uint8),
    "green backdrop": before_green,
    "sepia print": ageing.tone,
}
"""Pictures that look like aged ones, but are meant so."""


@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant_so_is_not_touched(photo: Photo, name: str) -> None:
    meant = photo.with_pixels(MEANT[name](photo.pixels))
    restoration = restore(meant)
    assert restoration.photo is meant, names(restoration)


def test_weak_fading_is_believed_where_there_are_scratches(photo: Photo) -> None:
    graded = MEANT["film grade"](photo.pixels)
    steps = names(restore(photo.with_pixels(ageing.scratch(graded))))
    assert steps == ["scratches", "fading"]


def test_a_tint_of_the_lights_is_taken_away_only_when_asked(photo: Photo) -> None:
    lit = photo.with_pixels(np.asarray(np.clip(photo.pixels * np.array([1.0, 0.9, 0.6]), 0, 255), np.uint8))
    assert restore(lit).photo is lit
    assert names(restore(lit, cast=1)) == ["cast"]


def test_auto_is_classic_with_nothing_set(photo: Photo) -> None:
    damaged = photo.with_pixels(ageing.fade(photo.pixels))
    auto = load_auto(Options(), RUNTIME)
    assert auto.restore(photo).photo is photo
    assert np.array_equal(auto.restore(damaged).photo.pixels, restore(damaged).photo.pixels)


@pytest.mark.parametrize("kind", ageing.KINDS)
def test_every_kind_of_damage_gets_less(photo: Photo, kind: str) -> None:
    damaged = ageing.age(photo.pixels, kind)
    restoration = restore(photo.with_pixels(damaged))
    pixels = restoration.photo.pixels
    assert psnr(pixels, photo.pixels) > psnr(damaged, photo.pixels) + 0.4
    assert ssim(pixels, photo.pixels) > ssim(damaged, photo.pixels) + 0.01
    assert restoration.steps and restoration.generated is None


@pytest.mark.parametrize(
    ("kind", "name"),
    [("fade", "fading"), ("cast", "cast"), ("grain", "noise"), ("scratches", "scratches"), ("dust", "dust"),
     ("JPEG 20", "blocks"), ("blur", "blur")],
)  # fmt: skip
def test_one_damage_one_step_and_each_can_be_switched_off(photo: Photo, kind: str, name: str) -> None:
    damaged = photo.with_pixels(ageing.age(photo.pixels, kind))
    assert names(restore(damaged)) == [name]
    assert restore(damaged, **{name: 0}).photo is damaged
    half = restore(damaged, **{name: 0.5}).photo.pixels.astype(int)
    whole = restore(damaged).photo.pixels.astype(int)
    before = damaged.pixels.astype(int)
    assert 0 < np.abs(half - before).sum() < np.abs(whole - before).sum()


def test_gray_stays_gray(photo: Photo) -> None:
    light = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
    gray = Photo(pixels=np.repeat(light[..., None], 3, axis=2), gray=True)
    assert restore(gray).photo is gray
    damaged = gray.with_pixels(ageing.age(gray.pixels, "fade, scratches, dust"))
    mended = restore(damaged).photo
    assert mended.gray and (mended.pixels[..., :1] == mended.pixels).all()
    assert psnr(mended.pixels, gray.pixels) > psnr(damaged.pixels, gray.pixels) + 3


def test_a_toned_print_keeps_its_tone(photo: Photo) -> None:
    sepia = photo.with_pixels(ageing.tone(photo.pixels))
    assert restore(sepia).photo is sepia
    faded = sepia.with_pixels(ageing.fade(sepia.pixels))
    mended = restore(faded)
    assert names(mended) == ["fading"]
    before, after = (p.astype(np.float64) for p in (faded.pixels, mended.photo.pixels))
    middle = (before.mean(axis=2) > 110) & (before.mean(axis=2) < 190)
    tints = [(p[..., 0] - p[..., 2])[middle].mean() for p in (before, after)]
    assert 0.8 < tints[1] / tints[0] < 1.3


@pytest.mark.parametrize("gray", [False, True])
def test_fading_that_is_none_is_not_claimed(photo: Photo, gray: bool) -> None:
    if gray:
        light = cv2.cvtColor(photo.pixels, cv2.COLOR_RGB2GRAY)
        photo = Photo(pixels=np.repeat(light[..., None], 3, axis=2), gray=True)
    assert restore(photo, fading=1).photo is photo, "black is black and white is white"
    dim = photo.with_pixels((photo.pixels * 0.7).astype(np.uint8))
    widened = restore(dim, fading=1)
    (step,) = widened.steps
    assert "Black at 0 of 255 gray levels is no sign of fading; contrast was widened, as asked" in step.sentence
    assert widened.photo.pixels.max() > dim.pixels.max() + 40
    assert not widened.photo.pixels[dim.pixels.max(axis=2) == 0].any(), "and black stays black"


@pytest.mark.parametrize("level", [0, 100, 255])
@pytest.mark.parametrize("fading", ["auto", 1])
def test_what_is_of_one_tone_keeps_it(level: int, fading: Any) -> None:
    rows = np.linspace(0, 15, 64).astype(np.uint8)[:, None, None] * np.ones((1, 64, 3), np.uint8)
    wall = Photo(pixels=np.clip(rows + np.int64(level), 0, 255).astype(np.uint8))
    assert restore(wall, fading=fading).photo is wall


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_sideways_scan_is_set_upright(photo: Photo, turns: int) -> None:
    sideways = photo.with_pixels(np.ascontiguousarray(np.rot90(photo.pixels, turns)))
    restoration = restore(sideways)
    assert names(restoration) == ["turn"]
    assert np.array_equal(restoration.photo.pixels, photo.pixels)
    assert restoration.changed is not None and not restoration.changed.any()
    assert restore(sideways, turn="off").photo is sideways


@pytest.mark.parametrize("angle", [0.0, 4.0])
def test_a_border_is_told_and_cut_off_only_when_asked(photo: Photo, angle: float) -> None:
    matrix = cv2.getRotationMatrix2D((255.5, 255.5), -angle, 1.0)
    matrix[:, 2] += 64
    scan = cv2.warpAffine(
        photo.pixels,
        matrix,
        (640, 640),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(12, 200, 90),
    )
    bed = photo.with_pixels(np.asarray(scan, np.uint8))
    kept = restore(bed)
    assert kept.photo is bed and names(kept) == ["border"] and kept.steps[0].strength == 0
    cropped = restore(bed, border="crop").photo
    assert abs(cropped.width - 511) < 6 and abs(cropped.height - 511) < 6
    corners = cropped.pixels[[2, 2, -3, -3], [2, -3, 2, -3]].astype(int)
    assert (np.abs(corners - [12, 200, 90]).max(axis=1) > 20).all()


def test_the_maps_say_where(photo: Photo) -> None:
    damaged = photo.with_pixels(ageing.scratch(photo.pixels))
    restoration = restore(damaged)
    changed, filled = restoration.changed, restoration.filled
    assert changed is not None and filled is not None
    different = (restoration.photo.pixels != damaged.pixels).any(axis=2)
    assert different.any() and not different[changed == 0].any()
    assert (changed[filled == 1] == 1).all() and not different[filled == 0].any()
    scratched = np.abs(damaged.pixels.astype(int) - photo.pixels).max(axis=2) > 30
    assert scratched[filled == 1].mean() > 0.4 and (filled[scratched] == 1).mean() > 0.5


def test_fidelity_keeps_the_face_and_mends_the_rest(photo: Photo) -> None:
    damaged = photo.with_pixels(ageing.age(photo.pixels, "grain"))
    face, wall = (slice(90, 150), slice(190, 260)), (slice(20, 120), slice(330, 380))
    faithful, free = restore(damaged, fidelity=1).photo.pixels, restore(damaged).photo.pixels
    assert np.abs(faithful[face].astype(int) - damaged.pixels[face]).mean() < 0.6
    assert np.abs(free[face].astype(int) - damaged.pixels[face]).mean() > 2
    assert np.array_equal(faithful[wall], free[wall])


def test_enlarging_adds_nothing_that_averaging_does_not_give_back(photo: Photo) -> None:
    small = photo.with_pixels(np.asarray(cv2.resize(photo.pixels, (200, 200), interpolation=cv2.INTER_AREA), np.uint8))
    restoration = restore(small, enlarge=2)
    large = restoration.photo.pixels
    assert large.shape == (400, 400, 3) and names(restoration) == ["enlarge"]
    assert restoration.changed is not None and restoration.changed.shape == (400, 400)
    back = large.reshape(200, 2, 200, 2, 3).mean(axis=(1, 3))
    assert np.abs(back - small.pixels).mean() < 0.5
    assert ssim(large, cv2.resize(photo.pixels, (400, 400), interpolation=cv2.INTER_AREA)) > 0.9


def test_a_tiny_face_is_enlarged_by_itself(photo: Photo) -> None:
    tiny = photo.with_pixels(np.asarray(cv2.resize(photo.pixels, (180, 180), interpolation=cv2.INTER_AREA), np.uint8))
    assert restore(tiny).photo.width == 360


@pytest.mark.parametrize("shape", [(1, 1), (7, 40), (40, 7), (64, 64)])
@pytest.mark.parametrize("value", [0, 128, 255])
def test_odd_pictures_come_back(shape: tuple[int, int], value: int) -> None:
    plain = Photo(pixels=np.full((*shape, 3), value, np.uint8))
    assert restore(plain, fading=0).photo is plain
    forced = dict.fromkeys(("blocks", "scratches", "dust", "noise", "fading", "cast", "blur"), 1.0)
    assert restore(plain, **forced).photo.pixels.shape == plain.pixels.shape


def test_noise_alone_is_not_a_scratch() -> None:
    rng = np.random.default_rng(3)
    noise = Photo(pixels=rng.integers(0, 256, (200, 300, 3), dtype=np.uint8))
    assert "scratches" not in names(restore(noise))


@pytest.mark.parametrize("wrong", [{"noise": 2}, {"noise": "much"}, {"enlarge": 5}, {"border": "cut"}, {"nose": 1}])
def test_wrong_options_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClassicOptions(**wrong)


def test_a_restorations_maps_have_the_photos_size(photo: Photo) -> None:
    for name in ("changed", "filled", "generated"):
        wrong: dict[str, Any] = {name: np.zeros((3, 3), np.float32)}
        with pytest.raises(ValueError, match=f"Restoration.{name}"):
            replace(Restoration(photo=photo), **wrong)
    whole = Restoration(photo=photo, changed=np.zeros((512, 512), np.float32))
    assert replace(whole).changed is not None
