"""Restorers made from options and what the runtime gives: weights, device, precision."""

from __future__ import annotations

from pathlib import Path

from photomotion.errors import WeightsError
from photomotion.plugin import Runtime

from .enlarging import Enlarger
from .guard import Guard
from .landmarks import builtin_analyzer
from .loading import choose_device, choose_dtype, load_network
from .networks import EnlargingNetwork, FaceNetwork
from .options import FaceOptions, RealesrganOptions
from .restorer import FaceRestorer

__all__ = ["open_enlarger", "open_face_restorer"]


def open_face_restorer(
    architecture: str, weights: str, options: FaceOptions, runtime: Runtime, balance: float = 0.5
) -> FaceRestorer:
    """Load a network and make the restorer that redraws faces with it.

    Args:
        architecture: of the network.
        weights: the manifest's name of its weights, unless the options name a file.
        options: the restorer's.
        runtime: where weights lie, and who is told.
        balance: CodeFormer's own.

    Raises:
        WeightsError: if weights are missing or do not fit.
    """
    path = Path(options.model).expanduser() if options.model else runtime.weights(weights)
    network = load_network(architecture, path)
    device = choose_device(runtime.device)
    dtype = choose_dtype(options.half, runtime.dtype, device, network)
    analyzer = builtin_analyzer()
    enlarger = None
    if options.background != "keep":
        around = RealesrganOptions.model_validate({"scale": int(options.background[1:]), "half": options.half})
        enlarger = open_enlarger(around, runtime)
    return FaceRestorer(
        FaceNetwork(network, architecture, device, dtype, balance),
        analyzer,
        fidelity=options.fidelity,
        guard=Guard(analyzer, options.max_shift, options.min_likeness),
        enlarger=enlarger,
        on_event=runtime.on_event,
    )


def open_enlarger(options: RealesrganOptions, runtime: Runtime) -> Enlarger:
    """Load Real-ESRGAN and make the restorer that enlarges with it.

    Raises:
        WeightsError: if weights are missing, do not fit, or enlarge another number of times.
    """
    path = Path(options.model).expanduser() if options.model else runtime.weights(f"realesrgan-x{options.scale}")
    network = load_network("ESRGAN", path)
    if network.scale != options.scale:
        raise WeightsError(
            f"{path.name} enlarges {network.scale} times, not {options.scale}; set scale, or another model"
        )
    device = choose_device(runtime.device)
    dtype = choose_dtype(options.half, runtime.dtype, device, network)
    return Enlarger(
        EnlargingNetwork(network, device, dtype),
        options.scale,
        fidelity=options.fidelity,
        tile=options.tile,
        on_event=runtime.on_event,
    )
