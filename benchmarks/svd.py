#!/usr/bin/env python3
"""How fast SVD is: stock diffusers, ours exact, and every short cut with its deviation, in one run, random weights.

    python benchmarks/svd.py                 on CUDA: SVD-XT, 25 frames 576x1024, 25 steps, bfloat16
    python benchmarks/svd.py --cpu           on the CPU: the whole architecture, 8 frames 256x256, 4 steps, bfloat16
    python benchmarks/svd.py --tiny          a check that the script works: seconds, and its figures mean nothing

No weights are needed and none are downloaded. Random weights tell time and memory, and whether exact is exact; what a
short cut does to a real film they do not tell. The floor of a step is its FLOP at ``--peak`` TFLOP/s.
"""

from __future__ import annotations

import argparse
import gc
import resource
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from diffusers import (
    AutoencoderKLTemporalDecoder,
    EulerDiscreteScheduler,
    StableVideoDiffusionPipeline,
    UNetSpatioTemporalConditionModel,
)
from photomotion_diffusers.exact import Exact, decode, speed_up
from photomotion_diffusers.flops import Bill, count_decode, count_step, networks, scatter
from photomotion_diffusers.memory import apply, free_memory, plan
from photomotion_diffusers.reuse import Bounded, approximate, compare
from PIL import Image
from transformers import CLIPImageProcessor, CLIPVisionConfig, CLIPVisionModelWithProjection

SHORT_CUTS = {
    "deep 2, live 1": Bounded(deep_interval=2, deep_live=1),
    "deep 2, live 2": Bounded(deep_interval=2, deep_live=2),
    "deep 2, live 3": Bounded(deep_interval=2, deep_live=3),
    "guidance at 1..100": Bounded(guidance_sigmas=(1.0, 100.0)),
    "guidance every 2": Bounded(guidance_interval=2),
    "fp8 storage": Bounded(fp8=True),
    "deep 2 + guidance": Bounded(deep_interval=2, guidance_sigmas=(1.0, 100.0), guidance_interval=2),
}


class Timed(StableVideoDiffusionPipeline):
    """The stock pipeline, that remembers when its loop began."""

    def progress_bar(self, iterable: Any = None, total: int | None = None) -> Any:
        settle()
        self.begun = (time.perf_counter(), time.process_time())
        return super().progress_bar(iterable, total)


def settle() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def tiny_networks(device: str, dtype: torch.dtype) -> tuple[Any, Any]:
    unet = UNetSpatioTemporalConditionModel(
        block_out_channels=(32, 64, 64, 64), num_attention_heads=(2, 4, 4, 4), cross_attention_dim=32
    )
    vae = AutoencoderKLTemporalDecoder(
        down_block_types=("DownEncoderBlock2D",) * 4, block_out_channels=(32, 32, 64, 64), layers_per_block=1
    )
    for model in (unet, vae):
        torch.nn.Module.to(model.eval().requires_grad_(False), device=device, dtype=dtype)
        if device != "meta":
            scatter(model)
    return unet, vae


def image_encoder(tiny: bool, device: str, dtype: torch.dtype) -> Any:
    sizes = {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 16}
    if tiny:
        sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = CLIPVisionConfig(**sizes, patch_size=14, projection_dim=32 if tiny else 1024)
    with torch.device("meta"):
        model = CLIPVisionModelWithProjection(config).eval().requires_grad_(False).to(dtype)
    model.to_empty(device=device)
    scatter(model)
    for name, buffer in model.named_buffers():
        if name.endswith("position_ids"):
            buffer.copy_(torch.arange(buffer.numel(), device=device).view_as(buffer))
    return model


def pipeline(tiny: bool, device: str, dtype: torch.dtype) -> Timed:
    unet, vae = (tiny_networks if tiny else networks)(device, dtype)
    scheduler = EulerDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        use_karras_sigmas=True,
        sigma_min=0.002,
        sigma_max=700.0,
        timestep_spacing="leading",
        timestep_type="continuous",
        steps_offset=1,
    )
    encoder = image_encoder(tiny, device, dtype)
    pipe = Timed(vae, encoder, unet, scheduler, CLIPImageProcessor())
    pipe.set_progress_bar_config(disable=True)
    return pipe


