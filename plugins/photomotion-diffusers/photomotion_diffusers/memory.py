"""Where SVD fits: a plan chosen from the free memory, said aloud, and behind it the smaller ones.

::

    chosen = plan(free_memory(device), 25, 576, 1024, torch.bfloat16, device=device, model=Footprint.of(pipe))
    print(chosen)
    apply(chosen, pipe)                                  # out of memory after all? then apply(chosen.smaller, pipe)
    latents = pipe(image, output_type="latent").frames
    pictures = decode(pipe, latents, chosen.decode_chunk)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import torch

from .footprint import DECODED, Footprint
from .reuse import store_fp8

__all__ = ["MemoryPlan", "Offload", "apply", "free_memory", "is_out_of_memory", "plan"]

SLACK = 1.15
"""What workspaces and gaps between allocations take on top."""
CHUNKS = (14, 8, 4, 2, 1)

Offload = Literal["none", "model", "groups"]


@dataclass(frozen=True, kw_only=True)
class MemoryPlan:
    """How the pipeline is laid out in memory. ``str(plan)`` says so in a sentence."""

    name: str
    """One of ``"whole"``, ``"small decode chunks"``, ``"forward chunks"``, ``"model offload"``, ``"fp8"`` and
    ``"group offload"``, each smaller and slower than the one before. Only fp8 changes the film, and fewer frames
    decoded together do, a little."""
    device: str
    decode_chunk: int
    """Frames to decode together: give it to the pipeline as ``decode_chunk_size``."""
    forward_chunks: bool
    """Feed-forward layers work through one frame at a time."""
    offload: Offload
    """What waits in host memory: nothing, the networks that have no turn, or every layer that has none."""
    fp8: bool
    """The U-Net's weights are stored as float8."""
    peak_bytes: int
    """Estimated."""
    free_bytes: int
    """Known when the plan was made."""
    smaller: MemoryPlan | None = None
    """The next smaller plan."""

    @property
    def fits(self) -> bool:
        """Whether the estimate is below what was free."""
        return self.peak_bytes <= self.free_bytes

    def __str__(self) -> str:
        where = {
            "none": f"every network on {self.device}",
            "model": f"one network at a time on {self.device}",
            "groups": f"one layer after the other on {self.device}",
        }[self.offload]
        how = [where, f"{self.decode_chunk} frame{'s' * (self.decode_chunk != 1)} decoded at once"]
        how += ["feed-forward layers frame by frame"] * self.forward_chunks + ["weights stored as fp8"] * self.fp8
        fit = "" if self.fits else "; this may not be enough: choose fewer frames or a smaller size"
        free = f"about {self.peak_bytes / 1e9:.1f} GB of {self.free_bytes / 1e9:.1f} GB free"
        return f"Memory plan '{self.name}': {', '.join(how)}; {free}{fit}."


