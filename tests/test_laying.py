"""The picture is laid alike by the compiled inner loops and by OpenCV, and whatever they are given, nothing breaks."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from photomotion.data import FaceMotion, Motion
from photomotion.testing.fakes import fake_analysis, fake_photo
from photomotion.warp import Scene, compiled
from photomotion.warp.grid import Grid
from photomotion.warp.laying import compose, lay
from photomotion.warp.sampling import Sampler

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

needs_compiler = pytest.mark.skipif(compiled.inner is None, reason="photomotion was installed without a compiler")


def noise(*shape: int, seed: int = 0) -> Pixels:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def laid(inner: ModuleType | None, grid: Grid, places: Floats, table: Sampler, size: tuple[int, int]) -> Pixels:
    """Colours and opacity, uint8 (h, w, 4), of all but a rim of a picture that was 7 everywhere."""
    picture, opacity = np.full((*size, 3), 7, np.uint8), np.full(size, 7, np.uint8)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "inner", inner)
        lay(picture, opacity, (slice(2, size[0]), slice(3, size[1] - 1)), places, grid, table, (1, 2))
    return np.dstack([picture, opacity])


@needs_compiler
class TestCompiled:
    @settings(deadline=None)
    @given(st.integers(4, 40), st.integers(5, 40), st.integers(1, 9), st.sampled_from([1, 2, 4]), st.floats(0, 30))
    @example(40, 40, 4, 2, 0)
    def test_pixels_are_laid_as_by_opencv(self, height: int, width: int, step: int, finest: int, far: float) -> None:
        grid = Grid.over((0, 0, width, height), step)
        back = np.random.default_rng(height).normal(0, far, (grid.rows, grid.columns, 2)).astype(np.float32)
        table = Sampler.of(noise(height - 2, width - 1, 4, seed=width), finest=finest)
        one, other = (laid(inner, grid, grid.places(back), table, (height, width)) for inner in (compiled.inner, None))
        apart = np.abs(one.astype(int) - other)
        # OpenCV reads at thirty-seconds of a point, these at two hundred and fifty-sixths.
        assert apart.max() <= 2 * 255 // 32
        assert apart.mean() < 2
        assert (one[:2] == 7).all() and (one[:, :3] == 7).all() and (one[:, -1] == 7).all()

    def test_smooth_pictures_are_laid_to_within_a_gray_level(self) -> None:
        y, x = np.mgrid[0:60, 0:80]
        table = Sampler.of(np.dstack([3 * x, 4 * y, x + y, 255 - 3 * x]).astype(np.uint8))
        grid = Grid.over((0, 0, 80, 60), 5)
        column, row = np.meshgrid(np.arange(grid.columns), np.arange(grid.rows))
        back = np.dstack([3 * np.sin(row), 2 * np.cos(column)]).astype(np.float32)
        one, other = (laid(inner, grid, grid.places(back), table, (60, 80)) for inner in (compiled.inner, None))
        assert np.abs(one.astype(int) - other)[6:-6, 6:-6].max() <= 1

    @pytest.mark.parametrize("step", [1, 2, 5, 6])
    @pytest.mark.parametrize(("finest", "hardly"), [(4, 0.0), (1, -0.0015), (1, 0.0015)])
    def test_at_rest_every_pixel_is_its_own(self, step: int, finest: int, hardly: float) -> None:
        grid = Grid.over((0, 0, 41, 33), step)
        pixels = noise(33, 41, 4)
        places = grid.places(np.full((grid.rows, grid.columns, 2), hardly, np.float32))
        table = Sampler.of(pixels[2:, 1:], finest=finest)
        assert (laid(compiled.inner, grid, places, table, (33, 41)) == pixels)[2:, 3:-1].all()

    @given(st.lists(st.sampled_from([np.nan, np.inf, -np.inf, 1e30, -1e9, 40000.0, -3.0]), min_size=4, max_size=4))
    def test_what_is_no_place_is_read_somewhere(self, values: list[float]) -> None:
        grid = Grid.over((0, 0, 12, 10), 3)
        places = grid.places(np.zeros((grid.rows, grid.columns, 2), np.float32))
        places[1:3, 1:3, 0] = np.reshape(values, (2, 2))
        laid(compiled.inner, grid, places, Sampler.of(noise(10, 12, 4)), (10, 12))

    @pytest.mark.parametrize(
        ("place", "same"),
        [(np.nan, -32767.0), (-np.inf, -32767.0), (-1e9, -32767.0), (np.inf, 65537.0), (1e9, 65537.0)],
    )
    def test_what_is_too_far_is_taken_to_be_at_the_farthest(self, place: float, same: float) -> None:
        grid = Grid.over((0, 0, 12, 10), 3)
        table = Sampler.of(noise(10, 13, 4), finest=1)
        one, other = (
            laid(compiled.inner, grid, np.full((grid.rows + 2, grid.columns + 2, 2), at, np.float32), table, (10, 12))
            for at in (place, same)
        )
        assert (one == other).all()

    @given(st.integers(1, 70), st.integers(0, 5))
    def test_layers_are_composed_as_by_numpy(self, width: int, seed: int) -> None:
        picture, plate = noise(3, width, 3, seed=seed), noise(3, width, 3, seed=seed + 10)
        opacity = np.random.default_rng(seed).choice(
            np.array([0, 0, 0, 255, 255, 255, 1, 99, 254], np.uint8), (3, width)
        )
        opacity[0] = np.repeat(opacity[0, ::16], 16)[:width]
        other = picture.copy()
        compose(picture, plate, opacity)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(compiled, "inner", None)
            compose(other, plate, opacity)
        assert (picture == other).all()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"picture": np.zeros((10, 11, 3), np.uint8)},
            {"opacity": np.zeros((11, 12), np.uint8)},
            {"box": (0, 0, 13, 10)},
            {"box": (0, 0, 12, 11)},
            {"box": (-1, 0, 12, 10)},
            {"box": (0, -1, 12, 10)},
            {"box": (5, 0, 5, 10)},
            {"box": (0, 5, 12, 5)},
            {"step": 2},
            {"step": 0},
            {"step": 1 << 30},
            {"places": np.zeros((5, 6, 2), np.float32)},
            {"places": np.zeros((5, 6, 2), np.float32), "rows": (5, 6)},
            {"places": np.zeros((6, 5, 2), np.float32), "rows": (6, 5)},
            {"table": np.zeros((9, 12, 4), np.uint8)},
            {"table": np.zeros((0, 12, 4), np.uint8), "shape": (0, 12)},
            {"table": np.zeros(481, np.uint8)[1:]},
            # The bytes of that many nodes are 5086208 more than 2 to the 64th.
            {"places": np.zeros(1271552, np.float32), "rows": (1075616688, 2143740456)},
        ],
        ids=lambda wrong: "-".join(wrong),
    )
    def test_sizes_that_do_not_fit_are_refused(self, wrong: dict[str, object]) -> None:
        said: dict[str, object] = {
            "picture": np.zeros((10, 12, 3), np.uint8),
            "opacity": np.zeros((10, 12), np.uint8),
            "size": (10, 12),
            "box": (0, 0, 12, 10),
            "places": np.zeros((6, 6, 2), np.float32),
            "rows": (6, 6),
            "step": 3,
            "table": np.zeros((10, 12, 4), np.uint8),
            "shape": (10, 12),
            "into": (1.0, 0.0, 0.0),
        }
        assert compiled.inner is not None
        compiled.inner.lay(*said.values())
        with pytest.raises(ValueError, match="sizes do not fit"):
            compiled.inner.lay(*(said | wrong).values())

    def test_layers_that_do_not_fit_are_refused(self) -> None:
        assert compiled.inner is not None
        for sizes in ((7, 7, 6), (6, 7, 7), (7, 6, 7)):
            layers = [np.zeros((n, 3) if i < 2 else n, np.uint8) for i, n in enumerate(sizes)]
            with pytest.raises(ValueError, match="sizes do not fit"):
                compiled.inner.compose(*layers)

    @pytest.mark.parametrize("width", range(1, 18))
    def test_nothing_is_composed_beyond_the_end(self, width: int) -> None:
        picture = np.full((30, 3), 7, np.uint8)
        compose(picture[:width], np.zeros((30, 3), np.uint8)[:width], np.zeros(30, np.uint8)[:width])
        assert (picture[:width] == 0).all() and (picture[width:] == 7).all()

    def test_arrays_are_let_go_of(self) -> None:
        assert compiled.inner is not None
        picture, plate, opacity = bytearray(6), bytearray(6), bytearray(2)
        compiled.inner.compose(picture, plate, opacity)
        for layer in (picture, plate, opacity):
            layer.append(0)  # Python refuses to while anybody holds it
        with pytest.raises(ValueError, match="sizes do not fit"):
            compiled.inner.compose(picture, plate, opacity)
        for layer in (picture, plate, opacity):
            layer.append(0)

    def test_a_film_is_the_same_to_within_a_few_gray_levels(self, monkeypatch: pytest.MonkeyPatch) -> None:
        values = np.array([[0, 0, 0, 0], [9, -5, 0.6, 8], [-12, 8, 1, -9]], np.float32)
        channels = ("headYaw", "headPitch", "eyeBlinkLeft", "gazeYaw")
        scene = Scene(
            fake_photo(), fake_analysis(), Motion(fps=25, faces=(FaceMotion(channels=channels, values=values),))
        )
        for row in (1, 2):
            one = scene.draw(row)
            with monkeypatch.context() as patch:
                patch.setattr(compiled, "inner", None)
                assert np.abs(one.astype(int) - scene.draw(row)).max() <= 4


def test_without_a_compiler_opencv_draws() -> None:
    code = (
        "import sys; sys.modules['photomotion.warp._inner'] = None\n"
        "from photomotion.warp import compiled; print(compiled.inner)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["None"]
