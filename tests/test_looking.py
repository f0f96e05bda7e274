"""Eyes are drawn alike by the compiled inner loops and by OpenCV, and whatever they are given, nothing breaks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
from eye_pictures import SIDES, Floats, Pixels, apart, film, looked_at, shut
from hypothesis import example, given
from hypothesis import strategies as st

from photomotion.data import Analysis, Photo
from photomotion.warp import compiled
from photomotion.warp.eyeballs import Eyeball
from photomotion.warp.eyelids import Eyelid
from photomotion.warp.eyes import EYES
from photomotion.warp.grid import Grid
from photomotion.warp.looking import follow, turn
from photomotion.warp.sampling import Closer

pytestmark = pytest.mark.skipif(compiled.inner is None, reason="photomotion was installed without a compiler")

Eyes = dict[tuple[str, str], tuple[Eyeball, Eyelid]]
KINDS = ("plain", "glasses", "no glint")
GAZE = (st.floats(-15, 15), st.floats(-12, 12), st.floats(0, 1))


@dataclass(frozen=True, eq=False, repr=False)
class Portrayed:
    """The portrait, what is around its face, and its eyes: as they are, behind drawn frames, and without lights."""

    pixels: Pixels
    around: Closer
    eyes: Eyes


class Drawn(NamedTuple):
    ways: Floats
    skin: Pixels
    """The picture with the skin in place ..."""
    picture: Pixels
    """... and with the ball."""


@pytest.fixture(scope="module")
def portrayed(portrait: tuple[Photo, Analysis]) -> Portrayed:
    pixels, face = portrait[0].pixels, portrait[1].faces[0]
    eyes: Eyes = {}
    for side in EYES:
        eye = looked_at(face, side, pixels)
        frames = np.zeros(eye.t.shape, np.float32)
        ball = Eyeball.of(pixels, eye, frames)
        assert ball.glint is not None
        eyes[side, "plain"] = ball, Eyelid.of(pixels, eye, frames)
        eyes[side, "no glint"] = replace(ball, glint=None), eyes[side, "plain"][1]
        cv2.circle(frames, (eye.t.shape[1] // 2, eye.t.shape[0] // 2 + 3), eye.t.shape[0] // 4, (1.0,), 2)
        eyes[side, "glasses"] = Eyeball.of(pixels, eye, frames), Eyelid.of(pixels, eye, frames)
    around = Closer.of(np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]), face, face.eye_distance)
    return Portrayed(pixels, around, eyes)


def nodes(
    pixels: Pixels, step: int, shift: tuple[float, float], seed: int = 0, much: float = 0.0
) -> tuple[Floats, Grid]:
    """Where nodes come from: from so far away, and each from elsewhere by up to about ``much`` px."""
    grid = Grid.over((0, 0, pixels.shape[1], pixels.shape[0]), step)
    rough = np.random.default_rng(seed).normal(0, 3, (grid.rows, grid.columns, 2)).astype(np.float32)
    back = much * cv2.GaussianBlur(rough, (0, 0), 1.5) + np.array(shift, np.float32)
    return grid.places(np.asarray(back, np.float32)), grid


def drawn(
    portrayed: Portrayed,
    which: tuple[str, str],
    moved: tuple[Floats, Grid],
    gaze: tuple[float, float, float],
    area: tuple[slice, slice] | None = None,
) -> Drawn:
    """An eye in the moved picture; ``gaze`` is its yaw and pitch and how far the lids are shut."""
    pixels = portrayed.pixels
    ball, lid = portrayed.eyes[which]
    places, grid = moved
    yaw, pitch, closure = gaze
    skin = cv2.remap(pixels, grid.between(places, (0, 0, pixels.shape[1], pixels.shape[0])), None, cv2.INTER_LINEAR)
    area = area or ball.eye.area(places, grid.step, 60, *pixels.shape[:2])
    assert skin[area].size
    ways = follow(skin, area, places, grid, lid, portrayed.around, pitch, closure)
    picture = skin.copy()
    turn(picture, area, ways, ball, yaw, pitch)
    return Drawn(ways, skin, picture)


def both(*said: Any) -> tuple[Drawn, Drawn]:
    """What :func:`drawn` gives with the compiled loops and without."""
    one = drawn(*said)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "inner", None)
        return one, drawn(*said)


class TestEyes:
    @given(
        st.sampled_from([(side, kind) for side in EYES for kind in KINDS]),
        st.integers(2, 19),
        st.tuples(*GAZE),
        st.tuples(st.floats(-50, 50), st.floats(-50, 50)),
        st.floats(0, 4),
    )
    @example(("Left", "plain"), 8, (0.0, 0.0, 1.0), (0.0, 0.0), 0.0)
    @example(("Left", "glasses"), 7, (-15.0, 12.0, 0.0), (0.0, 0.0), 0.0)
    @example(("Right", "no glint"), 5, (0.01, -0.01, 0.001), (0.0, 0.0), 0.0)
    def test_they_are_drawn_as_by_opencv(
        self,
        portrayed: Portrayed,
        which: tuple[str, str],
        step: int,
        gaze: tuple[float, float, float],
        shift: tuple[float, float],
        much: float,
    ) -> None:
        one, other = both(portrayed, which, nodes(portrayed.pixels, step, shift, step, much), gaze)
        off = np.abs(one.ways - other.ways)
        assert off[0].max() < 1e-3
        # OpenCV 4 reads ways at thirty-seconds of a px; at the edge of a lid they change at once.
        assert off.max() < 0.4 and np.quantile(off, 0.99) < 0.02
        for mine, its in ((one.skin, other.skin), (one.picture, other.picture)):
            differ = apart(mine, its)
            assert differ.max() <= 20 and differ.mean() < 0.002

    @SIDES
    def test_lids_that_stay_leave_the_skin_as_it_is(self, side: str, portrayed: Portrayed) -> None:
        moved = nodes(portrayed.pixels, 6, (5.0, -3.0), much=1.0)
        one = drawn(portrayed, (side, "plain"), moved, (9.0, 0.0, 0.0))
        still = drawn(portrayed, (side, "plain"), moved, (0.0, 0.0, 0.0))
        assert np.array_equal(one.ways[0], one.ways[1]) and np.array_equal(one.ways[0], one.ways[2])
        assert np.array_equal(one.skin, still.picture)  # which no gaze has changed
        assert apart(one.picture, one.skin).max() > 30

    @SIDES
    def test_only_skin_that_has_moved_is_drawn_anew(self, side: str, portrayed: Portrayed) -> None:
        pixels = portrayed.pixels
        ball, lid = portrayed.eyes[side, "plain"]
        places, grid = nodes(pixels, 5, (2.0, 1.0))
        area = ball.eye.area(places, grid.step, 9, *pixels.shape[:2])
        strange = np.full_like(pixels, 7)
        ways = follow(strange, area, places, grid, lid, portrayed.around, 6.0, 0.5)
        there = (ways[2] != ways[0]).any(axis=2)
        assert 0.2 < there.mean() < 0.95
        assert (strange[area][~there] == 7).all()
        assert (strange[area][there] != 7).any(axis=1).all()
        assert strange.sum(dtype=int) - strange[area].sum(dtype=int) == 7 * (strange.size - strange[area].size)

    @pytest.mark.parametrize(
        "area",
        [
            (slice(0, 200), slice(0, 330)),
            (slice(200, 520), slice(230, 520)),
            (slice(205, 206), slice(0, 520)),
            (slice(0, 520), slice(310, 311)),
            (slice(210, 211), slice(312, 313)),
            (slice(519, 520), slice(519, 520)),
            (slice(0, 520), slice(0, 520)),
        ],
    )
    def test_part_of_an_eye_is_drawn_as_in_the_whole(self, area: tuple[slice, slice], portrayed: Portrayed) -> None:
        moved = nodes(portrayed.pixels, 7, (1.5, -2.5), much=0.5)
        whole, part = (drawn(portrayed, ("Left", "plain"), moved, (8.0, 6.0, 0.3), a) for a in (None, area))
        rest = np.ones(part.picture.shape[:2], bool)
        rest[area] = False
        assert np.array_equal(part.picture[area], whole.picture[area])
        still = drawn(portrayed, ("Left", "plain"), moved, (0.0, 0.0, 0.0)).picture
        assert np.array_equal(part.picture[rest], still[rest])

    @pytest.mark.parametrize("shift", [(230.0, 150.0), (-180.0, 0.0), (0.0, -290.0), (300.0, -290.0)])
    def test_eyes_at_the_edge_of_the_picture_are_drawn_as_by_opencv(
        self, shift: tuple[float, float], portrayed: Portrayed
    ) -> None:
        moved, everywhere = nodes(portrayed.pixels, 9, shift), (slice(0, 520), slice(0, 520))
        one, other = both(portrayed, ("Left", "plain"), moved, (-7.0, 5.0, 0.4), everywhere)
        differ = apart(one.picture, other.picture)
        assert differ.max() <= 20 and differ.mean() < 0.002

    @given(st.lists(st.sampled_from([np.nan, np.inf, -np.inf, 1e30, -1e9, 40000.0, -3.0]), min_size=8, max_size=8))
    def test_what_is_no_place_is_read_somewhere(self, portrayed: Portrayed, values: list[float]) -> None:
        pixels = portrayed.pixels
        ball, lid = portrayed.eyes["Left", "plain"]
        places, grid = nodes(pixels, 8, (0.0, 0.0))
        x, y = int(ball.eye.box[0] / 8) + 4, int(ball.eye.box[1] / 8) + 3
        places[y : y + 2, x : x + 2] = np.reshape(values, (2, 2, 2))
        area = tuple(slice(*ends) for ends in zip(ball.eye.box[1::-1], ball.eye.box[:1:-1], strict=True))
        picture = pixels.copy()
        ways = follow(picture, (area[0], area[1]), places, grid, lid, portrayed.around, 5.0, 0.3)
        turn(picture, (area[0], area[1]), ways, ball, 5.0, 5.0)
        rest = np.ones(picture.shape[:2], bool)
        rest[area] = False
        assert np.array_equal(picture[rest], pixels[rest])

    def test_threads_draw_the_same(self, portrayed: Portrayed) -> None:
        moved = nodes(portrayed.pixels, 8, (4.0, 3.0), much=1.0)
        gazes = [(yaw, pitch, shut) for yaw in (-9.0, 6.0) for pitch in (0.0, 7.0) for shut in (0.0, 0.6)]

        def draw(gaze: tuple[float, float, float]) -> Pixels:
            return drawn(portrayed, ("Right", "plain"), moved, gaze).picture

        alone = [draw(gaze) for gaze in gazes]
        with ThreadPoolExecutor(2) as pool:
            for one, other in zip(alone, pool.map(draw, gazes), strict=True):
                assert np.array_equal(one, other)

    def test_a_film_is_the_same_to_within_a_few_gray_levels(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis = portrait
        scene = film(
            photo,
            analysis,
            {},
            {"gazeYaw": 9.0, "gazePitch": -5.0, "headYaw": 6.0, "breath": 1.0, **shut(0.1)},
            {"gazeYaw": -9.0, "gazePitch": 6.0, "headYaw": -12.0, "headPitch": 8.0, "headRoll": 5.0, **shut(0.7)},
            {"headPitch": -6.0, "mouthSmileLeft": 0.5, "mouthSmileRight": 0.4, **shut(1.0)},
        )
        for row in (1, 2, 3):
            one = scene.draw(row)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(compiled, "inner", None)
                differ = apart(one, scene.draw(row))
            assert differ.max() <= 20
            assert np.quantile(differ, 0.999) <= 2
