"""What a StableVideoDiffusionPipeline takes: the bytes of its weights by network, and what is alive while it works.

Weights are counted in the pipeline that was loaded. What is alive at the peak was counted for SVD-XT by :mod:`.flops`
(eager PyTorch, attention by a fused kernel; a test holds the figures here to it) and is scaled to another model by the
channels of its finest level, where the peak is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

__all__ = ["Footprint"]

UNET, VAE, CLIP = 1_524_600_000, 97_700_000, 632_100_000
"""Parameters of SVD-XT."""
LARGEST = 29_500_000
"""Parameters of its largest layer."""
STEP, STEP_CHUNKED = 9001, 5161
"""Elements alive at the peak of a step for each place of the latents (frame x 8 x 8 pixels) of the batch."""
STEP_CHANNELS = 320
"""Channels of its U-Net's finest level."""
DECODE, DECODED = 1024, 3
"""Elements alive at the peak of decoding for each pixel decoded together; and those of each finished pixel that are
kept."""
DECODE_CHANNELS = 128
"""Channels of its decoder's finest level."""
STREAMED = 4
"""Layers on the device when they are streamed: the largest, the next, and what is not yet freed."""


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Of one pipeline. All in bytes but where it says elements: those are of the dtype that is computed in."""

    unet: int
    unet_parameters: int
    """How many: as float8 each takes one byte."""
    rest: tuple[int, ...]
    """The other networks."""
    streamed: int
    """Weights on the device when layers are streamed."""
    cell: int
    """Pixels of a latent, a side."""
    step: float
    """Elements at the peak of a step, for each latent of the batch."""
    step_chunked: float
    """The same with feed-forward layers frame by frame."""
    decode: float
    """Elements at the peak of decoding, for each pixel decoded together."""

    @property
    def weights(self) -> int:
        """All networks."""
        return self.unet + sum(self.rest)

    @classmethod
    def of(cls, pipe: Any) -> Footprint:
        """Count a pipeline, before it is laid out: offloaded weights are not where they are counted."""
        networks = {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
        sizes = {name: sum(map(_bytes, part.parameters())) for name, part in networks.items()}
        fine = float(pipe.unet.config.block_out_channels[0]) / STEP_CHANNELS
        return cls(
            unet=sizes.pop("unet"),
            unet_parameters=sum(weight.numel() for weight in pipe.unet.parameters()),
            rest=tuple(sizes.values()),
            streamed=STREAMED * max(_bytes(weight) for part in networks.values() for weight in part.parameters()),
            cell=int(pipe.vae_scale_factor),
            step=STEP * fine,
            step_chunked=STEP_CHUNKED * fine,
            decode=DECODE * pipe.vae.config.block_out_channels[0] / DECODE_CHANNELS,
        )

    @classmethod
    def of_xt(cls, dtype: torch.dtype) -> Footprint:
        """SVD-XT's, where nothing is loaded."""
        size = dtype.itemsize
        return cls(
            unet=size * UNET,
            unet_parameters=UNET,
            rest=(size * VAE, size * CLIP),
            streamed=size * STREAMED * LARGEST,
            cell=8,
            step=STEP,
            step_chunked=STEP_CHUNKED,
            decode=DECODE,
        )


def _bytes(weight: torch.Tensor) -> int:
    return weight.numel() * weight.element_size()
