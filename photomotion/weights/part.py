"""A file that is not whole yet."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from photomotion.errors import WeightsError

from .manifest import WeightFile, format_size

__all__ = ["Cut", "Part", "Refused"]

CHUNK = 1 << 18


class Refused(Exception):
    """A source will not do; another may."""


class Cut(Exception):
    """A connection ended early; the same source may do.

    Args:
        why: what happened, in a few words.
        pause: seconds to wait at least.
    """

    def __init__(self, why: str, pause: float = 0.0) -> None:
        super().__init__(why)
        self.pause = pause


class Part:
    """A file that is not whole yet, beside its destination. Opened, it knows the digest of what it holds.

    Args:
        entry: what it is to become.
        destination: where.

    Raises:
        WeightsError: if it cannot be read or written.
    """

    def __init__(self, entry: WeightFile, destination: Path) -> None:
        self.entry = entry
        self.path = destination.with_name(f"{destination.name}.part")
        self.size = 0
        """Bytes it holds."""
        self.resumed = False
        """Whether what it holds came in more than one piece, which may not belong together."""
        self._note = destination.with_name(f"{destination.name}.part.json")
        self._destination = destination
        self._hash = hashlib.sha256()
        self._file: FileIO | None = None

    def __enter__(self) -> Part:
        with self._faults():
            # Unbuffered: what was received is kept even if this process is killed.
            self.path.touch()
            self._file = self.path.open("r+b", buffering=0)
            while chunk := self._file.read(CHUNK):
                self._add(chunk)
        self.resumed = self.size > 0
        if self.size > self.entry.bytes:
            self.restart("")
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()
        if self.size == 0:
            self.path.unlink(missing_ok=True)
            self._note.unlink(missing_ok=True)

    def validator_of(self, url: str) -> str | None:
        """What proves that ``url`` still has what this part was begun with.

        Returns:
            An entity tag or a date; empty if only the digest of the whole can prove it; None if nothing can.
        """
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            note = {}
        validator = note.get("validator", "") if isinstance(note, dict) and note.get("url") == url else ""
        return validator or ("" if self.entry.sha256 else None)

    def restart(self, url: str, validator: str = "") -> None:
        """Forget what it holds, to be begun anew from ``url``."""
        file = self._opened()
        with self._faults():
            file.seek(0)
            file.truncate()
            self._note.write_text(json.dumps({"url": url, "validator": validator}), encoding="utf-8")
        self._hash = hashlib.sha256()
        self.size = 0
        self.resumed = False

    def write(self, chunk: bytes) -> None:
        """Add bytes at the end.

        Raises:
            Refused: if it becomes larger than it should.
        """
        if self.size + len(chunk) > self.entry.bytes:
            self.restart("")
            raise Refused(f"sends more than the {self.entry.bytes} bytes it should have")
        file, rest = self._opened(), memoryview(chunk)
        with self._faults():
            while rest:
                written = file.write(rest)
                self._add(bytes(rest[:written]))
                rest = rest[written:]

    def finish(self) -> str:
        """Check the whole and give it its name; return its sha256.

        Raises:
            Cut: if it is wrong, and came in more than one piece; it is empty then.
            Refused: if it is wrong; it is empty then.
        """
        found = self._hash.hexdigest()
        if self.entry.sha256 and found != self.entry.sha256:
            resumed = self.resumed
            self.restart("")
            if resumed:
                raise Cut("the pieces do not belong together")
            raise Refused(f"sends another file: its sha256 is {found}, not {self.entry.sha256}")
        file = self._opened()
        with self._faults():
            os.fsync(file.fileno())
            file.close()
            self.path.replace(self._destination)
            self._note.unlink(missing_ok=True)
        return found

    def _opened(self) -> FileIO:
        if self._file is None:
            raise ValueError("the part is not open")
        return self._file

    def _add(self, chunk: bytes) -> None:
        self._hash.update(chunk)
        self.size += len(chunk)

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """A disk's faults, in one line."""
        try:
            yield
        except OSError as error:
            kept = f"{format_size(self.size)} of {format_size(self.entry.bytes)} are kept in {self.path}"
            raise WeightsError(
                f"cannot write {self.path} ({error.strerror}); {kept}: make room, or set PHOTOMOTION_WEIGHTS to "
                "another folder, and fetch again"
            ) from error
