"""Photos in every format and pixel mode that people bring."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from picture_files import HEIGHT, WIDTH, colours, distance, ramp, saved
from PIL import Image, ImageCms

from photomotion.errors import UsageError
from photomotion.reading import read_photo, resize_photo


@pytest.mark.parametrize(
    ("kind", "options", "limit"),
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("TIFF", {}, 0),
        ("TIFF", {"compression": "tiff_lzw"}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("JPEG", {"quality": 98, "subsampling": 0}, 12),
        ("JPEG", {"quality": 98, "subsampling": 0, "progressive": True}, 12),
    ],
)
def test_reads_a_colour_file(kind: str, options: dict[str, object], limit: int) -> None:
    data = saved(Image.fromarray(colours()), kind, **options)
    photo = read_photo(data)
    assert distance(photo, colours()) <= limit
    assert not photo.gray
    assert photo.source_size == (WIDTH, HEIGHT)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()


def test_reads_the_first_frame_of_a_gif() -> None:
    first, second = (Image.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    data = saved(first, "GIF", save_all=True, append_images=[second])
    assert distance(read_photo(data), np.full((20, 20, 3), (255, 0, 0))) == 0


def test_reads_from_a_path_a_string_bytes_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "grandma 1962.png"
    path.write_bytes(saved(Image.fromarray(colours()), "PNG"))
    data = path.read_bytes()
    for source in (path, str(path), data, bytearray(data), memoryview(data), Image.open(path), colours()):
        assert distance(read_photo(source), colours()) == 0
    assert read_photo(path).name == "grandma 1962.png"
    assert read_photo(data).name == "photo"


def test_a_photo_is_returned_as_it_is() -> None:
    photo = read_photo(colours())
    assert read_photo(photo) is photo


def test_an_array_is_copied() -> None:
    array = colours()
    photo = read_photo(array)
    array[:] = 0
    assert distance(photo, colours()) == 0
    assert photo.sha256 != read_photo(array).sha256


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_applies_the_exif_orientation(orientation: int, kind: str) -> None:
    # The quarter that is white in the upright picture, and where a camera that was held so puts it.
    upright = np.zeros((32, 48), np.uint8)
    upright[:16, :24] = 255
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: np.rot90(upright),
        7: np.rot90(upright.T, 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    photo = read_photo(saved(Image.fromarray(np.ascontiguousarray(stored)), kind, exif=exif))
    assert photo.pixels.shape == (32, 48, 3)
    assert distance(photo, upright) <= 8


def test_a_broken_exif_block_says_nothing() -> None:
    data = saved(Image.fromarray(colours()), "JPEG", quality=98, subsampling=0, exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert distance(read_photo(data), colours()) <= 12


def swapped_profile() -> bytes:
    """An RGB profile whose red and green primaries are those of sRGB the other way round."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.index(b"rXYZ"), data.index(b"gXYZ")
    data[red : red + 4], data[green : green + 4] = data[green : green + 4], data[red : red + 4]
    return bytes(data).replace(b"s\0R\0G\0B", b"s\0w\0a\0p").replace(b"sRGB", b"swap")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_applies_a_colour_profile(kind: str) -> None:
    red = Image.new("RGB", (20, 20), (250, 10, 10))
    options = {"lossless": True} if kind == "WEBP" else {"quality": 98} if kind == "JPEG" else {}
    photo = read_photo(saved(red, kind, icc_profile=swapped_profile(), **options))
    assert distance(photo, np.full((20, 20, 3), (10, 250, 10))) <= 12


@pytest.mark.parametrize("profile", [b"no profile at all", b"\0" * 200])
def test_a_broken_colour_profile_is_ignored(profile: bytes) -> None:
    assert distance(read_photo(saved(Image.fromarray(colours()), "PNG", icc_profile=profile)), colours()) == 0


def test_a_profile_of_another_kind_of_picture_is_ignored() -> None:
    photo = read_photo(saved(Image.fromarray(ramp()), "PNG", icc_profile=swapped_profile()))
    assert distance(photo, ramp()) == 0
    assert photo.gray


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_reads_cmyk(kind: str) -> None:
    cmyk = Image.new("CMYK", (20, 20), (0, 255, 255, 0))
    photo = read_photo(saved(cmyk, kind, **({"quality": 98} if kind == "JPEG" else {})))
    assert distance(photo, np.full((20, 20, 3), (255, 0, 0))) <= 3
    assert photo.source_mode == "CMYK"


