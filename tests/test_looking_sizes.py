"""The compiled loops that draw eyes: what they refuse, what they give back, and what they read at the edges of maps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from photomotion.warp import compiled

pytestmark = pytest.mark.skipif(compiled.inner is None, reason="photomotion was installed without a compiler")

Said = dict[str, Any]

PICTURE: dict[str, Said] = {
    "picture": {"picture": np.zeros((10, 13, 3), np.uint8)},
    "size": {"size": (10, 13)},
    "size upside down": {"size": (-10, -12)},
    "right": {"box": (2, 1, 13, 9)},
    "bottom": {"box": (2, 1, 7, 11)},
    "left": {"box": (-1, 1, 4, 9)},
    "top": {"box": (2, -1, 7, 7)},
    "no columns": {"box": (7, 1, 7, 9)},
    "no rows": {"box": (2, 9, 7, 9)},
    "ways": {"ways": np.zeros((3, 8, 6, 2), np.float32)},
    "fewer ways": {"ways": np.zeros((2, 8, 5, 2), np.float32)},
    "ways between": {"ways": np.zeros(961, np.uint8)[1:]},
}


def followed(**other: Any) -> Said:
    """What ``follow`` is called with: a picture of 12 x 10 px, an area of 5 x 8, maps of 6 x 7, skin of 8 x 9."""
    said = {
        "picture": np.zeros((10, 12, 3), np.uint8),
        "size": (10, 12),
        "box": (2, 1, 7, 9),
        "ways": np.zeros((3, 8, 5, 2), np.float32),
        "places": np.zeros((6, 6, 2), np.float32),
        "rows": (6, 6),
        "step": 3,
        "corner": (0.0, 0.0),
        "maps": np.zeros((8, 7, 6), np.float32),
        "shape": (7, 6),
        "lids": (0.0, 0.0, 0.0, 0.0, 0.0, 0.2),
        "skin": np.zeros((9, 8, 4), np.uint8),
        "tall": (9, 8),
        "into": (1.0, 0.0, 0.0),
    }
    return said | other


def turned(**other: Any) -> Said:
    """What ``turn`` is called with: the same picture and area, tables of 6 x 7."""
    rng = np.random.default_rng(0)
    said = {
        "picture": np.full((10, 12, 3), 7, np.uint8),
        "size": (10, 12),
        "box": (2, 1, 7, 9),
        "ways": np.full((3, 8, 5, 2), 2.0, np.float32),
        **{name: rng.integers(1, 256, (7, 6, 4), np.uint8) for name in ("white", "iris", "shade", "glint")},
        "shape": (7, 6),
        "into": (1.0, 0.0, 0.0),
        "seen": (0.0, 0.0, 5.0, 6.0),
        "iris way": (1.0, 0.0),
        "glint way": (0.5, 0.0),
        "changed": 1.0,
    }
    return said | other


def call(name: str, said: Said) -> None:
    assert getattr(compiled.inner, name)(*said.values()) is None


class TestRefused:
    @pytest.mark.parametrize(
        "wrong",
        [
            *PICTURE.values(),
            {"places": np.zeros((6, 5, 2), np.float32)},
            {"places": np.zeros((5, 6, 2), np.float32), "rows": (5, 6)},
            {"places": np.zeros((6, 5, 2), np.float32), "rows": (6, 5)},
            {"places": np.zeros(289, np.uint8)[1:]},
            {"step": 2},
            {"step": 0},
            {"step": -3},
            {"step": 1 << 30},
            {"maps": np.zeros((7, 7, 6), np.float32)},
            {"maps": np.zeros((8, 7, 7), np.float32)},
            {"maps": np.zeros(1345, np.uint8)[1:]},
            {"shape": (6, 6)},
            {"shape": (0, 6)},
            {"skin": np.zeros((9, 8, 3), np.uint8)},
            {"skin": np.zeros(289, np.uint8)[1:]},
            {"tall": (9, 9)},
            {"tall": (9, 0)},
        ],
        ids=lambda wrong: "-".join(wrong),
    )
    def test_skin_of_sizes_that_do_not_fit(self, wrong: Said) -> None:
        call("follow", followed())
        with pytest.raises(ValueError, match="sizes do not fit"):
            call("follow", followed(**wrong))

    @pytest.mark.parametrize(
        "wrong",
        [
            *PICTURE.values(),
            *({name: np.zeros((7, 7, 4), np.uint8)} for name in ("white", "iris", "shade", "glint")),
            *({name: np.zeros(169, np.uint8)[1:]} for name in ("white", "iris", "shade", "glint")),
            {"glint": b""},
            {"shape": (6, 6)},
            {"shape": (0, 6)},
            {"changed": -0.01},
            {"changed": 1.01},
            {"changed": np.nan},
        ],
        ids=lambda wrong: "-".join(wrong),
    )
    def test_balls_of_sizes_that_do_not_fit(self, wrong: Said) -> None:
        call("turn", turned())
        with pytest.raises(ValueError, match="sizes do not fit"):
            call("turn", turned(**wrong))

    @pytest.mark.parametrize("name", ["white", "iris", "shade"])
    def test_a_ball_without_a_table(self, name: str) -> None:
        with pytest.raises(TypeError):
            call("turn", turned(**{name: None}))

    @pytest.mark.parametrize(("name", "said"), [("follow", followed()), ("turn", turned())])
    def test_arrays_are_let_go_of(self, name: str, said: Said) -> None:
        said = {k: bytearray(v.tobytes()) if isinstance(v, np.ndarray) else v for k, v in said.items()}
        arrays = [value for value in said.values() if isinstance(value, bytearray)]
        call(name, said)
        for array in arrays:
            array.append(0)  # Python refuses to while anybody holds it
        with pytest.raises(ValueError, match="sizes do not fit"):
            call(name, said)
        with pytest.raises(TypeError):
            getattr(compiled.inner, name)(*list(said.values())[:-1], None)
        for array in arrays:
            array.append(0)


class TestFollow:
    @pytest.mark.parametrize("width", [1, 2, 5, 64])
    @pytest.mark.parametrize("closing", [False, True])
    def test_maps_end_where_they_end(self, width: int, closing: bool) -> None:
        maps = np.zeros((8, 4, width), np.float32)
        # The way, where lids do not fall, is minus what they rise.
        which, sign, lids = (
            (6, -1, (0.0, 0.0, 1.0, 1.0, 0.0, 0.2)) if closing else (0, 1, (1.0, 0.0, 0.0, 1.0, 0.0, 0.2))
        )
        maps[which] = sign * (10 + np.arange(4 * width).reshape(4, width))
        wide = np.pad(np.abs(maps[which]), 1)
        # The first place that counts, and the last ones.
        begin, last, lowest = (float(np.nextafter(np.float32(end), np.float32(0))) for end in (-1, width, 4))
        for x in (-1.0, begin, -0.25, -0.0, 0.5, width - 1.0, width - 0.75, last, width):
            for y in (-1.0, begin, -0.5, 0.0, 1.25, 3.0, 3.75, lowest, 4.0):
                said = followed(
                    picture=np.zeros((1, 1, 3), np.uint8),
                    size=(1, 1),
                    box=(0, 0, 1, 1),
                    ways=np.zeros((3, 1, 1, 2), np.float32),
                    places=np.full((3, 3, 2), (x, y), np.float32),
                    rows=(3, 3),
                    maps=maps,
                    shape=(4, width),
                    lids=lids,
                )
                call("follow", said)
                expected = 0.0
                if -1 < x < width and -1 < y < 4:
                    left, top = int(np.floor(x)), int(np.floor(y))
                    across = wide[top + 1 : top + 3, left + 1 : left + 3] @ np.array([1 - x + left, x - left])
                    expected = float(across @ np.array([1 - y + top, y - top]))
                assert x - said["ways"][2, 0, 0, 0] == pytest.approx(expected, rel=1e-4, abs=1e-4)

    def test_ways_go_from_the_head_to_the_lids(self) -> None:
        maps = np.zeros((8, 7, 6), np.float32)
        maps[0], maps[1], maps[6], maps[7] = 1, 2, 4, 0.5
        places = np.full((6, 6, 2), (3.0, 3.5), np.float32)
        said = followed(places=places, maps=maps, corner=(1.0, 0.5), lids=(0.1, 0.2, 0.5, 1.0, 0.4, 0.2))
        call("follow", said)
        goes, comes = 0.1 + 0.4, -0.5 * 4 + 0.5 * 0.5
        for way, passed in zip(said["ways"], (0, goes, goes + comes), strict=True):
            assert way == pytest.approx(np.broadcast_to((2 - passed, 3 - 0.4 * passed), way.shape), abs=1e-5)

    @pytest.mark.parametrize(("x", "y"), [(1.0, 0.0), (0.0, 1.0)])
    @pytest.mark.parametrize("closing", [False, True])
    def test_skin_that_goes_along_one_axis_is_drawn(self, x: float, y: float, closing: bool) -> None:
        maps = np.zeros((8, 7, 6), np.float32)
        maps[0] = maps[7] = 1
        skin = np.arange(72, dtype=np.uint8).reshape(9, 8, 1).repeat(4, axis=2)
        places = np.full((6, 6, 2), 3.0, np.float32)
        lids = (0.0, 0.0, 1.0, x, y, 0.2) if closing else (1.0, 0.0, 0.0, x, y, 0.2)
        said = followed(places=places, maps=maps, skin=skin, lids=lids)
        call("follow", said)
        assert (said["picture"][1:9, 2:7] == skin[int(3 - y), int(3 - x), :3]).all()


class TestTurn:
    def test_without_glints_none_are_laid_over(self) -> None:
        glint = np.zeros((7, 6, 4), np.uint8)
        without, clear, lit = turned(glint=None), turned(glint=glint), turned()
        for said in (without, clear, lit):
            call("turn", said)
        assert np.array_equal(without["picture"], clear["picture"])
        assert not np.array_equal(without["picture"], lit["picture"])

    def test_only_what_is_seen_is_touched(self) -> None:
        said = turned(white=np.full((7, 6, 4), 255, np.uint8), seen=(2.0, 1.5, 3.0, 2.5))
        y, x = np.mgrid[0:8, 0:5]
        said["ways"][2] = np.dstack([x, 0.5 * y])
        said["ways"][2, 4, 2] = np.nan
        call("turn", said)
        touched = np.zeros((10, 12), bool)
        touched[4:7, 4:6] = True  # columns 2 and 3 of the area, rows 3 to 5
        touched[5, 4] = False
        assert np.array_equal((said["picture"] != 7).any(axis=2), touched)

    def test_what_is_laid_over_covers_as_much_as_it_is_opaque(self) -> None:
        def plain(value: int, opacity: int) -> Any:
            return np.full((7, 6, 4), (value, value, value, opacity), np.uint8)

        for iris, glint, left in ((0, 0, 200), (255, 0, 100), (51, 0, 180), (255, 255, 40), (255, 51, 88)):
            for shade in (255, 51):
                white, dim = plain(200, 255), plain(shade, 0)
                said = turned(white=white, iris=plain(100, iris), glint=plain(40, glint), shade=dim)
                call("turn", said)
                assert (said["picture"][1:9, 2:7] == round(left * shade / 255)).all()

    def test_it_is_shown_as_much_as_told(self) -> None:
        plain = {name: np.full((7, 6, 4), value, np.uint8) for name, value in (("white", 200), ("shade", 255))}
        plain["white"][..., 3] = 255
        clear = np.zeros((7, 6, 4), np.uint8)
        for changed in (0.0, 0.3, 1.0):
            said = turned(**plain, iris=clear, glint=clear, changed=changed)
            call("turn", said)
            assert (said["picture"][1:9, 2:7] == round(7 + changed * 193)).all()
