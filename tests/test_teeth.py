"""What is seen in a mouth that opens: teeth, the tongue and dark, as the photo would show them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mouth_pictures import drawn_line, shut_face

from photomotion.warp.geometry import HeadFrame
from photomotion.warp.jaw import LipAxes
from photomotion.warp.teeth import TOOTH, inside, mouth_colours, softness, tongue, visible
from photomotion.warp.tint import Tint


class TestInside:
    @given(st.floats(-0.02, 0.02), st.floats(-0.015, 0.015))
    @settings(max_examples=15)
    def test_teeth_stand_level_however_the_lips_wind(self, slope: float, wave: float) -> None:
        face = shut_face()
        axes = LipAxes(face, HeadFrame.of(face))
        even = np.linspace(-1, 1, 49, dtype=np.float32)
        line = np.asarray(slope * even + wave * np.sin(3 * even), np.float32)
        s = np.linspace(-0.4, 0.4, 41, dtype=np.float32) + np.zeros((151, 1), np.float32)
        below = np.linspace(-0.03, 0.12, 151, dtype=np.float32)[:, None] + np.zeros_like(s)
        t = below - np.asarray(np.interp(s, even, line), np.float32) - axes.bend(s)
        dark, white = np.zeros(3, np.float32), np.full(3, 200, np.float32)
        drawn = inside(s, t, line, axes, dark, white, 0.004)[..., 0]
        ends = below[(drawn > 25).shape[0] - 1 - (drawn > 25)[::-1].argmax(axis=0), 0]
        assert abs(float(ends[:15].mean() - ends[-15:].mean())) < 0.006
        assert ends.max() - ends.min() < 0.6 * TOOTH

    def test_it_is_as_soft_as_the_photo(self) -> None:
        face, photo = shut_face(), drawn_line(0.0)
        unit = HeadFrame.of(face).unit
        found = [softness(cv2.GaussianBlur(photo.pixels, (0, 0), blur), face, unit) for blur in (0.3, 0.8, 1.3)]
        assert found[0] < found[1] < found[2]
        assert found[1] == pytest.approx(0.8, abs=0.5)

    def test_teeth_fade_in_heads_that_turn_away_and_where_they_would_be_a_stripe(self) -> None:
        assert visible(0.0, 0.004, 0.0) == visible(-15.0, 0.004, 0.0) == 1
        assert visible(28.0, 0.004, 0.0) == visible(-28.0, 0.004, 0.0) < 0.7
        assert visible(40.0, 0.004, 0.0) == 0
        assert 0.1 < visible(0.0, 0.03, 0.0) < 0.3  # soft photos
        assert 0.1 < visible(0.0, 0.004, 0.03) < 0.3  # lips that may be apart, so that teeth are seen above the line

    def test_so_does_the_tongue_but_not_the_lips_inner_side(self) -> None:
        s, t = np.zeros(2, np.float32), np.array([-0.06, 0.0], np.float32)
        front, turned = (tongue(s, t, yaw) for yaw in (0.0, -40.0))
        assert front[0] > 0.1 and turned[0] < 0.01 and turned[1] == pytest.approx(front[1], abs=0.1)

    def test_flesh_is_darker_in_a_photo_of_one_hue(self) -> None:
        face, colour = shut_face(), drawn_line(0.0)
        gray = np.repeat(cv2.cvtColor(colour.pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
        light = []
        for pixels in (colour.pixels, gray):
            tint = Tint.of(pixels, face)
            light.append(float(mouth_colours(tint, pixels)[2] @ (0.299, 0.587, 0.114)) / tint.light)
        assert light[1] < 0.8 * light[0]

    def test_a_faded_photo_gets_no_black_and_dark_skin_teeth_that_are_brighter(self) -> None:
        face, photo = shut_face(), drawn_line(0.0)
        axes = LipAxes(face, HeadFrame.of(face))
        x, y = (int(v) for v in axes.origin)
        near = (slice(y - 20, y + 8), slice(x - 14, x + 14))
        colours, skin = [], []
        for pixels in (photo.pixels, 130 + photo.pixels // 4, photo.pixels // 4):
            faded = np.array(pixels, np.uint8)
            faded[y - 3 : y, x - 3 : x + 3] = np.maximum(faded[y - 3 : y, x - 3 : x + 3], 200)
            tint = Tint.of(faded, face)
            colours.append(mouth_colours(tint, faded[near]))
            skin.append(tint.light)
        dark, teeth, flesh = (np.array([float(c[i].mean()) for c in colours]) for i in range(3))
        assert dark[1] > 2 * dark[0]
        assert teeth[2] / skin[2] > 1.2 * teeth[0] / skin[0]
        assert (dark < flesh + 1).all() and (flesh < teeth + 1).all()
