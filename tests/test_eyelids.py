"""Lids of the built-in renderer: they cover, take lashes and make-up along, and go with the gaze."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from eye_pictures import SIDES, Floats, bare, painted, places
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.data import Analysis, Face, Photo
from photomotion.warp.eyeballs import Eyeball
from photomotion.warp.eyelids import OWN, Eyelid
from photomotion.warp.eyes import Eye
from photomotion.warp.lidways import RISE


def shut_with_lashes(tone: int, closure: float = 1.0, thick: int = 4) -> tuple[Eyelid, Floats]:
    """A painted eye with so thick lashes of that tone on skin of 170, of 255, and how bright its closed lid is."""
    eye, pixels, _ = painted()
    along = np.linspace(0, 1, 50, dtype=np.float32)
    x, y = eye.place(along, np.asarray(eye.lids[0](along), np.float32))
    way = np.stack([x + eye.box[0], y + eye.box[1]], axis=1).round().astype(np.int32)
    cv2.polylines(pixels, [way], False, (tone, tone, tone), thick)
    lid = Eyelid.of(pixels, eye, bare(eye))
    light, left = lid.close(closure)
    return lid, np.asarray((light + left[..., None] * eye.crop(pixels)[lid.part])[..., 0], np.float32)


class TestEyelid:
    @SIDES
    def test_it_covers_more_and_more_and_leaves_the_brow(
        self, side: str, portrait: tuple[Photo, Analysis], face: Face
    ) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, side, pixels)
        lid = Eyelid.of(pixels, eye, bare(eye))
        rise = RISE * (eye.lower - eye.upper)
        opening = (eye.t > eye.upper) & (eye.t < eye.lower - rise) & (eye.s > 0.1) & (eye.s < 0.9)
        brow = (eye.t < eye.upper - 0.4)[lid.part]
        t, upper, lower = (a[lid.part] for a in (eye.t, eye.upper, eye.lower))
        opening = opening[lid.part]
        before = np.zeros_like(t)
        for closure in (OWN, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0):
            light, left = lid.close(closure)
            assert light.min() >= 0
            assert (light <= 255 * (1 - left[..., None]) + 255).all()
            assert left[brow].min(initial=1) == 1
            assert left[t > lower + 0.3].min() > 0.93  # no more than a shadow, and tips of lashes
            covered = 1 - left
            inside = (t > upper) & (t < upper + closure * lid.travel[lid.part] - 0.03)
            inside &= (eye.s[lid.part] > 0.1) & (eye.s[lid.part] < 0.9)
            if closure > 0.4:
                assert covered[inside].min() > 0.97
            assert (covered[opening] >= before[opening] - 0.36).all()  # shade moves on, skin does not go back
            assert covered[opening].mean() > min(before[opening].mean(), 0.99) or closure == OWN
            before = covered
        assert before[opening].min() > 0.97
        ball = eye.crop(pixels)[lid.part][opening]
        assert lid.skin[opening].std() < 0.5 * ball.std()  # no iris shines through

    @SIDES
    def test_the_lower_lid_rises_and_the_fold_comes_down(
        self, side: str, portrait: tuple[Photo, Analysis], face: Face
    ) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, side, pixels)
        lid = Eyelid.of(pixels, eye, bare(eye))
        moved = lid.pulled(places(eye), 0.6) @ eye.across / eye.width
        middle = (eye.s > 0.4) & (eye.s < 0.6)
        below = middle & (np.abs(eye.t - eye.lower) < 0.03)
        above = middle & (np.abs(eye.t - eye.upper + 0.16) < 0.02)
        opening = float((eye.lower - eye.upper)[middle].max())
        assert moved[below].mean() == pytest.approx(-0.6 * RISE * opening, rel=0.25)
        assert moved[above].mean() > 0.02
        for edge in (moved[0], moved[-1], moved[:, 0], moved[:, -1]):
            assert np.abs(edge).max() < 0.004

    @SIDES
    @given(closure=st.floats(0, 1))
    @settings(max_examples=20)
    def test_the_ball_stays_and_the_skin_above_does_not_fold(
        self, side: str, portrait: tuple[Photo, Analysis], face: Face, closure: float
    ) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, side, pixels)
        lid = Eyelid.of(pixels, eye, bare(eye))
        moved = lid.pulled(places(eye), closure) @ eye.across / eye.width
        edge = eye.upper + closure * lid.travel
        rise = RISE * (eye.lower - eye.upper)
        ball = (eye.t > edge + 0.01) & (eye.t < eye.lower - 2 * rise - 0.08)
        assert np.abs(moved[ball]).max(initial=0) < 0.02
        source = (eye.t - moved)[:, round(0.5 * eye.t.shape[1])]
        above = (eye.t < edge - 0.02)[:, round(0.5 * eye.t.shape[1])]
        assert np.diff(source[above]).min() > 0  # what was higher stays higher

    @SIDES
    @pytest.mark.parametrize("pitch", [10.0, -10.0])
    def test_lids_go_with_the_gaze_unless_they_have_gone(
        self, side: str, pitch: float, portrait: tuple[Photo, Analysis], face: Face
    ) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, side, pixels)
        lid = Eyelid.of(pixels, eye, bare(eye))
        way = float(eye.sight(0.0, pitch) @ eye.across)
        middle = (eye.s > 0.4) & (eye.s < 0.6)
        upper, lower = (middle & (np.abs(eye.t - edge) < 0.015) for edge in (eye.upper, eye.lower))
        moved = lid.followed(places(eye), pitch, 0.0) @ eye.across
        assert 0.75 < moved[upper].mean() / way < 1
        assert 0.2 < moved[lower].mean() / way < 0.5
        for edge in (moved[0], moved[-1], moved[:, 0], moved[:, -1]):
            assert np.abs(edge).max() < 0.02 * abs(way)
        lowered = lid.followed(places(eye), pitch, 0.5) @ eye.across
        assert lowered[upper].mean() / way == pytest.approx(0.1 if pitch > 0 else 0.9, abs=0.12)

    def test_its_line_has_the_colour_of_lashes_and_not_of_the_pupil(self) -> None:
        eye, pixels, middle = painted()
        x0, y0, _, _ = eye.box
        cv2.circle(pixels, (middle[0] + x0, middle[1] + y0), 9, (5, 5, 5), -1)
        along = np.linspace(0, 1, 50, dtype=np.float32)
        edge = eye.place(along, np.asarray(eye.lids[0](along), np.float32))
        way = np.stack([edge[0] + x0, edge[1] + y0], axis=1).round().astype(np.int32)
        cv2.polylines(pixels, [way], False, (120, 60, 20), 3)
        lid = Eyelid.of(pixels, eye, bare(eye))
        light, left = lid.close(1.0)
        shut = light + left[..., None] * eye.crop(pixels)[lid.part]
        past = lid.height - lid.travel[lid.part]
        on_line = shut[(np.abs(past) < 0.02) & (np.abs(eye.s[lid.part] - 0.4) < 0.1)].mean(0)
        assert on_line[0] > 1.1 * on_line[1] > 1.1 * 1.1 * on_line[2]
        assert on_line.mean() < 0.6 * lid.skin.mean()

    def test_its_line_is_as_dark_as_the_lashes(self) -> None:
        darkest = []
        for tone in (20, 80, 130):
            lid, shut = shut_with_lashes(tone)
            near = (np.abs(lid.height - lid.travel[lid.part]) < 0.012) & (np.abs(lid.eye.s[lid.part] - 0.4) < 0.1)
            darkest.append(170 - shut[near].mean())
        assert darkest[0] > 1.3 * darkest[1] > 1.3**2 * darkest[2]
        assert darkest[2] < 0.33 * 170  # hardly more than a crease

    def test_no_white_shines_between_lid_and_lashes(self) -> None:
        lid, shut = shut_with_lashes(60, closure=0.7)
        past, s = lid.height - 0.7 * lid.travel[lid.part], lid.eye.s[lid.part]
        rows = [
            shut[(np.abs(past - at) < 0.012) & (np.abs(s - 0.2) < 0.1)].mean() for at in np.arange(-0.08, 0.1, 0.01)
        ]
        lowest = int(np.argmin(rows))
        assert np.diff(rows[: lowest + 1]).max() < 2  # darker and darker to the middle of the line ...
        assert np.diff(rows[lowest:]).min() > -2  # ... and brighter from there on

    def test_its_line_thins_out_toward_the_corners(self, portrait: tuple[Photo, Analysis], face: Face) -> None:
        eye = Eye.of(face, "Left", portrait[0].pixels)
        lid = Eyelid.of(portrait[0].pixels, eye, bare(eye))
        light, left = lid.close(1.0)
        past, s = lid.height - lid.travel[lid.part], eye.s[lid.part]
        dark = 1 - cv2.cvtColor(light, cv2.COLOR_RGB2GRAY) / cv2.cvtColor(lid.skin, cv2.COLOR_RGB2GRAY)
        above = (past < -0.01) & (past > -0.06) & (left < 0.05)
        middle, corner = (dark[above & (np.abs(s - at) < 0.06)].mean() for at in (0.4, 0.92))
        assert middle > 1.3 * corner  # all along the edge, a tenth is shade

    def test_lashes_hang_below_its_line_where_there_are_any(self) -> None:
        hanging = []
        for tone in (30, 150):
            lid, shut = shut_with_lashes(tone, thick=14)
            below = np.abs(lid.height - lid.travel[lid.part] - 0.07) < 0.012
            hanging.append(170 - shut[below & (np.abs(lid.eye.s[lid.part] - 0.5) < 0.2)].mean())
        assert hanging[0] > 0.25 * 170
        assert hanging[1] < 0.15 * 170  # a shadow

    def test_its_line_does_not_go_up_to_the_outer_corner_again(self) -> None:
        eye, pixels, _ = painted()
        lid = Eyelid.of(pixels, eye, bare(eye))
        edge = (eye.upper + lid.travel)[eye.t.shape[0] // 2]
        s = eye.s[eye.t.shape[0] // 2]
        outer, middle, inner = (edge[np.abs(s - at) < 0.01].mean() for at in (0.02, 0.4, 0.98))
        assert 0.6 * middle < outer < middle
        assert inner < 0.45 * middle

    def test_a_low_brow_is_not_covered(self) -> None:
        eye, pixels, _ = painted()
        low = replace(eye, brow=eye.upper - 0.2)
        covered = []
        for one in (eye, low):
            lid = Eyelid.of(pixels, one, bare(one))
            _, left = lid.close(1.0)
            s = np.abs(eye.s[lid.part] - 0.5) < 0.2
            covered.append([1 - left[s & (np.abs(lid.height - at) < 0.015)].mean() for at in (-0.21, -0.05)])
        (brow, skin), (low_brow, low_skin) = covered
        assert brow > 0.4
        assert low_brow < 0.02
        assert skin == pytest.approx(1, abs=0.03)
        assert low_skin == pytest.approx(1, abs=0.03)

    def test_its_line_is_as_soft_as_the_photo(self) -> None:
        steepest = []
        for blur in (0.0, 4.0):
            eye, pixels, _ = painted()
            pixels = cv2.GaussianBlur(pixels, (0, 0), blur) if blur else pixels
            lid = Eyelid.of(pixels, eye, bare(eye))
            light, left = lid.close(1.0)
            shut = cv2.cvtColor(light + left[..., None] * eye.crop(pixels)[lid.part], cv2.COLOR_RGB2GRAY)
            near = (np.abs(lid.height - lid.travel[lid.part]) < 0.08) & (np.abs(eye.s[lid.part] - 0.5) < 0.2)
            steepest.append(np.abs(np.diff(shut, axis=0))[near[1:]].max() / np.ptp(shut[near]))
        assert steepest[1] < 0.65 * steepest[0]

    def test_a_narrow_eye_shuts_with_its_own_lid(self) -> None:
        for height, own in ((4.0, True), (20.0, False)):
            eye, pixels, _ = painted(height)
            lid = Eyelid.of(pixels, eye, bare(eye))
            _, left = lid.close(0.4)
            on_lid = (lid.height > 0) & (lid.height < 0.4 * lid.travel[lid.part] - 0.06)
            on_lid |= (lid.height < 0) & (lid.height > -0.05)
            on_lid &= np.abs(eye.s[lid.part] - 0.5) < 0.2
            assert (left[on_lid].min() > 0.5) == own

    @SIDES
    def test_its_shadow_goes_down_the_ball_with_it(
        self, side: str, portrait: tuple[Photo, Analysis], face: Face
    ) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, side, pixels)
        lid = Eyelid.of(pixels, eye, bare(eye))
        for closure in (0.3, 0.45, 0.6):
            _, left = lid.close(closure)
            past = lid.height - closure * lid.travel[lid.part]
            middle = np.abs(eye.s[lid.part] - 0.5) < 0.2
            near, far = (left[middle & (past > at) & (past < at + 0.04)].mean() for at in (0.04, 0.16))
            assert near < far - 0.05
            assert far > 0.95

    @SIDES
    def test_lashes_beyond_the_corner_come_down_with_it(
        self, side: str, portrait: tuple[Photo, Analysis], face: Face
    ) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, side, pixels)
        lid = Eyelid.of(pixels, eye, bare(eye))
        moved = lid.pulled(places(eye), 1.0) @ eye.across / eye.width
        corner = float(eye.lids[0](0.0))
        wing = (np.abs(eye.s + 0.08) < 0.03) & (np.abs(eye.t - corner + 0.08) < 0.03)
        assert moved[wing].mean() > 0.05
        source = eye.t - moved
        column = np.abs(eye.along) @ np.array([1.0, 0.0])
        assert column > 0.9  # rows run along the eye
        beyond = eye.s < -0.02
        assert (np.diff(source, axis=0)[beyond[1:]] > 0).all()  # nothing folds

    def test_above_the_corner_nothing_is_left_of_them(self) -> None:
        eye, pixels, _ = painted()
        tuft = np.stack(eye.place(np.array([-0.04, -0.12]), np.array([-0.06, -0.1])), axis=1) + np.array(eye.box[:2])
        cv2.polylines(pixels, [tuft.round().astype(np.int32)], False, (40, 40, 40), 5)
        lid = Eyelid.of(pixels, eye, bare(eye))
        light, left = lid.close(1.0)
        shut = (light + left[..., None] * eye.crop(pixels)[lid.part])[..., 0]
        s, t = eye.s[lid.part], eye.t[lid.part]
        assert shut[(s < -0.02) & (s > -0.15) & (t < -0.02) & (t > -0.2)].min() > 0.85 * 170

    def test_an_open_one_is_not_drawn(self, portrait: tuple[Photo, Analysis], face: Face) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, "Left", pixels)
        light, left = Eyelid.of(pixels, eye, bare(eye)).close(0.0)
        assert not light.any()
        assert (left == 1).all()

    @given(st.floats(0, 1), st.sampled_from([(1.0, 1.0, 1.0), (1.0, 0.85, 0.62)]))
    @settings(max_examples=10)
    def test_the_tint_of_a_print_is_kept(
        self, portrait: tuple[Photo, Analysis], face: Face, closure: float, tint: tuple[float, float, float]
    ) -> None:
        gray = cv2.cvtColor(portrait[0].pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
        pixels = np.round(gray[..., None] * np.array(tint, np.float32)).astype(np.uint8)
        eye = Eye.of(face, "Right", pixels)
        picture = eye.crop(pixels).copy()
        Eyeball.of(pixels, eye, bare(eye)).draw(picture, places(eye), places(eye), 8.0, 4.0)
        if closure:
            Eyelid.of(pixels, eye, bare(eye)).draw(picture, places(eye), closure)
        expected = picture[..., :1] * np.array(tint, np.float32)
        assert np.abs(picture - expected).max() <= (0 if tint == (1.0, 1.0, 1.0) else 4)
