"""Convolutions of the spatio-temporal U-Net and its decoder: memory layout, time as a picture, one-pass blending."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from diffusers.models.resnet import AlphaBlender
from torch import nn

from .overrides import override

__all__ = ["blend_in_one_pass", "flatten_temporal", "to_channels_last"]


def temporal_as_picture(conv: nn.Conv3d, x: torch.Tensor) -> torch.Tensor:
    """A (3, 1, 1) convolution of ``x`` (B, C, F, H, W) as a (3, 1) one of the picture (B, C, F, H * W).

    With channels last, (B * F, H, W, C) in memory is that picture already: nothing is copied or transposed.
    """
    batch, channels, frames, height, width = x.shape
    picture = x.reshape(batch, channels, frames, height * width)
    out = F.conv2d(picture, conv.weight.squeeze(-1), conv.bias, padding=(int(conv.padding[0]), 0))
    return out.reshape(batch, -1, frames, height, width)


def flatten_temporal(model: nn.Module, undo: ExitStack) -> None:
    """Run every temporal 3-D convolution of ``model`` as a 2-D one until ``undo`` closes. Exact up to rounding."""
    for module in model.modules():
        if isinstance(module, nn.Conv3d) and module.kernel_size == (3, 1, 1) and module.stride == (1, 1, 1):
            override(undo, module, partial(temporal_as_picture, module))


def to_channels_last(model: nn.Module, undo: ExitStack) -> None:
    """Lay the weights of ``model``'s convolutions out channels last until ``undo`` closes: the results follow."""
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            undo.callback(_lay_out, module, torch.contiguous_format)
            _lay_out(module, torch.channels_last)
        elif isinstance(module, nn.Conv3d):
            undo.callback(_lay_out, module, torch.contiguous_format)
            _lay_out(module, torch.channels_last_3d)


def _lay_out(module: nn.Conv2d | nn.Conv3d, layout: torch.memory_format) -> None:
    module.weight.data = module.weight.data.contiguous(memory_format=layout)


def blend(
    blender: Any, x_spatial: torch.Tensor, x_temporal: torch.Tensor, image_only_indicator: torch.Tensor | None = None
) -> torch.Tensor:
    """``alpha * x_spatial + (1 - alpha) * x_temporal`` in one pass over memory instead of three."""
    alpha = blender.get_alpha(image_only_indicator, x_spatial.ndim).to(x_spatial.dtype)
    if blender.switch_spatial_to_temporal_mix:
        return torch.lerp(x_spatial, x_temporal, alpha)
    return torch.lerp(x_temporal, x_spatial, alpha)


def blend_in_one_pass(model: nn.Module, undo: ExitStack) -> None:
    """Mix the spatial and temporal halves of ``model``'s blocks by :func:`blend` until ``undo`` closes."""
    for module in model.modules():
        if isinstance(module, AlphaBlender):
            override(undo, module, partial(blend, module))
