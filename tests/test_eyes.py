"""Eyes of the built-in renderer: lids cover, balls glide whole, glasses stay, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, Face, FaceMotion, Finding, Motion, Photo, Suitability
from photomotion.reading import read_photo
from photomotion.warp import Scene
from photomotion.warp.eyeballs import Eyeball
from photomotion.warp.eyelids import OWN, Eyelid
from photomotion.warp.eyes import BALL, EYES, Eye
from photomotion.warp.geometry import HeadFrame
from photomotion.warp.glasses import find_frames
from photomotion.warp.lidlines import follow_lids
from photomotion.warp.lidways import RISE

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"
SIDES = pytest.mark.parametrize("side", ["Left", "Right"])


@pytest.fixture(scope="module")
def analyzer() -> FaceMeshAnalyzer:
    return FaceMeshAnalyzer()


@pytest.fixture(scope="module")
def portrait(analyzer: FaceMeshAnalyzer) -> tuple[Photo, Analysis]:
    whole = read_photo(ASTRONAUT)
    photo = whole.with_pixels(np.ascontiguousarray(cv2.resize(whole.pixels[:260, 90:350], None, fx=2, fy=2)))
    return photo, analyzer.analyze(photo)


@pytest.fixture(scope="module")
def face(portrait: tuple[Photo, Analysis]) -> Face:
    return portrait[1].faces[0]


def bare(eye: Eye) -> Floats:
    """No glasses."""
    return np.zeros(eye.t.shape, np.float32)


def places(eye: Eye) -> Floats:
    """Every pixel of the eye's box."""
    y, x = np.mgrid[0 : eye.t.shape[0], 0 : eye.t.shape[1]].astype(np.float32)
    return np.dstack([x, y])


def shut(amount: float) -> dict[str, float]:
    return {"eyeBlinkLeft": amount, "eyeBlinkRight": amount}


def film(photo: Photo, analysis: Analysis, *rows: dict[str, float]) -> Scene:
    """A scene in which everybody moves by those rows."""
    channels = tuple(sorted({name for row in rows for name in row}))
    values = np.array([[row.get(c, 0.0) for c in channels] for row in rows], np.float32)
    faces = tuple(FaceMotion(channels=channels, values=values) for _ in analysis.faces)
    return Scene(photo, analysis, Motion(fps=25, faces=faces))


def apart(a: Pixels, b: Pixels) -> npt.NDArray[np.int16]:
    return np.asarray(np.abs(a.astype(np.int16) - b), np.int16)


class TestEye:
    @SIDES
    def test_its_axes_lead_to_the_pixels(self, side: str, portrait: tuple[Photo, Analysis], face: Face) -> None:
        eye = Eye.of(face, side, portrait[0].pixels)
        x, y = eye.place(eye.s, eye.t)
        assert np.abs(np.dstack([x, y]) - places(eye)).max() < 0.01
        assert (eye.lower >= eye.upper).all()
        assert 0.2 < (eye.lower - eye.upper).max() < 0.6

    @SIDES
    def test_it_looks_where_the_gaze_goes(self, side: str, portrait: tuple[Photo, Analysis], face: Face) -> None:
        eye, far = Eye.of(face, side, portrait[0].pixels), BALL * HeadFrame.of(face).unit * np.sin(np.radians(10))
        assert eye.sight(10, 0)[0] == pytest.approx(-far, rel=0.15)  # +yaw: to the left of the picture
        assert eye.sight(0, 10)[1] == pytest.approx(far, rel=0.15)
        assert not eye.sight(0, 0).any()


