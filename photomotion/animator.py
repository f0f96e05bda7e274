"""The one class an application needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from numbers import Integral
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from .clip import Clip, Report
from .crew import Crew
from .data import Analysis, Motion, Photo, Restoration, Timing
from .errors import PhotoError, UsageError
from .pipeline import analyze, plan, restore, run
from .plugin import Event, LicensePolicy
from .recipe import Recipe
from .registry import Registry
from .selection import Selection
from .stages import (
    Backend,
    Conditioner,
    Encoder,
    Executor,
    FaceAnalyzer,
    Job,
    MotionPrior,
    PostProcessor,
    Restorer,
)

if TYPE_CHECKING:
    from .reading import PhotoSource

__all__ = ["Animator"]


class Animator:
    """Chooses the stages, checks the choice as a whole, and animates photos with it.

    Every stage is the name of an installed implementation or an object with the methods of its Protocol in
    :mod:`photomotion.stages`. Stages are loaded when they are first needed and kept until :meth:`close`, which also
    calls the ``close`` of each stage that has one, objects included.

    Args:
        restorer: mends the photo.
        analyzer: finds the people.
        motion: plans how they move.
        conditioner: prepares what guides the backend; None: what the backend prefers.
        backend: makes the pictures.
        encoder: writes the film.
        postprocessors: change the pictures, in this order.
        executor: decides where the films of :meth:`animate_all` are made.
        options: by stage, ``{"backend": {"workers": 4}, "postprocessors": {"glow": {"strength": 0.5}}}``.
        device: ``"auto"``, ``"cpu"``, ``"cuda"``, ``"cuda:1"`` or ``"mps"``.
        license_policy: ``"any"``, or ``"commercial"`` to refuse models whose licence does not allow commercial use
            without a condition.
        progress: called with an :class:`~photomotion.plugin.Event` whenever there is something to tell. It may
            raise a PhotomotionError to stop the work.
        registry: where names are looked up; None: everything installed.

    Raises:
        UnknownImplementation: for a name that is not installed.
        OptionsError: for options that are wrong, all of them at once.
        IncompatibleStages: if the backend needs what the conditioner does not give.
        WeightsError: if the license policy refuses all the weights that a stage may use.
        UsageError: for an object that cannot be that stage, or an unknown device or license policy.
    """

    def __init__(
        self,
        *,
        restorer: str | Restorer = "none",
        analyzer: str | FaceAnalyzer = "facemesh",
        motion: str | MotionPrior = "natural",
        conditioner: str | Conditioner | None = None,
        backend: str | Backend = "warp",
        encoder: str | Encoder = "mp4",
        postprocessors: Sequence[str | PostProcessor] = (),
        executor: str | Executor = "local",
        options: Mapping[str, Mapping[str, Any]] | None = None,
        device: str = "auto",
        license_policy: LicensePolicy = "any",
        progress: Callable[[Event], None] | None = None,
        registry: Registry | None = None,
    ) -> None:
        if isinstance(postprocessors, str):
            raise UsageError(f"postprocessors must be a sequence of names; write ({postprocessors!r},)")
        registry = Registry() if registry is None else registry
        wanted = {
            "restorer": restorer,
            "analyzer": analyzer,
            "motion": motion,
            "conditioner": conditioner,
            "backend": backend,
            "encoder": encoder,
            "executor": executor,
        }
        self._chosen = Selection(registry, wanted, postprocessors, options)
        self._crew = Crew(self._chosen, registry, device=device, license_policy=license_policy, progress=progress)

    @classmethod
    def from_recipe(
        cls,
        recipe: Recipe,
        *,
        progress: Callable[[Event], None] | None = None,
        registry: Registry | None = None,
    ) -> Animator:
        """Make the Animator that a recipe describes; what it says of the film itself is for :meth:`animate`."""
        stages = recipe.model_dump(exclude=set(recipe.particulars))
        return cls(**stages, progress=progress, registry=registry)

    @property
    def suffix(self) -> str:
        """What the encoder's films end with, ``".mp4"``; empty if it writes folders.

        Raises:
            StageError: if the encoder cannot be loaded.
        """
        return self._crew.encoders.chosen.open().suffix

    def recipe(
        self,
        *,
        seconds: float = 5.0,
        fps: float = 25.0,
        size: int | None = None,
        crop: bool = False,
        loop: bool = False,
        seed: int = 0,
    ) -> Recipe:
        """Return this choice of stages, and a film's particulars, as a Recipe.

        An executor that is an object is left out: it is no part of the film.

        Raises:
            UsageError: if another stage is an object, which a recipe cannot name.
        """
        return Recipe(
            **self._chosen.described(),
            device=self._crew.device,
            license_policy=self._crew.weights.policy,
            seconds=seconds,
            fps=fps,
            size=size,
            crop=crop,
            loop=loop,
            seed=seed,
        )

    def animate(
        self,
        photo: PhotoSource,
        *,
        seconds: float = 5.0,
        fps: float = 25,
        size: int | None = None,
        crop: bool = False,
        loop: bool = False,
        seed: int = 0,
    ) -> Clip:
        """Analyze a photo and plan its film; the clip renders it when it is iterated or saved.

        Args:
            photo: a path, the bytes of a file, a Pillow image, a uint8 array (H, W, 3) in RGB, or a Photo.
            seconds: how long the film is.
            fps: frames a second.
            size: long edge of the film, px; None: as the photo is.
            crop: whether the film shows head and shoulders only, of everybody who is not small in the background.
            loop: whether the film leads back to its beginning, to be shown over and over.
            seed: 0 or more; another seed, another film of the same kind.

        Raises:
            PhotoError: if the photo cannot be read, or nobody is in it.
            StageError: if a stage fails.
            UsageError: for a length, frame rate, size or seed that cannot be.
        """
        from .reading import read_photo

        timing = _timing(seconds, fps, loop)
        _check_seed(seed)
        self._crew.import_ahead()
        return run(
            read_photo(photo),
            self._crew.stages,
            timing,
            size=size,
            crop=crop,
            seed=seed,
            on_event=self._crew.hear,
            encoder_for=self._crew.encoder_for,
            notices=self._crew.notices,
        )

    def restore(self, photo: PhotoSource) -> Restoration:
        """Mend a photo, and say what was done to it and where.

        Raises:
            PhotoError: if the photo cannot be read.
            StageError: if the restorer fails.
        """
        from .reading import read_photo

        return restore(read_photo(photo), self._crew.stages, on_event=self._crew.hear)

    def prepare(self, photo: PhotoSource, *, size: int | None = None, crop: bool = False) -> tuple[Photo, Analysis]:
        """Restore and analyze a photo: as the film would start, and what is known of it.

        Args:
            photo: as for :meth:`animate`.
            size: long edge, px; None: as the photo is.
            crop: whether only head and shoulders are kept.

        Raises:
            PhotoError: if the photo cannot be read.
            StageError: if a stage fails.
        """
        from .reading import read_photo

        restoration = restore(read_photo(photo), self._crew.stages, on_event=self._crew.hear)
        return analyze(restoration.photo, self._crew.stages, size=size, crop=crop, on_event=self._crew.hear)

    def inspect(self, photo: PhotoSource) -> Analysis:
        """Restore and analyze a photo: who is in it, and what to expect of a film. Nobody in it is no error.

        Raises:
            PhotoError: if the photo cannot be read.
            StageError: if a stage fails.
        """
        return self.prepare(photo)[1]

    def plan(
        self, photo: PhotoSource, *, seconds: float = 5.0, fps: float = 25, loop: bool = False, seed: int = 0
    ) -> Motion:
        """Plan how everybody in a photo moves, without rendering anything.

        Raises:
            PhotoError: if the photo cannot be read, or nobody is in it.
            StageError: if a stage fails.
            UsageError: for a length, frame rate or seed that cannot be.
        """
        timing = _timing(seconds, fps, loop)
        _check_seed(seed)
        prepared, analysis = self.prepare(photo)
        return plan(prepared, analysis, self._crew.stages, timing, seed=seed, on_event=self._crew.hear)

    def animate_all(
        self,
        jobs: Iterable[Job],
        *,
        seconds: float = 5.0,
        fps: float = 25,
        size: int | None = None,
        crop: bool = False,
        loop: bool = False,
    ) -> Iterator[Report | PhotoError]:
        """Make many films through the executor, and yield a report of each in the order of the jobs.

        A photo that cannot be used yields its PhotoError instead; the others are still made. Workers are rebuilt
        from this Animator's recipe wherever they run: every stage but the executor must be the name of something
        installed, and ``progress`` is told of finished films only.

        Raises:
            UsageError: if a stage is an object, or while iterating, if a destination cannot be written.
            StageError: while iterating, if a stage fails.
        """
        recipe = self.recipe(seconds=_timing(seconds, fps, loop).seconds, fps=fps, size=size, crop=crop, loop=loop)
        return self._run(partial(RecipeWorker, recipe), jobs)

    def _run(self, open_worker: Callable[[], RecipeWorker], jobs: Iterable[Job]) -> Iterator[Report | PhotoError]:
        with self._crew.executor.at_work("several photos") as executor:
            for done, report in enumerate(executor.run(open_worker, jobs), 1):
                self._crew.hear(Event(stage="executor", done=done))
                yield cast("Report | PhotoError", report)

    def close(self) -> None:
        """Let go of every stage. The Animator and its clips cannot be used afterwards; a second call does nothing."""
        self._crew.close()

    def __enter__(self) -> Animator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class RecipeWorker:
    """Makes films by a recipe, wherever an executor opens it. Its models are loaded once.

    Args:
        recipe: what the films are like; each job brings its own seed.
    """

    def __init__(self, recipe: Recipe) -> None:
        self._recipe = recipe
        self._animator = Animator.from_recipe(recipe)

    def __enter__(self) -> RecipeWorker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._animator.close()

    def __call__(self, job: Job) -> Report | PhotoError:
        """Make one film; a photo that cannot be used gives its error back."""
        try:
            clip = self._animator.animate(job.photo, **self._recipe.particulars | {"seed": job.seed})
        except PhotoError as error:
            return error
        return clip.save(job.destination)


def _timing(seconds: float, fps: float, loop: bool) -> Timing:
    try:
        return Timing(seconds=float(seconds), fps=float(fps), loop=bool(loop))
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error


def _check_seed(seed: object) -> None:
    if not isinstance(seed, Integral) or int(seed) < 0:
        raise UsageError(f"a seed must be a whole number, 0 or more, not {seed!r}")
