"""What SVD costs, counted without computing: FLOP, bytes moved and peak memory by part, on the meta device.

A multiplication and an addition are two FLOP; attention is counted whole. Bytes are what every eager operation reads
and writes; attention is one operation, as its fused kernels are. The peak is of activations alone, as eager PyTorch
allocates them, without the workspaces of kernels.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import torch
from diffusers import AutoencoderKLTemporalDecoder, UNetSpatioTemporalConditionModel
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import flop_registry
from torch.utils.module_tracker import ModuleTracker

__all__ = ["Bill", "Work", "count", "count_decode", "count_step", "networks", "scatter"]

_PARTS = (
    ("temporal feed-forward", r"\.temporal_transformer_blocks\.\d+\.(ff|norm_in|norm3)"),
    ("spatial feed-forward", r"\.transformer_blocks\.\d+\.(ff|norm3)"),
    ("cross-attention", r"transformer_blocks\.\d+\.(attn2|norm2)"),
    ("temporal self-attention", r"\.temporal_transformer_blocks\.\d+\.(attn1|norm1)"),
    ("spatial self-attention", r"\.transformer_blocks\.\d+\.(attn1|norm1)"),
    ("temporal resnets", r"temporal_res_block|time_conv_out"),
    ("spatial resnets", r"spatial_res_block"),
    ("down- and upsampling", r"samplers"),
    ("blending", r"time_mixer"),
    ("projections", r"proj_(in|out)$"),
)


@dataclass
class Work:
    """What one part does."""

    flops: int = 0
    bytes: int = 0
    """Read and written, by every operation for itself."""
    operations: int = 0


@dataclass
class Bill:
    """What a run costs."""

    parts: dict[str, Work] = field(default_factory=dict)
    peak: int = 0
    """The most bytes that were alive at once, of those that the run itself allocated."""

    @property
    def flops(self) -> int:
        """FLOP in all."""
        return sum(work.flops for work in self.parts.values())

    @property
    def bytes(self) -> int:
        """Bytes read and written in all."""
        return sum(work.bytes for work in self.parts.values())

    @property
    def operations(self) -> int:
        """Operations, roughly kernels, in all."""
        return sum(work.operations for work in self.parts.values())


def count(run: Callable[[], object]) -> Bill:
    """The bill of ``run()``, which should work on meta tensors: nothing is computed then."""
    bill = Bill()
    with torch.no_grad(), ModuleTracker() as tracker, _Ledger(bill, tracker), _FusedAttention(bill, tracker):
        run()
    return bill


def networks(device: str = "meta", dtype: torch.dtype = torch.bfloat16) -> tuple[Any, Any]:
    """The U-Net and the VAE of SVD-XT without weights: on ``"meta"`` they take no memory, elsewhere they hold noise."""
    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel(sample_size=96, num_attention_heads=(5, 10, 20, 20), num_frames=25)
        vae = AutoencoderKLTemporalDecoder(
            down_block_types=("DownEncoderBlock2D",) * 4,
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
            sample_size=768,
        )
    for model in (unet, vae):
        # AlphaBlender's mixing factors are made on the CPU, whatever the context says
        nn.Module.to(model.eval().requires_grad_(False), device="meta", dtype=dtype)
        if device != "meta":
            model.to_empty(device=device)
            scatter(model)
    return unet, vae


def scatter(model: nn.Module, seed: int = 0) -> None:
    """Fill the weights of ``model`` with noise that keeps activations near 1 through every layer."""
    random = torch.Generator(next(model.parameters()).device).manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                parameter.normal_(0, prod(parameter.shape[1:]) ** -0.5, generator=random)
            else:
                parameter.fill_(float(name.endswith("weight")))


def count_step(unet: Any, frames: int, height: int, width: int, guided: bool = True) -> Bill:
    """One pass of a U-Net on the meta device, at a size in pixels; with guidance it is a batch of two."""
    batch = 2 if guided else 1
    like = {"device": "meta", "dtype": unet.dtype}
    sample = torch.empty(batch, frames, unet.config.in_channels, height // 8, width // 8, **like)
    context = torch.empty(batch, 1, unet.config.cross_attention_dim, **like)
    ids = torch.empty(batch, 3, **like)
    return count(lambda: unet(sample, torch.empty((), device="meta"), context, ids))


def count_decode(vae: Any, frames: int, height: int, width: int) -> Bill:
    """Decoding ``frames`` together by a VAE on the meta device."""
    latents = torch.empty(frames, 4, height // 8, width // 8, device="meta", dtype=vae.dtype)
    return count(lambda: vae.decode(latents, num_frames=frames))


def _size(tensor: torch.Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _part(bill: Bill, tracker: ModuleTracker) -> Work:
    where = max(tracker.parents, key=len)
    name = next((name for name, pattern in _PARTS if re.search(pattern, where)), "the rest")
    return bill.parts.setdefault(name, Work())


class _FusedAttention(TorchFunctionMode):
    """Attention as one operation, which the meta device would take apart."""

    def __init__(self, bill: Bill, tracker: ModuleTracker) -> None:
        super().__init__()
        self.bill, self.tracker = bill, tracker

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not torch.nn.functional.scaled_dot_product_attention:
            return func(*args, **(kwargs or {}))
        query, key, value = args[:3]
        work = _part(self.bill, self.tracker)
        work.flops += 2 * prod(query.shape[:-1]) * key.shape[-2] * (query.shape[-1] + value.shape[-1])
        out = query.new_empty(*query.shape[:-1], value.shape[-1])
        work.bytes += sum(map(_size, (query, key, value, out)))
        return out


class _Ledger(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Writes down every operation."""

    def __init__(self, bill: Bill, tracker: ModuleTracker) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.bill, self.tracker = bill, tracker
        self.live = 0
        self.storages: dict[int, Any] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        for tensor in given:  # weights and inputs were there before: neither they nor views of them are allocated
            self.storages.setdefault(tensor.untyped_storage()._cdata, None)
        out = func(*args, **kwargs)
        made = [x for x in tree_leaves(out) if isinstance(x, torch.Tensor)]
        fresh = [self._follow(x) for x in made]
        if any(fresh) and func._overloadpacket not in (torch.ops.aten.empty, torch.ops.aten.new_empty):
            work = _part(self.bill, self.tracker)
            work.bytes += sum(map(_size, given + made))
            work.operations += 1
            if func._overloadpacket in flop_registry:
                work.flops += flop_registry[func._overloadpacket](*args, **kwargs, out_val=out)
        return out

    def _follow(self, tensor: torch.Tensor) -> bool:
        storage = tensor.untyped_storage()
        key = storage._cdata
        if key in self.storages:
            return False
        size = storage.nbytes()
        self.storages[key] = weakref.ref(storage, partial(self._freed, key, size))
        self.live += size
        self.bill.peak = max(self.bill.peak, self.live)
        return True

    def _freed(self, key: int, size: int, _: object) -> None:
        self.live -= size
        self.storages.pop(key, None)
