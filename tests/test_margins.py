"""The margins of a picture: where they end, and that they stay where they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from films import film

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.data import Photo
from photomotion.reading import read_photo
from photomotion.warp.border import Border
from photomotion.warp.folds import squeeze
from photomotion.warp.grid import Grid
from photomotion.warp.margins import find_margins, inside

Pixels = npt.NDArray[np.uint8]

ASTRONAUT = Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"
PAPER = (236, 231, 220)
WIDE = 40


def printed(pixels: Pixels, paper: tuple[int, int, int] = PAPER) -> Pixels:
    """A picture with a margin around it."""
    whole = cv2.copyMakeBorder(pixels, *(WIDE,) * 4, cv2.BORDER_CONSTANT, value=paper)
    return np.asarray(cv2.GaussianBlur(whole, (0, 0), 0.6), np.uint8)


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return np.ascontiguousarray(read_photo(ASTRONAUT).pixels[:400, 30:430])


def worn(pixels: Pixels, how: str) -> Pixels:
    """A print that has aged."""
    random, size = np.random.default_rng(1), pixels.shape[1::-1]
    if how == "askew":
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), 0.7, 1)
        return np.asarray(cv2.warpAffine(pixels, turn, size, borderValue=PAPER), np.uint8)
    if how == "grainy":
        return np.clip(pixels + random.normal(0, 9, (*pixels.shape[:2], 1)), 0, 255).astype(np.uint8)
    if how == "faded":
        return (pixels * np.linspace(1, 0.75, size[0])[None, :, None]).astype(np.uint8)
    written = pixels.copy()
    cv2.putText(written, "Summer 1931", (120, size[1] - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (50, 50, 70), 2)
    return written


class TestMargins:
    @pytest.mark.parametrize("paper", [PAPER, (8, 8, 8)])
    def test_where_they_end_is_found(self, picture: Pixels, paper: tuple[int, int, int]) -> None:
        found = find_margins(printed(picture, paper), [])
        for width in found:
            assert width is not None
            assert np.abs(width - WIDE).max() <= 2

    @pytest.mark.parametrize("how", ["askew", "grainy", "faded", "written"])
    def test_those_of_old_prints_are_found(self, picture: Pixels, how: str) -> None:
        for width in find_margins(worn(printed(picture), how), []):
            assert width is not None
            assert abs(width.mean() - WIDE) < 3
            assert (np.ptp(width) > 3) == (how == "askew")

    def test_a_wall_is_none(self, picture: Pixels) -> None:
        random = np.random.default_rng(2)
        wall = np.clip(200 + random.normal(0, 3, (400, 400, 3)), 0, 255).astype(np.uint8)
        cv2.ellipse(wall, (200, 330), (120, 200), 0, 0, 360, (60, 40, 30), -1)
        for pixels in (picture, wall, np.full((400, 400, 3), 90, np.uint8), picture[:9, :9]):
            assert find_margins(pixels, []) == (None,) * 4

    def test_a_face_before_it_is_not_cut(self, picture: Pixels) -> None:
        on_it = np.array([[10.0, 200.0], [60.0, 200.0]], np.float32)
        left, right, *_ = find_margins(printed(picture), [on_it])
        assert left is None
        assert right is not None

    def test_what_is_inside_touches_none_of_them(self, picture: Pixels) -> None:
        rows, columns = inside(find_margins(printed(picture)[WIDE:], []), 440, 480)
        assert rows.start == 0
        assert 396 <= rows.stop <= 399
        assert 41 <= columns.start <= 44
        assert 436 <= columns.stop <= 439


class TestBeside:
    def test_neither_the_margin_nor_its_line_moves(self) -> None:
        grid = Grid.over((0, 0, 192, 240), 4)
        opacity = np.zeros((240, 192), np.uint8)
        opacity[60:210] = 255
        margins = (None, None, None, np.linspace(28, 32, 192, dtype=np.float32))
        for shift in (9.0, -9.0):
            plain = np.zeros((grid.rows, grid.columns, 2), np.float32) + np.array([3.0, shift], np.float32)
            held = plain.copy()
            Border.of(opacity, grid, 30.0, margins).hold(held)
            assert not held[52:, :, 1].any()  # from a node above the line on
            assert np.array_equal(held[:44, 20:28, 0], plain[:44, 20:28, 0])
            assert np.allclose(held[:40, 20:28], plain[:40, 20:28])
            assert squeeze(held, grid.step).min() > 0.3

    @pytest.mark.parametrize("paper", [PAPER, (8, 8, 8)])
    def test_a_print_keeps_its_border(
        self, picture: Pixels, analyzer: FaceMeshAnalyzer, paper: tuple[int, int, int]
    ) -> None:
        photo = Photo(pixels=printed(picture, paper))
        analysis = analyzer.analyze(photo)
        drawn = film(photo, analysis, {"breath": 1.0, "headPitch": 4.0, "headRoll": 4.0})
        moved = np.abs(drawn.draw(0).astype(np.int16) - photo.pixels)
        beside = np.ones(moved.shape[:2], bool)
        beside[WIDE - 2 : 2 - WIDE, WIDE - 2 : 2 - WIDE] = False
        assert moved[beside].max() <= 12  # it was 237
        assert moved[~beside].max() > 60

    def test_nothing_of_it_is_taken_for_what_is_behind_people(
        self, picture: Pixels, analyzer: FaceMeshAnalyzer
    ) -> None:
        whole = Photo(pixels=printed(picture, (255, 0, 255)))
        plain = analyzer.analyze(Photo(pixels=picture))
        matte = np.pad(plain.matte, WIDE)
        face = replace(plain.faces[0], landmarks=plain.faces[0].landmarks + np.array([WIDE, WIDE, 0], np.float32))
        drawn = film(whole, replace(plain, faces=(face,), matte=matte), {"headRoll": 8.0})
        part = drawn.plate[WIDE + 2 : -WIDE - 2, WIDE + 2 : -WIDE - 2].astype(np.int16)
        assert (part[..., 0] + part[..., 2] - 2 * part[..., 1]).max() < 250
