"""What the built-in renderer is made of: rotations, filled grids, pictures read between their pixels, areas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from films import Pixels, apart
from hypothesis import given
from hypothesis import strategies as st

from photomotion.reading import read_photo
from photomotion.testing.fakes import fake_analysis
from photomotion.warp.areas import outside
from photomotion.warp.geometry import rotation, smoothstep
from photomotion.warp.grid import diffuse
from photomotion.warp.sampling import Closer, Sampler, read_softly


class TestGeometry:
    @given(st.tuples(*[st.floats(-90, 90)] * 3))
    def test_a_rotation_keeps_lengths_and_handedness(self, angles: tuple[float, float, float]) -> None:
        matrix = rotation(*angles)
        assert np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-5)
        assert np.linalg.det(matrix) == pytest.approx(1, abs=1e-5)

    def test_the_signs_are_those_of_pose(self) -> None:
        nose = np.array([0, 0, -1])
        assert (rotation(20, 0, 0) @ nose)[0] < -0.3  # to the left of the picture
        assert (rotation(0, 20, 0) @ nose)[1] > 0.3  # down
        assert (rotation(0, 0, 20) @ np.array([0, -1, 0]))[0] > 0.3  # clockwise: the crown leans right

    @given(st.floats(-3, 3), st.floats(-3, 3))
    def test_a_smooth_step_rises_from_0_to_1(self, x: float, y: float) -> None:
        low, high = (float(v) for v in smoothstep(np.array(sorted((x, y)), np.float32), 0.0, 1.0))
        assert 0 <= low <= high <= 1


class TestDiffuse:
    @given(st.integers(0, 2**31), st.integers(3, 40), st.integers(3, 40))
    def test_it_keeps_what_is_known_and_stays_between(self, seed: int, height: int, width: int) -> None:
        random = np.random.default_rng(seed)
        values = random.uniform(10, 20, (height, width)).astype(np.float32)
        known = (random.random((height, width)) < 0.3).astype(np.float32)
        known[0, 0] = 1
        filled = diffuse(values * known, known)
        assert np.allclose(filled[known == 1], values[known == 1], atol=1e-3)
        assert filled.min() > 9.99
        assert filled.max() < 20.01

    def test_nothing_known_gives_nothing(self) -> None:
        assert not diffuse(np.ones((9, 7, 3), np.float32), np.zeros((9, 7), np.float32)).any()


class TestSampler:
    @given(st.integers(0, 2**31), st.integers(12, 40), st.integers(12, 40))
    def test_whole_coordinates_give_the_pixels_themselves(self, seed: int, height: int, width: int) -> None:
        picture = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
        sampler = Sampler.of(picture)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        assert np.array_equal(sampler.read(np.dstack([x, y]) * sampler.scale), picture)

    @pytest.mark.parametrize("grain", [0.0, 3.0])
    @pytest.mark.parametrize("direction", [(1, 0), (0, 1), (1, 1), (1, -0.5)])
    def test_detail_is_even_at_every_fraction_of_a_pixel(
        self, grain: float, direction: tuple[float, float], astronaut: Path
    ) -> None:
        picture = read_photo(astronaut).pixels[20:260, 120:320, ::-1]
        noise = np.random.default_rng(4).normal(0, grain, picture.shape[:2])[..., None]
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
        picture = np.dstack([picture, picture[..., 0]])
        sampler = Sampler.of(picture)
        y, x = np.mgrid[0:240, 0:200].astype(np.float32)

        def detail(p: Pixels) -> float:
            light = cv2.cvtColor(np.ascontiguousarray(p[8:-8, 8:-8, :3]), cv2.COLOR_BGR2GRAY)
            return float(cv2.Laplacian(light, cv2.CV_32F).var())

        kept = []
        for fraction in np.arange(0, 16) / 16:
            at = np.dstack([x + fraction * direction[0], y + fraction * direction[1]]) * sampler.scale
            kept.append(detail(sampler.read(at.astype(np.float32))) / detail(picture))
        assert min(kept) > 0.92
        assert max(kept) < 1.08
        half = np.dstack([x + 0.5, y]).astype(np.float32)
        assert detail(cv2.remap(picture, half, None, cv2.INTER_LINEAR)) < 0.8 * detail(picture)

    @pytest.mark.parametrize(("shape", "scale"), [((40, 40), 4), ((8, 12000), 2), ((8, 17000), 1), ((1300, 1300), 2)])
    def test_a_large_or_long_picture_is_supersampled_less(self, shape: tuple[int, int], scale: int) -> None:
        sampler = Sampler.of(np.full((*shape, 4), 9, np.uint8))
        assert sampler.scale == scale
        at = np.array([[[shape[1] - 1.3, 3.6]]], np.float32) * np.float32(scale)
        assert (sampler.read(at) == 9).all()

    @given(st.integers(0, 2**31), st.floats(-30, 230), st.floats(-30, 150), st.sampled_from([0.5, 1.3, 4.0]))
    def test_reading_softly_is_reading_the_blurred_picture(self, seed: int, x: float, y: float, sigma: float) -> None:
        picture = np.random.default_rng(seed).integers(0, 256, (120, 200, 3), np.uint8)
        aside, down = np.meshgrid(np.arange(9, dtype=np.float32) * 1.25 + x, np.arange(7, dtype=np.float32) * 1.25 + y)
        at_x, at_y = (np.round(a * 8) / 8 for a in (aside, down))
        whole = cv2.GaussianBlur(picture, (0, 0), sigma)
        wanted = cv2.remap(whole, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        assert apart(read_softly(picture, at_x, at_y, sigma), np.asarray(wanted, np.uint8)).max() <= 1


class TestCloser:
    @given(st.floats(-20, 60), st.floats(-20, 60), st.floats(2, 60), st.integers(0, 30))
    def test_it_reads_the_photo_itself_wherever_a_face_is(self, x: float, y: float, side: float, reach: int) -> None:
        picture = np.random.default_rng(3).integers(0, 256, (48, 40, 4), np.uint8)
        face = replace(fake_analysis().faces[0], box=(x, y, x + side, y + side))
        closer = Closer.of(picture, face, 0.5 * side)
        places = np.dstack(np.meshgrid(np.arange(40), np.arange(48))).astype(np.float32)
        assert np.array_equal(closer.read(places)[closer.area], picture[closer.area])
        inner = closer.inner(reach)
        assert inner is None or picture[inner].size


@given(st.tuples(*[st.tuples(st.integers(0, 9), st.integers(1, 9)) for _ in range(4)]))
def test_what_is_outside_an_area_and_what_is_inside_are_all_of_it_once(sides: tuple[tuple[int, int], ...]) -> None:
    rows, columns, others, across = (slice(start, start + length) for start, length in sides)
    seen = np.zeros((20, 20), int)
    for part in outside((rows, columns), (others, across)):
        assert seen[part].size
        seen[part] += 1
    seen[others, across] += 1
    inside = np.zeros((20, 20), bool)
    inside[rows, columns] = True
    assert (seen[inside] == 1).all()
