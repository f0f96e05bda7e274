"""What is no photo, too large, too small or too odd is refused in one sentence."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import IO

import numpy as np
import pytest
from picture_files import HEIGHT, WIDTH, colours, distance, png_header, saved
from PIL import Image

from photomotion.errors import PhotoTooLarge, UnreadablePhoto, UsageError
from photomotion.reading import MIN_SIDE, read_photo, resize_photo


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((32, 32, 3), np.float32),
        np.zeros((32, 32, 3), np.int64),
        np.zeros((32, 32), bool),
        np.zeros((32, 32, 2), np.uint8),
        np.zeros((32,), np.uint8),
        np.zeros((2, 32, 32, 3), np.uint8),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_refuses_other_arrays(array: np.ndarray) -> None:
    with pytest.raises(UnreadablePhoto, match=r"pass uint8 \(0\.\.255\) or uint16"):
        read_photo(array)


def test_refuses_a_pixel_bomb_without_decoding_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PhotoTooLarge) as caught:
            read_photo(png_header(40000, 40000))
    assert str(caught.value) == (
        "photo has 40000 x 40000 = 1600 million pixels, more than the limit of 100 million; "
        "make it smaller in a picture editor first"
    )
    assert Image.MAX_IMAGE_PIXELS is not None


def test_the_limit_is_for_every_source() -> None:
    for source in (
        colours(),
        Image.fromarray(colours()),
        read_photo(colours()),
        saved(Image.fromarray(colours()), "PNG"),
    ):
        assert read_photo(source, max_pixels=WIDTH * HEIGHT)
        with pytest.raises(PhotoTooLarge):
            read_photo(source, max_pixels=WIDTH * HEIGHT - 1)


def test_refuses_a_tiny_picture() -> None:
    assert read_photo(np.zeros((MIN_SIDE, MIN_SIDE), np.uint8))
    with pytest.raises(UnreadablePhoto, match="only 40 x 15 pixels"):
        read_photo(np.zeros((15, 40), np.uint8))


def test_files_that_are_no_photos(tmp_path: Path) -> None:
    files = {
        "empty.jpg": b"",
        "text.jpg": b"Dear Grandma, this is a letter.\n" * 20,
        "cut.jpg": saved(Image.effect_noise((400, 300), 60), "JPEG")[:9000],
        "cut.png": saved(Image.effect_noise((400, 300), 60), "PNG")[:9000],
        "drawing.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n%%EndComments\nshowpage\n",
        "phone.heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100,
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    said = {}
    for name in [*files, "missing.jpg", "."]:
        with pytest.raises(UnreadablePhoto) as caught:
            read_photo(tmp_path / name)
        said[name] = str(caught.value).replace(str(tmp_path), "FOLDER")
        assert "\n" not in said[name]
    kinds = "JPEG, PNG, WebP, BMP, TIFF, GIF or HEIC"
    assert said["empty.jpg"] == "empty.jpg is empty; copy the photo again from where it came from"
    assert said["text.jpg"] == f"text.jpg is not a picture that can be read; save it as {kinds}"
    assert said["drawing.eps"] == f"drawing.eps is not a picture that can be read; save it as {kinds}"
    assert said["missing.jpg"] == "FOLDER/missing.jpg does not exist; check the name and the folder"
    assert said["."] == "FOLDER is a folder; name the photo itself"
    for name in ("cut.jpg", "cut.png"):
        assert said[name].startswith(f"{name} is damaged or incomplete (")
        assert said[name].endswith("); copy it again, or open it in a viewer and save it anew")


def test_other_objects_are_no_photos() -> None:
    with pytest.raises(UnreadablePhoto, match="an object of type int is not a photo; pass a path"):
        read_photo(3)  # type: ignore[arg-type]


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 100


def test_heic_without_its_package_names_the_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(UnreadablePhoto, match="pip install pillow-heif"):
        read_photo(HEIC)


def test_heic_goes_through_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def open_heif(stream: IO[bytes], name: str | bytes) -> Image.Image:
        assert stream.read() == HEIC
        return Image.fromarray(colours())

    module = ModuleType("pillow_heif")
    module.register_heif_opener = lambda: Image.register_open("HEIF", open_heif)  # type: ignore[attr-defined, arg-type]
    monkeypatch.setitem(sys.modules, "pillow_heif", module)
    Image.init()
    monkeypatch.setattr(Image, "OPEN", dict(Image.OPEN))
    monkeypatch.setattr(Image, "ID", list(Image.ID))
    assert distance(read_photo(HEIC), colours()) == 0


def test_unreadable_permissions_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "private.jpg"
    path.write_bytes(b"x")

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadablePhoto, match=r"private\.jpg cannot be opened \(Permission denied\)"):
        read_photo(path)


def test_a_size_nobody_can_hold_is_refused_before_memory_is_asked_for() -> None:
    photo = read_photo(np.zeros((40, 60, 3), np.uint8))
    with pytest.raises(UsageError, match=r"frames of 30000 x 20000, more than 100 million pixels; ask for less"):
        resize_photo(photo, 30_000)
