"""Where the command line writes: never over a photo, never half a file."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DestinationError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["plan_destinations", "plan_file", "write_picture", "write_whole"]


def plan_destinations(photos: Sequence[Path], output: str | None, suffix: str) -> list[tuple[Path, Path]]:
    """Pair each photo with the film to write.

    Args:
        photos: the photos.
        output: a file for one photo; a folder, made if need be, for several or if it ends in a slash or is one; None
            for the current folder.
        suffix: the encoder's, for films named after their photos; empty if it writes folders.

    Raises:
        DestinationError: if a film would replace a photo or another film of the same run, or the folder cannot be made.
    """
    folder = Path(output or "")
    if output and len(photos) == 1 and not output.endswith(("/", os.sep)) and not folder.is_dir():
        films = [folder]
    else:
        if output:
            _make_folder(folder)
        films = [folder / (photo.stem + suffix) for photo in photos]
    for index, film in enumerate(films):
        if film in films[:index]:
            raise DestinationError(
                f"{photos[films.index(film)]} and {photos[index]} would both become {film}; "
                "animate them one by one, each with its own -o"
            )
        for photo in photos:
            _spare(photo, film)
    return list(zip(photos, films, strict=True))


def plan_file(photo: Path, output: Path, *suffixes: str) -> Path:
    """Check, before any work is done, that a file can be made from a photo: its ending, its folder, and not the photo.

    Raises:
        DestinationError: if not.
    """
    if output.suffix.lower() not in suffixes:
        known = " and ".join(filter(None, (", ".join(suffixes[:-1]), suffixes[-1])))
        raise DestinationError(
            f"cannot write {output}: only {known} can be written; name it {output.stem}{suffixes[0]}"
        )
    _spare(photo, output)
    if not output.parent.is_dir():
        raise DestinationError(f"cannot write {output}: the folder {output.parent} does not exist; make it first")
    return output


def write_whole(destination: Path, content: bytes | Callable[[Path], object]) -> None:
    """Write a file beside its destination and rename it, so that no half a file is ever there.

    Args:
        destination: the file.
        content: its bytes, or what writes them to a path with the same ending.

    Raises:
        DestinationError: if it cannot be written.
    """
    temporary = destination.with_name(f".photomotion-{secrets.token_hex(4)}{destination.suffix}")
    try:
        try:
            if callable(content):
                content(temporary)
            else:
                temporary.write_bytes(content)
            temporary.replace(destination)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise DestinationError(
            f"cannot write {destination} ({error.strerror}); check the folder, its permissions and free space"
        ) from error


def write_picture(destination: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write a picture, uint8 (H, W, 3) in RGB, as a whole PNG file.

    Raises:
        DestinationError: if it cannot be written.
    """
    import cv2

    write_whole(destination, cv2.imencode(".png", pixels[..., ::-1])[1].tobytes())


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DestinationError(f"cannot make the folder {folder} ({error.strerror}); choose another one") from error


def _spare(photo: Path, output: Path) -> None:
    """Refuse to write over the photo, however the two are spelt."""
    same = os.path.realpath(photo) == os.path.realpath(output)
    if same or (output.exists() and photo.exists() and os.path.samefile(photo, output)):
        raise DestinationError(f"{output} is the photo itself, which is never overwritten; name another file with -o")
