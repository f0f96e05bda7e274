"""What this distribution offers. Imports nothing heavy: each ``load`` does, when it is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from photomotion.errors import WeightsError
from photomotion.plugin import Implementation, Restorer, Runtime, hookimpl

from .options import CodeformerOptions, FaceOptions, GfpganOptions, RealesrganOptions

__all__ = ["RESTORERS"]


def load_gfpgan(options: GfpganOptions, runtime: Runtime) -> Restorer:
    """Make the restorer that redraws faces with GFPGAN."""
    from .opening import open_face_restorer

    return open_face_restorer("GFPGAN", f"gfpgan-v{options.version}", options, runtime)


def load_restoreformer(options: FaceOptions, runtime: Runtime) -> Restorer:
    """Make the restorer that redraws faces with RestoreFormer."""
    from .opening import open_face_restorer

    return open_face_restorer("RestoreFormer", "restoreformer", options, runtime)


def load_codeformer(options: CodeformerOptions, runtime: Runtime) -> Restorer:
    """Make the restorer that redraws faces with CodeFormer.

    Raises:
        WeightsError: if its licence was not accepted, or the policy allows no such licence.
    """
    terms = "its S-Lab License 1.0 (https://github.com/sczhou/CodeFormer/blob/master/LICENSE) forbids commercial use"
    if runtime.license_policy == "commercial":
        raise WeightsError(
            f"codeformer is refused by license_policy='commercial': {terms}, of the network as of its weights; "
            "choose another restorer"
        )
    if not options.accept_licence:
        raise WeightsError(
            f"codeformer is not used before its licence is accepted: {terms}; read it, and if your use is not "
            "commercial, set accept_licence (--set restorer.accept_licence=true)"
        )
    from .opening import open_face_restorer

    return open_face_restorer("CodeFormer", "codeformer", options, runtime, balance=options.weight)


def load_realesrgan(options: RealesrganOptions, runtime: Runtime) -> Restorer:
    """Make the restorer that enlarges the photo."""
    from .opening import open_enlarger

    return open_enlarger(options, runtime)


RESTORERS: list[Implementation[Restorer, Any]] = [
    Implementation(
        name="gfpgan",
        summary="Redraws faces with GFPGAN v1.3 or v1.4, held to the person in the scan.",
        options=GfpganOptions,
        load=load_gfpgan,
        weights=("gfpgan-v1.4", "gfpgan-v1.3", "realesrgan-x2", "realesrgan-x4"),
    ),
    Implementation(
        name="restoreformer",
        summary="Redraws faces with RestoreFormer, held to the person in the scan.",
        options=FaceOptions,
        load=load_restoreformer,
        weights=("restoreformer", "realesrgan-x2", "realesrgan-x4"),
    ),
    Implementation(
        name="codeformer",
        summary="Redraws faces with CodeFormer, held to the person in the scan; not for commercial use.",
        options=CodeformerOptions,
        load=load_codeformer,
        weights=("codeformer", "realesrgan-x2", "realesrgan-x4"),
    ),
    Implementation(
        name="realesrgan",
        summary="Enlarges the whole photo two or four times with Real-ESRGAN, in tiles.",
        options=RealesrganOptions,
        load=load_realesrgan,
        weights=("realesrgan-x2", "realesrgan-x4"),
    ),
]


@hookimpl
def photomotion_restorers() -> Iterable[Implementation[Restorer, Any]]:
    """Offer the restorers."""
    return RESTORERS
