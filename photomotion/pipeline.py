"""The photo's way through the stages: one function straight down, and a second that writes the film."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from .clip import Clip
from .data import Analysis, Conditioning, Finding, Frame, Motion, Photo, Restoration, Timing
from .errors import NoFaceFound, StageError
from .framing import portrait
from .plugin import Event
from .stages import Backend, Conditioner, Encoder, FaceAnalyzer, MotionPrior, PostProcessor, Restorer
from .stagework import Stage

__all__ = ["Stages", "analyze", "encode", "plan", "restore", "run"]


@dataclass(frozen=True, kw_only=True)
class Stages:
    """The chosen stages, none of them loaded yet."""

    restorer: Stage[Restorer]
    analyzer: Stage[FaceAnalyzer]
    motion: Stage[MotionPrior]
    conditioner: Stage[Conditioner]
    backend: Stage[Backend]
    postprocessors: tuple[Stage[PostProcessor], ...]


def run(
    photo: Photo,
    stages: Stages,
    timing: Timing,
    *,
    size: int | None,
    crop: bool,
    seed: int,
    on_event: Callable[[Event], None],
    encoder_for: Callable[[Path], Callable[[Clip, Path], int]],
    notices: Callable[[], tuple[str, ...]],
) -> Clip:
    """Take a photo down its way, up to the point where pictures are made; these the clip makes when it is asked.

    Args:
        photo: as it was read.
        stages: the chosen stages.
        timing: length and frame rate.
        size: long edge of the film, px, or None for the photo's own.
        crop: whether the film shows head and shoulders only.
        seed: decides everything that is left to chance.
        on_event: told what is being done.
        encoder_for: for a destination, what renders a clip into a file and returns the number of frames.
        notices: what the stages have said so far that is to outlast the work.

    Raises:
        NoFaceFound: if nobody is in the photo.
        StageError: if a stage fails.
    """
    restoration = restore(photo, stages, on_event=on_event)
    photo, analysis = analyze(restoration.photo, stages, size=size, crop=crop, on_event=on_event)
    motion = plan(photo, analysis, stages, timing, seed=seed, on_event=on_event)
    on_event(Event(stage="conditioner", message="preparing"))
    with stages.conditioner.at_work(photo.name) as conditioner:
        conditioning = stages.conditioner.check(
            conditioner.condition(photo, analysis, motion), Conditioning, "condition"
        )

    def render() -> Generator[Frame, None, None]:
        size = (conditioning.photo.height, conditioning.photo.width)
        with stages.backend.at_work(photo.name) as backend:
            pictures = backend.render(conditioning, timing, seed)
        frames = stages.backend.watched(pictures, photo.name, size=size, count=timing.frames)
        for stage in stages.postprocessors:
            with stage.at_work(photo.name) as postprocessor:
                pictures = postprocessor.process(frames, photo, analysis)
            frames = stage.watched(pictures, photo.name)
        return frames

    return Clip(
        photo=photo,
        mended=restoration.steps,
        analysis=analysis,
        motion=motion,
        timing=timing,
        seed=seed,
        render=render,
        encoder_for=encoder_for,
        notices=notices,
    )


def restore(photo: Photo, stages: Stages, *, on_event: Callable[[Event], None]) -> Restoration:
    """Mend a photo: the first step of :func:`run`.

    Raises:
        StageError: if the restorer fails.
    """
    on_event(Event(stage="restorer", message="restoring"))
    with stages.restorer.at_work(photo.name) as restorer:
        return stages.restorer.check(restorer.restore(photo), Restoration, "restore")


def analyze(
    photo: Photo, stages: Stages, *, size: int | None, crop: bool, on_event: Callable[[Event], None]
) -> tuple[Photo, Analysis]:
    """Crop and resize a mended photo, analyze it, and turn it upright if it lies on its side: next in :func:`run`.

    Returns:
        The photo as the film starts, and what is known of it.

    Raises:
        StageError: if the analyzer fails.
    """
    on_event(Event(stage="analyzer", message="looking for faces"))
    said: tuple[Finding, ...] = ()
    if crop:
        upright, analysis = _upright(photo, stages.analyzer, said)
        if not analysis.faces:
            return upright, analysis
        said = () if upright is photo else _of_turning(analysis)
        photo = upright.cropped(portrait(analysis))
    if size is not None:
        from .reading import resize_photo

        photo = resize_photo(photo, size)
    return _upright(photo, stages.analyzer, said)


def _upright(photo: Photo, stage: Stage[FaceAnalyzer], said: tuple[Finding, ...]) -> tuple[Photo, Analysis]:
    """Turn a photo if it has to be; ``said`` is what was found of that when it was looked at before."""
    analysis = _look(photo, stage)
    if analysis.suitability.turn:
        said = _of_turning(analysis)
        photo = photo.turned(analysis.suitability.turn)
        analysis = _look(photo, stage)
    if not said:
        return photo, analysis
    suitability = replace(analysis.suitability, findings=(*said, *analysis.suitability.findings))
    return photo, replace(analysis, suitability=suitability)


def _of_turning(analysis: Analysis) -> tuple[Finding, ...]:
    return tuple(finding for finding in analysis.suitability.findings if finding.code == "rotated-scan")


def _look(photo: Photo, stage: Stage[FaceAnalyzer]) -> Analysis:
    with stage.at_work(photo.name) as analyzer:
        analysis = stage.check(analyzer.analyze(photo), Analysis, "analyze")
    if analysis.matte.shape != photo.pixels.shape[:2]:
        raise StageError(
            f"{stage.label}: the matte has shape {analysis.matte.shape}, the photo {photo.pixels.shape[:2]}"
        )
    return analysis


def plan(
    photo: Photo,
    analysis: Analysis,
    stages: Stages,
    timing: Timing,
    *,
    seed: int,
    on_event: Callable[[Event], None],
) -> Motion:
    """Plan how everybody in the photo moves: the fourth step of :func:`run`.

    The prior's seed is made from ``seed`` and the photo, so that the people of an album do not blink in step.

    Raises:
        NoFaceFound: if nobody is in the photo.
        StageError: if the prior fails, or plans for another length or another number of faces, or no loop
            where one is wanted.
    """
    if not analysis.faces:
        raise NoFaceFound(
            f"no face was found in {photo.name}; use a photo in which a face is at least 40 pixels wide and "
            "looks more toward the camera than away, or crop it closer"
        )
    on_event(Event(stage="motion", message="planning the motion"))
    with stages.motion.at_work(photo.name) as prior:
        motion = stages.motion.check(prior.plan(analysis, timing, _chance(photo, seed)), Motion, "plan")
    if (len(motion.faces), motion.frames) != (len(analysis.faces), timing.frames):
        raise StageError(
            f"{stages.motion.label} planned {motion.frames} frames for {len(motion.faces)} faces, "
            f"must be {timing.frames} frames for {len(analysis.faces)}"
        )
    if timing.loop and not motion.closes:
        raise StageError(
            f"{stages.motion.label} planned a motion that does not lead back to its beginning: {motion.jumps[0][1]} "
            "jumps there; use another one, or make no loop"
        )
    return motion


def _chance(photo: Photo, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {photo.sha256}".encode()).digest()[:8], "big")


def encode(clip: Clip, destination: Path, *, stage: Stage[Encoder], on_event: Callable[[Event], None]) -> int:
    """Render a clip into a file or folder that does not exist yet, and return the number of frames.

    Raises:
        StageError: if a stage fails.
    """
    written = 0

    def told() -> Generator[Frame, None, None]:
        nonlocal written
        with closing(clip.frames()) as frames:
            for frame in frames:
                yield frame
                written += 1
                on_event(Event(stage="encoder", done=written, total=len(clip)))

    with closing(told()) as frames, stage.at_work(clip.photo.name) as encoder:
        encoder.encode(frames, destination, clip.timing)
    if not destination.exists():
        raise StageError(f"{stage.label} wrote nothing")
    return written
