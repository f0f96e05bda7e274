"""From whatever a photo comes in - file, bytes, Pillow image, array - to a :class:`~photomotion.data.Photo`."""

from __future__ import annotations

import hashlib
import importlib
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from photomotion.data import Photo
from photomotion.errors import PhotoTooLarge, UnreadablePhoto, UsageError

from .colour import settle_gray, stack_gray, to_8_bits, to_srgb

__all__ = ["MAX_PIXELS", "MIN_SIDE", "PhotoSource", "read_photo", "resize_photo"]

PhotoSource: TypeAlias = "str | PathLike[str] | bytes | bytearray | memoryview | Image.Image | npt.NDArray[Any] | Photo"
"""What a photo may come as."""

MAX_PIXELS = 100_000_000
"""A picture with more pixels than this is refused before it is decoded."""

MIN_SIDE = 16
"""A picture with a shorter side than this, in pixels, is refused."""

# Pillow imports its other readers only when they are needed, which takes a while. Readers that start other programs
# (EPS) or draw vectors are left out on purpose.
_COMMON = ("JPEG", "PNG", "BMP", "DIB", "GIF", "PPM")
_OTHER = ("WEBP", "TIFF", "AVIF", "JPEG2000", "HEIF")
_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_KINDS = "JPEG, PNG, WebP, BMP, TIFF, GIF or HEIC"
_pillow_limit = threading.Lock()


def read_photo(source: PhotoSource, max_pixels: int = MAX_PIXELS) -> Photo:
    """Read a photo: upright, sRGB, 8 bits a channel, transparency laid over white.

    Files may be JPEG, PNG, WebP, BMP, TIFF, GIF (its first frame), or HEIC if ``pillow-heif`` is installed. EXIF
    orientation and colour profiles are applied (CMYK through its own profile if it has one; a broken profile is
    ignored). 16-bit values are divided by 257, 32-bit integers by their range; floating point pixels count as 0..1,
    0..255 or 0..65535, whichever is the first to hold the largest value. A picture whose channels differ nowhere by
    more than 2 levels (JPEG compression does that to gray scans) is made exactly gray and marked ``gray``.

    Args:
        source: a path, the bytes of a file, a Pillow image, an array of uint8 or uint16 and shape (H, W), (H, W, 1),
            (H, W, 3) or (H, W, 4) in RGB(A) order, or a Photo, which is returned as it is.
        max_pixels: the largest size that will be decoded.

    Raises:
        UnreadablePhoto: if it is missing, empty, damaged, too small or no picture.
        PhotoTooLarge: if it has more than ``max_pixels`` pixels; nothing has been decoded then.
    """
    if isinstance(source, Photo):
        _check_size(source.width, source.height, source.name, max_pixels)
        return source
    if isinstance(source, np.ndarray):
        return _read_array(source, max_pixels)
    if isinstance(source, Image.Image):
        return _decode(source, "photo", "", max_pixels)
    if isinstance(source, bytes | bytearray | memoryview):
        return _read_bytes(bytes(source), "photo", max_pixels)
    if isinstance(source, str | PathLike):
        path = Path(fspath(source))
        return _read_bytes(_load_file(path), path.name, max_pixels)
    raise UnreadablePhoto(
        f"an object of type {type(source).__name__} is not a photo; "
        "pass a path, the bytes of a file, a Pillow image or a NumPy array"
    )


def resize_photo(photo: Photo, long_edge: int) -> Photo:
    """Scale a photo so that its longer side has ``long_edge`` pixels, by area downward, bicubic upward.

    Gray stays exactly gray. A photo of that size already is returned as it is.

    Raises:
        UsageError: if ``long_edge`` is less than :data:`MIN_SIDE`, or would make more than :data:`MAX_PIXELS` pixels.
    """
    if long_edge < MIN_SIDE:
        raise UsageError(f"a size of {long_edge} pixels is too small for a film; ask for at least {MIN_SIDE}")
    scale = long_edge / max(photo.width, photo.height)
    if scale == 1:
        return photo
    size = (max(2, round(photo.width * scale)), max(2, round(photo.height * scale)))
    if size[0] * size[1] > MAX_PIXELS:
        raise UsageError(
            f"a size of {long_edge} pixels would make frames of {size[0]} x {size[1]}, more than "
            f"{MAX_PIXELS // 1_000_000} million pixels; ask for less"
        )
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    pixels = photo.pixels[..., 0] if photo.gray else photo.pixels
    resized = np.asarray(cv2.resize(np.ascontiguousarray(pixels), size, interpolation=how), np.uint8)
    return photo.with_pixels(stack_gray(resized) if photo.gray else resized)


def _load_file(path: Path) -> bytes:
    """The bytes of a file, or one clear sentence why not."""
    try:
        if path.is_dir():
            raise UnreadablePhoto(f"{path} is a folder; name the photo itself")
        if not path.exists():
            raise UnreadablePhoto(f"{path} does not exist; check the name and the folder")
        if not path.is_file():
            raise UnreadablePhoto(f"{path} is not an ordinary file; save the photo as a file first")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadablePhoto(f"{path} cannot be opened ({reason}); check the name and its permissions") from error


