"""Where a pipeline's weights lie while it runs: all on the device, or each part there only while it works."""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["place"]

ROOM = 1.4
"""Weights times this must fit beside each other: activations and the decoder need the rest."""


def place(pipe: Any, device: str) -> str:
    """Put a pipeline on a device as its free memory allows.

    Returns:
        What was done, in a sentence for the user.
    """
    parts = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    sizes = [sum(p.numel() * p.element_size() for p in part.parameters()) for part in parts]
    weights, largest = sum(sizes), max(sizes, default=0)
    if not device.startswith("cuda"):
        pipe.to(device)
        return f"{weights / 1e9:.1f} GB of weights on {device}"
    free, _ = torch.cuda.mem_get_info(device)
    if weights * ROOM <= free:
        pipe.to(device)
        return f"{weights / 1e9:.1f} GB of weights on {device}, {free / 1e9:.0f} GB free"
    if hasattr(pipe.vae, "enable_tiling"):
        pipe.vae.enable_tiling()
    if largest * ROOM <= free:
        pipe.enable_model_cpu_offload(device=device)
        return f"{weights / 1e9:.1f} GB of weights, {free / 1e9:.0f} GB free: a part is on {device} only when it works"
    pipe.enable_sequential_cpu_offload(device=device)
    return f"{largest / 1e9:.1f} GB in one part, {free / 1e9:.0f} GB free: layers go to {device} one by one, slowly"
