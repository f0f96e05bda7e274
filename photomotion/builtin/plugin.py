"""Registers what photomotion brings along, through the same door as every other plugin. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from photomotion.plugin import (
    Backend,
    Conditioner,
    Encoder,
    Executor,
    FaceAnalyzer,
    Implementation,
    MotionPrior,
    Options,
    Restorer,
    Runtime,
    hookimpl,
)

from .options import (
    DirectedOptions,
    FacemeshOptions,
    Mp4Options,
    NaturalOptions,
    PromptOptions,
    TrackOptions,
    WarpOptions,
)
from .restorers.classic.options import ClassicOptions


def load_none(options: Options, runtime: Runtime) -> Restorer:
    """Make the restorer that leaves the photo alone."""
    from .restorers.none import NoRestorer

    return NoRestorer()


def load_classic(options: ClassicOptions, runtime: Runtime) -> Restorer:
    """Make the restorer that mends what is measured to be damaged."""
    from .analyzers.facemesh.detector import FaceDetector
    from .analyzers.facemesh.region import Scales
    from .restorers.classic.faces import FaceSpot
    from .restorers.classic.planes import Pixels
    from .restorers.classic.restorer import ClassicRestorer

    detector = FaceDetector()

    def find_faces(pixels: Pixels, turn: float) -> list[FaceSpot]:
        return [FaceSpot.at(d.score, d.box, d.keypoints) for d in detector.find(Scales(pixels), turn)]

    return ClassicRestorer(options, find_faces)


def load_auto(options: Options, runtime: Runtime) -> Restorer:
    """Make the restorer that decides by itself: ``classic`` with nothing set, which leaves an undamaged photo alone."""
    return load_classic(ClassicOptions(), runtime)


def load_facemesh(options: FacemeshOptions, runtime: Runtime) -> FaceAnalyzer:
    """Make the analyzer that runs the shipped face models."""
    from .analyzers.facemesh import FaceMeshAnalyzer

    return FaceMeshAnalyzer(max_faces=options.max_faces)


def load_natural(options: NaturalOptions, runtime: Runtime) -> MotionPrior:
    """Make the prior that moves people as they move for a portrait."""
    from .priors.natural import Manner, NaturalPrior

    return _directed(NaturalPrior(Manner(**options.model_dump(exclude={"script", "camera"}))), options)


def load_track(options: TrackOptions, runtime: Runtime) -> MotionPrior:
    """Make the prior that plays a motion from a file."""
    from .priors.track import TrackPrior

    prior = TrackPrior(
        options.file,
        strength=options.strength,
        mirror=options.mirror,
        start=options.start,
        others=options.others,
    )
    return _directed(prior, options)


def load_still(options: DirectedOptions, runtime: Runtime) -> MotionPrior:
    """Make the prior that moves nothing."""
    from .priors.still import StillPrior

    return _directed(StillPrior(), options)


def _directed(prior: MotionPrior, options: DirectedOptions) -> MotionPrior:
    if options.script is None and options.camera == "still":
        return prior
    from .direction import Directed
    from .script import Script, read_script

    if options.script is None:
        return Directed(prior, Script(), options.camera)
    return Directed(prior, read_script(options.script), options.camera, source=f"the script {options.script}")


def load_image(options: Options, runtime: Runtime) -> Conditioner:
    """Make the conditioner that adds nothing."""
    from .conditioners.image import ImageConditioner

    return ImageConditioner()


def load_guide(options: PromptOptions, runtime: Runtime) -> Conditioner:
    """Make the conditioner that adds a draft of the film."""
    from .conditioners.guide import GuideConditioner

    return GuideConditioner(options.extra)


def load_prompt(options: PromptOptions, runtime: Runtime) -> Conditioner:
    """Make the conditioner that says the motion in words."""
    from .conditioners.prompt import PromptConditioner

    return PromptConditioner(options.extra)


def load_warp(options: WarpOptions, runtime: Runtime) -> Backend:
    """Make the built-in renderer."""
    from .backends.warp import WarpBackend

    return WarpBackend(workers=options.workers, on_event=runtime.on_event, grain=options.grain)


def load_mp4(options: Mp4Options, runtime: Runtime) -> Encoder:
    """Make the H.264 encoder."""
    from .encoders.mp4 import Mp4Encoder

    return Mp4Encoder(options.crf, options.preset)


def load_frames(options: Options, runtime: Runtime) -> Encoder:
    """Make the encoder that writes a folder of PNG files."""
    from .encoders.frames import FramesEncoder

    return FramesEncoder()


def load_local(options: Options, runtime: Runtime) -> Executor:
    """Make the executor that works here, one film after the other."""
    from .executors.local import LocalExecutor

    return LocalExecutor()


@hookimpl
def photomotion_restorers() -> Iterable[Implementation[Restorer, Any]]:
    """Offer ``none``, ``classic`` and ``auto``."""
    classic = (
        "Mends fading, casts, scratches, dust, grain, blur and JPEG blocks from the photo's own pixels; no network."
    )
    auto = "Leaves an undamaged photo alone, and mends a damaged one like classic; never asks a network."
    return [
        Implementation(name="none", summary="Leaves the photo as it is.", options=Options, load=load_none),
        Implementation(name="classic", summary=classic, options=ClassicOptions, load=load_classic),
        Implementation(name="auto", summary=auto, options=Options, load=load_auto),
    ]


@hookimpl
def photomotion_face_analyzers() -> Iterable[Implementation[FaceAnalyzer, Any]]:
    """Offer ``facemesh``."""
    summary = "Finds faces, 478 points each, matte and light with five small models that come along; needs no GPU."
    return [Implementation(name="facemesh", summary=summary, options=FacemeshOptions, load=load_facemesh)]


@hookimpl
def photomotion_motion_priors() -> Iterable[Implementation[MotionPrior, Any]]:
    """Offer ``natural``, ``track`` and ``still``."""
    summary = "Blinks, gaze, head, breath and small expressions, as people move for a portrait."
    return [
        Implementation(
            name="natural",
            summary=summary,
            options=NaturalOptions,
            load=load_natural,
            imports=("photomotion.builtin.priors.natural",),
        ),
        Implementation(
            name="track",
            summary="Plays a motion from a file: recorded from a face, planned before, or made elsewhere.",
            options=TrackOptions,
            load=load_track,
        ),
        Implementation(name="still", summary="Nobody moves at all.", options=DirectedOptions, load=load_still),
    ]


@hookimpl
def photomotion_conditioners() -> Iterable[Implementation[Conditioner, Any]]:
    """Offer ``image``, ``guide`` and ``prompt``."""
    image = "Hands over the photo, its analysis and the motion, and nothing else."
    guide = "Adds a draft of the film from the built-in renderer, masks of what moves in it, and the motion in words."
    prompt = "Adds the motion in words, for models that follow a text."
    return [
        Implementation(name="image", summary=image, options=Options, load=load_image, gives=frozenset({"image"})),
        Implementation(
            name="guide", summary=guide, options=PromptOptions, load=load_guide, gives=frozenset({"guide", "prompt"})
        ),
        Implementation(
            name="prompt", summary=prompt, options=PromptOptions, load=load_prompt, gives=frozenset({"prompt"})
        ),
    ]


@hookimpl
def photomotion_backends() -> Iterable[Implementation[Backend, Any]]:
    """Offer ``warp``."""
    summary = "Moves the photo's own pixels in layers with depth; fast on a CPU, needs no download."
    return [
        Implementation(
            name="warp",
            summary=summary,
            options=WarpOptions,
            load=load_warp,
            imports=("photomotion.warp",),
            needs=frozenset({"image"}),
        )
    ]


@hookimpl
def photomotion_encoders() -> Iterable[Implementation[Encoder, Any]]:
    """Offer ``mp4`` and ``frames``."""
    return [
        Implementation(
            name="mp4",
            summary="H.264 film that plays everywhere (.mp4).",
            options=Mp4Options,
            load=load_mp4,
            imports=("photomotion.builtin.encoders.mp4.h264",),
        ),
        Implementation(name="frames", summary="A folder of PNG pictures.", options=Options, load=load_frames),
    ]


@hookimpl
def photomotion_executors() -> Iterable[Implementation[Executor, Any]]:
    """Offer ``local``."""
    return [
        Implementation(name="local", summary="Makes films here, one after the other.", options=Options, load=load_local)
    ]
