"""Eyes of the built-in renderer: balls glide whole, and nothing else is touched."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from eye_pictures import SIDES, Floats, Pixels, apart, bare, film, glancing, looked_at, painted, places, shut

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, Face, Photo
from photomotion.testing.fakes import fake_analysis, fake_photo
from photomotion.warp.eyeballs import Eyeball
from photomotion.warp.eyelids import Eyelid
from photomotion.warp.eyes import BALL, EYES, IRIS, Eye
from photomotion.warp.geometry import HeadFrame
from photomotion.warp.lidlines import follow_lids
from photomotion.warp.rims import find_irises


class TestEye:
    @SIDES
    def test_its_axes_lead_to_the_pixels(self, side: str, portrait: tuple[Photo, Analysis], face: Face) -> None:
        eye = Eye.of(face, side, portrait[0].pixels)
        x, y = eye.place(eye.s, eye.t)
        assert np.abs(np.dstack([x, y]) - places(eye)).max() < 0.01
        assert (eye.lower >= eye.upper).all()
        assert 0.2 < (eye.lower - eye.upper).max() < 0.6
        assert (eye.brow < eye.upper - 0.2).all()
        assert (eye.brow > eye.upper - 0.8).all()

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

    def wrong(self, edges: tuple[Floats, Floats]) -> Floats:
        """How far below the true lids both are, px, in the mean of the middle of the eye, (2,)."""
        x = np.linspace(130, 270, 15)
        arch = 40 * (1 - ((x - 200) / 100) ** 2)
        away = [np.interp(x, e[:, 0], e[:, 1]) - 150 - k * arch for e, k in zip(edges, (-1, 1), strict=True)]
        return np.asarray(np.mean(away, axis=1), np.float32)

    def test_one_that_is_too_small_grows(self) -> None:
        pixels, upper, lower, iris = self.drawn(0.88, 0.85)
        moved = follow_lids(pixels, upper, lower, iris, 38)
        assert moved[0][0, 0] < upper[0, 0] - 2
        assert abs(self.wrong(moved)[0]) < 0.6 * self.wrong((upper, lower))[0]
        assert np.array_equal(moved[0][[0, -1]], moved[1][[0, -1]])  # they still meet

    @pytest.mark.parametrize("away", [-12.0, 12.0])
    @pytest.mark.parametrize("spoil", ["nothing", "grain", "gray", "blur", "dark"])
    def test_one_that_is_too_high_or_too_low_comes_nearer(self, spoil: str, away: float) -> None:
        clean, upper, lower, iris = self.drawn(1.0, 1.0)
        pixels = clean.astype(np.float32)
        if spoil == "grain":
            pixels += np.random.default_rng(0).normal(0, 12, pixels.shape)
        elif spoil == "gray":
            pixels[:] = pixels.mean(axis=2, keepdims=True)
        elif spoil == "blur":
            pixels = cv2.GaussianBlur(pixels, (0, 0), 5)
        elif spoil == "dark":
            pixels *= 0.3
        way = np.array([0, away], np.float32)
        moved = follow_lids(np.clip(pixels, 0, 255).astype(np.uint8), upper + way, lower + way, iris, 38)
        assert np.abs(self.wrong(moved)).sum() < 0.75 * 2 * abs(away)

    def test_a_mirrored_photo_has_mirrored_lids(self) -> None:
        pixels, upper, lower, iris = self.drawn(0.93, 0.9)
        pixels = cv2.GaussianBlur(pixels, (0, 0), 2).astype(np.uint8)
        moved = follow_lids(pixels, upper, lower, iris, 38)

        def mirror(points: Floats) -> Floats:
            return np.asarray((399, 0) + np.array([-1, 1]) * points, np.float32)

        other = follow_lids(np.ascontiguousarray(pixels[:, ::-1]), mirror(upper), mirror(lower), mirror(iris), 38)
        for edge, mirrored in zip(moved, other, strict=True):
            assert np.abs(mirror(mirrored) - edge).max() < 0.1

    def test_a_picture_without_detail_moves_nothing(self) -> None:
        _, upper, lower, iris = self.drawn(0.9, 0.9)
        flat = np.full((300, 400, 3), 128, np.uint8)
        for edge, moved in zip((upper, lower), follow_lids(flat, upper, lower, iris, 38), strict=True):
            assert np.abs(moved - edge).max() < 0.01


def middle(eye: Eye) -> Floats:
    """Of the iris, px in the picture."""
    x, y = eye.place(np.array(eye.iris[0]), np.array(eye.iris[1]))
    return np.array([x + eye.box[0], y + eye.box[1]], np.float32)


class TestIrises:
    @SIDES
    @pytest.mark.parametrize("aside", [-25.0, -12.0, 0.0, 12.0, 25.0])
    @pytest.mark.parametrize(("light", "noise"), [(40, 0.0), (110, 0.0), (60, 20.0)])
    def test_they_are_where_the_photo_shows_them(self, side: str, aside: float, light: int, noise: float) -> None:
        face, pixels, truth = glancing(aside, light, noise)
        eye = looked_at(face, side, pixels)
        assert np.linalg.norm(middle(eye) - truth[side]) < 0.045 * eye.width
        assert eye.radius * eye.width == pytest.approx(IRIS * 200, rel=0.2)

    def test_an_eye_in_shade_looks_where_the_other_does(self) -> None:
        face, pixels, truth = glancing(20.0)
        pixels[:, :200] = pixels[:, :200] // 12 + 20
        eye = looked_at(face, "Right", pixels)
        assert abs(middle(eye) - truth["Right"])[0] < 0.08 * eye.width

    @SIDES
    def test_a_picture_that_shows_nothing_leaves_the_mesh(self, side: str) -> None:
        face, pixels, _ = glancing(0.0)
        before = Eye.of(face, side, np.full_like(pixels, 128))
        after = looked_at(face, side, np.full_like(pixels, 128))
        assert np.hypot(after.iris[0] - before.iris[0], after.iris[1] - before.iris[1]) < 0.02
        assert after.radius == pytest.approx(before.radius, rel=0.02)

    def test_no_eyes_no_irises(self) -> None:
        assert find_irises(np.zeros((4, 4, 3), np.uint8), {}, {}) == {}

    @SIDES
    def test_one_eye_is_enough(self, side: str) -> None:
        face, pixels, truth = glancing(12.0)
        eye = Eye.of(face, side, pixels)
        found = find_irises(pixels, {side: eye}, {side: bare(eye)})[side]
        assert abs(middle(found) - truth[side])[0] < 0.04 * eye.width

    def test_aside_they_are_narrower(self) -> None:
        face, pixels, _ = glancing(25.0)
        eye = looked_at(face, "Right", pixels)
        assert eye.narrowed(eye.iris[0]) == pytest.approx(np.cos(np.radians(25)), abs=0.04)


class TestEyeball:
    @SIDES
    def test_straight_ahead_it_is_the_photo(self, side: str, portrait: tuple[Photo, Analysis], face: Face) -> None:
        pixels = portrait[0].pixels
        eye = looked_at(face, side, pixels)
        picture = eye.crop(pixels).copy()
        Eyeball.of(pixels, eye, bare(eye)).draw(picture, places(eye), places(eye), 0.0, 0.0)
        assert apart(picture, eye.crop(pixels)).max() <= 2

    @SIDES
    @pytest.mark.parametrize(("yaw", "pitch"), [(12.0, 0.0), (-12.0, 0.0), (0.0, 8.0), (0.0, -8.0)])
    def test_the_iris_goes_and_the_lids_stay(
        self, side: str, yaw: float, pitch: float, portrait: tuple[Photo, Analysis], face: Face
    ) -> None:
        pixels = portrait[0].pixels
        eye = looked_at(face, side, pixels)
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
        assert float(went @ way) > 0.15 * float(way @ way)

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
            eye = looked_at(face, "Left", pixels)
            picture = eye.crop(pixels).copy()
            Eyeball.of(pixels, eye, bare(eye)).draw(picture, places(eye), places(eye), 12.0, -12.0)
            assert (picture == value).all()


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
        eye = looked_at(whose, of, picture)
        part = eye.crop(picture).copy()
        Eyeball.of(picture, eye, bare(eye)).draw(part, places(eye), places(eye), sign * yaw, pitch)
        Eyelid.of(picture, eye, bare(eye)).draw(part, places(eye), closure)
        drawn.append(part[:, ::sign])
    assert apart(*drawn).max() <= 3


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

    @pytest.mark.parametrize("sign", [-1, 1])
    def test_eyes_are_drawn_whole_wherever_the_head_goes(self, sign: int, monkeypatch: pytest.MonkeyPatch) -> None:
        row = {"headYaw": 12.0 * sign, "headPitch": 8.0, "headRoll": -8.0 * sign, "gazeYaw": 9.0, **shut(0.7)}
        scene = film(fake_photo(), fake_analysis(), row)
        drawn = scene.draw(0)
        monkeypatch.setattr(Eye, "area", lambda *_: (slice(0, 240), slice(0, 192)))
        assert np.array_equal(scene.draw(0), drawn)

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

    def test_an_analyzer_sees_the_gaze(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        scene = film(photo, analysis, {"gazeYaw": 12.0}, {"gazeYaw": -12.0})

        def iris(row: int) -> float:
            points = FaceMeshAnalyzer().analyze(photo.with_pixels(scene.draw(row))).faces[0].landmarks
            return float(
                np.mean([points[468, 0] - points[[33, 133], 0].mean(), points[473, 0] - points[[263, 362], 0].mean()])
            )

        went = (iris(1) - iris(0)) / analysis.faces[0].eye_distance
        assert went > 0.4 * 2 * BALL * np.sin(np.radians(12))
