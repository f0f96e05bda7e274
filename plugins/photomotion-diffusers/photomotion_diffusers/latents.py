"""A StableVideoDiffusionPipeline's latents and noise levels, as its own loop sees them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

__all__ = ["as_bytes", "encode", "ladder"]


def ladder(pipe: Any, steps: int) -> list[float]:
    """The noise levels of a whole run of the pipeline's own scheduler, the last 0 included."""
    pipe.scheduler.set_timesteps(steps)
    return [float(sigma) for sigma in pipe.scheduler.sigmas]


@torch.no_grad()
def encode(pipe: Any, pictures: Sequence[npt.NDArray[np.uint8]], chunk: int) -> torch.Tensor:
    """Pictures as latents: the mode of what the encoder says, so that chance has no part in it.

    Args:
        pipe: the pipeline. Where its autoencoder asks to be run in full precision (``force_upcast``), it is.
        pictures: uint8 (H, W, 3), all of one size.
        chunk: how many are encoded at a time; each is encoded by itself, so it makes no difference but to memory.

    Returns:
        float32 (frames, 4, H / 8, W / 8) on the CPU, scaled as the loop has them.
    """
    vae = pipe.vae
    device, own = pipe._execution_device, vae.dtype
    upcast = bool(vae.config.force_upcast) and own != torch.float32
    if upcast:
        vae.to(dtype=torch.float32)
    try:
        parts = []
        for i in range(0, len(pictures), chunk):
            pixels = torch.from_numpy(np.stack(pictures[i : i + chunk])).permute(0, 3, 1, 2)
            pixels = (pixels.float() / 127.5 - 1).to(device=device, dtype=vae.dtype)
            parts.append(vae.encode(pixels).latent_dist.mode().float().cpu())
    finally:
        if upcast:
            vae.to(dtype=own)
    return torch.cat(parts) * float(vae.config.scaling_factor)


def as_bytes(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (n, 3, H, W) in -1..1 as uint8 (n, H, W, 3), on the device where they are."""
    scaled = (pictures.float() * 0.5 + 0.5).clamp(0, 1) * 255
    return scaled.round().to(torch.uint8).permute(0, 2, 3, 1).contiguous()
