"""What every implementation must keep to, whatever its stage."""

from __future__ import annotations

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest
from pydantic import ValidationError

from photomotion.data import Photo, Timing
from photomotion.errors import WeightsError
from photomotion.plugin import Implementation, Runtime, help_of

__all__ = ["HEAVY", "SHORT", "Contract", "digest", "is_gray", "psnr"]

HEAVY = frozenset({"PIL", "ai_edge_litert", "av", "cv2", "diffusers", "mediapipe", "numpy", "torch", "transformers"})
"""Packages that a plugin's module must not import before ``load`` is called."""
SHORT = Timing(seconds=0.5, fps=10)
"""Of the films that are tried."""


class Contract:
    """Base of the contracts: name, options, a light module, loading and closing.

    A subclass sets :attr:`implementation`, and :attr:`options` if the defaults will not do in a test.
    """

    implementation: ClassVar[Implementation[Any, Any]]
    """What the hook returns."""
    options: ClassVar[Mapping[str, Any]] = {}
    """Options to load it with."""
    protocol: ClassVar[type]
    """The stage's Protocol; set by each contract."""

    def weights(self, name: str) -> Path:
        """Where a weight file lies; override it for an implementation that has some, with tiny ones.

        Raises:
            WeightsError: always, as long as it is not overridden.
        """
        raise WeightsError(f"this test has no weight file {name!r}; override weights()")

    @pytest.fixture
    def stage(self) -> Iterator[Any]:
        """The loaded stage, closed at the end."""
        options = self.implementation.options.model_validate(dict(self.options))
        stage = self.implementation.load(options, Runtime(weights=self.weights))
        yield stage
        self._close(stage)

    def test_its_name_is_plain(self) -> None:
        """Lower-case letters, digits and dashes."""
        assert re.fullmatch(r"[a-z][a-z0-9-]*", self.implementation.name)

    def test_its_summary_is_a_sentence(self) -> None:
        """One line that ends with a full stop."""
        assert re.fullmatch(r"\S.*\.", self.implementation.summary)

    def test_every_option_has_help(self) -> None:
        """The string under the field."""
        options = self.implementation.options
        assert set(options.model_fields) - set(help_of(options)) == set()

    def test_options_survive_json(self) -> None:
        """A recipe carries them as JSON."""
        options = self.implementation.options.model_validate(dict(self.options))
        again = self.implementation.options.model_validate(json.loads(options.model_dump_json()))
        assert again == options

    def test_an_unknown_option_is_refused(self) -> None:
        """Options inherit ``extra="forbid"``."""
        with pytest.raises(ValidationError, match="extra_forbidden"):
            self.implementation.options.model_validate({**self.options, "no-such-option": 1})

    def test_its_module_is_light(self) -> None:
        """Nothing heavy is imported before ``load`` is called."""
        loaded = _modules_after_importing(self.implementation.load.__module__)
        assert loaded & HEAVY == set()

    def test_its_imports_can_be_imported(self) -> None:
        """Those it wants to have imported in the background."""
        assert [name for name in self.implementation.imports if not import_module(name)] == []

    def test_it_is_the_stage(self, stage: Any) -> None:
        """What was loaded satisfies the Protocol."""
        assert isinstance(stage, self.protocol)

    def test_it_closes_twice(self, stage: Any) -> None:
        """If it can be closed at all."""
        self._close(stage)
        self._close(stage)

    @staticmethod
    def _close(stage: Any) -> None:
        close = getattr(stage, "close", None)
        if close is not None:
            close()


def psnr(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two uint8 pictures of one shape, dB; infinite if they are equal."""
    error = float(np.mean((a.astype(np.float64) - b.astype(np.float64)) ** 2))
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def is_gray(pixels: npt.NDArray[np.uint8]) -> bool:
    """Whether R = G = B everywhere."""
    return bool((pixels == pixels[..., :1]).all())


def digest(photo: Photo) -> bytes:
    """The pixels as bytes, to see whether they were changed."""
    return photo.pixels.tobytes()


@functools.lru_cache
def _modules_after_importing(module: str) -> frozenset[str]:
    """Names of the top-level packages that a fresh interpreter has loaded after one import."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    return frozenset(done.stdout.split())
