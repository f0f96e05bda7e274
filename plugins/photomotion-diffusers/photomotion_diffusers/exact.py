"""SVD faster, and the same to rounding: everything here can be undone, and nothing here changes the film.

::

    with speed_up(pipe):                       # or: undo = speed_up(pipe); ...; undo.close()
        latents = pipe(image, output_type="latent").frames
        for pixels in ahead(decode(pipe, latents, chunk=14)):
            ...                                # uint8 (n, H, W, 3), while the device is already at the next ones

Apply it when the weights have their dtype and before offloading hooks are put on; undo in the opposite order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from diffusers.models.resnet import SpatioTemporalResBlock
from diffusers.models.transformers.transformer_temporal import TransformerSpatioTemporalModel
from torch import nn

from .attention import Kernel, fuse_attention, shorten_cross_attention
from .convolution import blend_in_one_pass, flatten_temporal, to_channels_last
from .latents import as_bytes

__all__ = ["Exact", "decode", "speed_up"]

_SHAPES = 64  # the U-Net's blocks come in some twenty shapes; PyTorch gives up compiling one function after eight


@dataclass(frozen=True, kw_only=True)
class Exact:
    """Which exact changes to make."""

    one_token: bool = True
    """Replace cross-attention to the one CLIP token by its constant, computed once for each clip."""
    channels_last: bool = True
    """Lay convolutions out channels last, in the U-Net and the decoder."""
    temporal_conv: bool = True
    """Run temporal 3-D convolutions as 2-D ones."""
    one_pass_blend: bool = True
    """Mix spatial and temporal features in one pass over memory."""
    fused_qkv: bool = True
    """One projection for query, key and value in self-attention."""
    kernel: Kernel = "auto"
    """The preferred attention kernel on CUDA; see :data:`Kernel`."""
    compile: str | None = None
    """A ``torch.compile`` backend for the U-Net's and the decoder's blocks, ``"inductor"`` as a rule; None: as they
    are. It pays over several clips of one size: the first pass takes minutes."""


def speed_up(pipe: Any, exact: Exact | None = None) -> ExitStack:
    """Make the exact changes to a ``StableVideoDiffusionPipeline``, in place, for inference without gradients.

    Returns:
        What undoes them: a context manager; ``close()`` it, or leave it open for as long as the pipeline lives.

    Raises:
        ValueError: if the U-Net already runs something else than its own ``forward``.
    """
    if "forward" in vars(pipe.unet):
        raise ValueError("the U-Net was already changed (speed_up, approximate, offloading): undo that, then speed_up")
    exact = exact or Exact()
    undo = ExitStack()
    try:
        if exact.one_token:
            shorten_cross_attention(pipe.unet, undo)
        if exact.fused_qkv or exact.kernel != "torch":
            fuse_attention(pipe.unet, undo, exact.kernel, exact.fused_qkv)
        for model in (pipe.unet, pipe.vae):
            if exact.channels_last:
                to_channels_last(model, undo)
            if exact.temporal_conv:
                flatten_temporal(model, undo)
            if exact.one_pass_blend:
                blend_in_one_pass(model, undo)
            if exact.compile is not None:
                _compile_blocks(model, exact.compile, undo)
    except BaseException:
        undo.close()
        raise
    return undo


def _compile_blocks(model: nn.Module, backend: str, undo: ExitStack) -> None:
    limit = max(_SHAPES, torch._dynamo.config.recompile_limit)
    undo.enter_context(torch._dynamo.config.patch(recompile_limit=limit))
    for module in model.modules():
        if isinstance(module, SpatioTemporalResBlock | TransformerSpatioTemporalModel):
            undo.callback(setattr, module, "_compiled_call_impl", None)
            module.compile(backend=backend, dynamic=False)


@torch.no_grad()
def decode(pipe: Any, latents: torch.Tensor, chunk: int | None = None) -> Iterator[npt.NDArray[np.uint8]]:
    """Latents to pictures, a few frames at a time: the same bytes as ``output_type="pil"`` with that decode chunk.

    Rounding to uint8 happens on the device: a quarter of the bytes cross to the host. They cross as RGB, which is what
    :class:`photomotion.data.Frame` holds and the pictures are pasted as; planes for a video encoder (I420) would have
    to be made RGB again.

    Args:
        pipe: the pipeline, of which only the VAE is used.
        latents: (1, F, 4, H / 8, W / 8), as from ``output_type="latent"``.
        chunk: frames decoded together; None is all. The decoder looks across frames: fewer at a time is not the same.

    Yields:
        uint8 (n, H, W, 3), sRGB. Nothing is decoded before it is asked for: :func:`.ahead.ahead` asks one ahead.
    """
    frames = latents.flatten(0, 1)
    for first in range(0, len(frames), chunk or len(frames)):
        part = 1 / pipe.vae.config.scaling_factor * frames[first : first + (chunk or len(frames))]
        pictures = pipe.vae.decode(part.to(pipe.vae.dtype), num_frames=len(part)).sample
        yield as_bytes(pictures).cpu().numpy()
