"""The parts of the classic restoration, each on its own."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.builtin.restorers.classic import blocking, fill, noise, scratches, sharpness, shrinkage, tone
from photomotion.builtin.restorers.classic.faces import FaceSpot
from photomotion.builtin.restorers.classic.planes import Floats, luma, merge, split
from photomotion.reading import read_photo
from photomotion.testing import ageing

FACE = FaceSpot(0.9, (178.0, 82.0, 272.0, 176.0), ((203.0, 105.0), (247.0, 112.0)), (219.0, 149.0))
"""The example's face."""


@pytest.fixture(scope="module")
def picture() -> Floats:
    return read_photo(Path(__file__).parents[2] / "examples" / "photos" / "astronaut.png").pixels.astype(np.float32)


def rounded(picture: Floats) -> np.ndarray:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def test_planes_come_together_again(picture: Floats) -> None:
    assert np.abs(merge(*split(picture)) - picture).max() < 0.6  # OpenCV's constants have three digits


def test_the_basis_is_orthonormal() -> None:
    assert np.allclose(shrinkage.BASIS @ shrinkage.BASIS.T, np.eye(64), atol=1e-5)


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0, 255), st.floats(0, 50))
def test_a_plain_plane_has_no_noise_to_lose(height: int, width: int, value: float, threshold: float) -> None:
    plane = np.full((height, width), value, np.float32)
    sigmas = np.full(64, threshold, np.float32)
    assert np.abs(shrinkage.cut(plane, sigmas) - plane).max() < 1e-2
    assert np.abs(shrinkage.wiener(plane, plane, sigmas) - plane).max() < 1e-2


@pytest.mark.parametrize("sigma", [6.0, 12.0, 20.0])
def test_noise_is_measured(picture: Floats, sigma: float) -> None:
    rng = np.random.default_rng(1)
    y = 0.6 * luma(picture) + 50 + sigma * rng.standard_normal(picture.shape[:2]).astype(np.float32)
    found = noise.measure(y)
    assert found.sigma == pytest.approx(sigma, rel=0.15) and found.evenness > 0.8
    assert noise.measure(luma(picture)).sigma < 2
    assert found.spectrum is not None
    error = noise.remove(y, found.spectrum) - (0.6 * luma(picture) + 50)
    assert error.std() < 0.65 * sigma


@pytest.mark.parametrize(("quality", "top", "left"), [(10, 0, 0), (20, 3, 5), (35, 7, 1)])
def test_the_quality_of_a_jpeg_is_read_off_its_pixels(picture: Floats, quality: int, top: int, left: int) -> None:
    pixels = ageing.compress(rounded(picture), quality=quality)[top:, left:]
    lattice = blocking.measure(luma(pixels.astype(np.float32)))
    assert lattice is not None
    assert lattice.quality == pytest.approx(quality, abs=3)
    assert (lattice.top, lattice.left) == (-top % 8, -left % 8)


def test_a_picture_that_was_never_a_jpeg_is_not_called_one(picture: Floats) -> None:
    assert blocking.measure(luma(picture)) is None


@given(st.integers(0, 2**32 - 1))
def test_a_hole_is_filled_and_nothing_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = cv2.GaussianBlur(rng.uniform(0, 255, (40, 50, 3)).astype(np.float32), (0, 0), 2)
    hole = np.zeros((40, 50), np.bool_)
    for _ in range(3):
        row, column, size = rng.integers(0, 38), rng.integers(0, 48), rng.integers(1, 14)
        hole[row : row + size, column : column + size] = True
    broken = picture.copy()
    broken[hole] = 255
    mended = fill.fill(broken, hole)
    assert np.array_equal(mended[~hole], picture[~hole])
    assert np.isfinite(mended).all() and mended.min() >= 0 and mended.max() <= 255


def test_a_wide_hole_is_filled_with_texture_not_with_fog() -> None:
    x = np.arange(160, dtype=np.float32)
    stripes = np.repeat((128 + 80 * np.sin(x / 2.5))[None], 120, axis=0)
    picture = np.repeat(stripes[..., None], 3, axis=2)
    hole = np.zeros((120, 160), np.bool_)
    hole[50:70, 60:100] = True
    broken = picture.copy()
    broken[hole] = 0
    mended = fill.fill(broken, hole)
    inner = (slice(56, 64), slice(66, 94))
    assert mended[inner].std() > 0.7 * picture[inner].std()