class TestLidLines:
    def drawn(self, length: float, height: float) -> tuple[Pixels, Floats, Floats, Floats]:
        """A painted eye and a mesh's idea of it that is as long and high as told, in parts of the true one."""
        x = np.linspace(-100, 100, 9)
        arch = 1 - (x / 100) ** 2
        true = [np.stack([200 + x, 150 + sign * 40 * arch], 1) for sign in (-1, 1)]
        pixels = np.full((300, 400, 3), (190, 140, 120), np.uint8)
        outline = np.concatenate([true[0], true[1][::-1]])
        cv2.fillPoly(pixels, [np.round(outline).astype(np.int32)], (235, 235, 235))
        cv2.circle(pixels, (200, 150), 38, (60, 90, 140), -1)
        cv2.polylines(pixels, [np.round(outline).astype(np.int32)], True, (50, 30, 30), 3)
        upper, lower = (
            np.stack([300 - (300 - e[:, 0]) * length, 150 + (e[:, 1] - 150) * height], 1).astype(np.float32)
            for e in true
        )
        return pixels, upper, lower, np.array([200, 150], np.float32)

    def test_an_outline_that_fits_stays(self) -> None:
        pixels, upper, lower, iris = self.drawn(1.0, 1.0)
        for edge, moved in zip((upper, lower), follow_lids(pixels, upper, lower, iris, 38), strict=True):
            assert np.abs(moved - edge).max() < 7

    def test_one_that_is_too_small_grows(self) -> None:
        pixels, upper, lower, iris = self.drawn(0.88, 0.85)
        moved_upper, moved_lower = follow_lids(pixels, upper, lower, iris, 38)
        assert moved_upper[0, 0] < upper[0, 0] - 2
        assert moved_lower[4, 1] > lower[4, 1] + 2
        assert np.array_equal(moved_upper[[0, -1]], moved_lower[[0, -1]])  # they still meet

    def test_a_picture_without_detail_moves_nothing(self) -> None:
        _, upper, lower, iris = self.drawn(0.9, 0.9)
        flat = np.full((300, 400, 3), 128, np.uint8)
        for edge, moved in zip((upper, lower), follow_lids(flat, upper, lower, iris, 38), strict=True):
            assert np.abs(moved - edge).max() < 0.01


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
            assert left[t > lower + 0.16].min() > 0.93  # no more than a shadow, and tips of lashes
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
        assert on_line[0] > 1.3 * on_line[1] > 1.3 * on_line[2]
        assert on_line.mean() < 0.6 * lid.skin.mean()

    def test_its_line_thins_out_toward_the_corners(self, portrait: tuple[Photo, Analysis], face: Face) -> None:
        eye = Eye.of(face, "Left", portrait[0].pixels)
        lid = Eyelid.of(portrait[0].pixels, eye, bare(eye))
        light, left = lid.close(1.0)
        past, s = lid.height - lid.travel[lid.part], eye.s[lid.part]
        dark = 1 - cv2.cvtColor(light, cv2.COLOR_RGB2GRAY) / cv2.cvtColor(lid.skin, cv2.COLOR_RGB2GRAY)
        above = (past < -0.01) & (past > -0.06) & (left < 0.05)
        middle, corner = (dark[above & (np.abs(s - at) < 0.06)].mean() for at in (0.4, 0.92))
        assert middle > 2 * corner

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


class TestEyeball:
    @SIDES
    def test_straight_ahead_it_is_the_photo(self, side: str, portrait: tuple[Photo, Analysis], face: Face) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, side, pixels)
        picture = eye.crop(pixels).copy()
        Eyeball.of(pixels, eye, bare(eye)).draw(picture, places(eye), places(eye), 0.0, 0.0)
        assert apart(picture, eye.crop(pixels)).max() <= 2

    @SIDES
    @pytest.mark.parametrize(("yaw", "pitch"), [(12.0, 0.0), (-12.0, 0.0), (0.0, 8.0), (0.0, -8.0)])
    def test_the_iris_goes_and_the_lids_stay(
        self, side: str, yaw: float, pitch: float, portrait: tuple[Photo, Analysis], face: Face
    ) -> None:
        pixels = portrait[0].pixels
        eye = Eye.of(face, side, pixels)
        picture = eye.crop(pixels).copy()
        Eyeball.of(pixels, eye, bare(eye)).draw(picture, places(eye), places(eye), yaw, pitch)
        outside = (eye.t < eye.upper - 0.03) | (eye.t > eye.lower + 0.03) | (eye.s < -0.1) | (eye.s > 1.1)
        assert np.array_equal(picture[outside], eye.crop(pixels)[outside])
        inside = (eye.t > eye.upper + 0.02) & (eye.t < eye.lower - 0.02)

        def dark(p: Pixels) -> Floats:
            weight = inside * np.maximum(90.0 - cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), 0)
            return np.array([(weight * axis).sum() / weight.sum() for axis in (eye.s, eye.t)], np.float32)

        went = (dark(picture) - dark(eye.crop(pixels))) * eye.width
        way = eye.sight(yaw, pitch) @ np.stack([eye.along, eye.across], 1)
        assert float(went @ way) > 0.2 * float(way @ way)

    def test_the_iris_is_whole_below_a_lid_and_its_light_lags(self) -> None:
        eye, pixels, middle = painted()
        picture = eye.crop(pixels).copy()
        Eyeball.of(pixels, eye, bare(eye)).draw(picture, places(eye), places(eye), 0.0, 12.0)
        down = eye.sight(0.0, 12.0)[1]
        top = round(float(middle[1] - 22 + down))  # it was hidden by the lid
        revealed = picture[top + 2 : top + 5, middle[0] - 3 : middle[0] + 3]
        assert revealed.max() < 130  # iris, not the white and not the lid

        bright = np.argwhere(picture[..., 0] > 245)
        assert bright.size
        lag = bright[:, 0].mean() - (middle[1] - 4)
        assert 0.25 * down < lag < 0.75 * down

    def test_an_eye_without_white_or_iris_can_be_drawn(self, portrait: tuple[Photo, Analysis], face: Face) -> None:
        for value in (0, 128, 255):
            pixels = np.full_like(portrait[0].pixels, value)
            eye = Eye.of(face, "Left", pixels)
            picture = eye.crop(pixels).copy()
            Eyeball.of(pixels, eye, bare(eye)).draw(picture, places(eye), places(eye), 12.0, -12.0)
            assert (picture == value).all()


