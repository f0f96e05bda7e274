"""Pixels of every kind to 8-bit sRGB, and the question whether a picture is gray."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms

__all__ = ["GRAY_TOLERANCE", "settle_gray", "stack_gray", "to_8_bits", "to_srgb"]

GRAY_TOLERANCE = 2
"""A picture whose channels differ nowhere by more levels than this is taken for gray, and made exactly so."""


def to_srgb(image: Image.Image) -> Image.Image:
    """Any Pillow mode as RGB in sRGB, transparency over white."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I") or image.mode == "F":
        image = Image.fromarray(to_8_bits(np.asarray(image)))
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    if alpha is not None:
        image = image.convert("L" if image.mode in ("L", "LA", "La") else "RGB")
    elif image.mode not in ("L", "RGB", "CMYK", "LAB"):
        image = image.convert("L" if image.mode == "1" else "RGB")
    rgb = _apply_profile(image, profile)
    if alpha is not None:
        rgb = Image.composite(rgb, Image.new("RGB", rgb.size, "white"), alpha)
    return rgb


def _apply_profile(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Through the picture's colour profile to sRGB; without one, or with a broken one, by Pillow's plain rules."""
    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "sRGB" in ImageCms.getProfileDescription(source):
                return image.convert("RGB")
        else:
            return image.convert("RGB")
        converted = ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image.convert("RGB")
    return converted or image.convert("RGB")


def to_8_bits(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Scale 16-bit, 32-bit or floating point values of any shape to 0..255.

    Integers of more than 16 bits count as 16-bit if the largest fits, else as unsigned 32-bit. Floating point counts
    as 0..1, 0..255 or 0..65535, whichever is the first to hold the largest value; what is not finite becomes 0.
    """
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        table: npt.NDArray[np.uint8] = np.rint(np.arange(65536) / 257).astype(np.uint8)
        narrow: npt.NDArray[np.uint8] = table[values]
        return narrow
    if values.dtype.kind == "f":
        values = np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
        white = next((w for w in (1.0, 255.0, 65535.0) if values.max() <= w), float(values.max()))
    else:
        values = values.astype(np.int64) & 0xFFFFFFFF
        white = 65535.0 if values.max() <= 65535 else float(0xFFFFFFFF)
    scaled: npt.NDArray[np.uint8] = np.rint(np.clip(values / white, 0, 1) * 255).astype(np.uint8)
    return scaled


def settle_gray(pixels: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.uint8], bool]:
    """Make a picture without visible colour exactly gray; tell whether it is."""
    red, green, blue = (pixels[..., i] for i in range(3))
    for a, b in ((red, green), (green, blue), (red, blue)):
        # A coarse look first: most pictures have colour, and this finds it in a hundredth of the time.
        for step in (16, 1):
            if cv2.absdiff(a[::step, ::step], b[::step, ::step]).max() > GRAY_TOLERANCE:
                return pixels, False
    return stack_gray(green), True


def stack_gray(plane: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """One plane as R = G = B."""
    return np.asarray(cv2.merge([plane, plane, plane]), np.uint8)