def cmyk_profile() -> bytes:
    """A CMYK profile (ICC.1:2001, lut8Type) of a press whose cyan is white, and all that has none black."""
    identity = struct.pack(">9i", *(65536 * (i % 4 == 0) for i in range(9)))
    steps = bytes(range(256))
    lab = b"".join(bytes([255 if corner & 8 else 0, 128, 128]) for corner in range(16))
    table = b"mft1\0\0\0\0\x04\x03\x02\0" + identity + steps * 4 + lab + steps * 3
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(table))
    header = struct.pack(">I4sI4s4s4s", 144 + len(table), b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ")
    header += struct.pack(">6H4s", 2026, 1, 1, 0, 0, 0, b"acsp") + b"\0" * 28
    white = struct.pack(">3i", 63190, 65536, 54061)
    return (header + white).ljust(128, b"\0") + tags + table


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_own_profile(kind: str) -> None:
    halves = np.zeros((20, 40, 4), np.uint8)
    halves[:, :20, 0] = 255
    data = saved(Image.frombytes("CMYK", (40, 20), halves.tobytes()), kind, icc_profile=cmyk_profile())
    photo = read_photo(data)
    assert photo.pixels[:, :12].min() >= 250
    assert photo.pixels[:, 28:].max() <= 5


@pytest.mark.parametrize("bits", [8, 16])
def test_reads_gray_files(bits: int) -> None:
    image = Image.fromarray(ramp() if bits == 8 else ramp().astype(np.uint16) * 257)
    for kind in ("PNG", "TIFF"):
        photo = read_photo(saved(image, kind))
        assert distance(photo, ramp()) == 0
        assert photo.gray


def test_scales_16_bits_to_the_nearest_level() -> None:
    values = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    wanted = np.rint(values / 257).astype(np.uint8)
    assert distance(read_photo(values), wanted) == 0
    assert distance(read_photo(np.dstack([values] * 3)), wanted) == 0
    big_endian = Image.frombytes("I;16B", (64, 64), values.astype(">u2").tobytes())
    assert distance(read_photo(big_endian), wanted) == 0
    assert distance(read_photo(Image.fromarray(values.astype(np.int32))), wanted) == 0


def test_scales_32_bits_by_their_range() -> None:
    values = (np.arange(1024, dtype=np.uint32).reshape(32, 32) * 4_194_304).astype(np.uint32)
    photo = read_photo(Image.fromarray(values.view(np.int32)))
    assert distance(photo, np.rint(values / (2**32 - 1) * 255)) == 0


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_reads_16_bit_colour_files(suffix: str) -> None:
    deep = colours()[..., ::-1].astype(np.uint16) * 257
    photo = read_photo(cv2.imencode(suffix, deep)[1].tobytes())
    assert distance(photo, colours()) <= 1


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
def test_reads_floating_point_tiff(white: float) -> None:
    values = (ramp() / 255 * white).astype(np.float32)
    photo = read_photo(saved(Image.fromarray(values), "TIFF"))
    assert distance(photo, ramp()) <= 1


def test_what_is_no_number_becomes_black() -> None:
    values = (ramp() / 255).astype(np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    photo = read_photo(saved(Image.fromarray(values), "TIFF"))
    assert (photo.pixels[0, :3] == 0).all()
    assert photo.pixels[1:].max() == 255


def test_reads_palette_and_bilevel_files() -> None:
    blocks = np.zeros((20, 20, 3), np.uint8)
    blocks[:10], blocks[10:] = (200, 30, 60), (20, 90, 210)
    image = Image.fromarray(blocks).quantize(8)
    assert distance(read_photo(saved(image, "PNG")), blocks) <= 1
    bilevel = Image.fromarray(ramp()).convert("1")
    photo = read_photo(saved(bilevel, "PNG"))
    assert distance(photo, np.asarray(bilevel) * 255) == 0
    assert photo.gray


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_lays_transparency_over_white(kind: str) -> None:
    pixels = np.zeros((20, 20, 4), np.uint8)
    pixels[..., 0] = 200
    pixels[:10, :, 3], pixels[10:, :, 3] = 255, 51
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    photo = read_photo(saved(Image.fromarray(pixels), kind, **options))
    wanted = np.zeros((20, 20, 3))
    wanted[:10], wanted[10:] = (200, 0, 0), (244, 204, 204)
    assert distance(photo, wanted) <= 1


def test_lays_gray_and_palette_transparency_over_white() -> None:
    gray = Image.merge("LA", (Image.new("L", (20, 20), 100), Image.new("L", (20, 20), 0)))
    photo = read_photo(saved(gray, "PNG"))
    assert distance(photo, np.full((20, 20), 255)) == 0
    assert photo.gray
    palette = Image.new("P", (20, 20), 1)
    palette.putpalette([255, 0, 0, 0, 0, 255])
    assert distance(read_photo(saved(palette, "PNG", transparency=1)), np.full((20, 20), 255)) == 0
    assert distance(read_photo(saved(palette, "PNG", transparency=0)), np.full((20, 20, 3), (0, 0, 255))) == 0
    assert distance(read_photo(saved(palette, "PNG", transparency=b"\xff\x00")), np.full((20, 20), 255)) == 0


def test_arrays_of_every_accepted_shape() -> None:
    assert distance(read_photo(ramp()), ramp()) == 0
    assert distance(read_photo(ramp()[..., None]), ramp()) == 0
    clear = np.dstack([colours(), np.zeros((HEIGHT, WIDTH), np.uint8)])
    assert distance(read_photo(clear), np.full((HEIGHT, WIDTH), 255)) == 0
    assert distance(read_photo(colours()[::-1, ::2]), colours()[::-1, ::2]) == 0


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 255), st.lists(st.integers(-1, 1), min_size=3, max_size=3))
def test_channels_within_two_levels_are_made_gray(level: int, shifts: list[int]) -> None:
    pixel = np.clip([level + shift for shift in shifts], 0, 255)
    photo = read_photo(np.full((20, 20, 3), pixel, np.uint8))
    assert photo.gray
    assert (photo.pixels == photo.pixels[..., :1]).all()
    assert distance(photo, np.full((20, 20), level)) <= 1


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 19), st.integers(0, 20), st.sampled_from([(3, 0, 0), (0, 3, 0), (0, 0, 3)]))
def test_one_coloured_pixel_makes_a_colour_photo(y: int, x: int, shift: tuple[int, int, int]) -> None:
    pixels = np.full((20, 21, 3), 100, np.uint8)
    pixels[y, x] += np.array(shift, np.uint8)
    photo = read_photo(pixels)
    assert not photo.gray
    assert distance(photo, pixels) == 0