def painted(height: float = 20.0) -> tuple[Eye, Pixels, tuple[int, int]]:
    """A painted eye whose iris is hidden at the top, with a catch-light, and the iris' middle in its box."""
    landmarks = np.zeros((478, 3), np.float32)
    landmarks[[263, 362, 33, 133], :2] = (300, 150), (200, 150), (-40, 150), (60, 150)
    landmarks[152, :2] = (130, 400)
    upper, lower, first = EYES["Left"]
    for indices, sign in ((upper, -1), (lower, 1)):
        for k, index in enumerate(indices):
            landmarks[index, :2] = 300 - 12.5 * k, 150 + sign * height * np.sin(np.pi * k / 8)
    landmarks[first : first + 5, :2] = np.array([250, 148]) + np.array([[0, 0], [22, 0], [0, 22], [-22, 0], [0, -22]])
    face = Face(box=(0, 0, 400, 400), landmarks=landmarks)
    pixels = np.full((300, 400, 3), 170, np.uint8)
    outline = np.concatenate([landmarks[list(upper), :2], landmarks[list(lower), :2][::-1]]).round().astype(np.int32)
    ball = np.full_like(pixels, 215)
    cv2.circle(ball, (250, 148), 22, (70, 70, 70), -1, cv2.LINE_AA)
    cv2.circle(ball, (250, 144), 2, (255, 255, 255), -1)
    inside = np.zeros(pixels.shape[:2], np.uint8)
    cv2.fillPoly(inside, [outline], 1)
    pixels[inside > 0] = ball[inside > 0]
    eye = Eye.of(face, "Left", pixels)
    return eye, pixels, (250 - eye.box[0], 148 - eye.box[1])


def mirrored(face: Face, width: int) -> Face:
    """The eyes of a face in the mirrored photo; other points are not swapped."""
    flipped = face.landmarks * (-1, 1, 1) + (width - 1, 0, 0)
    points = flipped.copy()
    (right, left), irises = EYES.values(), ((468, 473), (469, 476), (470, 475), (471, 474), (472, 477))
    for a, b in (*zip((*right[0], *right[1]), (*left[0], *left[1]), strict=True), *irises):
        points[a], points[b] = flipped[b], flipped[a]
    return replace(face, landmarks=points, pose=replace(face.pose, yaw=-face.pose.yaw, roll=-face.pose.roll))


@SIDES
@pytest.mark.parametrize(("yaw", "pitch", "closure"), [(8.0, -6.0, 0.0), (-5.0, 8.0, 0.2), (3.0, 0.0, 0.8)])
def test_a_mirrored_eye_is_drawn_mirrored(
    side: str, yaw: float, pitch: float, closure: float, portrait: tuple[Photo, Analysis], face: Face
) -> None:
    pixels = portrait[0].pixels
    other, turned = mirrored(face, pixels.shape[1]), np.ascontiguousarray(pixels[:, ::-1])
    drawn = []
    for whose, of, picture, sign in ((face, side, pixels, 1), (other, {"Left": "Right"}.get(side, "Left"), turned, -1)):
        eye = Eye.of(whose, of, picture)
        part = eye.crop(picture).copy()
        Eyeball.of(picture, eye, bare(eye)).draw(part, places(eye), places(eye), sign * yaw, pitch)
        Eyelid.of(picture, eye, bare(eye)).draw(part, places(eye), closure)
        drawn.append(part[:, ::sign])
    assert apart(*drawn).max() <= 3