@pytest.mark.parametrize("mirrored", [False, True])
def test_straps_lids_and_lips_are_no_scratches(picture: Floats, mirrored: bool) -> None:
    y = np.ascontiguousarray(luma(picture)[:, ::-1]) if mirrored else luma(picture)
    flaws = scratches.find(y, 1.5, [FACE])
    assert not flaws.lines.any() and not flaws.spots.any()


def test_drawn_glasses_and_a_hairline_are_no_scratches(picture: Floats) -> None:
    pixels = rounded(picture)
    for x, y in FACE.eyes:
        cv2.circle(pixels, (round(x), round(y) + 3), 19, (30, 25, 20), 2, cv2.LINE_AA)
    cv2.line(pixels, (222, 108), (228, 109), (30, 25, 20), 2, cv2.LINE_AA)
    flaws = scratches.find(luma(pixels.astype(np.float32)), 1.5, [FACE])
    assert not flaws.lines.any() and not flaws.spots.any()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_what_is_taken_for_a_scratch_mostly_is_one(picture: Floats, seed: int) -> None:
    pixels = rounded(picture)
    damaged = ageing.scratch(pixels, seed)
    real = cv2.dilate((np.abs(damaged.astype(int) - pixels).max(axis=2) > 20).astype(np.uint8), np.ones((5, 5)))
    flaws = scratches.find(luma(damaged.astype(np.float32)), 1.5, [FACE])
    assert flaws.lines.any()
    assert (real[flaws.lines] > 0).mean() > 0.62


def drawn_lines(pixels: np.ndarray, gray: float, seed: int) -> np.ndarray:
    """Seven long crooked lines of one gray across the picture."""
    rng = np.random.default_rng(seed)
    out, size = pixels.astype(np.float32), max(pixels.shape[:2])
    for _ in range(7):
        way = rng.uniform(0, size, 2) + np.linspace(-0.4, 0.4, 20)[:, None] * size * np.array([*_unit(rng)])
        way += np.cumsum(rng.normal(0, 0.003 * size, (20, 2)), axis=0)
        mask = np.zeros(pixels.shape[:2], np.uint8)
        cv2.polylines(mask, [np.round(way * 16).astype(np.int32)], False, 255, 2, cv2.LINE_AA, 4)
        out += (0.9 * mask / np.float32(255))[..., None] * (gray - out)
    return rounded(out)


def _unit(rng: np.random.Generator) -> tuple[float, float]:
    angle = rng.uniform(0, np.pi)
    return float(np.cos(angle)), float(np.sin(angle))


@pytest.mark.parametrize("gray", [18.0, 235.0])
def test_light_and_dark_scratches_are_found_and_the_picture_gets_better(picture: Floats, gray: float) -> None:
    faded = rounded(0.6 * picture + 60)  # dark lines do not show on black
    recalls = []
    for seed in (1, 2):
        damaged = drawn_lines(faded, gray, seed)
        real = np.abs(damaged.astype(int) - faded).max(axis=2) > 25
        lines = scratches.find(luma(damaged.astype(np.float32)), 1.5, [FACE]).lines
        recalls.append(lines[real].mean())
        mended = fill.fill(damaged.astype(np.float32), lines)
        assert np.square(mended - faded).mean() < 0.75 * np.square(damaged.astype(float) - faded).mean()
    assert min(recalls) > 0.5


def crossed(picture: Floats, gray: float) -> tuple[np.ndarray, np.ndarray]:
    """The picture with a line right across the face, and others elsewhere; and what that line covers on the face."""
    pixels = rounded(picture)
    out = pixels.copy()
    for ends in (((70, 70), (350, 160)), ((20, 330), (230, 420)), ((300, 300), (480, 470)), ((180, 240), (200, 500))):
        cv2.line(out, *ends, (gray,) * 3, 3, cv2.LINE_AA)
    covered = np.abs(out.astype(int) - pixels).max(axis=2) > 25
    face = np.zeros_like(covered)
    face[85:175, 180:270] = True
    return out, covered & face


@pytest.mark.parametrize(("gray", "least"), [(238.0, 0.85), (16.0, 0.7)])
def test_a_scratch_is_followed_across_the_face_from_both_sides(picture: Floats, gray: float, least: float) -> None:
    damaged, covered = crossed(picture, gray)
    lines = scratches.find(luma(damaged.astype(np.float32)), 1.5, [FACE]).lines
    assert lines[covered].mean() > least
    beside = cv2.dilate(covered.astype(np.uint8), np.ones((5, 5))) == 0
    assert not (lines & beside)[95:165, 190:260].any()


