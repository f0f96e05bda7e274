"""The shipped TFLite models, opened when first needed."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from importlib.resources import as_file, files
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from photomotion.errors import WeightsError

__all__ = ["Model"]

Floats = npt.NDArray[np.float32]

GREETING = b"Created TensorFlow Lite XNNPACK delegate"


class Model:
    """One model of ``photomotion/builtin/models`` with a single image input; loaded at the first call.

    Calls are serialised: a TFLite interpreter holds its own buffers. One thread, so that sums are always added in
    the same order.
    """

    def __init__(self, name: str) -> None:
        """Remember the file ``name`` (with ``.tflite``); nothing is opened yet."""
        self.name = name
        self._interpreter: Any = None
        self._input = 0
        self._outputs: tuple[int, ...] = ()
        self._lock = Lock()

    def __call__(self, image: Floats) -> tuple[Floats, ...]:
        """Run the model on a float32 (h, w, 3) image and return copies of its outputs, first axis dropped.

        Raises:
            WeightsError: if the model's file is missing or damaged.
        """
        with self._lock:
            if self._interpreter is None:
                self._open()
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(image, np.float32)[None])
            self._interpreter.invoke()
            return tuple(self._interpreter.get_tensor(i)[0] for i in self._outputs)

    def _open(self) -> None:
        try:
            with as_file(files("photomotion.builtin") / "models" / self.name) as path, _without_greeting():
                interpreter = Interpreter(str(path), num_threads=1)
                interpreter.allocate_tensors()
        except (OSError, ValueError, RuntimeError) as error:
            raise WeightsError(
                f"the face model {self.name} is missing or damaged ({error}); reinstall photomotion"
            ) from error
        self._input = interpreter.get_input_details()[0]["index"]
        self._outputs = tuple(d["index"] for d in interpreter.get_output_details())
        self._interpreter = interpreter


@contextlib.contextmanager
def _without_greeting() -> Iterator[None]:
    """Let everything through to stderr but the library's greeting, printed once with no way to turn it off."""
    try:
        sys.stderr.flush()
        saved = os.dup(2)
    except (AttributeError, OSError):  # no stderr at all: nothing to keep clean
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            held.seek(0)
            for line in held:
                if GREETING not in line:
                    os.write(2, line)