def _read_bytes(data: bytes, name: str, max_pixels: int) -> Photo:
    """Open the bytes of a picture file and decode it."""
    if not data:
        raise UnreadablePhoto(f"{name} is empty; copy the photo again from where it came from")
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        _register_heif(name)
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR" and len(data) >= 24:
        # A header alone is no picture to Pillow, but its size is worth a better answer.
        width, height = struct.unpack(">II", data[16:24])
        _check_size(width, height, name, max_pixels)
    try:
        with _pillow_unbounded():
            image = _open(data)
    except UnidentifiedImageError as error:
        raise UnreadablePhoto(f"{name} is not a picture that can be read; save it as {_KINDS}") from error
    except Exception as error:
        raise _damaged(name, error) from error
    return _decode(image, name, hashlib.sha256(data).hexdigest(), max_pixels)


def _open(data: bytes) -> Image.Image:
    """Read the header of a picture."""
    try:
        return Image.open(BytesIO(data), formats=_COMMON)
    except UnidentifiedImageError:
        Image.init()
        return Image.open(BytesIO(data), formats=[name for name in _OTHER if name in Image.OPEN])


def _register_heif(name: str) -> None:
    """Let Pillow read HEIC, if the package for it is there."""
    try:
        heif = importlib.import_module("pillow_heif")
    except ImportError as error:
        raise UnreadablePhoto(
            f"{name} is a HEIC photo, which needs one more package: pip install pillow-heif (or save it as JPEG)"
        ) from error
    heif.register_heif_opener()


@contextmanager
def _pillow_unbounded() -> Iterator[None]:
    """Read a header without Pillow's own size check, which warns or raises before ours can give the cure."""
    with _pillow_limit, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = limit


def _damaged(name: str, error: Exception) -> UnreadablePhoto:
    reason = " ".join(str(error).split()) or type(error).__name__
    return UnreadablePhoto(
        f"{name} is damaged or incomplete ({reason}); copy it again, or open it in a viewer and save it anew"
    )


def _check_size(width: int, height: int, name: str, max_pixels: int) -> None:
    if width * height > max_pixels:
        raise PhotoTooLarge(
            f"{name} has {width} x {height} = {width * height / 1e6:.0f} million pixels, more than the limit of "
            f"{max_pixels / 1e6:.4g} million; make it smaller in a picture editor first"
        )
    if min(width, height) < MIN_SIDE:
        raise UnreadablePhoto(
            f"{name} is only {width} x {height} pixels, and at least {MIN_SIDE} on each side are needed; "
            "look for a larger copy"
        )


def _decode(image: Image.Image, name: str, digest: str, max_pixels: int) -> Photo:
    """Turn an opened Pillow image into a Photo; an image that came from memory gets the digest of its pixels."""
    size, mode = image.size, image.mode
    _check_size(*size, name, max_pixels)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            pixels = np.array(to_srgb(_upright(image)), np.uint8)
    except Exception as error:
        raise _damaged(name, error) from error
    return _finish(pixels, name, digest, mode, size)


def _finish(
    pixels: npt.NDArray[np.uint8], name: str, digest: str, source_mode: str, source_size: tuple[int, int]
) -> Photo:
    """Decide whether it is gray, and freeze it."""
    pixels, gray = settle_gray(pixels)
    digest = digest or hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()
    return Photo(pixels=pixels, gray=gray, name=name, sha256=digest, source_mode=source_mode, source_size=source_size)


def _upright(image: Image.Image) -> Image.Image:
    """Apply the EXIF orientation; an EXIF block that cannot be read says nothing."""
    try:
        return ImageOps.exif_transpose(image)
    except Exception:
        return image


def _read_array(array: npt.NDArray[Any], max_pixels: int) -> Photo:
    """An array in memory as a Photo; it is copied."""
    advice = "pass uint8 (0..255) or uint16 (0..65535) of shape (H, W), (H, W, 3) or (H, W, 4), in RGB order"
    if array.dtype not in (np.uint8, np.uint16):
        raise UnreadablePhoto(f"an array of {array.dtype} cannot be read as a photo; {advice}")
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        raise UnreadablePhoto(f"an array of shape {array.shape} cannot be read as a photo; {advice}")
    height, width = array.shape[:2]
    _check_size(width, height, "the array", max_pixels)
    pixels = to_8_bits(array) if array.dtype == np.uint16 else array.astype(np.uint8)
    pixels = pixels[..., 0] if pixels.shape[2:] == (1,) else pixels
    mode = {2: "L", 3: "RGB", 4: "RGBA"}[2 if pixels.ndim == 2 else pixels.shape[2]]
    rgb = np.array(to_srgb(Image.fromarray(np.ascontiguousarray(pixels))), np.uint8)
    return _finish(rgb, "photo", "", mode if array.dtype == np.uint8 else f"{mode};16", (width, height))
