"""Where files are written: never over a photo, never half a file."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import DestinationError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "PlannedFilm",
    "beside",
    "check_folder",
    "plan_destinations",
    "plan_file",
    "refuse_stream",
    "write_picture",
    "write_whole",
]


@dataclass(frozen=True)
class PlannedFilm:
    """A photo and where its film goes."""

    photo: Path
    film: Path
    folder: Path | None
    """The folder to make for it; None if it goes where one is already."""

    @contextmanager
    def place(self) -> Iterator[Path]:
        """Give the film's path with its folder made; if no film comes into that, it is gone again.

        Raises:
            DestinationError: if the folder cannot be made.
        """
        if self.folder is None:
            yield self.film
            return
        with _made(self.folder):
            yield self.film


def plan_destinations(photos: Sequence[Path], output: str | None, suffix: str) -> list[PlannedFilm]:
    """Say where the film of each photo goes. Nothing is left behind yet.

    Args:
        photos: the photos.
        output: a file for one photo; a folder, made if need be, for several or if it ends in a slash or is one; None
            for the current folder.
        suffix: the encoder's, for films named after their photos; empty if it writes folders.

    Raises:
        DestinationError: if a film would replace a photo or another film of the same run, the folder cannot be made, or
            standard output is meant.
    """
    place = Path(output or "")
    refuse_stream(place)
    folder = None
    if output and len(photos) == 1 and not output.endswith(("/", os.sep)) and not os.path.isdir(place):
        films = [place]
    else:
        films = [place / (photo.stem + suffix) for photo in photos]
        folder = place if output else None
    for index, film in enumerate(films):
        if film in films[:index]:
            raise DestinationError(
                f"{photos[films.index(film)]} and {photos[index]} would both become {film}; "
                "animate them one by one, each with its own -o"
            )
        for photo in photos:
            _spare(photo, film)
    if folder:
        with _made(folder):
            pass  # Whether it can be made is to be known before any work is done.
    return [PlannedFilm(photo, film, folder) for photo, film in zip(photos, films, strict=True)]


def plan_file(photo: Path, output: Path, *suffixes: str) -> Path:
    """Check, before any work is done, that a file can be made from a photo: its ending, its folder, and not the photo.

    Raises:
        DestinationError: if not.
    """
    refuse_stream(output)
    if output.suffix.lower() not in suffixes:
        known = " and ".join(filter(None, (", ".join(suffixes[:-1]), suffixes[-1])))
        raise DestinationError(
            f"cannot write {output}: only {known} can be written; name it {output.stem}{suffixes[0]}"
        )
    _spare(photo, output)
    check_folder(output)
    return output


def check_folder(output: Path) -> None:
    """See that the folder of a file that is to be written is there.

    Raises:
        DestinationError: if it is not, or nobody may know.
    """
    # Not with Path.is_dir: before Python 3.14 that raises where one may not look.
    if os.path.isdir(output.parent):
        return
    try:
        os.stat(output.parent)
    except PermissionError:
        raise DestinationError(
            f"cannot write {output}: the folder {output.parent} may not be looked at; choose another one"
        ) from None
    except OSError:
        pass
    raise DestinationError(f"cannot write {output}: the folder {output.parent} does not exist; make it first")


def refuse_stream(output: Path) -> None:
    """Refuse ``-``, which is standard output elsewhere: here files are written whole, beside their place, and renamed.

    Raises:
        DestinationError: if it is that.
    """
    if str(output) == "-":
        raise DestinationError("cannot write to standard output, which '-' stands for; name a file")


@contextmanager
def beside(destination: Path) -> Iterator[Path]:
    """Give a hidden name in the destination's folder for a file or folder; afterwards it takes the destination's place.

    If anything was raised it is removed instead. A file at the destination is replaced, and an empty folder too.

    Raises:
        DestinationError: if it cannot take that place.
    """
    temporary = destination.with_name(f".photomotion-{secrets.token_hex(4)}{destination.suffix}")
    try:
        yield temporary
        try:
            if destination.is_dir():
                destination.rmdir()
            temporary.replace(destination)
        except OSError as error:
            raise DestinationError(f"cannot write {destination}: {error.strerror}; choose another name") from error
    except BaseException:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            temporary.unlink(missing_ok=True)
        raise


def write_whole(destination: Path, content: bytes | Callable[[Path], object]) -> None:
    """Write a file beside its destination and rename it, so that no half a file is ever there.

    Args:
        destination: the file.
        content: its bytes, or what writes them to a path with the same ending.

    Raises:
        DestinationError: if it cannot be written.
    """
    if os.path.isdir(destination):
        raise DestinationError(f"cannot write {destination}: it is a folder; name a file")
    try:
        with beside(destination) as temporary:
            if callable(content):
                content(temporary)
            else:
                temporary.write_bytes(content)
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


@contextmanager
def _made(folder: Path) -> Iterator[None]:
    """Make a folder; of what had to be made, that and those above it, what is empty afterwards is removed."""
    new = [place for place in (folder, *folder.parents) if not os.path.exists(place)]
    try:
        _make(folder)
        yield
    finally:
        for place in new:
            with suppress(OSError):  # it was never made, or something is in it
                place.rmdir()


def _make(folder: Path) -> None:
    """Make a folder and those above it; a second time, if another process that also tries removed one meanwhile."""
    try:
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DestinationError(f"cannot make the folder {folder} ({error.strerror}); choose another one") from error


def _spare(photo: Path, output: Path) -> None:
    """Refuse to write over the photo, however the two are spelt."""
    same = os.path.realpath(photo) == os.path.realpath(output)
    if same or (os.path.exists(output) and os.path.exists(photo) and os.path.samefile(photo, output)):
        raise DestinationError(f"{output} is the photo itself, which is never overwritten; name another file with -o")
