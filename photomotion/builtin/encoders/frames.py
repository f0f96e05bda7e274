"""A folder of PNG pictures, for those who edit on."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from photomotion.data import Frame, Timing
from photomotion.errors import DestinationError, StageError

__all__ = ["FramesEncoder"]


class FramesEncoder:
    """Writes ``frame_00000.png``, ``frame_00001.png`` ... into a new folder, lossless."""

    suffix = ""

    def encode(self, frames: Iterable[Frame], destination: Path, timing: Timing) -> None:
        """Write all frames into the folder ``destination``, which is made; it is removed again if anything goes wrong.

        Raises:
            DestinationError: if it is there already, cannot be written, or the disk is full.
            StageError: if there is no frame.
        """
        try:
            destination.mkdir()
        except OSError as error:
            raise _unwritable(destination.parent, error) from error
        try:
            count = 0
            for frame in frames:
                self._write(frame, destination / f"frame_{count:05d}.png")
                count += 1
            if not count:
                raise StageError("the encoder frames was given no frame; the stage before it made none")
        except BaseException:
            shutil.rmtree(destination, ignore_errors=True)
            raise

    def _write(self, frame: Frame, path: Path) -> None:
        bgr = cv2.cvtColor(np.ascontiguousarray(frame.pixels), cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(".png", bgr, [cv2.IMWRITE_PNG_COMPRESSION, 1])
        try:
            path.write_bytes(data.tobytes())
        except OSError as error:
            raise _unwritable(path.parent.parent, error) from error


def _unwritable(folder: Path, error: OSError) -> DestinationError:
    return DestinationError(
        f"the frames cannot be written into {folder} ({error.strerror}); check its permissions and free space"
    )