def denoise(pipe: Timed, asked: argparse.Namespace, steps: int) -> tuple[float, float, torch.Tensor]:
    """Seconds a step, those of all CPU cores together, and the latents."""
    photo = np.random.default_rng(0).integers(0, 255, (asked.height // 16, asked.width // 16, 3), dtype=np.uint8)
    image = Image.fromarray(photo).resize((asked.width, asked.height))
    latents = pipe(
        image,
        asked.height,
        asked.width,
        asked.frames,
        steps,
        generator=torch.Generator().manual_seed(0),
        output_type="latent",
    ).frames
    settle()
    wall, cpu = time.perf_counter() - pipe.begun[0], time.process_time() - pipe.begun[1]
    return wall / steps, cpu / steps, latents


def print_bill(title: str, stock: Bill, ours: Bill, peak: float) -> None:
    print(f"\n{title:26}{'TFLOP':>9}{'GB moved':>10}   ours:{'TFLOP':>9}{'GB moved':>10}")
    for name in sorted(stock.parts, key=lambda part: -stock.parts[part].flops):
        old, new = stock.parts[name], ours.parts.get(name)
        rest = f"{new.flops / 1e12:17.3f}{new.bytes / 1e9:10.2f}" if new else ""
        print(f"  {name:24}{old.flops / 1e12:9.3f}{old.bytes / 1e9:10.2f}{rest}")
    both = f"{stock.flops / 1e12:9.3f}{stock.bytes / 1e9:10.2f}{ours.flops / 1e12:17.3f}{ours.bytes / 1e9:10.2f}"
    print(f"  {'all':24}{both}")
    print(
        f"  operations {stock.operations} -> {ours.operations}; activations at most {stock.peak / 1e9:.2f} GB ->"
        f" {ours.peak / 1e9:.2f} GB; floor {stock.flops / peak / 1e9:.1f} ms at {peak:g} TFLOP/s"
    )


def count_all(asked: argparse.Namespace, dtype: torch.dtype) -> Bill:
    """Print what everything costs on paper, and hand back the bill of a stock step."""
    size = (asked.frames, asked.height, asked.width)
    fresh: Callable[[], SimpleNamespace] = lambda: SimpleNamespace(  # noqa: E731
        **dict(zip(("unet", "vae"), (tiny_networks if asked.tiny else networks)("meta", dtype), strict=True))
    )
    stock, ours = fresh(), fresh()
    speed_up(ours)
    step = count_step(stock.unet, *size)
    print_bill("one step, guided", step, count_step(ours.unet, *size), asked.peak)
    print_bill("decoding all frames", count_decode(stock.vae, *size), count_decode(ours.vae, *size), asked.peak)
    return step


class Table:
    """Rows of seconds, each against the first."""

    def __init__(self, step: Bill, asked: argparse.Namespace) -> None:
        self.step, self.asked = step, asked
        self.first: float | None = None
        head = f"{'s/step':>9}{'CPU s':>9}{'x stock':>9}{'floor':>8}{'peak GB':>9}"
        print(f"\n{'':24}{head}  deviation from exact")

    def row(self, name: str, seconds: float, cpu: float, deviation: object = "") -> None:
        """``cpu`` is what other work on the machine disturbs least, where the CPU does the work."""
        self.first = self.first or seconds
        share = self.step.flops / (seconds * self.asked.peak * 1e12)
        if self.asked.device == "cuda":
            peak = torch.cuda.max_memory_allocated() / 1e9
        else:
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # of the process so far, in KiB on Linux
        figures = f"{seconds:9.3f}{cpu:9.3f}{self.first / seconds:9.2f}{share:8.1%}{peak:9.2f}"
        print(f"{name:24}{figures}  {deviation}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--tiny", action="store_true", help="a small model of the same blocks on the CPU")
    parser.add_argument("--cpu", action="store_true", help="the whole architecture on the CPU")
    parser.add_argument("--frames", type=int)
    parser.add_argument("--height", type=int)
    parser.add_argument("--width", type=int)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--peak", type=float, help="TFLOP/s of the floor: 790 for an H200, 0.42 for two CPU cores")
    parser.add_argument("--compile", default=None, help="also with torch.compile and this backend, e.g. inductor")
    parser.add_argument("--only", help="short cuts to measure, by a part of their names; 'none' for none")
    asked = parser.parse_args()
    asked.device = "cpu" if asked.tiny or asked.cpu or not torch.cuda.is_available() else "cuda"
    defaults = (25, 576, 1024, 25, 790.0) if asked.device == "cuda" else (8, 256, 256, 4, 0.42)
    for name, value in zip(("frames", "height", "width", "steps", "peak"), defaults, strict=True):
        setattr(asked, name, getattr(asked, name) or value)
    if asked.tiny:
        asked.frames, asked.height, asked.width = 4, 128, 128
        torch.set_num_threads(1)
    dtype = torch.float32 if asked.tiny else torch.bfloat16
    print(f"{asked.frames} frames {asked.height}x{asked.width}, {asked.steps} steps, {dtype}, {asked.device}")
    step = count_all(asked, dtype)
    began = time.perf_counter()
    pipe = pipeline(asked.tiny, asked.device, dtype)
    print(f"\nbuilt in {time.perf_counter() - began:.1f} s")
    table = Table(step, asked)

    def timed(name: str, change: AbstractContextManager[object], exact: torch.Tensor | None) -> torch.Tensor:
        with change:
            if asked.device == "cuda":
                denoise(pipe, asked, 3)
                torch.cuda.reset_peak_memory_stats()
            seconds, cpu, latents = denoise(pipe, asked, asked.steps)
            table.row(name, seconds, cpu, "" if exact is None else compare(exact, latents))
        gc.collect()
        return latents

    denoise(pipe, asked, 1)
    stock = timed("stock diffusers", nullcontext(), None)
    exact = timed("exact", speed_up(pipe), stock)
    print("  (the deviation of 'exact' is from stock: rounding)")
    if asked.compile:
        timed(f"exact, {asked.compile}", speed_up(pipe, Exact(compile=asked.compile)), stock)
    with speed_up(pipe):
        for name, bounded in SHORT_CUTS.items():
            if asked.only is None or asked.only in name:
                timed(name, approximate(pipe, bounded), exact)
    decoding(pipe, asked, exact)
    if asked.device == "cuda":
        plans(pipe, asked)


def decoding(pipe: Timed, asked: argparse.Namespace, latents: torch.Tensor) -> None:
    def stock() -> object:
        with torch.no_grad():
            return pipe.video_processor.postprocess_video(
                pipe.decode_latents(latents, asked.frames, asked.frames), output_type="pil"
            )

    def seconds(work: Callable[[], object]) -> float:
        if asked.device == "cuda":
            work()
        settle()
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    print(f"\ndecoding to pictures, stock: {seconds(stock):.3f} s", flush=True)
    with speed_up(pipe):
        print(f"decoding to pictures, exact: {seconds(lambda: list(decode(pipe, latents))):.3f} s", flush=True)


def plans(pipe: Timed, asked: argparse.Namespace) -> None:
    """The peak of every memory plan, against its estimate."""
    dtype = pipe.unet.dtype
    chosen = plan(free_memory("cuda"), asked.frames, asked.height, asked.width, dtype, fp8=True)
    while chosen is not None:
        apply(chosen, pipe)
        gc.collect()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        seconds, _, latents = denoise(pipe, asked, 3)
        for _ in decode(pipe, latents, chosen.decode_chunk):
            pass
        print(
            f"{chosen}\n  measured {torch.cuda.max_memory_allocated() / 1e9:.1f} GB, {seconds:.3f} s/step", flush=True
        )
        chosen = chosen.smaller


if __name__ == "__main__":
    main()
