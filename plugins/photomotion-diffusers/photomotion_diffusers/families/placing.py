"""Where a pipeline's weights lie while it runs, and what else saves memory: the fastest way that fits, then the next.

The weights are those that were loaded, to the byte. What is alive beside them is judgement, for there are many
architectures and they were not run: where it is wrong, the next smaller way is tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch

from photomotion_diffusers.fitting import Shape
from photomotion_diffusers.footprint import STREAMED
from photomotion_diffusers.memory import Offload, free_memory

__all__ = ["Layout", "Placing"]

TOKEN = 32
"""Values alive in a transformer for each channel of each token: queries, keys, values, the feed-forward layer's four
to eight, and what passes by them."""
DECODE = 1024
"""Values alive in a decoder for each pixel of one latent frame, as counted for SVD's."""
TILE = 256 * 256
"""Pixels decoded together when a decoder works tile by tile; diffusers' own tiles are about that."""
FINISHED = 3 * (4 + 4)
"""Bytes of a finished pixel: floats, and once more while they are brought to 0..1."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a pipeline is laid out in memory. ``str(layout)`` says so in a sentence."""

    name: str
    """One of ``"whole"``, ``"tiled decoder"``, ``"model offload"`` and ``"group offload"``, each smaller and slower
    than the one before. A tiled decoder blends its tiles, which changes the film a little."""
    device: str
    tiled: bool
    """The autoencoder works tile by tile, where it can."""
    offload: Offload
    """What waits in host memory: nothing, the networks that have no turn, or every layer that has none."""
    peak_bytes: int
    """Estimated."""
    free_bytes: int
    """Known when it was chosen."""
    smaller: Layout | None = None
    """The next smaller one."""

    def __str__(self) -> str:
        where = {
            "none": f"every network on {self.device}",
            "model": f"one network at a time on {self.device}",
            "groups": f"one layer after the other on {self.device}, slowly",
        }[self.offload]
        how = ", decoded tile by tile" if self.tiled else ""
        fits = self.peak_bytes <= self.free_bytes
        fit = "" if fits else "; this may not be enough: choose fewer frames or a smaller size"
        free = f"roughly {self.peak_bytes / 1e9:.1f} GB of {self.free_bytes / 1e9:.1f} GB free"
        return f"Memory plan '{self.name}': {where}{how}; {free}{fit}."


class Placing:
    """The ways one pipeline can lie in memory.

    Args:
        pipe: the pipeline, in host memory.
        device: where it is to run.
        multiple: pixels of a token, a side.
        group: frames of a latent frame.
    """

    def __init__(self, pipe: Any, device: str, *, multiple: int, group: int) -> None:
        self._pipe = pipe
        self._device = device
        self._multiple, self._group = multiple, group
        networks = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
        self._sizes = [sum(_bytes(weight) for weight in part.parameters()) for part in networks]
        self._layer = max((_bytes(weight) for part in networks for weight in part.parameters()), default=0)
        # Every autoencoder of diffusers has enable_tiling; those without tiles raise.
        self._tiles = hasattr(getattr(pipe, "vae", None), "use_tiling")
        self._laid: Layout | None = None

    def choose(self, shape: Shape) -> Layout:
        """The fastest way whose estimate fits into what is free; the smallest there is, if none does."""
        if self._laid is not None and self._laid.offload == "groups":
            return self._laid
        if self._laid is not None:
            self._pipe.remove_all_hooks()
            self._pipe.to("cpu")
        free = free_memory(self._device) + (sum(self._sizes) if self._device == "cpu" else 0)
        ways = list(self._ways())
        peaks = [self._peak(shape, tiled, offload) for _, tiled, offload in ways]
        first = next((i for i, peak in enumerate(peaks) if peak <= free), len(ways) - 1)
        found: Layout | None = None
        for (name, tiled, offload), peak in list(zip(ways, peaks, strict=True))[: first - 1 if first else None : -1]:
            found = Layout(
                name=name,
                device=self._device,
                tiled=tiled,
                offload=offload,
                peak_bytes=peak,
                free_bytes=free,
                smaller=found,
            )
        assert found is not None
        return found

    def apply(self, layout: Layout) -> None:
        """Lay the pipeline out, from whichever way it had before. Group offloading cannot be taken back."""
        pipe = self._pipe
        pipe.remove_all_hooks()
        if self._tiles:
            (pipe.vae.enable_tiling if layout.tiled else pipe.vae.disable_tiling)()
        if layout.offload == "none":
            pipe.to(layout.device)
        elif layout.offload == "model":
            pipe.enable_model_cpu_offload(device=layout.device)
        else:
            pipe.to("cpu")
            device = torch.device(layout.device)
            pipe.enable_group_offload(device, offload_type="leaf_level", use_stream=device.type == "cuda")
        self._laid = layout

    def _ways(self) -> Iterator[tuple[str, bool, Offload]]:
        yield "whole", False, "none"
        if self._tiles:
            yield "tiled decoder", True, "none"
        if torch.device(self._device).type == "cuda":
            yield "model offload", self._tiles, "model"
            yield "group offload", self._tiles, "groups"

    def _peak(self, shape: Shape, tiled: bool, offload: Offload) -> int:
        frames, height, width = shape
        pipe = self._pipe
        denoiser = getattr(pipe, "transformer", None) or getattr(pipe, "unet", None)
        config = getattr(denoiser, "config", {})
        hidden = config.get("num_attention_heads", 1) * config.get("attention_head_dim", 1)
        tokens = ((frames - 1) // self._group + 1) * (height // self._multiple) * (width // self._multiple)
        step = TOKEN * hidden * tokens * _itemsize(denoiser)
        together = (min(height * width, TILE) if tiled else height * width) * min(frames, self._group)
        decode = DECODE * together * _itemsize(getattr(pipe, "vae", None)) + FINISHED * height * width * frames
        largest = max(self._sizes, default=0)
        weights = {"none": sum(self._sizes), "model": largest, "groups": min(STREAMED * self._layer, largest)}[offload]
        return int(weights + max(step, decode))


def _itemsize(network: Any) -> int:
    dtype = getattr(network, "dtype", None)
    return dtype.itemsize if isinstance(dtype, torch.dtype) else 4


def _bytes(weight: torch.Tensor) -> int:
    return weight.numel() * weight.element_size()
