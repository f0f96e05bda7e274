"""The stages of an Animator, made ready together: told of one device, heard in one place, and let go at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from .choices import Choice, check_options, choose, load
from .clip import Clip
from .endings import Endings
from .errors import UsageError
from .imports import import_ahead
from .pipeline import Stages, encode
from .plugin import Event, LicensePolicy, Runtime
from .registry import Registry
from .selection import Selection
from .stages import Encoder, Executor
from .stagework import Stage
from .weights import Catalogue

__all__ = ["Crew"]

DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


class Crew:
    """Every chosen stage as a :class:`~photomotion.stagework.Stage`, loaded when it is first needed.

    Args:
        chosen: which they are.
        registry: where further encoders are looked up.
        device: as for :class:`~photomotion.Animator`.
        license_policy: as there.
        progress: told what the stages and the work with them have to tell.

    Raises:
        WeightsError: if the license policy refuses all the weights that a stage may use.
        UsageError: for an unknown device or license policy.
    """

    def __init__(
        self,
        chosen: Selection,
        registry: Registry,
        *,
        device: str,
        license_policy: LicensePolicy,
        progress: Callable[[Event], None] | None,
    ) -> None:
        if not DEVICE.fullmatch(device):
            raise UsageError(f"no device is called {device!r}; use auto, cpu, cuda, cuda:N or mps")
        self.device = device
        self.weights = Catalogue(registry.packages, policy=license_policy)
        self._chosen = chosen
        self._registry = registry
        self._progress = progress
        self._notices: dict[str, None] = {}
        self._importing = False
        for choice in chosen:
            if license_policy != "any" and choice.implementation:
                self.weights.check_usable(choice.implementation.weights)
        self._closing = ExitStack()
        self.stages = Stages(
            restorer=self._stage(chosen["restorer"]),
            analyzer=self._stage(chosen["analyzer"]),
            motion=self._stage(chosen["motion"]),
            conditioner=self._stage(chosen["conditioner"]),
            backend=self._stage(chosen["backend"]),
            postprocessors=tuple(map(self._stage, chosen.postprocessors)),
        )
        self.executor: Stage[Executor] = self._stage(chosen["executor"])
        self.encoders = Endings(self._stage(chosen["encoder"]), registry.names("encoder"), self._other_encoder)

    def hear(self, event: Event) -> None:
        """Keep what is to be kept, and pass it on to whoever listens."""
        if event.notice:
            self._notices[event.message] = None
        if self._progress is not None:
            self._progress(event)

    def notices(self) -> tuple[str, ...]:
        """What was said so far that is to outlast the work, each once."""
        return tuple(self._notices)

    def import_ahead(self) -> None:
        """Begin to import, in the background, what the later stages will need; only the first call does."""
        if not self._importing:
            self._importing = True
            import_ahead(dict.fromkeys(self._chosen.imports()))

    def encoder_for(self, destination: Path) -> Callable[[Clip, Path], int]:
        """Return what renders a clip into a file with this ending, and returns the number of frames.

        Raises:
            DestinationError: if no encoder knows it.
            StageError: if the chosen encoder cannot be loaded.
        """
        return partial(encode, stage=self.encoders.encoder_for(destination), on_event=self.hear)

    def close(self) -> None:
        """Let go of every stage. A second call does nothing."""
        self._closing.close()

    def _stage(self, choice: Choice) -> Stage[Any]:
        runtime = Runtime(
            device=self.device,
            weights=self.weights.locate,
            license_policy=self.weights.policy,
            on_event=self.hear,
        )
        stage: Stage[Any] = Stage(choice.label, partial(load, choice, runtime))
        self._closing.callback(stage.close)
        if choice.implementation is None:
            stage.open()
        return stage

    def _other_encoder(self, name: str) -> Stage[Encoder]:
        return self._stage(check_options([choose(self._registry, "encoder", name)], None)[0])
