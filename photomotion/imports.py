"""Imports that go on in a thread while a photo is looked at."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module

__all__ = ["import_ahead"]


def import_ahead(names: Iterable[str]) -> threading.Thread:
    """Begin to import modules in a thread of its own, and return that; if the process ends meanwhile, so does it."""

    def work() -> None:
        gate = _Gate()
        sys.meta_path.insert(0, gate)
        try:
            for name in names:
                # Whoever needs it imports it again, and is told what is wrong with it.
                with suppress(Exception):
                    import_module(name)
        finally:
            sys.meta_path.remove(gate)

    # Not a daemon: a process that ends amid an import of compiled code may not end at all.
    thread = threading.Thread(target=work, name="photomotion-imports")
    thread.start()
    return thread


class _Gate:
    """Asked for every module before all other finders; ends the thread that made it if only that keeps the process.

    An import of torch takes seconds, and somebody whose photo does not exist should not wait for it.
    """

    def __init__(self) -> None:
        self._own = threading.current_thread()

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        """Never find anything.

        Raises:
            SystemExit: in its own thread, if the main thread has ended and no other one works on: that would find
                modules half imported.
        """
        if threading.current_thread() is not self._own or threading.main_thread().is_alive():
            return
        if all(thread is self._own or thread.daemon or not thread.is_alive() for thread in threading.enumerate()):
            raise SystemExit