def test_masks_are_no_wider_than_the_scratch(picture: Floats) -> None:
    pixels = rounded(picture)
    damaged = ageing.scratch(pixels)
    lines = scratches.find(luma(damaged.astype(np.float32)), 1.5, [FACE]).lines
    touched = np.abs(damaged.astype(int) - pixels).max(axis=2) > 3
    near = cv2.dilate(touched.astype(np.uint8), np.ones((7, 7))) > 0
    assert touched[lines & near].mean() > 0.85
    mended = fill.fill(damaged.astype(np.float32), lines)
    assert np.square(mended - picture).mean() < 0.4 * np.square(damaged - picture).mean()


def test_an_eye_that_a_dark_line_runs_into_is_no_part_of_it(picture: Floats) -> None:
    damaged = drawn_lines(rounded(picture), 18.0, 1)
    eye = (round(FACE.eyes[1][0]), round(FACE.eyes[1][1]))
    cv2.line(damaged, eye, (420, 150), (18, 18, 18), 2, cv2.LINE_AA)
    lines = scratches.find(luma(damaged.astype(np.float32)), 1.5, [FACE], sure_lines=True).lines
    assert lines[128:150, 300:400].any()
    assert lines[eye[1] - 5 : eye[1] + 6, eye[0] - 9 : eye[0] + 1].mean() < 0.1


def test_a_wrinkle_on_the_face_is_left_even_on_a_scratched_print(picture: Floats) -> None:
    pixels = rounded(picture)
    cv2.ellipse(pixels, (190, 140), (5, 14), 0, 90, 270, (150, 110, 95), 1, cv2.LINE_AA)
    cv2.line(pixels, (205, 96), (235, 97), (165, 125, 110), 1, cv2.LINE_AA)
    damaged = drawn_lines(pixels, 18.0, 1)
    scratched = cv2.dilate((np.abs(damaged.astype(int) - pixels).max(axis=2) > 8).astype(np.uint8), np.ones((9, 9)))
    lines = scratches.find(luma(damaged.astype(np.float32)), 1.5, [FACE], sure_lines=True).lines
    face = (slice(85, 175), slice(180, 270))
    assert not (lines[face] & (scratched[face] == 0)).any()


def test_a_face_keeps_its_brightness_when_black_is_brought_back(picture: Floats) -> None:
    toned = 40 + 0.75 * np.repeat(luma(picture)[..., None], 3, axis=2)
    toned = 255 * (toned / 255) ** np.array([0.9, 1.0, 1.15], np.float32)
    dim = np.where(luma(picture)[..., None] > 60, 0.75 * toned + 20, toned).astype(np.float32)
    measured = tone.measure(dim, [FACE])
    mended = tone.stretch(dim, measured, 1.0, 0.0)
    face = (slice(95, 165), slice(190, 260))
    before, after = (float(np.median(luma(p)[face])) for p in (dim, mended))
    assert after > before - 14
    assert np.percentile(luma(mended), 1) < np.percentile(luma(dim), 1) - 15
    order = np.argsort(luma(dim).reshape(-1))[::997]
    assert (np.diff(luma(mended).reshape(-1)[order]) > -1.5).all()


def test_without_a_face_nothing_is_certain(picture: Floats) -> None:
    y = luma(ageing.scratch(rounded(picture)).astype(np.float32))
    assert not scratches.find(y, 1.5, []).lines.any()
    assert scratches.find(y, 1.5, [], sure_lines=True).lines.any()


@pytest.mark.parametrize("sigma", [1.5, 2.0, 2.5])
def test_blur_is_measured_and_partly_undone(picture: Floats, sigma: float) -> None:
    y = luma(picture)
    soft = cv2.GaussianBlur(y, (0, 0), sigma)
    width = sharpness.measure(soft)
    assert width == pytest.approx(sigma, abs=0.3)
    assert np.square(sharpness.sharpen(soft, width, 0.5, 1.0) - y).mean() < 0.85 * np.square(soft - y).mean()


def test_a_scene_that_is_all_green_or_yellow_has_no_cast() -> None:
    rng = np.random.default_rng(0)
    base = cv2.GaussianBlur(rng.uniform(0, 1, (200, 300)).astype(np.float32), (0, 0), 4)
    base = (base - base.min()) / np.ptp(base)
    mix = cv2.GaussianBlur(rng.uniform(0, 1, (200, 300, 3)).astype(np.float32), (0, 0), 6)
    for colour in ([120, 210, 90], [230, 190, 60]):
        scene = (base[..., None] * np.array(colour) + 60 * (mix - mix.mean())).clip(0, 255).astype(np.float32)
        assert tone.measure(scene, []).cast == 0