def free_memory(device: str | torch.device) -> int:
    """Bytes that can still be allocated on ``device``; what PyTorch holds but does not use counts as free."""
    device = torch.device(device)
    if device.type == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return int(torch.cuda.mem_get_info(device)[0] + unused)
    if device.type == "mps":
        return int(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    import psutil  # type: ignore[import-untyped]  # a dependency of accelerate

    return int(psutil.virtual_memory().available)


def plan(
    free_bytes: int,
    frames: int,
    height: int,
    width: int,
    dtype: torch.dtype,
    *,
    guided: bool = True,
    device: str = "cuda",
    fp8: bool = False,
    model: Footprint | None = None,
) -> MemoryPlan:
    """The fastest plan whose estimate fits into ``free_bytes``; the smallest there is, if none does.

    Args:
        free_bytes: with no network loaded on the device yet.
        frames: of one run.
        height: of the frames, in pixels.
        width: of the frames, in pixels.
        dtype: of the weights and activations.
        guided: whether each step is computed with and without the photo (guidance above 1).
        device: offloading is considered on CUDA only; elsewhere host and device share their memory.
        fp8: whether storing weights as float8 may be considered.
        model: what is known of the pipeline; None is SVD-XT.
    """
    takes = model or Footprint.of_xt(dtype)
    rungs = list(_rungs(torch.device(device).type == "cuda", fp8))
    size = dtype.itemsize
    places = frames * (height // takes.cell) * (width // takes.cell) * (2 if guided else 1)

    def peak(rung: _Rung, chunk: int) -> int:
        unet = takes.unet_parameters if rung.fp8 else takes.unet
        step = size * places * (takes.step_chunked if rung.forward_chunks else takes.step)
        decode = height * width * (size * takes.decode * chunk + DECODED * frames)
        if rung.offload == "groups":
            return int(takes.streamed + SLACK * max(step, decode))
        if rung.offload == "model":
            return int(max(unet + SLACK * step, max(takes.rest) + SLACK * decode))
        return int(unet + sum(takes.rest) + SLACK * max(step, decode))

    def fitting(rung: _Rung, limit: int) -> int:
        if rung.name == "whole":
            return frames
        chunks = [chunk for chunk in CHUNKS if chunk < limit]
        return next((chunk for chunk in chunks if peak(rung, chunk) <= free_bytes), 1)

    first = next((i for i, rung in enumerate(rungs) if peak(rung, fitting(rung, frames + 1)) <= free_bytes), -1)
    laid = []
    chunk = frames + 1
    for rung in rungs[first:]:
        chunk = fitting(rung, chunk)  # the next smaller plan must be smaller in decoding too, where this one may fail
        laid.append((rung, chunk))
    found: MemoryPlan | None = None
    for rung, chunk in reversed(laid):
        found = MemoryPlan(
            name=rung.name,
            device=device,
            decode_chunk=chunk,
            forward_chunks=rung.forward_chunks,
            offload=rung.offload,
            fp8=rung.fp8,
            peak_bytes=peak(rung, chunk),
            free_bytes=free_bytes,
            smaller=found,
        )
    assert found is not None
    return found


@dataclass(frozen=True)
class _Rung:
    name: str
    forward_chunks: bool = True
    offload: Offload = "none"
    fp8: bool = False


def _rungs(offload: bool, fp8: bool) -> Iterator[_Rung]:
    yield _Rung("whole", forward_chunks=False)
    yield _Rung("small decode chunks", forward_chunks=False)
    yield _Rung("forward chunks")
    if offload:
        yield _Rung("model offload", offload="model")
    if fp8:
        yield _Rung("fp8", offload="model" if offload else "none", fp8=True)
    if offload:
        yield _Rung("group offload", offload="groups", fp8=fp8)


def apply(plan: MemoryPlan, pipe: Any) -> None:
    """Lay ``pipe``, a ``StableVideoDiffusionPipeline``, out by ``plan``, from whichever plan it had before.

    Group offloading and fp8 cannot be taken back; they come last for that reason.
    """
    pipe.remove_all_hooks()
    for module in pipe.unet.modules():
        if hasattr(module, "set_chunk_feed_forward"):
            # chunks of one frame; one of the sequence, as (1, 1) would give, are thousands
            module.set_chunk_feed_forward(1 if plan.forward_chunks else None, dim=0)
    if plan.fp8 and not any(weight.dtype == torch.float8_e4m3fn for weight in pipe.unet.parameters()):
        store_fp8(pipe.unet)
    if plan.offload == "none":
        pipe.to(plan.device)
    elif plan.offload == "model":
        pipe.enable_model_cpu_offload(device=plan.device)
    else:
        pipe.to("cpu")
        device = torch.device(plan.device)
        pipe.enable_group_offload(device, offload_type="leaf_level", use_stream=device.type == "cuda")


def is_out_of_memory(error: RuntimeError) -> bool:
    """Whether it is CUDA's error, or the unnamed one of the CPU or of Apple's devices."""
    said = str(error)
    return isinstance(error, torch.cuda.OutOfMemoryError) or "out of memory" in said or "can't allocate memory" in said
