"""The line along which lips part is found in the photo, and whether they are apart there."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mouth_pictures import apart_face, drawn_line, enlarged, shut_face, streak

from photomotion.testing.fakes import fake_photo
from photomotion.warp.geometry import HeadFrame
from photomotion.warp.jaw import LipAxes
from photomotion.warp.lipline import find_line, parted, rim
from photomotion.warp.tint import Tint


class TestLine:
    @given(st.floats(-0.03, 0.03))
    @settings(max_examples=8)
    def test_it_is_found_where_it_is_dark(self, height: float) -> None:
        face = shut_face()
        axes = LipAxes(face, HeadFrame.of(face))
        pixels = drawn_line(height).pixels
        found = find_line(pixels, axes, face.landmarks, Tint.of(pixels, face), apart=False)
        assert np.abs(found[8:-8] - height).max() < 1.2 / axes.unit

    def test_without_one_it_is_the_meshs(self) -> None:
        face = shut_face()
        flat = np.full_like(fake_photo().pixels, 128)
        axes = LipAxes(face, HeadFrame.of(face))
        assert np.abs(find_line(flat, axes, face.landmarks, Tint.of(flat, face), apart=False)).max() < 0.01

    @given(st.floats(0.08, 0.25))
    @settings(max_examples=6)
    def test_without_one_in_a_grin_it_rises_to_the_corners(self, gap: float) -> None:
        face, flat = apart_face(gap), np.full_like(fake_photo().pixels, 128)
        axes = LipAxes(face, HeadFrame.of(face))
        found = find_line(flat, axes, face.landmarks, Tint.of(flat, face), apart=True)
        assert np.abs(found[[0, -1]]).max() < 0.01
        assert found[24] > 0.3 * gap

    @given(st.floats(-0.7, 0.7), st.sampled_from([-1, 1]), st.floats(0.022, 0.034))
    @settings(max_examples=20)
    def test_a_mole_beside_it_is_not_taken_for_it(self, s: float, side: int, away: float) -> None:
        """The mole is far darker than the line."""
        pixels, face = enlarged(drawn_line(0.0), shut_face())
        axes = LipAxes(face, HeadFrame.of(face))
        x, y = axes.place(np.array([s], np.float32), np.array([side * away], np.float32))
        cv2.circle(
            pixels, (round(float(x[0])), round(float(y[0]))), round(0.016 * axes.unit), (8, 4, 3), -1, cv2.LINE_AA
        )
        found = find_line(pixels, axes, face.landmarks, Tint.of(pixels, face), apart=False)
        assert np.abs(found[6:-6]).max() < 0.004

    def test_lips_that_only_the_mesh_parts_are_shut_unless_teeth_are_seen(self) -> None:
        pixels, face = enlarged(drawn_line(0.0), apart_face(0.035))
        axes, tint = LipAxes(face, HeadFrame.of(face)), Tint.of(pixels, face)
        assert not parted(pixels, axes, face.landmarks, tint)
        streak(pixels, axes, -0.035, (120, 60, 56), 0.016)
        streak(pixels, axes, -0.015, (235, 225, 210), 0.016)
        assert parted(pixels, axes, face.landmarks, tint)
        pixels, face = enlarged(drawn_line(0.0), apart_face(0.08))
        assert parted(pixels, LipAxes(face, HeadFrame.of(face)), face.landmarks, tint)

    def test_teeth_right_below_the_darkest_line_hang_from_the_upper_lip(self) -> None:
        pixels, face = enlarged(drawn_line(-0.02), apart_face(0.035))
        axes, tint = LipAxes(face, HeadFrame.of(face)), Tint.of(pixels, face)
        streak(pixels, axes, 0.01, (232, 226, 218), 0.03, 0.5)
        middle = find_line(pixels, axes, face.landmarks, tint, apart=False)[18:-18]
        assert middle.min() > 0.015
        assert parted(pixels, axes, face.landmarks, tint)

    def test_it_passes_below_the_teeth_of_a_grin_however_dark_it_is_above_them(self) -> None:
        pixels, face = enlarged(drawn_line(0.0), apart_face(0.1))
        axes, tint = LipAxes(face, HeadFrame.of(face)), Tint.of(pixels, face)
        streak(pixels, axes, 0.0, (30, 12, 10), 0.03)
        streak(pixels, axes, 0.03, (232, 226, 218), 0.03, 0.7)
        assert find_line(pixels, axes, face.landmarks, tint, apart=True)[12:-12].min() > 0.035

    @given(st.sampled_from([-0.5, 0.5]), st.sampled_from([0.0, 1.0]))
    @settings(max_examples=4)
    def test_shine_on_the_lower_lip_is_none(self, s: float, colours: float) -> None:
        """Beside the middle, in a photo of all colours; and all along it, in one of one hue."""
        pixels, face = enlarged(drawn_line(-0.02), apart_face(0.035))
        axes = LipAxes(face, HeadFrame.of(face))
        middle, half = (s, 0.3) if colours else (0.0, 0.5)
        streak(pixels, axes, 0.012, (232, 226, 218), 0.016, half, middle)
        if not colours:
            pixels = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
        found = find_line(pixels, axes, face.landmarks, Tint.of(pixels, face), apart=False)
        assert np.abs(found[8:-8] + 0.02).max() < 0.01

    @given(st.floats(0.075, 0.1))
    @settings(max_examples=4)
    def test_a_dark_wider_than_a_line_is_a_mouth_that_is_open(self, wide: float) -> None:
        pixels, face = enlarged(drawn_line(0.0), apart_face(0.035))
        axes, tint = LipAxes(face, HeadFrame.of(face)), Tint.of(pixels, face)
        streak(pixels, axes, -0.02, (24, 8, 6), 0.03)
        assert not parted(pixels, axes, face.landmarks, tint)
        streak(pixels, axes, 0.01 - wide / 2, (24, 8, 6), wide)
        assert parted(pixels, axes, face.landmarks, tint)

    @given(st.floats(-1.3, 1.3), st.floats(-0.5, 0.5))
    def test_its_axes_lead_there_and_back(self, s: float, t: float) -> None:
        face = shut_face()
        axes = LipAxes(face, HeadFrame.of(face))
        x, y = axes.place(np.array([s], np.float32), np.array([t], np.float32))
        again = axes.st(x, y)
        assert again[0][0] == pytest.approx(s, abs=2e-3)
        assert again[1][0] == pytest.approx(t, abs=2e-3)


class TestRim:
    @given(st.floats(0.01, 0.024), st.sampled_from([-1, 1]))
    @settings(max_examples=8)
    def test_a_lip_begins_where_what_is_dark_beside_the_line_ends(self, wide: float, side: int) -> None:
        pixels, face = enlarged(drawn_line(0.0), shut_face())
        axes, line = LipAxes(face, HeadFrame.of(face)), np.zeros(49, np.float32)
        streak(pixels, axes, 0.0, (60, 30, 28), 2 * wide, 1.0)
        found = rim(pixels, axes, line, side)
        assert found[16:-16] == pytest.approx(min(wide, 0.02 if side < 0 else 1.0), abs=0.007)
        assert found[[0, -1]].max() == 0

    def test_on_a_face_of_one_colour_it_is_the_line(self) -> None:
        face, flat = shut_face(), np.full_like(fake_photo().pixels, 128)
        assert not rim(flat, LipAxes(face, HeadFrame.of(face)), np.zeros(49, np.float32), 1).any()
