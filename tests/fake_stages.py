"""Stages that need no models, for tests of everything around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import numpy as np
from pydantic import Field

from photomotion import Animator
from photomotion.data import Analysis, Conditioning, Frame, Photo, Timing
from photomotion.plugin import Implementation, Options, hookimpl
from photomotion.registry import Registry
from photomotion.testing.fakes import fake_analysis

Make = Callable[..., Animator]
"""The fixture ``make``."""


class DrawnAnalyzer:
    """Finds the drawn face in everything; nobody in a black picture."""

    def __init__(self) -> None:
        self.calls = 0
        self.closed = 0

    def analyze(self, photo: Photo) -> Analysis:
        self.calls += 1
        analysis = fake_analysis(photo.width, photo.height)
        return analysis if photo.pixels.any() else replace(analysis, faces=())

    def close(self) -> None:
        self.closed += 1


class Darkener:
    """A backend whose frame ``i`` is the photo, ``i`` levels darker. Counts what it made."""

    def __init__(self, fault: BaseException | None = None, fault_at: int = 2) -> None:
        self.fault = fault
        self.fault_at = fault_at
        self.made = 0
        self.left = 0

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        try:
            for index in range(timing.frames):
                if self.fault is not None and index == self.fault_at:
                    raise self.fault
                self.made += 1
                pixels = np.maximum(conditioning.photo.pixels, index) - np.uint8(index)
                yield Frame(index=index, time=index / timing.fps, pixels=pixels)
        finally:
            self.left += 1


class Lister:
    """An encoder that writes a line for each frame."""

    suffix = ".txt"

    def __init__(self, fault: BaseException | None = None) -> None:
        self.fault = fault

    def encode(self, frames: Iterable[Frame], destination: Path, timing: Timing) -> None:
        with destination.open("w") as file:
            for frame in frames:
                file.write(f"{frame.index} {frame.pixels.mean():.1f}\n")
                if self.fault is not None:
                    raise self.fault


class SlowOptions(Options):
    steps: int = Field(20, ge=1, le=99)
    """Steps."""
    mode: Literal["fast", "fine"] = "fast"
    """Mode."""


def registry_with(load: Callable[..., Any], **fields: Any) -> Registry:
    """A registry with one more backend, ``slow``."""
    offer = Implementation(name="slow", summary="Slow.", options=SlowOptions, load=load, **fields)
    module = ModuleType("slow")
    module.photomotion_backends = hookimpl(lambda: [offer])  # type: ignore[attr-defined]
    registry = Registry(discover=False)
    registry.admit("slow", module)
    return registry


def never(*args: object) -> None:
    raise AssertionError("loaded too early")