def test_a_gray_scan_saved_as_colour_jpeg_is_gray() -> None:
    grain = np.random.default_rng(0).normal(ramp(), 9).clip(0, 255).astype(np.uint8)
    assert read_photo(saved(Image.fromarray(grain).convert("RGB"), "JPEG", quality=80)).gray


@settings(max_examples=25, deadline=None)
@given(st.integers(16, 90), st.integers(16, 90), st.integers(16, 200))
def test_resizing_sets_the_long_edge_and_keeps_the_shape(width: int, height: int, edge: int) -> None:
    photo = resize_photo(read_photo(np.full((height, width, 3), (200, 90, 30), np.uint8)), edge)
    assert max(photo.width, photo.height) == edge
    assert abs(photo.width / photo.height - width / height) <= max(1.1 / photo.height, 2 / photo.width) * width / height
    assert distance(photo, np.full((photo.height, photo.width, 3), (200, 90, 30))) == 0


@pytest.mark.parametrize("edge", [20, 100])
def test_gray_stays_exactly_gray_when_resized(edge: int) -> None:
    grain = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH), np.uint8)
    photo = resize_photo(read_photo(grain), edge)
    assert photo.gray
    assert (photo.pixels == photo.pixels[..., :1]).all()
    assert photo.pixels.std() > 20


def test_resizing_to_the_same_size_does_nothing_and_too_small_is_refused() -> None:
    photo = read_photo(colours())
    assert resize_photo(photo, WIDTH) is photo
    with pytest.raises(UsageError, match="at least 16"):
        resize_photo(photo, 15)