class TestGlasses:
    def wearing(self, portrait: tuple[Photo, Analysis]) -> tuple[Photo, Analysis, npt.NDArray[np.bool_]]:
        """The portrait with drawn round glasses that cross the lid, and where they are."""
        photo, analysis = portrait
        face = analysis.faces[0]
        pixels, mask = photo.pixels.copy(), np.zeros(photo.pixels.shape[:2], np.uint8)
        unit = face.eye_distance
        for corners in ((33, 133), (263, 362)):
            middle = face.landmarks[list(corners), :2].mean(0) + np.array([0, 0.1 * unit])
            at, size = tuple(int(v) for v in middle), round(0.23 * unit)
            cv2.circle(pixels, at, size, (40, 40, 40), 2, cv2.LINE_AA)
            cv2.circle(mask, at, size, 1, 1)
        finding = Finding(code="glasses", value=1.0, message="", face=0)
        return (
            photo.with_pixels(pixels),
            replace(analysis, suitability=Suitability(findings=(finding,))),
            mask.astype(bool),
        )

    def test_frames_are_found_and_skin_is_not(self, portrait: tuple[Photo, Analysis], face: Face) -> None:
        photo, _, rim = self.wearing(portrait)
        eye = Eye.of(face, "Left", photo.pixels)
        found = find_frames(photo.pixels, eye)
        x0, y0, x1, y1 = eye.box
        clear = rim[y0:y1, x0:x1] & ((eye.t < eye.upper - 0.14) | (eye.t > eye.lower + 0.14))
        assert (found[clear] > 0.5).mean() > 0.8
        away = cv2.dilate(rim[y0:y1, x0:x1].astype(np.uint8), np.ones((15, 15))) == 0
        cheek = away & (eye.t > eye.lower + 0.15)
        assert (found[cheek] > 0.1).mean() < 0.05

    def test_they_stay_on_top_while_the_lid_closes(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis, rim = self.wearing(portrait)
        drawn = film(photo, analysis, shut(1.0)).draw(0)
        unguarded = film(photo, replace(analysis, suitability=Suitability()), shut(1.0)).draw(0)
        eyes = [Eye.of(analysis.faces[0], side, photo.pixels) for side in EYES]
        crossing = np.zeros_like(rim)
        for eye in eyes:
            x0, y0, x1, y1 = eye.box
            crossing[y0:y1, x0:x1] |= (eye.t < eye.upper - 0.14) & (eye.s > 0.1) & (eye.s < 0.9)
        crossing &= rim
        assert np.percentile(apart(drawn, photo.pixels)[crossing], 90) <= 12
        assert np.percentile(apart(unguarded, photo.pixels)[crossing], 90) > 40  # they do cross the lid


class TestPicture:
    def test_nothing_but_the_eyes_is_touched(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        rows = [{**shut(c), "gazeYaw": 9.0, "gazePitch": -5.0} for c in (0.3, 1.0)]
        scene = film(photo, analysis, *rows)
        far = np.ones(photo.pixels.shape[:2], bool)
        for side in EYES:
            x0, y0, x1, y1 = Eye.of(analysis.faces[0], side, photo.pixels).box
            far[y0:y1, x0:x1] = False
        for row in range(len(rows)):
            assert np.array_equal(scene.draw(row)[far], photo.pixels[far])

    def test_at_rest_it_is_the_photo_and_hardly_shut_hardly_changed(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        scene = film(photo, analysis, {}, shut(0.002) | {"gazeYaw": 0.01})
        assert np.array_equal(scene.draw(0), photo.pixels)
        assert apart(scene.draw(1), photo.pixels).max() <= 8

    def test_a_blink_grows_smoothly(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        amounts = np.linspace(0, 1, 21)
        scene = film(photo, analysis, *(shut(float(a)) for a in amounts))
        frames = [scene.draw(i) for i in range(len(amounts))]
        steps = [float(apart(a, b).sum()) for a, b in pairwise(frames)]
        assert max(steps) < 4 * float(np.median(steps))

    def test_an_analyzer_sees_the_gaze(self, portrait: tuple[Photo, Analysis], analyzer: FaceMeshAnalyzer) -> None:
        photo, analysis = portrait
        scene = film(photo, analysis, {"gazeYaw": 12.0}, {"gazeYaw": -12.0})

        def iris(row: int) -> float:
            points = analyzer.analyze(photo.with_pixels(scene.draw(row))).faces[0].landmarks
            return float(
                np.mean([points[468, 0] - points[[33, 133], 0].mean(), points[473, 0] - points[[263, 362], 0].mean()])
            )

        went = (iris(1) - iris(0)) / analysis.faces[0].eye_distance
        assert went > 0.4 * 2 * BALL * np.sin(np.radians(12))
