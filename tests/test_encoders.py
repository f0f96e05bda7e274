"""Films and folders of pictures: what is written is read back and compared, and what fails leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from photomotion.builtin.encoders.frames import FramesEncoder
from photomotion.builtin.encoders.mp4 import Mp4Encoder, exact_rate
from photomotion.builtin.encoders.mp4.h264 import to_i420
from photomotion.data import Frame, Timing
from photomotion.errors import DestinationError, StageError, UsageError
from photomotion.reading import read_photo

ENCODERS = [Mp4Encoder(), FramesEncoder()]
PHOTO = Path(__file__).parents[1] / "examples" / "photos" / "astronaut.png"


def frames(pixels: np.ndarray, count: int = 5) -> list[Frame]:
    return [Frame(index=i, time=i / 25, pixels=pixels) for i in range(count)]


def flat(colour: tuple[int, int, int], height: int = 64, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def film(path: Path, pixels: np.ndarray, count: int = 5, fps: float = 25.0) -> None:
    Mp4Encoder().encode(frames(pixels, count), path, Timing(seconds=count / fps, fps=fps))


def decode(path: Path) -> list[np.ndarray]:
    """The frames as RGB, converted by OpenCV as the file's labels say (BT.601, limited)."""
    with av.open(str(path)) as container:
        planes = [frame.to_ndarray(format="yuv420p") for frame in container.decode(video=0)]
    return [cv2.cvtColor(plane, cv2.COLOR_YUV2RGB_I420) for plane in planes]


def difference(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(a.astype(int) - b.astype(int)))


@pytest.mark.parametrize(
    "colour",
    [
        (255, 0, 0),
        (0, 255, 0),
        (0, 0, 255),
        (255, 255, 0),
        (0, 255, 255),
        (255, 0, 255),
        (12, 200, 180),
        (222, 180, 150),
    ],
)
def test_colours_come_back(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    film(tmp_path / "film.mp4", flat(colour))
    for picture in decode(tmp_path / "film.mp4"):
        assert difference(picture, flat(colour)).max() <= 3


def test_an_independent_converter_agrees_because_the_labels_are_right(tmp_path: Path) -> None:
    # FFmpeg converts by the labels in the file; with the wrong matrix or range these colours are off by 15 or more.
    for colour in [(200, 60, 60), (60, 200, 60), (60, 60, 200), (16, 16, 16), (235, 235, 235)]:
        film(tmp_path / "film.mp4", flat(colour))
        with av.open(str(tmp_path / "film.mp4")) as container:
            picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
        assert difference(picture, flat(colour)).max() <= 4


def test_the_labels_are_in_the_stream_the_frames_and_the_container(tmp_path: Path) -> None:
    film(tmp_path / "film.mp4", flat((10, 20, 30)))
    with av.open(str(tmp_path / "film.mp4")) as container:
        codec = container.streams.video[0].codec_context
        frame = next(container.decode(video=0))
        assert codec.pix_fmt == "yuv420p"
        for labelled in (codec, frame):
            assert (int(labelled.colorspace), int(labelled.color_range)) == (6, 1)
        assert (int(codec.color_primaries), int(codec.color_trc)) == (1, 13)
    data = (tmp_path / "film.mp4").read_bytes()
    assert data[data.index(b"colr") + 4 :][:10] == b"nclx\0\x01\0\x0d\0\x06"
    assert data.index(b"moov") < data.index(b"mdat")


def test_gray_stays_gray_in_every_frame(tmp_path: Path) -> None:
    gray = read_photo(PHOTO).pixels[..., 1]
    film(tmp_path / "film.mp4", np.dstack([gray] * 3), count=12)
    for picture in decode(tmp_path / "film.mp4"):
        assert (picture == picture[..., :1]).all()


def test_every_gray_level_gets_neutral_chroma() -> None:
    levels = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16), 4, 0).repeat(4, 1)
    planes = to_i420(np.dstack([levels] * 3))
    assert (planes[64:] == 128).all()
    assert planes[:64].min() == 16
    assert planes[:64].max() == 235


def test_a_photo_comes_back_nearly_as_it_was(tmp_path: Path) -> None:
    pixels = read_photo(PHOTO).pixels
    film(tmp_path / "film.mp4", pixels)
    error = (decode(tmp_path / "film.mp4")[0].astype(float) - pixels) ** 2
    assert 10 * np.log10(255**2 / error.mean()) > 35.5


