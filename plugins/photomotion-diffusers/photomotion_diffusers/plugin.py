"""What this distribution offers. Imports nothing heavy: each ``load`` does, when it is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from photomotion.plugin import Backend, Implementation, Runtime, hookimpl

from .families.offers import FAMILY_BACKENDS
from .options import SvdOptions

__all__ = ["BACKENDS"]


def load_svd(options: SvdOptions, runtime: Runtime) -> Backend:
    """Make the backend that runs Stable Video Diffusion."""
    from .svd import SvdBackend

    return SvdBackend.load(options, runtime)


BACKENDS: list[Implementation[Backend, Any]] = [
    Implementation(
        name="svd",
        summary="Stable Video Diffusion (SVD, SVD-XT, 1.1), steered by the planned motion.",
        options=SvdOptions,
        load=load_svd,
        prefers="guide",
    ),
    *FAMILY_BACKENDS,
]


@hookimpl
def photomotion_backends() -> Iterable[Implementation[Backend, Any]]:
    """Offer the backends."""
    return BACKENDS
