"""The built-in renderer: exact at rest, smooth and fold-free in motion, and each part does what its name says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion import Animator
from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Analysis, FaceMotion, Motion, Photo
from photomotion.reading import read_photo
from photomotion.testing.fakes import fake_analysis, fake_photo
from photomotion.warp import Scene
from photomotion.warp.border import Border
from photomotion.warp.expressions import PUSHES
from photomotion.warp.field import squeeze
from photomotion.warp.geometry import rotation, smoothstep
from photomotion.warp.grain import GrainMode, split
from photomotion.warp.grid import Grid, diffuse
from photomotion.warp.sampling import Closer, Sampler, read_softly
from photomotion.warp.scene import outside

Pixels = npt.NDArray[np.uint8]

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"


@pytest.fixture(scope="module")
def analyzer() -> FaceMeshAnalyzer:
    return FaceMeshAnalyzer()


@pytest.fixture(scope="module")
def portrait(analyzer: FaceMeshAnalyzer) -> tuple[Photo, Analysis]:
    photo = read_photo(ASTRONAUT)
    return photo, analyzer.analyze(photo)


@pytest.fixture(scope="module")
def grainy() -> Photo:
    noise = np.random.default_rng(2).normal(0, 12, (240, 192, 1))
    return Photo(pixels=np.clip(fake_photo(gray=True).pixels + noise, 0, 255).astype(np.uint8))


def scene(photo: Photo, analysis: Analysis, *rows: dict[str, float]) -> Scene:
    """A scene in which everybody in the photo moves by those rows."""
    channels = tuple(sorted({name for row in rows for name in row})) or ("headYaw",)
    values = np.array([[row.get(c, 0.0) for c in channels] for row in rows], np.float32)
    faces = tuple(FaceMotion(channels=channels, values=values) for _ in analysis.faces)
    return Scene(photo, analysis, Motion(fps=25, faces=faces))


def shut(amount: float) -> dict[str, float]:
    return {"eyeBlinkLeft": amount, "eyeBlinkRight": amount}


def difference(a: Pixels, b: Pixels) -> npt.NDArray[np.int16]:
    return np.asarray(np.abs(a.astype(np.int16) - b), np.int16)


class TestGeometry:
    @given(st.tuples(*[st.floats(-90, 90)] * 3))
    def test_a_rotation_keeps_lengths_and_handedness(self, angles: tuple[float, float, float]) -> None:
        matrix = rotation(*angles)
        assert np.allclose(matrix @ matrix.T, np.eye(3), atol=1e-5)
        assert np.linalg.det(matrix) == pytest.approx(1, abs=1e-5)

    def test_the_signs_are_those_of_pose(self) -> None:
        nose = np.array([0, 0, -1])
        assert (rotation(20, 0, 0) @ nose)[0] < -0.3  # to the left of the picture
        assert (rotation(0, 20, 0) @ nose)[1] > 0.3  # down
        assert (rotation(0, 0, 20) @ np.array([0, -1, 0]))[0] > 0.3  # clockwise: the crown leans right

    @given(st.floats(-3, 3), st.floats(-3, 3))
    def test_a_smooth_step_rises_from_0_to_1(self, x: float, y: float) -> None:
        low, high = (float(v) for v in smoothstep(np.array(sorted((x, y)), np.float32), 0.0, 1.0))
        assert 0 <= low <= high <= 1


class TestDiffuse:
    @given(st.integers(0, 2**31), st.integers(3, 40), st.integers(3, 40))
    def test_it_keeps_what_is_known_and_stays_between(self, seed: int, height: int, width: int) -> None:
        random = np.random.default_rng(seed)
        values = random.uniform(10, 20, (height, width)).astype(np.float32)
        known = (random.random((height, width)) < 0.3).astype(np.float32)
        known[0, 0] = 1
        filled = diffuse(values * known, known)
        assert np.allclose(filled[known == 1], values[known == 1], atol=1e-3)
        assert filled.min() > 9.99
        assert filled.max() < 20.01

    def test_nothing_known_gives_nothing(self) -> None:
        assert not diffuse(np.ones((9, 7, 3), np.float32), np.zeros((9, 7), np.float32)).any()


class TestSampler:
    @given(st.integers(0, 2**31), st.integers(12, 40), st.integers(12, 40))
    def test_whole_coordinates_give_the_pixels_themselves(self, seed: int, height: int, width: int) -> None:
        picture = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
        sampler = Sampler.of(picture)
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        assert np.array_equal(sampler.read(np.dstack([x, y]) * sampler.scale), picture)

    @pytest.mark.parametrize("grain", [0.0, 3.0])
    @pytest.mark.parametrize("direction", [(1, 0), (0, 1), (1, 1), (1, -0.5)])
    def test_detail_is_even_at_every_fraction_of_a_pixel(self, grain: float, direction: tuple[float, float]) -> None:
        picture = read_photo(ASTRONAUT).pixels[20:260, 120:320, ::-1]
        noise = np.random.default_rng(4).normal(0, grain, picture.shape[:2])[..., None]
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
        picture = np.dstack([picture, picture[..., 0]])
        sampler = Sampler.of(picture)
        y, x = np.mgrid[0:240, 0:200].astype(np.float32)

        def detail(p: Pixels) -> float:
            light = cv2.cvtColor(np.ascontiguousarray(p[8:-8, 8:-8, :3]), cv2.COLOR_BGR2GRAY)
            return float(cv2.Laplacian(light, cv2.CV_32F).var())

        kept = []
        for fraction in np.arange(0, 16) / 16:
            at = np.dstack([x + fraction * direction[0], y + fraction * direction[1]]) * sampler.scale
            kept.append(detail(sampler.read(at.astype(np.float32))) / detail(picture))
        assert min(kept) > 0.92
        assert max(kept) < 1.08
        half = np.dstack([x + 0.5, y]).astype(np.float32)
        assert detail(cv2.remap(picture, half, None, cv2.INTER_LINEAR)) < 0.8 * detail(picture)

    @pytest.mark.parametrize(("shape", "scale"), [((40, 40), 4), ((8, 12000), 2), ((8, 17000), 1), ((1300, 1300), 2)])
    def test_a_large_or_long_picture_is_supersampled_less(self, shape: tuple[int, int], scale: int) -> None:
        sampler = Sampler.of(np.full((*shape, 4), 9, np.uint8))
        assert sampler.scale == scale
        at = np.array([[[shape[1] - 1.3, 3.6]]], np.float32) * np.float32(scale)
        assert (sampler.read(at) == 9).all()

    @given(st.integers(0, 2**31), st.floats(-30, 230), st.floats(-30, 150), st.sampled_from([0.5, 1.3, 4.0]))
    def test_reading_softly_is_reading_the_blurred_picture(self, seed: int, x: float, y: float, sigma: float) -> None:
        picture = np.random.default_rng(seed).integers(0, 256, (120, 200, 3), np.uint8)
        aside, down = np.meshgrid(np.arange(9, dtype=np.float32) * 1.25 + x, np.arange(7, dtype=np.float32) * 1.25 + y)
        at_x, at_y = (np.round(a * 8) / 8 for a in (aside, down))
        whole = cv2.GaussianBlur(picture, (0, 0), sigma)
        wanted = cv2.remap(whole, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        assert difference(read_softly(picture, at_x, at_y, sigma), np.asarray(wanted, np.uint8)).max() <= 1


class TestCloser:
    @given(st.floats(-20, 60), st.floats(-20, 60), st.floats(2, 60), st.integers(0, 30))
    def test_it_reads_the_photo_itself_wherever_a_face_is(self, x: float, y: float, side: float, reach: int) -> None:
        picture = np.random.default_rng(3).integers(0, 256, (48, 40, 4), np.uint8)
        face = replace(fake_analysis().faces[0], box=(x, y, x + side, y + side))
        closer = Closer.of(picture, face, 0.5 * side)
        places = np.dstack(np.meshgrid(np.arange(40), np.arange(48))).astype(np.float32)
        assert np.array_equal(closer.read(places)[closer.area], picture[closer.area])
        inner = closer.inner(reach)
        assert inner is None or picture[inner].size


@given(st.tuples(*[st.tuples(st.integers(0, 9), st.integers(1, 9)) for _ in range(4)]))
def test_what_is_outside_an_area_and_what_is_inside_are_all_of_it_once(sides: tuple[tuple[int, int], ...]) -> None:
    rows, columns, others, across = (slice(start, start + length) for start, length in sides)
    seen = np.zeros((20, 20), int)
    for part in outside((rows, columns), (others, across)):
        assert seen[part].size
        seen[part] += 1
    seen[others, across] += 1
    inside = np.zeros((20, 20), bool)
    inside[rows, columns] = True
    assert (seen[inside] == 1).all()


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
        same = difference(frame, grainy.pixels)[corner].mean()
        rough, own = (float(p[corner].std()) for p in (frame, grainy.pixels))
        assert (same == 0) == (mode in ("still", "moving"))
        assert rough < 0.7 * own if mode == "off" else rough == pytest.approx(own, rel=0.3)
        assert difference(drawn.draw(1), drawn.draw(0))[corner].mean() < 1.5  # it changes slowly
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
        drawn = scene(part, replace(analysis, faces=(face,), matte=analysis.matte[cut]), {"headPitch": 8.0})
        forward = drawn.forward(drawn.values(0))
        hers = np.flatnonzero(drawn.opacity[0]) // drawn.grid.step
        assert forward[0, hers, 1].max() < 0.02 * drawn.heads[0].unit
        assert forward[:, :, 1].max() > 8


class TestScene:
    def test_at_rest_it_is_the_photo_and_nearly_at_rest_nearly(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        tiny = {"headYaw": 0.01, "breath": 0.001, "gazeYaw": -0.01, "mouthSmileLeft": 0.001}
        drawn = scene(photo, analysis, {}, tiny)
        assert np.array_equal(drawn.draw(0), photo.pixels)
        apart = difference(drawn.draw(1), photo.pixels)
        assert apart.mean() < 0.1
        assert apart.max() <= 12

    def test_a_frame_depends_on_nothing_but_its_row(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        rows = [{"headYaw": 0.5 * i, "gazeYaw": 2.0 * i, "mouthSmileLeft": 0.1 * i, **shut(0.2 * i)} for i in range(5)]
        drawn = scene(photo, analysis, *rows)
        once = [drawn.draw(i).copy() for i in range(5)]
        order = (4, 2, 0, 3, 1)
        assert all(np.array_equal(once[i], drawn.draw(i)) for i in order)
        with ThreadPoolExecutor(2) as pool:
            assert all(np.array_equal(once[i], a) for i, a in zip(order, pool.map(drawn.draw, order), strict=True))
        again = scene(photo, analysis, *rows)
        assert all(np.array_equal(once[i], again.draw(i)) for i in (3, 1))  # the same bits from the beginning

    def test_the_head_turns_as_far_as_planned(
        self, portrait: tuple[Photo, Analysis], analyzer: FaceMeshAnalyzer
    ) -> None:
        photo, analysis = portrait
        drawn = scene(photo, analysis, {"headYaw": 8.0}, {"headYaw": -8.0}, {"headPitch": 5.0}, {"headRoll": 6.0})
        left, right, down, leaning = (
            analyzer.analyze(photo.with_pixels(drawn.draw(i))).faces[0].pose for i in range(4)
        )
        rest = analysis.faces[0].pose
        assert 11 < left.yaw - right.yaw < 22
        assert left.yaw > rest.yaw > right.yaw
        assert 2 < down.pitch - rest.pitch < 9
        assert 4.5 < leaning.roll - rest.roll < 7.5

    def test_nothing_folds_at_the_limits_of_amplitude(self, portrait: tuple[Photo, Analysis]) -> None:
        drawn = scene(*portrait, {"headYaw": 1.0, "headPitch": 1.0, "headRoll": 1.0})
        for yaw, pitch, roll in product((-12.0, 0.0, 12.0), (-8.0, 0.0, 8.0), (-8.0, 0.0, 8.0)):
            moved = drawn.forward([{"headYaw": yaw, "headPitch": pitch, "headRoll": roll}])
            assert squeeze(moved, drawn.grid.step).min() > 0.1

    def test_eyes_close_for_an_analyzer_too(self, portrait: tuple[Photo, Analysis], analyzer: FaceMeshAnalyzer) -> None:
        photo, analysis = portrait
        closed = analyzer.analyze(photo.with_pixels(scene(photo, analysis, shut(1.0)).draw(0))).faces[0]
        assert max(closed.eyes_open) < 0.4 * min(analysis.faces[0].eyes_open)

    def test_lids_that_close_leave_the_mouth_as_it_opens(self, portrait: tuple[Photo, Analysis]) -> None:
        row = {"jawOpen": 0.3, "headYaw": 12.0, "headPitch": -8.0, "headRoll": 8.0, "gazeYaw": 12.0, **shut(0.9)}
        both, neither, lids = (scene(*portrait, row) for _ in range(3))
        lids.mouths = neither.mouths = [None]
        neither.eyes = [{}]
        without = both.draw(0).copy(), neither.draw(0), lids.draw(0)
        both.eyes = [{}]
        mouth = both.draw(0)
        opened = (difference(mouth, without[1]).max(axis=2) > 3) & (difference(without[2], without[1]).max(axis=2) == 0)
        assert opened.any()
        assert difference(without[0], mouth)[opened].max() <= 1

    def test_what_is_far_from_people_is_not_touched(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        moved = scene(photo, analysis, {"headYaw": 6.0, "headRoll": 3.0, "breath": 1.0}).draw(0)
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
        one = scene(photo, analysis, row).draw(0)
        other = scene(flipped, analyzer.analyze(flipped), back).draw(0)[:, ::-1]
        moved, apart = difference(one, photo.pixels).mean(), difference(one, other).mean()
        assert apart < 0.35 * moved

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
        # Lips that meet are nearer to each other than to their counterparts: those that push skin have known ones.
        for channel in PUSHES:
            if channel.endswith("Left"):
                for left, right in zip(PUSHES[channel], PUSHES[channel[:-4] + "Right"], strict=True):
                    pair[[left[0], right[0]]] = right[0], left[0]
        points = face.landmarks[pair] * flip + np.array([photo.width - 1, 0, 0], np.float32)
        other = replace(
            analysis, faces=(replace(face, landmarks=points),), matte=np.ascontiguousarray(analysis.matte[:, ::-1])
        )
        flipped = photo.with_pixels(np.ascontiguousarray(photo.pixels[:, ::-1]))
        one = scene(photo, analysis, row).draw(0)
        apart = difference(one, scene(flipped, other, back).draw(0)[:, ::-1])
        assert difference(one, photo.pixels).mean() > 0.2
        assert apart.mean() < 0.02
        assert (apart.max(axis=2) > 2).mean() < 0.001  # two ways to what is behind may be as good as each other

    def test_gray_stays_gray(self) -> None:
        photo = fake_photo(gray=True)
        drawn = scene(photo, fake_analysis(), {"headYaw": 6.0, "gazeYaw": -6.0, "breath": 1.0, **shut(0.7)}).draw(0)
        assert np.array_equal(drawn[..., 0], drawn[..., 1])
        assert np.array_equal(drawn[..., 0], drawn[..., 2])
        assert difference(drawn, photo.pixels).max() > 20

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
        apart = difference(drawn, pair.pixels)
        assert apart[:, : photo.width].mean() > 1
        x0, y0, x1, y1 = (round(v) for v in face.box)
        assert apart[y0:y1, photo.width + x0 : photo.width + x1].max() <= 2

    @pytest.mark.parametrize("size", [(193, 241), (192, 61), (64, 240), (480, 120), (640, 121)])
    def test_any_size_and_shape_can_be_drawn(self, size: tuple[int, int]) -> None:
        width, height = size
        photo = fake_photo(width, height)
        assert not photo.pixels.flags.writeable
        drawn = scene(photo, fake_analysis(width, height), {}, {"headYaw": 5.0, "breath": 1.0, **shut(1.0)})
        assert np.array_equal(drawn.draw(0), photo.pixels)
        moved = drawn.draw(1)
        assert moved.shape == photo.pixels.shape
        assert difference(moved, photo.pixels).max() > 20

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
        assert difference(moved, photo.pixels).mean() > 2


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
