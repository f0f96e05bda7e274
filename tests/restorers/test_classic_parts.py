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
