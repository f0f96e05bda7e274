"""Grain of a print: told from the picture, and what it does while that moves."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from films import apart
from hypothesis import given
from hypothesis import strategies as st

from photomotion.data import FaceMotion, Motion, Photo
from photomotion.testing.fakes import fake_analysis, fake_photo
from photomotion.warp import Scene
from photomotion.warp.grain import GrainMode, split


@pytest.fixture(scope="module")
def grainy() -> Photo:
    noise = np.random.default_rng(2).normal(0, 12, (240, 192, 1))
    return Photo(pixels=np.clip(fake_photo(gray=True).pixels + noise, 0, 255).astype(np.uint8))


class TestGrain:
    def test_a_smooth_picture_has_none(self) -> None:
        smooth = np.tile(np.linspace(40, 200, 256).astype(np.uint8)[None, :, None], (256, 1, 3))
        clean, grain = split(smooth)
        assert grain is None
        assert clean is smooth

    @given(st.floats(8, 20), st.integers(0, 2**31))
    def test_clean_picture_and_grain_add_up_to_the_photo(self, strength: float, seed: int) -> None:
        noise = np.random.default_rng(seed).normal(0, strength, (160, 160, 1))
        smooth = np.linspace(0, 255, 160)[None, :, None]
        photo = np.clip(smooth + noise, 0, 255).astype(np.uint8).repeat(3, axis=2)
        clean, grain = split(photo)
        assert grain is not None
        assert np.array_equal(clean + grain, photo)
        calm = (slice(20, 140), slice(40, 120))
        assert grain[calm].std() > 0.5 * strength
        assert (clean - smooth)[calm].std() < 0.6 * strength
        assert np.array_equal(clean[..., 0], clean[..., 2])

    @pytest.mark.parametrize("mode", ["still", "moving", "fresh", "off"])
    def test_what_grain_does_while_the_picture_moves(self, grainy: Photo, mode: GrainMode) -> None:
        values = np.array([[0.0], [4.0], *[[4.0]] * 23, [0.0], [4.0]], np.float32)
        motion = Motion(fps=25, faces=(FaceMotion(channels=("headYaw",), values=values),))
        drawn = Scene(grainy, fake_analysis(), motion, mode)
        assert np.array_equal(drawn.draw(0), grainy.pixels)
        frame, next_frame = drawn.draw(24), drawn.draw(26)
        assert np.array_equal(frame[..., 0], frame[..., 2])
        assert np.array_equal(frame, drawn.draw(24))
        assert np.array_equal(frame, next_frame) == (mode != "fresh")
        corner = (slice(0, 40), slice(0, 40))  # nobody there
        same = apart(frame, grainy.pixels)[corner].mean()
        rough, own = (float(p[corner].std()) for p in (frame, grainy.pixels))
        assert (same == 0) == (mode in ("still", "moving"))
        assert rough < 0.7 * own if mode == "off" else rough == pytest.approx(own, rel=0.3)
        assert apart(drawn.draw(1), drawn.draw(0))[corner].mean() < 1.5  # it changes slowly
        face = (slice(80, 130), slice(70, 120))
        sticks = (frame.astype(np.float32) - cv2.blur(frame, (5, 5)))[face][..., 0].ravel()
        paper = (grainy.pixels.astype(np.float32) - cv2.blur(grainy.pixels, (5, 5)))[face][..., 0].ravel()
        assert (np.corrcoef(sticks, paper)[0, 1] > 0.17) == (mode == "still")

    def test_edges_are_not_grain(self) -> None:
        photo = np.full((160, 160, 3), 60, np.float32)
        photo[:, 80:] = 180
        photo += np.random.default_rng(1).normal(0, 8, (160, 160, 1))
        clean, _ = split(np.clip(photo, 0, 255).astype(np.uint8))
        step = clean[:, 83:86].mean() - clean[:, 74:77].mean()
        assert step > 115
