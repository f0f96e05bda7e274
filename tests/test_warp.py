"""The built-in renderer: exact at rest, smooth and fold-free in motion, and each part does what its name says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from films import apart, film, shut

from photomotion import Animator
from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, FaceMotion, Motion, Photo
from photomotion.reading import read_photo
from photomotion.testing.fakes import fake_analysis, fake_photo
from photomotion.warp import Scene
from photomotion.warp.border import Border
from photomotion.warp.expressions import PUSHES
from photomotion.warp.folds import squeeze
from photomotion.warp.grain import GrainMode
from photomotion.warp.grid import Grid
from photomotion.warp.jaw import CORNERS, LOWER_LIP, UPPER_LIP

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"


@pytest.fixture(scope="module")
def portrait(analyzer: FaceMeshAnalyzer) -> tuple[Photo, Analysis]:
    photo = read_photo(ASTRONAUT)
    return photo, analyzer.analyze(photo)


class TestBorder:
    def test_what_the_edge_cuts_through_does_not_come_in_from_beyond(self) -> None:
        grid = Grid.over((0, 0, 192, 240), 4)
        opacity = np.full((240, 192), 255, np.uint8)
        for shift in ((9.0, 0.0), (-9.0, 0.0), (0.0, 9.0), (0.0, -9.0), (-6.0, 7.0)):
            plain = np.zeros((grid.rows, grid.columns, 2), np.float32) + np.array(shift, np.float32)
            held = plain.copy()
            Border.of(opacity, grid, 30.0).hold(held)
            assert (np.abs(held) <= np.abs(plain) + 1e-6).all()
            assert squeeze(held, grid.step).min() > 0.5
            assert held[:, 0, 0].max() < 1
            assert held[:, -1, 0].min() > -1
            assert held[0, :, 1].max() < 1
            assert held[-1, :, 1].min() > -1
            assert np.allclose(held[25:35, 20:28], plain[25:35, 20:28])  # far from the edges nothing changes

    def test_nobody_at_the_edge_is_not_held(self) -> None:
        grid = Grid.over((0, 0, 192, 240), 4)
        opacity = np.zeros((240, 192), np.uint8)
        opacity[60:180, 60:130] = 255
        assert not Border.of(opacity, grid, 30.0).edges

    def test_a_face_at_the_edge_is_not_mirrored(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        x0, y0 = (round(v) for v in analysis.faces[0].box[:2])
        cut = (slice(y0 + 10, None), slice(x0 - 30, None))
        face = replace(
            analysis.faces[0], landmarks=analysis.faces[0].landmarks - np.array([x0 - 30, y0 + 10, 0], np.float32)
        )
        part = photo.with_pixels(np.ascontiguousarray(photo.pixels[cut]))
        drawn = film(part, replace(analysis, faces=(face,), matte=analysis.matte[cut]), {"headPitch": 8.0})
        forward = drawn.forward(drawn.values(0))
        hers = np.flatnonzero(drawn.opacity[0]) // drawn.grid.step
        assert forward[0, hers, 1].max() < 0.02 * drawn.heads[0].unit
        assert forward[:, :, 1].max() > 8


class TestScene:
    def test_at_rest_it_is_the_photo_and_nearly_at_rest_nearly(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        tiny = {"headYaw": 0.01, "breath": 0.001, "gazeYaw": -0.01, "mouthSmileLeft": 0.001}
        drawn = film(photo, analysis, {}, tiny)
        assert np.array_equal(drawn.draw(0), photo.pixels)
        off = apart(drawn.draw(1), photo.pixels)
        assert off.mean() < 0.1
        assert off.max() <= 12

    def test_a_frame_depends_on_nothing_but_its_row(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        rows = [{"headYaw": 0.5 * i, "gazeYaw": 2.0 * i, "mouthSmileLeft": 0.1 * i, **shut(0.2 * i)} for i in range(5)]
        drawn = film(photo, analysis, *rows)
        once = [drawn.draw(i).copy() for i in range(5)]
        order = (4, 2, 0, 3, 1)
        assert all(np.array_equal(once[i], drawn.draw(i)) for i in order)
        with ThreadPoolExecutor(2) as pool:
            assert all(np.array_equal(once[i], a) for i, a in zip(order, pool.map(drawn.draw, order), strict=True))
        again = film(photo, analysis, *rows)
        assert all(np.array_equal(once[i], again.draw(i)) for i in (3, 1))  # the same bits from the beginning

    def test_the_head_turns_as_far_as_planned(
        self, portrait: tuple[Photo, Analysis], analyzer: FaceMeshAnalyzer
    ) -> None:
        photo, analysis = portrait
        drawn = film(photo, analysis, {"headYaw": 8.0}, {"headYaw": -8.0}, {"headPitch": 5.0}, {"headRoll": 6.0})
        left, right, down, leaning = (
            analyzer.analyze(photo.with_pixels(drawn.draw(i))).faces[0].pose for i in range(4)
        )
        rest = analysis.faces[0].pose
        assert 11 < left.yaw - right.yaw < 22
        assert left.yaw > rest.yaw > right.yaw
        assert 2 < down.pitch - rest.pitch < 9
        assert 4.5 < leaning.roll - rest.roll < 7.5

    def test_nothing_folds_at_the_limits_of_amplitude(self, portrait: tuple[Photo, Analysis]) -> None:
        drawn = film(*portrait, {"headYaw": 1.0, "headPitch": 1.0, "headRoll": 1.0})
        for yaw, pitch, roll in product((-12.0, 0.0, 12.0), (-8.0, 0.0, 8.0), (-8.0, 0.0, 8.0)):
            moved = drawn.forward([{"headYaw": yaw, "headPitch": pitch, "headRoll": roll}])
            assert squeeze(moved, drawn.grid.step).min() > 0.1

    def test_eyes_close_for_an_analyzer_too(self, portrait: tuple[Photo, Analysis], analyzer: FaceMeshAnalyzer) -> None:
        photo, analysis = portrait
        closed = analyzer.analyze(photo.with_pixels(film(photo, analysis, shut(1.0)).draw(0))).faces[0]
        assert max(closed.eyes_open) < 0.4 * min(analysis.faces[0].eyes_open)

    def test_lids_that_close_leave_the_mouth_as_it_opens(self, portrait: tuple[Photo, Analysis]) -> None:
        row = {"jawOpen": 0.3, "headYaw": 12.0, "headPitch": -8.0, "headRoll": 8.0, "gazeYaw": 12.0, **shut(0.9)}
        both, neither, lids = (film(*portrait, row) for _ in range(3))
        lids.mouths = neither.mouths = [None]
        neither.eyes = [{}]
        without = both.draw(0).copy(), neither.draw(0), lids.draw(0)
        both.eyes = [{}]
        mouth = both.draw(0)
        opened = (apart(mouth, without[1]).max(axis=2) > 3) & (apart(without[2], without[1]).max(axis=2) == 0)
        assert opened.any()
        assert apart(without[0], mouth)[opened].max() <= 1

    def test_what_is_far_from_people_is_not_touched(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        moved = film(photo, analysis, {"headYaw": 6.0, "headRoll": 3.0, "breath": 1.0}).draw(0)
        far = cv2.dilate((analysis.matte > 0.01).astype(np.uint8), np.ones((41, 41))) == 0
        assert far.mean() > 0.05
        assert np.array_equal(moved[far], photo.pixels[far])

    def test_a_mirrored_photo_gives_the_mirrored_picture(
        self, portrait: tuple[Photo, Analysis], analyzer: FaceMeshAnalyzer
    ) -> None:
        photo, analysis = portrait
        row = {"headYaw": 5.0, "headRoll": 2.0, "gazeYaw": -5.0, "mouthSmileLeft": 0.4, **shut(0.6)}
        back = {"headYaw": -5.0, "headRoll": -2.0, "gazeYaw": 5.0, "mouthSmileRight": 0.4, **shut(0.6)}
        flipped = photo.with_pixels(np.ascontiguousarray(photo.pixels[:, ::-1]))
        one = film(photo, analysis, row).draw(0)
        other = film(flipped, analyzer.analyze(flipped), back).draw(0)[:, ::-1]
        moved, off = apart(one, photo.pixels).mean(), apart(one, other).mean()
        assert off < 0.35 * moved

    @pytest.mark.parametrize(
        ("row", "back"),
        [
            ({"headYaw": 12.0, "headPitch": 4.0}, {"headYaw": -12.0, "headPitch": 4.0}),
            ({"headRoll": 8.0, "breath": 1.0}, {"headRoll": -8.0, "breath": 1.0}),
            ({"mouthSmileLeft": 0.6, "browInnerUp": 0.5}, {"mouthSmileRight": 0.6, "browInnerUp": 0.5}),
            ({"eyeBlinkLeft": 0.6, "headPitch": -8.0}, {"eyeBlinkRight": 0.6, "headPitch": -8.0}),
        ],
    )
    def test_what_is_known_of_a_mirrored_photo_gives_the_mirrored_picture_to_two_levels(
        self, row: dict[str, float], back: dict[str, float]
    ) -> None:
        photo, analysis = fake_photo(), fake_analysis()
        face = analysis.faces[0]
        flip = np.array([-1, 1, 1], np.float32)
        points = face.landmarks * flip + np.array([2 * face.landmarks[[33, 263], 0].mean(), 0, 0], np.float32)
        pair = np.linalg.norm(points[:, None] - face.landmarks[None], axis=2).argmin(axis=1)
        # Lips that meet are nearer to each other than to their counterparts: those that matter have known ones.
        for channel in PUSHES:
            if channel.endswith("Left"):
                for left, right in zip(PUSHES[channel], PUSHES[channel[:-4] + "Right"], strict=True):
                    pair[[left[0], right[0]]] = right[0], left[0]
        for lip in (UPPER_LIP, LOWER_LIP, CORNERS):
            pair[list(lip)] = lip[::-1]
        points = face.landmarks[pair] * flip + np.array([photo.width - 1, 0, 0], np.float32)
        other = replace(
            analysis, faces=(replace(face, landmarks=points),), matte=np.ascontiguousarray(analysis.matte[:, ::-1])
        )
        flipped = photo.with_pixels(np.ascontiguousarray(photo.pixels[:, ::-1]))
        one = film(photo, analysis, row).draw(0)
        off = apart(one, film(flipped, other, back).draw(0)[:, ::-1])
        assert apart(one, photo.pixels).mean() > 0.2
        assert off.mean() < 0.02
        assert (off.max(axis=2) > 2).mean() < 0.001  # two ways to what is behind may be as good as each other

    def test_gray_stays_gray(self) -> None:
        photo = fake_photo(gray=True)
        drawn = film(photo, fake_analysis(), {"headYaw": 6.0, "gazeYaw": -6.0, "breath": 1.0, **shut(0.7)}).draw(0)
        assert np.array_equal(drawn[..., 0], drawn[..., 1])
        assert np.array_equal(drawn[..., 0], drawn[..., 2])
        assert apart(drawn, photo.pixels).max() > 20

    def test_neighbours_do_not_drag_each_other(self) -> None:
        photo, analysis = fake_photo(), fake_analysis()
        pair = Photo(pixels=np.hstack([photo.pixels] * 2))
        face = analysis.faces[0]
        moved_over = face.landmarks + np.array([photo.width, 0, 0], np.float32)
        second = replace(face, landmarks=moved_over)
        both = Analysis(faces=(face, second), matte=np.hstack([analysis.matte] * 2))
        still = FaceMotion(channels=("headYaw",), values=np.zeros((1, 1), np.float32))
        turned = FaceMotion(channels=("headYaw",), values=np.full((1, 1), 8, np.float32))
        drawn = Scene(pair, both, Motion(fps=25, faces=(turned, still))).draw(0)
        off = apart(drawn, pair.pixels)
        assert off[:, : photo.width].mean() > 1
        x0, y0, x1, y1 = (round(v) for v in face.box)
        assert off[y0:y1, photo.width + x0 : photo.width + x1].max() <= 2

    @pytest.mark.parametrize("size", [(193, 241), (192, 61), (64, 240), (480, 120), (640, 121)])
    def test_any_size_and_shape_can_be_drawn(self, size: tuple[int, int]) -> None:
        width, height = size
        photo = fake_photo(width, height)
        assert not photo.pixels.flags.writeable
        drawn = film(photo, fake_analysis(width, height), {}, {"headYaw": 5.0, "breath": 1.0, **shut(1.0)})
        assert np.array_equal(drawn.draw(0), photo.pixels)
        moved = drawn.draw(1)
        assert moved.shape == photo.pixels.shape
        assert apart(moved, photo.pixels).max() > 20

    @pytest.mark.parametrize("grain", ["still", "moving", "fresh", "off"])
    def test_a_scan_in_black_and_white_alone_can_be_drawn(self, grain: GrainMode) -> None:
        gray = fake_photo(gray=True).pixels[..., :1].astype(np.float32)
        noise = np.random.default_rng(5).normal(0, 30, gray.shape)
        photo = Photo(pixels=np.where(gray + noise > 120, 255, 0).repeat(3, axis=2).astype(np.uint8), gray=True)
        values = np.array([[0.0, 0.0], [8.0, 0.8]], np.float32)
        face = FaceMotion(channels=("headYaw", "eyeBlinkLeft"), values=values)
        drawn = Scene(photo, fake_analysis(), Motion(fps=25, faces=(face,)), grain)
        assert np.array_equal(drawn.draw(0), photo.pixels)
        moved = drawn.draw(1)
        assert np.array_equal(moved[..., 0], moved[..., 2])
        assert apart(moved, photo.pixels).mean() > 2


def test_a_face_that_the_photo_cuts_through_anywhere_makes_a_film(astronaut: Path) -> None:
    """Wherever the border runs: an eye that is not whole is left still, nothing crashes."""
    pixels = read_photo(str(astronaut)).pixels
    with Animator() as animator:
        whole = animator.inspect(str(astronaut)).faces[0]
        x0, x1 = round(float(whole.landmarks[33, 0])), round(float(whole.landmarks[263, 0]))
        found = 0
        for cut in range(x0 - 4, x1 + 5, 8):
            for part in (pixels[:, cut:], pixels[:, :cut]):
                photo, analysis = animator.prepare(np.ascontiguousarray(part))
                if analysis.faces:
                    found += 1
                    motion = animator.plan(photo, seconds=0.4, fps=5)
                    frames = [Scene(photo, analysis, motion).draw(row) for row in range(motion.frames)]
                    assert all(frame.shape == photo.pixels.shape for frame in frames)
        assert found > 4
