"""face-alignment's networks from files on disk; the library itself would download them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from face_alignment import FaceAlignment, LandmarksType
from face_alignment.models import FAN, ResNetDepth

from photomotion.errors import WeightsError

__all__ = ["LocalFaceAlignment", "open_networks"]


class LocalFaceAlignment(FaceAlignment):  # type: ignore[misc]
    """face-alignment, its weights read from files without running code that may be in them."""

    def __init__(self, network: Path, depth: Path | None, **options: Any) -> None:
        """Remember the files; the library's constructor asks for the networks.

        Raises:
            WeightsError: if a file is missing, damaged or of another network.
        """
        self._network, self._depth = network, depth
        kind = LandmarksType.TWO_D if depth is None else LandmarksType.THREE_D
        super().__init__(kind, compile=False, **options)

    def _load_native(self, network_name: str, network_size: int, device: str, dtype: torch.dtype) -> Any:
        with torch.device("meta"):
            net = FAN(network_size)
        return _ready(net, _read(self._network), self._network, device, dtype)

    def _load_native_depth(self, device: str, dtype: torch.dtype) -> Any:
        assert self._depth is not None
        state = _read(self._depth)
        state = {key.replace("module.", ""): value for key, value in state.get("state_dict", state).items()}
        with torch.device("meta"):
            net = ResNetDepth()
        return _ready(net, state, self._depth, device, dtype)


def open_networks(
    network: Path, depth: Path | None, detector: str, detector_options: dict[str, Any], device: str
) -> LocalFaceAlignment:
    """Open detector and networks in float32.

    Args:
        network: file of 2DFAN4, or of 3DFAN4 if there is a ``depth``.
        depth: file of the depth network, or None for points without depth.
        detector: ``"sfd"`` or ``"blazeface"``.
        detector_options: for the detector's constructor, its files among them.
        device: ``"cpu"``, ``"cuda"`` ...

    Raises:
        WeightsError: if a file is missing, damaged or of another network.
    """
    try:
        return LocalFaceAlignment(
            network, depth, device=device, face_detector=detector, face_detector_kwargs=detector_options
        )
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        files = ", ".join(str(value) for value in detector_options.values() if isinstance(value, str))
        said = _first_line(error)
        raise WeightsError(
            f"the detector {detector} cannot use its files ({files}): {said}; check the paths"
        ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, pickle.UnpicklingError) as error:
        said = _first_line(error)
        raise WeightsError(f"the weights {path} cannot be read ({said}); check the path or fetch them again") from error
    if not isinstance(state, dict):
        raise WeightsError(f"the weights {path} hold no table of tensors; check the path")
    return state


def _ready(net: Any, state: dict[str, Any], path: Path, device: str, dtype: torch.dtype) -> Any:
    """A network that was made without memory, with its weights in it; drawing random ones first takes a second."""
    try:
        net.load_state_dict(state, assign=True)
    except RuntimeError as error:
        raise WeightsError(f"the weights {path} are not those of {type(net).__name__}; check the path") from error
    return net.to(device, dtype=dtype).eval()


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
