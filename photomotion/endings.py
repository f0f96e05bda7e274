"""Which encoder writes a file: the chosen one, or one of the others that are installed, by the file's ending."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from .errors import DestinationError, PhotomotionError
from .stages import Encoder
from .stagework import Stage

__all__ = ["Endings"]


class Endings:
    """The encoders of an Animator by what their films end with.

    Args:
        chosen: the one that was chosen; it alone writes folders.
        names: every encoder that is installed.
        make: makes the stage of one of those.
    """

    def __init__(self, chosen: Stage[Encoder], names: Iterable[str], make: Callable[[str], Stage[Encoder]]) -> None:
        self.chosen = chosen
        self._names = names
        self._make = make
        self._others: dict[str, Stage[Encoder]] = {}

    def encoder_for(self, destination: Path) -> Stage[Encoder]:
        """Return what writes that file or folder.

        Raises:
            DestinationError: if nothing does; says which endings are known.
            StageError: if the chosen encoder cannot be loaded. Others that cannot, or lack an option, are passed over.
        """
        suffix = self.chosen.open().suffix
        ending = destination.suffix.lower()
        if ending == suffix:
            return self.chosen
        endings = [suffix]
        for name in self._names:
            try:
                if name not in self._others:
                    self._others[name] = self._make(name)
                endings.append(self._others[name].open().suffix)
            except PhotomotionError:
                continue
            if ending == endings[-1]:
                return self._others[name]
        if suffix == "":
            return self.chosen
        known = ", ".join(dict.fromkeys(e or "a folder (no ending)" for e in endings))
        raise DestinationError(f"cannot write {destination}: no encoder for {ending!r} is installed; known: {known}")
