"""A stage at work: loaded when it is first needed, kept, and watched, so that a fault carries its name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from .data import Frame
from .errors import PhotomotionError, StageError, UsageError

__all__ = ["Stage"]

StageT = TypeVar("StageT")
ResultT = TypeVar("ResultT")
_END = object()


class Stage(Generic[StageT]):
    """A stage that is loaded when it is first at work, kept, and whose faults carry its name.

    Args:
        label: how messages call it: ``backend 'svd' (photomotion-svd 0.2.0)``.
        load: makes it; called once.
    """

    def __init__(self, label: str, load: Callable[[], StageT]) -> None:
        self.label = label
        self._load = load
        self._loaded: list[StageT] = []
        self._closed = False
        self._lock = threading.Lock()

    def open(self) -> StageT:
        """Return the stage, loaded now if it was not yet.

        Raises:
            UsageError: if it was closed.
        """
        with self._lock:
            if self._closed:
                raise UsageError("this Animator is closed; save or iterate its clips before, inside the 'with' block")
            if not self._loaded:
                self._loaded.append(self._load())
            return self._loaded[0]

    def close(self) -> None:
        """Let go of the stage, and call its own ``close`` if it has one. A second call does nothing."""
        with self._lock:
            self._closed = True
            while self._loaded:
                close = getattr(self._loaded.pop(), "close", None)
                if close is not None:
                    close()

    @contextmanager
    def at_work(self, subject: str) -> Iterator[StageT]:
        """Give the loaded stage; what it raises becomes a StageError that names it and ``subject``, a file.

        Raises:
            StageError: for anything but a PhotomotionError, which passes unchanged.
        """
        try:
            yield self.open()
        except PhotomotionError:
            raise
        except Exception as error:
            # OpenCV has no class of its own for it, only words.
            if isinstance(error, MemoryError) or "Insufficient memory" in str(error):
                raise StageError(
                    f"{self.label} ran out of memory on {subject}; ask for a smaller size, or close other programs"
                ) from None
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise StageError(f"{self.label} failed on {subject}: {said}") from error

    def check(self, value: object, kind: type[ResultT], method: str) -> ResultT:
        """Return ``value`` if it is what the stage's method must return.

        Raises:
            StageError: if it is something else.
        """
        if not isinstance(value, kind):
            raise StageError(f"{self.label}: {method}() returned {type(value).__name__}, must return {kind.__name__}")
        return value

    def watched(
        self,
        pictures: Iterable[Frame],
        subject: str,
        *,
        size: tuple[int, int] | None = None,
        count: int | None = None,
    ) -> Generator[Frame, None, None]:
        """Pass frames on, check each, and give a fault in making one this stage's name.

        Args:
            pictures: what the stage returned.
            subject: the photo's name.
            size: height and width they must have, or None for those of the first.
            count: how many there must be, or None for any number but 0.
        """
        with self.at_work(subject):
            iterator = iter(pictures)
        index = 0
        try:
            while True:
                with self.at_work(subject):
                    frame = next(iterator, _END)
                if frame is _END:
                    break
                if not isinstance(frame, Frame):
                    raise StageError(f"{self.label} yielded {type(frame).__name__}, must yield Frame")
                height, width = frame.pixels.shape[:2]
                size = size or (height, width)
                if (height, width) != size:
                    raise StageError(f"{self.label}: frame {index} is {width}x{height}, must be {size[1]}x{size[0]}")
                if frame.index != index or index == count:
                    raise StageError(f"{self.label} yielded frame {frame.index}, expected {_expected(index, count)}")
                yield frame
                index += 1
        finally:
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
        if index == 0 or (count is not None and index < count):
            raise StageError(f"{self.label} yielded {index} frames, must yield {count or 'at least 1'}")


def _expected(index: int, count: int | None) -> str:
    return f"the end after {count} frames" if index == count else f"frame {index}"
