"""A whole small app: an array in, arrays out, with progress, and a flag with which a button stops it.

python examples/app_minimal.py examples/photos/astronaut.png
"""

from __future__ import annotations

import sys
import threading

import cv2
import numpy as np
import numpy.typing as npt

from photomotion import Animator, PhotomotionError
from photomotion.plugin import Event


class Cancelled(PhotomotionError):
    """The user does not want the film any more."""


class App:
    """Keeps one Animator, and animates one picture after the other with it."""

    def __init__(self) -> None:
        self.cancel = threading.Event()
        self._animator = Animator(progress=self._on_event)

    def animate(self, picture: npt.NDArray[np.uint8], seconds: float = 2.0) -> list[npt.NDArray[np.uint8]]:
        """The frames of a film of ``picture``, each uint8 (H, W, 3) in RGB like the picture itself."""
        try:
            return [frame.pixels for frame in self._animator.animate(picture, seconds=seconds, size=256)]
        finally:
            self.cancel.clear()

    def close(self) -> None:
        self._animator.close()

    def _on_event(self, event: Event) -> None:
        if self.cancel.is_set():
            raise Cancelled
        if event.total:
            print(f"\r{event.stage}: {event.done} of {event.total}", end="", file=sys.stderr)


def main(path: str) -> int:
    picture = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)
    app = App()
    try:
        frames = app.animate(np.asarray(picture, np.uint8))
    except PhotomotionError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    finally:
        app.close()
    print(f"\n{len(frames)} frames of {frames[0].shape[1]} x {frames[0].shape[0]}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
