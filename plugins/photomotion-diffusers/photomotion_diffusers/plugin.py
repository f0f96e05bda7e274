"""What this distribution offers. Imports nothing heavy: each ``load`` does, when it is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from photomotion.plugin import Backend, Conditioner, Event, Implementation, Runtime, hookimpl

from .families.offers import FAMILY_BACKENDS
from .options import ClipVaeOptions, ControlsOptions, SvdOptions

__all__ = ["BACKENDS", "CONDITIONERS"]


def load_svd(options: SvdOptions, runtime: Runtime) -> Backend:
    """Make the backend that runs Stable Video Diffusion."""
    from .svd import SvdBackend

    return SvdBackend.load(options, runtime)


def load_clip_vae(options: ClipVaeOptions, runtime: Runtime) -> Conditioner:
    """Make the conditioner that keeps what the model's encoders say of a photo."""
    from pathlib import Path

    from .embedding import ClipVaeConditioner, user_cache

    folder = user_cache() / "clip-vae" if options.cache == "auto" else Path(options.cache).expanduser()
    return ClipVaeConditioner(
        folder if options.cache else None,
        lambda words: runtime.on_event(Event(stage="conditioner", message=words, notice=True)),
    )


def load_controls(options: ControlsOptions, runtime: Runtime) -> Conditioner:
    """Make the conditioner that draws control films."""
    from .controls import ControlsConditioner

    return ControlsConditioner(options.extra)


BACKENDS: list[Implementation[Backend, Any]] = [
    Implementation(
        name="svd",
        summary="Stable Video Diffusion (SVD, SVD-XT, 1.1), steered by the planned motion.",
        options=SvdOptions,
        load=load_svd,
        imports=("photomotion_diffusers.svd",),
        prefers="guide",
    ),
    *FAMILY_BACKENDS,
]

CONDITIONERS: list[Implementation[Conditioner, Any]] = [
    Implementation(
        name="clip-vae",
        summary="Adds a draft, and keeps what SVD's own encoders say of a photo, over seeds, windows and films.",
        options=ClipVaeOptions,
        load=load_clip_vae,
        gives=frozenset({"guide", "clip-vae"}),
    ),
    Implementation(
        name="controls",
        summary="Adds films of skeleton, contours, depth and face, drawn from the plan, to the draft and the words.",
        options=ControlsOptions,
        load=load_controls,
        gives=frozenset({"guide", "prompt", "controls"}),
    ),
]


@hookimpl
def photomotion_conditioners() -> Iterable[Implementation[Conditioner, Any]]:
    """Offer the conditioners."""
    return CONDITIONERS


@hookimpl
def photomotion_backends() -> Iterable[Implementation[Backend, Any]]:
    """Offer the backends."""
    return BACKENDS
