"""Skin of lids that the photo does not show: its tone, its light, its pores."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from eye_pictures import SIDES, bare, painted

from photomotion.data import Analysis, Face, Photo
from photomotion.warp.eyelids import Eyelid
from photomotion.warp.eyes import Eye
from photomotion.warp.lidskin import scatter_pores


class TestTone:
    @SIDES
    def test_make_up_comes_down_with_the_lid(self, side: str, portrait: tuple[Photo, Analysis], face: Face) -> None:
        eye = Eye.of(face, side, portrait[0].pixels)
        painted_on = (eye.t > eye.upper - 0.3) & (eye.t < eye.upper - 0.05) & (np.abs(eye.s - 0.5) < 0.7)
        pixels = portrait[0].pixels.copy()
        eye.crop(pixels)[painted_on] = np.round(0.3 * eye.crop(pixels)[painted_on] + 0.7 * np.array([90, 120, 200]))
        middle = (np.abs(eye.s - 0.5) < 0.3) & (eye.t > eye.upper) & (eye.t < 0.5 * (eye.upper + eye.lower))
        bare_lid, made_up = (Eyelid.of(p, eye, bare(eye)) for p in (portrait[0].pixels, pixels))
        hues = [lid.skin[middle[lid.part]].mean(0) for lid in (bare_lid, made_up)]
        assert hues[0][2] < hues[0][0]  # skin is red
        assert hues[1][2] > 1.1 * hues[1][0]  # the shadow is blue, and stays it

    def test_dark_streaks_beside_an_eye_do_not_run_over_its_lid(
        self, portrait: tuple[Photo, Analysis], face: Face
    ) -> None:
        eye = Eye.of(face, "Left", portrait[0].pixels)
        shaded = portrait[0].pixels.copy()
        socket = eye.t < eye.upper - 0.03
        eye.crop(shaded)[socket] = eye.crop(shaded)[socket] // 3  # so the lid's light is that of the cheek
        pixels = shaded.copy()
        streak = (eye.s > 0.55) & (eye.s < 0.7) & (eye.t > eye.lower + 0.05)
        eye.crop(pixels)[streak] = eye.crop(pixels)[streak] // 3
        light = []
        for p in (shaded, pixels):
            lid = Eyelid.of(p, eye, bare(eye))
            s, t = (a[lid.part] for a in (eye.s, eye.t - 0.5 * (eye.upper + eye.lower)))
            gray = cv2.cvtColor(lid.skin, cv2.COLOR_RGB2GRAY)
            light.append([gray[(np.abs(s - at) < 0.05) & (np.abs(t) < 0.1)].mean() for at in (0.45, 0.62)])
        (left, right), (streaked_left, streaked_right) = light
        assert (left - right) / left - (streaked_left - streaked_right) / streaked_left == pytest.approx(0, abs=0.06)

    def test_bright_skin_gets_no_brighter(self) -> None:
        for skin, most in ((232, 1.01), (120, 1.12)):
            eye, pixels, _ = painted()
            pixels[pixels == 170] = skin
            lid = Eyelid.of(pixels, eye, bare(eye))
            light, left = lid.close(1.0)
            assert light[left < 0.02].max() <= most * skin

    def test_it_comes_out_of_the_shade_of_its_socket(self) -> None:
        eye, pixels, _ = painted()
        socket = eye.t < eye.upper - 0.05
        eye.crop(pixels)[socket] = 90
        lid = Eyelid.of(pixels, eye, bare(eye))
        s = np.abs(eye.s[lid.part] - 0.5) < 0.1
        top, middle, edge = (lid.skin[s & (np.abs(lid.height - at) < 0.03)].mean() for at in (-0.16, 0.0, 0.2))
        assert 90 < top < 0.85 * edge
        assert top < middle < edge

    def test_warm_shade_is_not_made_gray(self) -> None:
        hues = []
        for below in ((170, 130, 90), (165, 150, 140)):
            eye, pixels, _ = painted()
            pixels[pixels.max(axis=2) == 170] = below
            shade = eye.t < eye.upper - 0.05
            eye.crop(pixels)[shade] = 100, 65, 30
            lid = Eyelid.of(pixels, eye, bare(eye))
            top = (np.abs(lid.height + 0.1) < 0.05) & (np.abs(eye.s[lid.part] - 0.5) < 0.2)
            red, _, blue = lid.skin[top].mean(axis=0)
            hues.append((red - blue) / (red + blue))
        assert hues[1] > 0.6 * hues[0]


class TestPores:
    def test_they_are_as_fine_and_as_strong_as_those_of_the_cheek(self) -> None:
        for strength in (4.0, 12.0):
            eye, pixels, _ = painted()
            grainy = np.clip(pixels + np.random.default_rng(1).normal(0, strength, pixels.shape), 0, 255)
            found = scatter_pores(grainy.astype(np.uint8), eye, bare(eye))
            assert found.std() == pytest.approx(strength / 170, rel=0.3)

    def test_the_edge_of_a_shadow_or_a_lens_counts_little(self) -> None:
        eye, pixels, _ = painted()
        grainy = np.clip(pixels + np.random.default_rng(1).normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)
        plain = scatter_pores(grainy, eye, bare(eye)).std()
        s = eye.s[0, 0] + (eye.box[0] - np.arange(grainy.shape[1])) / eye.width
        grainy[:, ((s > 0.15) & (s < 0.5)) | (s > 0.85)] //= 2  # an edge through whatever is looked at
        assert scatter_pores(grainy, eye, bare(eye)).std() < 8 * plain  # twelve times, were it taken whole
