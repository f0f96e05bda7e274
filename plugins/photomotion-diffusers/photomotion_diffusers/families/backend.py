"""The backend of all families but SVD: windows of frames, made by an unmodified pipeline and held to the draft."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import nullcontext
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from photomotion.data import Conditioning, Frame, Timing
from photomotion.errors import StageError, WeightsError
from photomotion.plugin import Event, Runtime
from photomotion_diffusers.fitting import Fitting
from photomotion_diffusers.loading import choose_device, choose_dtype, locate
from photomotion_diffusers.manifest import admit
from photomotion_diffusers.memory import is_out_of_memory
from photomotion_diffusers.portrait import choose_crop
from photomotion_diffusers.preview import previewing
from photomotion_diffusers.reel import Reel, check_guide
from photomotion_diffusers.timing import key_rows
from photomotion_diffusers.windows import Window, crossfade, plan_windows

from .base import Family
from .controls import control_films
from .drafts import closed, draft_of
from .film import Film
from .options import FamilyOptions
from .placing import Layout, Placing

__all__ = ["PROMPT", "FamilyBackend", "load_family"]

Picture = npt.NDArray[np.uint8]

PROMPT = (
    "Film portrait of this person, who looks calmly at the camera and is alive: blinks, breathes, small natural "
    "movements of eyes and head, the trace of a smile. The camera and the light do not change."
)
"""What a model is told when nobody says anything."""


def load_family(family: Family, options: FamilyOptions, runtime: Runtime, accepted: bool = True) -> FamilyBackend:
    """Load the model that the options name and make its backend.

    Args:
        family: whose pipeline it is.
        options: of the backend.
        runtime: where it runs.
        accepted: whether the user has said that a gated licence covers them.

    Raises:
        WeightsError: if the model cannot be had, its licence has not been accepted, or the license policy refuses it.
    """
    admit(options.model, runtime)
    if family.gated and not accepted:
        raise WeightsError(
            f"{options.model}: {family.gated}. If it covers you, say so with backend.accept_licence=true; "
            "the backends 'wan' and 'fastwan' (Apache-2.0) have no such limit"
        )
    missing = [name for name in family.packages if find_spec(name) is None]
    if missing:
        raise WeightsError(
            f"{options.model}: its pipeline needs {' and '.join(missing)}; pip install {' '.join(missing)}"
        )
    device = choose_device(runtime.device)
    dtype = choose_dtype(runtime.dtype if options.dtype == "auto" else options.dtype, device)
    runtime.on_event(Event(stage="backend", message=f"loading {options.model}"))
    folder = locate(options.model, revision=options.revision, half=dtype != torch.float32)
    pipe = family.open(folder, dtype)
    if family.precise_decoder and dtype != torch.float32:
        pipe.vae = type(pipe.vae).from_pretrained(folder / "vae", torch_dtype=torch.float32, local_files_only=True)
    return FamilyBackend(family, pipe, options, runtime.on_event, device)


class FamilyBackend:
    """Runs one family's pipeline, window by window.

    Args:
        family: what is special about the pipeline.
        pipe: the pipeline.
        options: how.
        on_event: told after each step; raise from it to stop between steps.
        device: where it is to run, as its free memory allows; None leaves the pipeline where it is.
    """

    def __init__(
        self,
        family: Family,
        pipe: Any,
        options: FamilyOptions,
        on_event: Callable[[Event], None] = lambda event: None,
        device: str | None = None,
    ) -> None:
        self._family = family
        self._pipe = pipe
        # What cannot be held to the draft does not follow it either: the film is then put together without one.
        self._options = options if family.steers else options.model_copy(update={"steer": 0.0})
        self._on_event = on_event
        self._show: Callable[[], Picture] | None = None
        self._fitting: Fitting[Layout] | None = None
        if device is not None:
            placing = Placing(pipe, device, multiple=family.multiple, group=family.group)
            self._fitting = Fitting(placing.choose, placing.apply, lambda layout: layout.smaller, self._notice)

    def close(self) -> None:
        """Let go of the model and the device's memory."""
        self._pipe = None
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def render(self, conditioning: Conditioning, timing: Timing, seed: int) -> Iterator[Frame]:
        """Yield ``timing.frames`` frames; the first is the photo. One window's pictures are in memory at a time.

        Args:
            conditioning: photo, analysis and motion; a guide, unless ``steer`` is 0; a prompt if there is one.
            timing: that of the motion.
            seed: of the film's noise; each window counts one up.

        Raises:
            UsageError: if there is nothing to steer by, or a control film is missing.
        """
        options, family = self._options, self._family
        if family.steers:
            check_guide(conditioning, options.steer, family.name)
        size = options.size or math.isqrt(family.pixels)
        crop = choose_crop(conditioning.photo, conditioning.analysis, size=size, multiple=family.multiple)
        reel = Reel(conditioning, timing, crop, options)
        controls = control_films(conditioning, family, options, crop)
        return reel.frames(self._make(reel, options.prompt or conditioning.prompt or PROMPT, seed, controls))

    def _make(
        self, reel: Reel, prompt: str, seed: int, controls: Callable[[list[int]], Mapping[str, list[Image.Image]]]
    ) -> Generator[tuple[int, Picture], None, None]:
        """The rows that the model makes, with their pictures."""
        options, family = self._options, self._family
        fps = options.fps or family.fps
        rows = key_rows(reel.timing, fps)
        if len(rows) == 1:
            return
        if family.steers:
            rows = closed(rows, reel, family.group)
        elif reel.timing.loop:
            self._notice(f"{family.name} follows no draft: only the frames after its last picture lead to the photo.")
        length = family.count(min(len(rows), options.frames or family.frames))
        overlap = min(options.overlap, length - 1) if family.steers else 1
        windows = plan_windows(len(rows), length, overlap)
        steps = options.steps or family.steps
        pictures: list[Picture] = []
        for number, window in enumerate(windows):
            wanted = rows[window.start : window.stop]
            wanted += wanted[-1:] * (length - len(wanted))
            draft = draft_of(reel, wanted, pictures, options.steer, family.group) if family.steers else None
            film = Film(
                image=Image.fromarray(pictures[0] if pictures else reel.small(0)),
                frames=length,
                steps=steps,
                guidance=family.guidance if options.guidance is None else options.guidance,
                fps=fps,
                prompt=prompt,
                negative=options.negative_prompt,
                seed=seed + number,
                draft=draft,
                controls=controls(wanted),
                show=self._remember,
            )
            made = self._run(film, self._reporter(number, len(windows)))[: window.stop - window.start]
            made[: window.shared] = [
                crossfade(pictures[i], made[i], i, window.shared) for i in range(min(window.shared, len(pictures)))
            ]
            kept = windows[number + 1].shared if number + 1 < len(windows) else 0
            yield from zip(_kept(rows, window, kept), made[: len(made) - kept], strict=True)
            pictures = made[len(made) - kept :]

    def _run(self, film: Film, report: Callable[[int, int], None]) -> list[Picture]:
        """One window; out of memory, once more by the next smaller plan. Its noise is the film's, so it is the same."""

        def work() -> list[Picture]:
            return _pictures(self._family.run(self._pipe, film, report=report))

        width, height = film.image.size
        if self._fitting is not None:
            return self._fitting.run((film.frames, height, width), work)
        try:
            return work()
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            raise StageError(f"{self._family.name}: out of memory; choose fewer frames or a smaller size") from error

    def _notice(self, words: str) -> None:
        self._on_event(Event(stage="backend", message=words, notice=True))

    def _remember(self, make: Callable[[], Picture]) -> None:
        self._show = make

    def _reporter(self, window: int, windows: int) -> Callable[[int, int], None]:
        def report(done: int, total: int) -> None:
            make, self._show = self._show, None
            with nullcontext() if make is None else previewing(make) as preview:
                done, total = window * total + done, windows * total
                self._on_event(Event(stage="backend", done=done, total=total, message="denoising", preview=preview))

        return report


def _kept(rows: list[int], window: Window, later: int) -> list[int]:
    """The rows of a window that the next one does not make again."""
    return rows[window.start : window.stop - later]


def _pictures(video: torch.Tensor) -> list[Picture]:
    """Frames (F, 3, H, W), 0..1, as uint8 pictures (H, W, 3)."""
    pixels = (video.float().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).cpu()
    return list(np.ascontiguousarray(pixels.numpy()))