def test_chroma_is_the_mean_of_each_two_by_two() -> None:
    # A red pixel at any of the four places of a block gives the same chroma.
    found = set()
    for y, x in [(0, 0), (0, 1), (1, 0), (1, 1)]:
        pixels = np.full((4, 4, 3), 100, np.uint8)
        pixels[y, x] = (240, 60, 60)
        u, v = to_i420(pixels)[4:].reshape(2, 2, 2)[:, 0, 0]
        found.add((int(u), int(v)))
    assert len(found) == 1
    assert found.pop()[1] > 140


@pytest.mark.parametrize(("height", "width"), [(65, 64), (64, 65), (33, 47)])
def test_odd_sizes_are_drawn_one_pixel_smaller(tmp_path: Path, height: int, width: int) -> None:
    pixels = flat((90, 120, 200), height, width)
    pixels[:6] = pixels[-6:] = pixels[:, :6] = pixels[:, -6:] = 255
    film(tmp_path / "film.mp4", pixels)
    picture = decode(tmp_path / "film.mp4")[0]
    assert picture.shape == (height // 2 * 2, width // 2 * 2, 3)
    for edge in (picture[:5], picture[-5:], picture[:, :5], picture[:, -5:]):
        assert edge.mean() > 245


@pytest.mark.parametrize(
    ("fps", "rate"),
    [
        (25, Fraction(25)),
        (24, Fraction(24)),
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (119.88, Fraction(120000, 1001)),
        (12.5, Fraction(25, 2)),
        (29.5, Fraction(59, 2)),
        (1 / 3, Fraction(1, 3)),
        (7.3, Fraction(73, 10)),
        (1000, Fraction(1000)),
    ],
)
def test_rates_are_exact_and_frames_on_time(tmp_path: Path, fps: float, rate: Fraction) -> None:
    assert exact_rate(fps) == rate
    film(tmp_path / "film.mp4", flat((40, 40, 40), 32, 32), count=7, fps=fps)
    with av.open(str(tmp_path / "film.mp4")) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None and stream.duration is not None
        times = [(frame.pts or 0) * stream.time_base for frame in container.decode(stream)]
        assert stream.average_rate == rate
        assert stream.duration * stream.time_base == 7 / rate
    assert times == [i / rate for i in range(7)]


@given(st.floats(1, 1000))
def test_any_rate_is_kept_to_a_two_thousandth(fps: float) -> None:
    assert abs(float(exact_rate(fps)) / fps - 1) < 1 / 2000
    assert exact_rate(float(round(fps))) == round(fps)


def test_frames_arrive_in_order_and_each_once(tmp_path: Path) -> None:
    levels = list(range(20, 220, 5))
    pictures = (Frame(index=i, time=i / 25, pixels=flat((v, v, v))) for i, v in enumerate(levels))
    Mp4Encoder().encode(pictures, tmp_path / "film.mp4", Timing(seconds=len(levels) / 25))
    means = [picture.mean() for picture in decode(tmp_path / "film.mp4")]
    assert np.abs(np.array(means) - levels).max() <= 3


def test_png_frames_are_lossless_and_named_in_order(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (33, 47, 3), np.uint8)
    FramesEncoder().encode(frames(pixels, 3), tmp_path / "film", Timing())
    paths = sorted((tmp_path / "film").iterdir())
    assert [path.name for path in paths] == ["frame_00000.png", "frame_00001.png", "frame_00002.png"]
    for path in paths:
        assert (read_photo(path).pixels == pixels).all()


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_arrays_may_be_views(tmp_path: Path, encoder: Any) -> None:
    pixels = read_photo(PHOTO).pixels[:128, :128]
    views = [pixels[::-1, ::2], pixels.transpose(1, 0, 2)[:, ::2], np.ascontiguousarray(pixels[..., ::-1])[..., ::-1]]
    for index, view in enumerate(views):
        path = tmp_path / f"film{index}{encoder.suffix}"
        encoder.encode(frames(view, 2), path, Timing())
        picture = decode(path)[0] if encoder.suffix else read_photo(path / "frame_00000.png").pixels
        assert difference(picture, view).mean() < 6


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_no_frame_is_an_error_and_leaves_nothing(tmp_path: Path, encoder: Any) -> None:
    with pytest.raises(StageError, match="was given no frame"):
        encoder.encode(iter(()), tmp_path / f"film{encoder.suffix}", Timing())
    assert list(tmp_path.iterdir()) == []


class Halt(BaseException):
    """What Ctrl-C is like."""


@pytest.mark.parametrize("error", [RuntimeError("lamp"), OSError(28, "No space left"), Halt()])
@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_an_error_of_the_renderer_passes_unchanged_and_leaves_nothing(
    tmp_path: Path, encoder: Any, error: BaseException
) -> None:
    def failing() -> Iterator[Frame]:
        yield from frames(flat((1, 2, 3)), 30)
        raise error

    with pytest.raises(type(error)) as caught:
        encoder.encode(failing(), tmp_path / f"film{encoder.suffix}", Timing())
    assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_a_frame_of_another_size_is_named(tmp_path: Path) -> None:
    mixed = [*frames(flat((1, 2, 3)), 2), *frames(flat((1, 2, 3), 32, 48), 1)]
    with pytest.raises(StageError, match="frame 2 is 48 x 32, but the film began with 64 x 64"):
        Mp4Encoder().encode(mixed, tmp_path / "film.mp4", Timing())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_a_folder_that_is_not_there_is_a_destination_error(tmp_path: Path, encoder: Any) -> None:
    with pytest.raises(DestinationError, match=r"missing .*No such file or directory.*check its permissions"):
        encoder.encode(frames(flat((1, 2, 3))), tmp_path / "missing" / f"film{encoder.suffix}", Timing())
    assert list(tmp_path.iterdir()) == []


FULL = """
import resource, signal, sys
from pathlib import Path
import numpy as np
from photomotion.builtin.encoders.frames import FramesEncoder
from photomotion.builtin.encoders.mp4 import Mp4Encoder
from photomotion.data import Frame, Timing
from photomotion.errors import DestinationError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
noise = np.random.default_rng(0)
pictures = (Frame(index=i, time=i / 25, pixels=noise.integers(0, 256, (256, 256, 3), np.uint8)) for i in range(60))
try:
    {encoder}().encode(pictures, Path(sys.argv[1]), Timing())
except DestinationError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
@pytest.mark.parametrize("encoder", ["Mp4Encoder", "FramesEncoder"])
def test_a_disk_that_takes_no_more_is_a_destination_error_and_leaves_nothing(tmp_path: Path, encoder: str) -> None:
    command = [sys.executable, "-c", FULL.format(encoder=encoder), str(tmp_path / "film")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "cannot be written into" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_colon_or_percent_in_the_name_is_just_a_name(tmp_path: Path) -> None:
    path = tmp_path / "mum: 100%d.mp4"
    film(path, flat((1, 2, 3)))
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("count", [1, 2])
def test_the_shortest_films(tmp_path: Path, count: int) -> None:
    film(tmp_path / "film.mp4", flat((9, 90, 190)), count=count)
    assert len(decode(tmp_path / "film.mp4")) == count


def test_the_same_frames_make_the_same_file(tmp_path: Path) -> None:
    pixels = read_photo(PHOTO).pixels[:256, :256]
    for name in ("a.mp4", "b.mp4"):
        film(tmp_path / name, pixels, count=30)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_finer_quality_makes_a_larger_file(tmp_path: Path) -> None:
    pixels = read_photo(PHOTO).pixels
    for crf in (10, 40):
        Mp4Encoder(crf=crf).encode(frames(pixels), tmp_path / f"{crf}.mp4", Timing(seconds=0.2))
    assert (tmp_path / "10.mp4").stat().st_size > 2 * (tmp_path / "40.mp4").stat().st_size


def test_moving_skin_keeps_its_detail(tmp_path: Path) -> None:
    face = cv2.resize(read_photo(PHOTO).pixels[20:200, 140:320], (360, 360), interpolation=cv2.INTER_CUBIC)
    ways = [4 * np.sin(np.array([0.31, 0.23]) * i) for i in range(40)]
    moved = [cv2.warpAffine(face, np.array([[1, 0, x], [0, 1, y]]), (360, 360), flags=cv2.INTER_CUBIC) for x, y in ways]
    pictures = (Frame(index=i, time=i / 25, pixels=np.asarray(p, np.uint8)) for i, p in enumerate(moved))
    Mp4Encoder().encode(pictures, tmp_path / "film.mp4", Timing(seconds=1.6))

    def detail(picture: np.ndarray) -> float:
        return float(cv2.Laplacian(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.CV_32F).var())

    kept = [detail(seen) / detail(drawn) for seen, drawn in zip(decode(tmp_path / "film.mp4"), moved, strict=True)]
    assert np.percentile(kept, 10) > 0.96


def test_of_large_pictures_few_are_held_at_once(tmp_path: Path) -> None:
    for height, width, ahead in ((48, 64, b"rc_lookahead=10"), (2048, 3072, b"rc_lookahead=1")):
        film(tmp_path / "film.mp4", np.zeros((height, width, 3), np.uint8), count=2)
        assert ahead in (tmp_path / "film.mp4").read_bytes()  # x264 writes its settings into the stream


def test_a_picture_too_wide_for_the_codec_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"at most 16384 pixels a side, not 17000 x 40; ask for a smaller size"):
        film(tmp_path / "film.mp4", np.zeros((40, 17000, 3), np.uint8))
    assert not list(tmp_path.iterdir())
