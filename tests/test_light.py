"""Light that stays while the head turns, and lines that deepen with an expression: subtle, and within the tint."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.data import FaceMotion, Lighting, Motion, Photo
from photomotion.testing.fakes import fake_analysis, fake_face, fake_photo
from photomotion.warp import Scene
from photomotion.warp.creases import FOLDS, Creases
from photomotion.warp.geometry import HeadFrame
from photomotion.warp.grid import Grid
from photomotion.warp.light import MOST, Light, brighten

Pixels = npt.NDArray[np.uint8]

GRID = Grid.over((0, 0, 192, 240), 4)
FROM_THE_LEFT = Lighting(
    direction=(-0.9, -0.3, -0.3), confidence=0.8, harmonics=(0.8, -0.5, -0.1, -0.25, 0, 0, 0, 0, 0)
)
TINTS = [(1.0, 1.0, 1.0), (1.0, 0.85, 0.62)]


def light(lighting: Lighting = FROM_THE_LEFT) -> Light:
    face = fake_face()
    return Light.of(lighting, face, HeadFrame.of(face), GRID)


def at(found: Light, landmark: int) -> tuple[int, int]:
    """Row and column of a mesh point among the nodes of a light."""
    x, y, _ = fake_face().landmarks[landmark] / GRID.step
    return round(float(y)) - found.corner[0], round(float(x)) - found.corner[1]


def film(photo: Photo, lighting: Lighting, *rows: dict[str, float]) -> Scene:
    channels = tuple(sorted({name for row in rows for name in row}))
    values = np.array([[row.get(c, 0.0) for c in channels] for row in rows], np.float32)
    analysis = replace(fake_analysis(), lighting=lighting)
    return Scene(photo, analysis, Motion(fps=25, faces=(FaceMotion(channels=channels, values=values),)))


class TestLight:
    def test_skin_that_comes_round_to_the_light_brightens(self) -> None:
        found = light()
        away, toward = (found.change({"headYaw": yaw}) for yaw in (-8.0, 8.0))  # + is to the left of the picture
        for cheek in (50, 280):
            assert toward[at(found, cheek)] > 0.001
            assert away[at(found, cheek)] < -0.001

    @given(st.floats(-12, 12), st.floats(-8, 8), st.floats(-8, 8))
    def test_it_is_subtle_smooth_and_ends_at_the_outline(self, yaw: float, pitch: float, roll: float) -> None:
        change = light().change({"headYaw": yaw, "headPitch": pitch, "headRoll": roll})
        assert np.abs(change).max() <= MOST
        assert np.abs(np.diff(change, axis=0)).max() < 0.05
        assert np.abs(np.diff(change, axis=1)).max() < 0.05
        assert np.abs(change[0]).max() < 0.01
        assert np.abs(change[:, [0, -1]]).max() < 0.01

    def test_at_rest_and_in_unknown_light_nothing_changes(self) -> None:
        assert not light().change({"jawOpen": 0.2}).any()
        assert not light(Lighting()).change({"headYaw": 10.0, "headPitch": 5.0}).any()
        even = replace(FROM_THE_LEFT, harmonics=Lighting().harmonics)
        assert not light(even).change({"headYaw": 10.0}).any()

    def test_a_face_may_be_all_there_is(self) -> None:
        face = fake_face()
        x, y = (int(v) for v in face.landmarks[1, :2])
        found = Light.of(FROM_THE_LEFT, face, HeadFrame.of(face), Grid(x - 8, y - 8, 4, 4, 4))
        assert (found.share == found.share.max()).all()
        assert np.isfinite(found.change({"headYaw": 8.0})).all()

    def test_a_lowered_chin_darkens_the_neck(self) -> None:
        found = light(replace(FROM_THE_LEFT, direction=(0.0, -0.9, -0.4)))
        row, column = at(found, 152)
        below = row + round(0.15 * HeadFrame.of(fake_face()).unit / GRID.step)
        down, up = (found.change({"headPitch": pitch})[below, column] for pitch in (6.0, -6.0))
        assert down < -0.01
        assert up == pytest.approx(-down, abs=1e-5)

    def test_a_face_that_is_hardly_in_the_photo_can_be_lit(self) -> None:
        face = fake_face()
        for x, y in ((-300, 0), (0, 400), (60, -60)):
            moved = replace(face, landmarks=face.landmarks + np.array([x, y, 0], np.float32))
            found = Light.of(FROM_THE_LEFT, moved, HeadFrame.of(moved), GRID)
            picture = fake_photo().pixels.copy()
            found.draw(picture, GRID.places(np.zeros((GRID.rows, GRID.columns, 2), np.float32)), GRID, {"headYaw": 9.0})
            assert picture.shape == (240, 192, 3)


class TestBrighten:
    @given(st.integers(0, 2**31), st.integers(1, 7))
    @settings(max_examples=20)
    def test_all_colours_get_the_same_factor_and_no_change_changes_nothing(self, seed: int, step: int) -> None:
        random = np.random.default_rng(seed)
        picture = random.integers(0, 200, (50, 41, 1), np.uint8).repeat(3, axis=2)
        before = picture.copy()
        brighten(picture, np.zeros((4, 5), np.float32), (2, 3), step)
        assert np.array_equal(picture, before)
        change = random.uniform(-0.1, 0.1, (60 // step, 60 // step)).astype(np.float32)  # reaches beyond the picture
        brighten(picture, change, (2, 3), step)
        assert np.array_equal(picture[..., 0], picture[..., 2])
        assert np.array_equal(picture[:2], before[:2])
        assert np.array_equal(picture[:, :3], before[:, :3])
        ratio = (picture[2:, 3:] + 0.5) / (before[2:, 3:] + 0.5)
        assert ratio[before[2:, 3:] > 60].min() > 0.88
        assert ratio[before[2:, 3:] > 60].max() < 1.13

    def test_more_than_can_be_multiplied_with_is_cut(self) -> None:
        picture = np.full((8, 8, 3), 100, np.uint8)
        brighten(picture, np.full((2, 2), 0.5, np.float32), (0, 0), 4)
        assert picture.min() > 120

    def test_beyond_the_picture_there_is_nothing_to_brighten(self) -> None:
        for lines in (np.s_[10:], np.s_[:, 10:]):
            picture, change = np.full((8, 8, 3), 100, np.uint8), np.zeros((12, 12), np.float32)
            change[lines] = 0.1
            brighten(picture, change, (0, 0), 1)
            assert (picture == 100).all()
        brighten(picture, np.full((2, 2), 0.1, np.float32), (0, 9), 1)
        assert (picture == 100).all()

    def test_it_is_where_it_is_said_to_be(self) -> None:
        picture = np.full((40, 40, 3), 100, np.uint8)
        change = np.zeros((5, 5), np.float32)
        change[2, 3] = 0.1
        brighten(picture, change, (4, 8), 4)
        bright = np.argwhere(picture[..., 0] > 105).mean(axis=0)
        assert bright == pytest.approx([4 + 2.5 * 4 - 0.5, 8 + 3.5 * 4 - 0.5])


class TestCreases:
    def wrinkled(self) -> Photo:
        """The drawn portrait with lines: two across the forehead, a fold beside the mouth on its right."""
        photo, points = fake_photo(), fake_face().landmarks[:, :2]
        pixels = photo.pixels.copy()
        brow, crown, unit = points[[105, 334], 1].mean(), points[10, 1], float(points[263, 0] - points[33, 0])
        for height in (0.45, 0.7):
            y, x = round(float(brow + height * (crown - brow))), round(float(points[9, 0]))
            cv2.line(pixels, (x - round(0.3 * unit), y), (x + round(0.3 * unit), y), (165, 128, 108), 1, cv2.LINE_AA)
        fold = np.round(points[list(FOLDS["Right"])]).astype(np.int32)
        cv2.polylines(pixels, [fold], False, (150, 115, 95), 1, cv2.LINE_AA)
        return photo.with_pixels(pixels)

    def found(self, photo: Photo, *channels: str, glasses: bool = False) -> Creases:
        face = fake_face()
        return Creases.of(photo.pixels, face, HeadFrame.of(face), channels, glasses)

    def depth(self, creases: Creases, channel: str) -> float:
        return float(-creases.maps[channel][1].min())

    def test_lines_of_the_photo_deepen_and_a_smooth_face_gets_next_to_none(self) -> None:
        smooth, wrinkled = (self.found(p, "browInnerUp", "mouthSmileRight") for p in (fake_photo(), self.wrinkled()))
        assert self.depth(wrinkled, "browInnerUp") > 2 * self.depth(smooth, "browInnerUp")
        assert self.depth(wrinkled, "browInnerUp") > 0.01
        assert 0.02 < self.depth(smooth, "mouthSmileRight") < self.depth(wrinkled, "mouthSmileRight") < 0.2

    def test_a_smooth_cheek_gets_a_dent_and_no_line(self) -> None:
        creases = self.found(fake_photo(), "mouthSmileRight")
        drawn = creases.maps["mouthSmileRight"][1]
        across = (drawn < 0.5 * drawn.min()).sum(axis=1).max() / creases.fine
        assert 0.04 < across < 0.15

    def test_a_smooth_cheek_gets_nothing_bright_beside_it_and_a_folded_one_does(self) -> None:
        smooth, folded = (
            self.found(p, "mouthSmileRight").maps["mouthSmileRight"][1] for p in (fake_photo(), self.wrinkled())
        )
        assert smooth.max() < 0.5 * folded.max()

    def test_the_dark_beyond_the_outline_of_a_face_is_no_fold(self) -> None:
        photo, points = fake_photo(), fake_face().landmarks
        path = points[list(FOLDS["Right"]), :2]
        dark = photo.pixels.copy()
        dark[:, : round(float(path[:, 0].min()))] //= 3
        # The far side of a turned head: all of its mesh is nearer to the middle than the fold is on others.
        near = points.copy()
        near[:, 0] = np.maximum(near[:, 0], path[:, 0].min())
        face = replace(fake_face(), landmarks=near)
        found = [
            Creases.of(pixels, face, HeadFrame.of(face), ("mouthSmileRight",), False) for pixels in (photo.pixels, dark)
        ]
        assert self.depth(found[1], "mouthSmileRight") < 1.5 * self.depth(found[0], "mouthSmileRight")

    def test_a_smile_draws_its_own_side(self) -> None:
        photo = self.wrinkled()
        scenes = [film(photo, Lighting(), {f"mouthSmile{side}": 0.6}) for side in ("Left", "Right")]
        middle = round(float(fake_face().landmarks[1, 0]))
        for scene, own in zip(scenes, (slice(middle + 6, None), slice(0, middle - 6)), strict=True):
            (rows, columns), _ = next(iter(scene.creases[0].maps.values()))
            left = scene.creases[0].corner[0] + np.array([columns.start, columns.stop]) / scene.creases[0].fine
            x = scene.heads[0].origin[0] + left * scene.heads[0].unit
            assert (own.start or 0) <= x.min() and x.max() <= (own.stop or photo.width)
            assert rows.start < rows.stop

    def test_without_channels_and_under_glasses_and_hats_there_are_none(self) -> None:
        assert not self.found(self.wrinkled(), "headYaw", "jawOpen").maps
        assert not self.found(self.wrinkled(), "browDownLeft", glasses=True).maps
        face = fake_face()
        hidden = replace(face, visibility=replace(face.visibility, forehead=0.0))
        creases = Creases.of(self.wrinkled().pixels, hidden, HeadFrame.of(face), ("browInnerUp",), False)
        assert not creases.maps

    def test_the_fold_lies_where_the_photo_has_it(self) -> None:
        photo = self.wrinkled()
        smile = {"mouthSmileRight": 0.02, "cheekSquintRight": 1.0, "headYaw": 0.0}
        scene = film(photo, Lighting(), smile)
        drawn = scene.draw(0)
        scene.creases[0].maps.clear()  # type: ignore[attr-defined]
        darker = scene.draw(0).astype(int) - drawn
        path = np.round(fake_face().landmarks[list(FOLDS["Right"][1:4]), :2]).astype(int)
        near = np.zeros(darker.shape[:2], np.uint8)
        cv2.polylines(near, [path.astype(np.int32)], False, 1, 7)
        assert darker[near > 0].sum() > 0.5 * darker[darker > 0].sum() > 0


@given(st.floats(-10, 10), st.floats(-6, 6), st.floats(0, 1), st.sampled_from(TINTS))
@settings(max_examples=10)
def test_the_tint_of_a_print_is_kept(yaw: float, pitch: float, smile: float, tint: tuple[float, ...]) -> None:
    gray = cv2.cvtColor(fake_photo().pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    # A little darker than white, where sharpening would clip one colour and not the others.
    photo = fake_photo().with_pixels(np.round(0.7 * gray[..., None] * np.array(tint, np.float32)).astype(np.uint8))
    row = {"headYaw": yaw, "headPitch": pitch, "mouthSmileLeft": smile, "browInnerUp": smile}
    picture = film(photo, FROM_THE_LEFT, row).draw(0)
    expected = picture[..., :1] * np.array(tint, np.float32)
    assert np.abs(picture - expected).max() <= (0 if tint == TINTS[0] else 4)


def test_frames_are_the_photo_at_rest_and_the_same_whenever_they_are_drawn() -> None:
    rows = [{"headYaw": 0.0, "mouthSmileLeft": 0.0}, {"headYaw": 7.0, "mouthSmileLeft": 0.5}]
    scene = film(fake_photo(), FROM_THE_LEFT, *rows)
    assert np.array_equal(scene.draw(0), fake_photo().pixels)
    assert np.array_equal(scene.draw(1), film(fake_photo(), FROM_THE_LEFT, *rows[::-1]).draw(0))


def test_light_from_the_other_side_is_the_mirror_image() -> None:
    def mirrored(lighting: Lighting) -> Lighting:
        x, y, z = lighting.direction
        signs = np.array([1, -1, 1, 1, -1, 1, 1, -1, 1])
        return replace(lighting, direction=(-x, y, z), harmonics=tuple(float(v) for v in signs * lighting.harmonics))

    face = fake_face()
    middle = float(face.landmarks[[33, 263], 0].mean())
    one = light().change({"headYaw": 6.0, "headPitch": 3.0})
    other = light(mirrored(FROM_THE_LEFT)).change({"headYaw": -6.0, "headPitch": 3.0})
    columns = np.arange(one.shape[1])
    x = (columns + light().corner[1]) * GRID.step + 1.5
    back = np.stack([np.interp(2 * middle - x, x, row) for row in other])
    assert np.abs(one - back)[:, 4:-4].mean() < 0.15 * np.abs(one).mean()
