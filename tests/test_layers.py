"""Person and background: where one ends, and what is behind."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.warp.layers import parted, with_wisps
from photomotion.warp.laying import compose
from photomotion.warp.plate import background


class TestLayers:
    @given(st.integers(0, 2**31))
    def test_put_together_without_motion_they_are_the_photo(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        pixels = random.integers(0, 256, (48, 56, 3), np.uint8)
        matte = cv2.GaussianBlur((random.random((48, 56)) > 0.6).astype(np.float32), (0, 0), 3)
        people, behind, opacity = parted(matte, pixels, 12.0)
        picture = people.copy()
        compose(picture, background(behind, opacity, 12.0), opacity)
        assert np.abs(picture.astype(np.int16) - pixels).max() <= 1

    def test_the_background_goes_on_behind_the_person(self) -> None:
        stripes = np.zeros((200, 200, 3), np.uint8)
        stripes[::20] = stripes[1::20] = stripes[2::20] = 200  # horizontal lines
        matte = np.zeros((200, 200), np.float32)
        matte[20:, 60:140] = 1
        photo = stripes.copy()
        photo[20:, 60:140] = (255, 0, 0)
        _, behind, opacity = parted(matte, photo, 60.0)
        plate = background(behind, opacity, 60.0)
        assert plate[30:190, 70:130, 0].max() < 201  # nothing of the person
        beside = np.abs(plate.astype(np.int16) - stripes)[40:180, 64:68]
        assert beside.mean() < 15  # near the outline the lines continue

    @pytest.mark.parametrize("lean", [0, 90, 20, -45, 10, 60])
    def test_a_line_goes_on_straight_behind_the_person(self, lean: float) -> None:
        y, x = np.mgrid[0:240, 0:240].astype(np.float32) - 120
        along = np.cos(np.radians(lean)) * x + np.sin(np.radians(lean)) * y
        across = np.cos(np.radians(lean)) * y - np.sin(np.radians(lean)) * x
        bar = np.abs(across - 20) < 12
        truth = np.where(bar, 40, 190)[..., None] + np.zeros(3)
        matte = (np.hypot(x, y) < 60).astype(np.float32)
        photo = np.where(matte[..., None] > 0, np.array([255, 0, 0]), truth).astype(np.uint8)
        _, behind, opacity = parted(matte, photo, 100.0)
        plate = background(behind, opacity, 100.0)
        depth = cv2.distanceTransform((opacity == 255).astype(np.uint8), cv2.DIST_L2, 5)
        band = (depth > 0) & (depth < 25) & (np.abs(along) > 30)
        assert np.abs(plate[band] - truth[band]).mean() < 15
        assert plate[bar & band].mean() < 85
        assert plate[..., 0].max() < 201  # nothing of the person

    def test_specks_of_dust_are_not_hair(self) -> None:
        pixels = np.full((240, 240, 3), 150, np.uint8)
        cv2.circle(pixels, (120, 120), 60, (40, 30, 20), -1)
        cv2.circle(pixels, (120, 52), 1, (250, 250, 250), -1)
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 58, 1.0, -1)
        assert with_wisps(matte, pixels, 100.0)[50:54].max() == 0

    @pytest.mark.parametrize("busy", [False, True])
    def test_loose_hair_belongs_to_the_person_before_a_calm_background(self, busy: bool) -> None:
        random = np.random.default_rng(3)
        pixels = np.clip(150 + random.normal(0, 40 if busy else 2, (240, 240, 3)), 0, 255).astype(np.uint8)
        cv2.circle(pixels, (120, 120), 60, (40, 30, 20), -1)
        cv2.line(pixels, (120, 62), (132, 50), (40, 30, 20), 1)  # a hair beyond the matte
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 58, 1.0, -1)
        grown = with_wisps(matte, pixels, 100.0)
        assert (grown >= matte).all()
        assert grown[120, 120] == 1
        assert not grown[20, 20]
        if not busy:
            assert grown[53:58, 124:130].max() == 1
            added = (grown > matte) & (cv2.dilate(matte, np.ones((7, 7))) == 0)
            assert added.sum() < 120  # the hair, not the air around it

    def test_hair_as_light_as_the_background_is_told_by_its_colour(self) -> None:
        pixels = np.full((240, 240, 3), (60, 105, 60), np.uint8)
        cv2.circle(pixels, (120, 120), 60, (130, 70, 60), -1)
        cv2.line(pixels, (120, 62), (132, 50), (130, 70, 60), 1)
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 58, 1.0, -1)
        assert with_wisps(matte, pixels, 100.0)[53:58, 124:130].max() == 1

    def test_the_edge_of_a_print_does_not_make_its_background_busy(self) -> None:
        random = np.random.default_rng(5)
        pixels = np.clip(90 + random.normal(0, 2, (240, 240, 3)), 0, 255).astype(np.uint8)
        pixels[:20] = 250  # the print's white border
        cv2.circle(pixels, (120, 120), 60, (40, 30, 20), -1)
        cv2.line(pixels, (120, 62), (132, 50), (40, 30, 20), 1)
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 58, 1.0, -1)
        grown = with_wisps(matte, pixels, 100.0)
        assert grown[53:58, 124:130].max() == 1
        assert not grown[:20].any()

    def test_what_unlike_the_person_stands_beside_it_stays_behind(self) -> None:
        random = np.random.default_rng(7)
        pixels = np.clip(120 + random.normal(0, 10, (240, 240, 3)), 0, 255).astype(np.uint8)
        cv2.rectangle(pixels, (175, 90), (188, 150), (235, 245, 250), -1)  # a window, brighter than a dark head
        cv2.circle(pixels, (120, 120), 60, (40, 30, 20), -1)
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 60, 1.0, -1)
        assert not with_wisps(matte, pixels, 100.0)[95:145, 183:188].any()

    def test_a_rail_that_ends_at_the_person_stays_behind(self) -> None:
        pixels = np.full((240, 240, 3), 200, np.uint8)
        pixels[100:112] = pixels[140:144] = (70, 75, 80)
        cv2.circle(pixels, (120, 120), 60, (40, 30, 20), -1)
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 60, 1.0, -1)
        matte = with_wisps(matte, pixels, 100.0)
        opacity = parted(matte, pixels, 100.0)[2]
        assert not opacity[98:114, 186:].any()
        assert opacity[60:180, 120].min() == 255
        assert opacity[57, 120] == 255  # above, where the wall is calm, it reaches beyond

    @pytest.mark.parametrize("turn", [-0.67, -0.22, 0.22, 0.67])
    def test_a_rod_that_ends_at_the_head_is_not_hair(self, turn: float) -> None:
        random = np.random.default_rng(11)
        pixels = np.clip(190 + random.normal(0, 2, (240, 240, 3)), 0, 255).astype(np.uint8)
        way = np.array([np.cos(turn), np.sin(turn)])
        ends = [tuple(int(v) for v in np.round(120 + far * way)) for far in (50, 100)]
        cv2.line(pixels, ends[0], ends[1], (30, 60, 70), 4)
        cv2.circle(pixels, (120, 120), 60, (40, 30, 20), -1)
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 60, 1.0, -1)
        x, y = np.round(120 + 66 * way).astype(int)
        assert not with_wisps(matte, pixels, 100.0)[y - 1 : y + 2, x - 1 : x + 2].any()

    def test_a_thing_unlike_the_person_stays_behind_though_the_matte_doubts(self) -> None:
        random = np.random.default_rng(4)
        pixels = cv2.blur(random.integers(60, 190, (240, 240, 1), np.uint8).repeat(3, axis=2), (3, 3))
        cv2.circle(pixels, (120, 120), 60, (150, 100, 70), -1)
        cv2.ellipse(pixels, (184, 120), (6, 14), 0, 0, 360, (75, 122, 150), -1)
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 60, 1.0, -1)
        matte[108:133, 181:188] = 0.15
        assert parted(matte, pixels, 100.0)[2][112:129, 184:190].max() < 60

    def test_an_ear_that_the_matte_lacks_goes_along_before_a_busy_background(self) -> None:
        random = np.random.default_rng(4)
        pixels = cv2.blur(random.integers(60, 190, (240, 240, 1), np.uint8).repeat(3, axis=2), (3, 3))
        cv2.circle(pixels, (120, 120), 60, (150, 100, 70), -1)
        cv2.ellipse(pixels, (180, 120), (6, 14), 0, 0, 360, (230, 120, 70), -1)
        matte = np.zeros((240, 240), np.float32)
        cv2.circle(matte, (120, 120), 60, 1.0, -1)
        opacity = parted(matte, pixels, 100.0)[2]
        assert opacity[116:125, 181:184].min() > 200
        assert opacity[60:75, 186:].max() == 0

    def test_a_pixel_of_both_is_taken_apart(self) -> None:
        pixels = np.full((200, 200, 3), 230, np.uint8)
        pixels[::12] = pixels[1::12] = pixels[2::12] = 190
        pixels[:, :100] = 20
        pixels = cv2.blur(pixels, (5, 1))
        matte = np.zeros((200, 200), np.float32)
        matte[:, :99] = 1
        people, behind, opacity = parted(matte, pixels, 100.0)
        mixed = (opacity > 0) & (opacity < 255)
        assert mixed.any()
        assert behind[mixed].mean() > pixels[mixed].mean() + 2
        assert people[mixed].mean() < pixels[mixed].mean() - 2

    def test_a_soft_matte_fades_the_person_out_before_a_busy_background(self) -> None:
        random = np.random.default_rng(6)
        pixels = cv2.blur(random.integers(40, 210, (200, 200, 1), np.uint8).repeat(3, axis=2), (3, 3))
        pixels[:, :112] = 125
        matte = np.tile(np.interp(np.arange(200, dtype=np.float32), [95, 125], [1, 0]), (200, 1)).astype(np.float32)
        opacity = parted(matte, pixels, 100.0)[2][60:140].mean(axis=0)
        assert 100 < opacity[116] < 200  # where the matte is 0.3
        assert opacity[110] > 250
        assert opacity[125:].max() < 10

    @pytest.mark.parametrize("soft", [0, 64, 192])
    def test_what_is_left_of_a_person_beside_the_outline_is_not_mirrored_behind_it(self, soft: int) -> None:
        y, x = np.mgrid[0:240, 0:240].astype(np.float32) - 120
        away = np.hypot(x, y)
        pixels = np.full((240, 240, 3), 150, np.uint8)
        pixels[away < 61] = (220, 40, 30)
        opacity = np.where(away < 60, 255, np.where(away < 61.5, soft, 0)).astype(np.uint8)
        plate = background(pixels, opacity, 100.0).astype(np.int16)
        assert np.abs(plate[(away < 59) & (away > 30)] - 150).max() < 15

    def test_a_jagged_outline_does_not_shatter_what_is_behind_it(self) -> None:
        light = 128 + 60 * np.sin(np.arange(240, dtype=np.float32) / 9)
        truth = np.repeat(np.tile(light[:, None], (1, 240))[..., None], 3, axis=2)
        photo = truth.astype(np.uint8)
        random = np.random.default_rng(2)
        opacity = np.zeros((240, 240), np.uint8)
        for y, reach in enumerate(150 + random.integers(-6, 7, 80).repeat(3)):
            opacity[y, 60:reach] = 255
        photo[opacity == 255] = (255, 0, 0)
        plate = background(photo, opacity, 100.0)
        depth = cv2.distanceTransform((opacity == 255).astype(np.uint8), cv2.DIST_L2, 5)
        near = (depth > 0) & (depth < 12) & (np.arange(240) > 120)
        near[:20] = near[-20:] = False
        assert np.abs(plate - truth)[near].mean() < 2.5

    def test_the_last_pixels_of_the_photo_are_not_drawn_out_behind_a_head_beside_them(self) -> None:
        y, x = np.mgrid[0:240, 0:240]
        pixels = np.clip(100 + 30 * np.sin(x / 9), 0, 255)[..., None].repeat(3, axis=2).astype(np.uint8)
        pixels[:1] = 250
        opacity = ((np.hypot(x - 120, y - 83) < 78) * 255).astype(np.uint8)
        pixels[opacity > 0] = (40, 30, 20)
        plate = background(pixels, opacity, 100.0)
        assert plate[8:14, 100:140, 0].mean() < 118

    @pytest.mark.parametrize("seed", [0, 2])
    def test_a_curtain_farther_off_is_not_drawn_behind_the_person(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        wall = 128 + 3 * cv2.GaussianBlur(random.normal(0, 60, (240, 240)), (0, 0), 3)
        photo = np.clip(wall, 0, 255)[..., None].repeat(3, axis=2).astype(np.uint8)
        photo[:, 178:] = (150, 30, 30)
        y, x = np.mgrid[0:240, 0:240]
        opacity = ((np.hypot(x - 90, 0.7 * (y - 120)) < 70) * 255).astype(np.uint8)
        photo[opacity > 0] = (20, 200, 20)
        plate = background(photo, opacity, 100.0).astype(np.int16)
        depth = cv2.distanceTransform(opacity, cv2.DIST_L2, 5)
        beside = (depth > 8) & (depth < 30) & (x > 110) & (np.abs(y - 120) < 50)
        assert (plate[..., 0] - plate[..., 1] > 40)[beside].mean() < 0.03

    @pytest.mark.parametrize("value", [0.0, 1.0])
    def test_a_matte_may_be_empty_or_full(self, value: float) -> None:
        pixels = np.full((40, 40, 3), 7, np.uint8)
        matte = with_wisps(np.full((40, 40), value, np.float32), pixels, 10.0)
        opacity = parted(matte, pixels, 10.0)[2]
        assert np.array_equal(background(pixels, opacity, 10.0), pixels)

    def test_a_background_seen_only_in_a_sliver_is_not_black_behind_the_person(self) -> None:
        pixels = np.full((400, 1600, 3), 90, np.uint8)
        pixels[:, :3] = (200, 180, 160)
        opacity = np.full(pixels.shape[:2], 255, np.uint8)
        opacity[:, :3] = 0
        assert np.array_equal(background(pixels, opacity, 300.0)[:, ::40], np.full((400, 40, 3), (200, 180, 160)))
