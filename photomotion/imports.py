"""Imports that go on in a thread while a photo is looked at."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module

__all__ = ["import_ahead"]

LONGEST_WAIT = 30.0
"""How long a fork waits for the import at hand, seconds; it never ends if it needs a module that the forking thread is
importing itself."""

_importing = threading.RLock()
"""Held while a module is imported ahead, and by whoever forks."""


def import_ahead(names: Iterable[str]) -> threading.Thread:
    """Begin to import modules in a thread of its own, and return that; if the process ends meanwhile, so does it."""
    # It stays for good: who takes a finder out of the list makes an import in another thread pass over the next one.
    if _Gate not in sys.meta_path:
        sys.meta_path.insert(0, _Gate)
    thread = _Importer(names)
    thread.start()
    return thread


class _Importer(threading.Thread):
    def __init__(self, names: Iterable[str]) -> None:
        # No daemon, not even of one: a process that ends amid an import of compiled code may not end at all.
        super().__init__(name="photomotion-imports", daemon=False)
        self._names = names

    def run(self) -> None:
        for name in self._names:
            # Whoever needs it imports it again, and is told what is wrong with it.
            with _importing, suppress(Exception):
                import_module(name)


class _Gate:
    """Asked for every module before all other finders; ends who imports ahead if nobody else keeps the process.

    An import of torch takes seconds, and somebody whose photo does not exist should not wait for it.
    """

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        """Never find anything.

        Raises:
            SystemExit: in a thread that imports ahead, if the main thread has ended and no other one works on: that
                would find modules half imported.
        """
        if threading.main_thread().is_alive() or not isinstance(threading.current_thread(), _Importer):
            return
        others = (thread for thread in threading.enumerate() if not isinstance(thread, _Importer))
        if all(thread.daemon or not thread.is_alive() for thread in others):
            raise SystemExit


def _wait_for_the_import_at_hand() -> None:
    _importing.acquire(timeout=LONGEST_WAIT)


def _go_on_importing() -> None:
    with suppress(RuntimeError):  # The wait was in vain.
        _importing.release()


def _begin_anew() -> None:
    global _importing
    _importing = threading.RLock()


# A child of a fork amid an import has a module that is locked by a thread it does not have: it would wait for ever.
if sys.platform != "win32":
    os.register_at_fork(
        before=_wait_for_the_import_at_hand, after_in_parent=_go_on_importing, after_in_child=_begin_anew
    )
