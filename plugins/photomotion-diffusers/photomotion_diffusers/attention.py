"""Attention of the spatio-temporal U-Net: what needs no attention at all, and the kernel for the rest.

**One token.** The context of SVD is one CLIP embedding. A softmax over one key is 1, whatever the query, so
``attn2(x, context) == to_out(to_v(context))``: one vector for each clip, the same for every place, frame and step. The
stock model computes it anew for every pixel of every step. Here it is computed once for each clip and added; the norm
before it, whose result nobody looks at, is skipped too.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from functools import partial
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from .overrides import override

__all__ = ["Kernel", "OneToken", "SelfAttention", "fuse_attention", "shorten_cross_attention"]

Kernel = Literal["auto", "torch", "cudnn", "flash", "efficient", "math"]
"""Which scaled-dot-product kernel is preferred on CUDA. ``"torch"`` leaves it to PyTorch; ``"auto"`` prefers cuDNN's
for long sequences on Hopper and newer chips, and otherwise leaves it to PyTorch."""

_BACKENDS = {
    "cudnn": SDPBackend.CUDNN_ATTENTION,
    "flash": SDPBackend.FLASH_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
    "math": SDPBackend.MATH,
}
_CAN_PREFER = "set_priority" in inspect.signature(sdpa_kernel).parameters
_LONG = 1024
_CLIPS_KEPT = 2  # with and without guidance: two contexts take turns when guidance is not computed at every step


class Clip:
    """The context of the clip at work, and the constants that follow from it."""

    def __init__(self) -> None:
        self.processors: list[OneToken] = []
        self.short = False
        self._kept: list[tuple[torch.Tensor, int, list[torch.Tensor | None]]] = []

    def run(self, stock: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """One pass of the U-Net, with the constants of its context in place as long as it lasts."""
        self._begin(kwargs["encoder_hidden_states"] if "encoder_hidden_states" in kwargs else args[2])
        try:
            return stock(*args, **kwargs)
        finally:
            self.short = False

    def _begin(self, context: torch.Tensor) -> None:
        self.short = context.shape[1] == 1
        if not self.short:
            return
        version = -1 if context.is_inference() else context._version
        values = next((v for c, n, v in self._kept if c is context and n == version), None)
        if values is None:
            values = [processor.constant(context) for processor in self.processors]
            self._kept = [*self._kept[-_CLIPS_KEPT + 1 :], (context, version, values)]
        for processor, value in zip(self.processors, values, strict=True):
            processor.value = value

    def forget(self) -> None:
        """Let go of every context and constant."""
        self._kept = []
        for processor in self.processors:
            processor.value = None


class OneToken:
    """An attention processor for cross-attention to a context of one token; longer contexts go to ``stock``."""

    def __init__(self, clip: Clip, attention: nn.Module, stock: Any) -> None:
        self.clip = clip
        self.attention: Any = attention
        self.stock = stock
        self.value: torch.Tensor | None = None
        """(B, 1, C): the constant of the current clip; None where the weights wait elsewhere until they are called."""

    def constant(self, context: torch.Tensor) -> torch.Tensor | None:
        """``to_out(to_v(context))``, (B, 1, C), or None if the weights are offloaded just now."""
        if self.attention.to_v.weight.device != context.device:
            return None
        value: torch.Tensor = self.attention.to_out[0](self.attention.to_v(context))
        return value

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        temb: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The constant for each row of ``hidden_states`` (R, S, C), as (R, 1, C): adding it broadcasts."""
        out: torch.Tensor
        if not self.clip.short or encoder_hidden_states is None:
            out = self.stock(attn, hidden_states, encoder_hidden_states, attention_mask, temb)
        elif self.value is None:
            out = attn.to_out[0](attn.to_v(encoder_hidden_states))
        else:
            clips, _, channels = self.value.shape
            rows = hidden_states.shape[0]
            out = self.value[:, None].expand(clips, rows // clips, 1, channels).reshape(rows, 1, channels)
        return out


def _unless_short(clip: Clip, stock: Any, hidden_states: torch.Tensor) -> torch.Tensor:
    return hidden_states if clip.short else stock(hidden_states)


def shorten_cross_attention(unet: Any, undo: ExitStack) -> None:
    """Replace cross-attention to a one-token context by its constant, in every block, until ``undo`` closes.

    For inference without gradients. Equal to the stock model up to rounding.
    """
    clip = Clip()
    for block in _transformer_blocks(unet):
        if block.attn2 is None or not _is_plain(block.attn2):
            continue
        processor = OneToken(clip, block.attn2, block.attn2.processor)
        clip.processors.append(processor)
        undo.callback(block.attn2.set_processor, block.attn2.processor)
        block.attn2.set_processor(processor)
        override(undo, block.norm2, partial(_unless_short, clip, block.norm2.forward))
    undo.callback(clip.forget)
    override(undo, unet, partial(clip.run, unet.forward))


class SelfAttention:
    """An attention processor for self-attention: one projection for query, key and value, and a chosen kernel."""

    def __init__(self, kernel: Kernel, fused: bool) -> None:
        self.kernel = kernel
        self.fused = fused

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        temb: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Attention of each row of ``hidden_states`` (R, S, C) to itself."""
        rows, length, _ = hidden_states.shape
        if self.fused:
            projected = attn.to_qkv(hidden_states).chunk(3, dim=-1)
        else:
            projected = (attn.to_q(hidden_states), attn.to_k(hidden_states), attn.to_v(hidden_states))
        query, key, value = (x.view(rows, length, attn.heads, -1).transpose(1, 2) for x in projected)
        with preferred(self.kernel, length, query.device):
            out = F.scaled_dot_product_attention(query, key, value)
        projection: torch.Tensor = attn.to_out[0](out.transpose(1, 2).reshape(rows, length, -1))
        return projection


def preferred(kernel: Kernel, length: int, device: torch.device) -> AbstractContextManager[None]:
    """A context in which scaled-dot-product attention prefers ``kernel`` and falls back on the others."""
    if device.type != "cuda" or not _CAN_PREFER:
        return nullcontext()
    if kernel == "auto":
        hopper = torch.cuda.get_device_capability(device)[0] >= 9
        kernel = "cudnn" if hopper and length >= _LONG else "torch"
    if kernel == "torch":
        return nullcontext()
    first = _BACKENDS[kernel]
    order = [first, *(backend for backend in _BACKENDS.values() if backend is not first)]
    context: AbstractContextManager[None] = sdpa_kernel(order, set_priority=True)
    return context


def fuse_attention(unet: Any, undo: ExitStack, kernel: Kernel = "auto", fused: bool = True) -> None:
    """Give every self-attention of ``unet`` a :class:`SelfAttention`, until ``undo`` closes.

    ``fused`` holds a second copy of the projections' weights (0.15 GB for SVD in bfloat16).
    """
    for block in _transformer_blocks(unet):
        attention = block.attn1
        if not _is_plain(attention):
            continue
        undo.callback(attention.set_processor, attention.processor)
        if fused:
            attention.fuse_projections()
            undo.callback(_unfuse, attention)
        attention.set_processor(SelfAttention(kernel, fused))


def _unfuse(attention: Any) -> None:
    attention.fused_projections = False
    del attention.to_qkv


def _transformer_blocks(unet: nn.Module) -> Iterator[Any]:
    for module in unet.modules():
        if hasattr(module, "attn1") and hasattr(module, "attn2") and hasattr(module, "norm2"):
            yield module


def _is_plain(attention: Any) -> bool:
    """Whether nothing but projections and attention happens in it: what the processors here assume."""
    absent = (attention.spatial_norm, attention.group_norm, attention.norm_q, attention.norm_k, attention.norm_cross)
    plain = not any(absent) and not attention.residual_connection and attention.rescale_output_factor == 1
    return bool(plain) and not attention.training
