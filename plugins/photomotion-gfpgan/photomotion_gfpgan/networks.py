"""The networks as functions of pictures, with the scaling of values that each was trained with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from spandrel import ImageModelDescriptor

from photomotion.errors import StageError

from .alignment import Floats

__all__ = ["CALLS", "EnlargingNetwork", "FaceNetwork"]

CALLS: dict[str, Callable[[Any, torch.Tensor, float], torch.Tensor]] = {
    # With the stored noise, or the same scan would give another face each time.
    "GFPGAN": lambda model, x, balance: model(x, return_rgb=False, randomize_noise=False)[0],
    "RestoreFormer": lambda model, x, balance: model(x)[0],
    "CodeFormer": lambda model, x, balance: model(x, weight=balance)[0],
}
"""How each architecture is called, by name: model, picture in -1..1, balance; the answer too is in -1..1.

The models themselves are called, not spandrel's wrappers: those hand pictures in 0..1 to GFPGAN and CodeFormer."""


class FaceNetwork:
    """Redraws an aligned face.

    Args:
        network: the loaded network; moved to ``device`` and ``dtype``.
        name: its architecture, a key of :data:`CALLS`.
        device: where it works.
        dtype: what it computes in.
        balance: CodeFormer's own balance between its idea of a face, 0, and the scan, 1.
    """

    def __init__(
        self, network: ImageModelDescriptor, name: str, device: str, dtype: torch.dtype, balance: float = 0.5
    ) -> None:
        self._model: Any = network.model.to(device=device, dtype=dtype)
        self._call = CALLS[name]
        self._name = name
        self._device = device
        self._dtype = dtype
        self._balance = balance

    def __call__(self, square: Floats) -> Floats:
        """Redraw a face: float32 (512, 512, 3), 0..255, to the same.

        Raises:
            StageError: if the network gives no finite numbers.
        """
        x = _tensor(square / 127.5 - 1, self._device, self._dtype)
        with torch.inference_mode():
            y = _picture(self._call(self._model, x, self._balance), self._name)
        return np.asarray(np.clip((y + 1) * 127.5, 0, 255), np.float32)


class EnlargingNetwork:
    """Enlarges a picture with Real-ESRGAN.

    Args:
        network: the loaded network; moved to ``device`` and ``dtype``.
        device: where it works.
        dtype: what it computes in.
    """

    def __init__(self, network: ImageModelDescriptor, device: str, dtype: torch.dtype) -> None:
        self._network = network
        self._network.model.to(device=device, dtype=dtype)
        self._device = device
        self._dtype = dtype
        self.scale = network.scale
        """How many times as wide and high the picture becomes."""

    def __call__(self, part: Floats) -> Floats:
        """Enlarge float32 (h, w, 3), 0..255, to (h * scale, w * scale, 3).

        Raises:
            StageError: if the network gives no finite numbers.
        """
        y = _picture(self._network(_tensor(part / 255, self._device, self._dtype)), "Real-ESRGAN")
        return np.asarray(y * 255, np.float32)


def _tensor(picture: npt.NDArray[np.floating], device: str, dtype: torch.dtype) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)).to(device, dtype)


def _picture(tensor: torch.Tensor, name: str) -> Floats:
    picture: Floats = tensor[0].float().cpu().numpy().transpose(1, 2, 0)
    if not np.isfinite(picture).all():
        raise StageError(f"{name} gave values that are no numbers; set half=false, or fetch its weights again")
    return picture
