from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from diffusers import UNetSpatioTemporalConditionModel
from hypothesis import given
from hypothesis import strategies as st
from tiny_unet import relative, tiny_inputs, tiny_pipe

from photomotion.errors import StageError
from photomotion_diffusers import footprint, memory
from photomotion_diffusers.exact import speed_up
from photomotion_diffusers.fitting import Fitting
from photomotion_diffusers.flops import count_decode, count_step, networks
from photomotion_diffusers.footprint import Footprint
from photomotion_diffusers.memory import MemoryPlan, apply, plan

GB = 10**9
XT = (25, 576, 1024, torch.bfloat16)


def rungs(first: MemoryPlan) -> list[MemoryPlan]:
    return [first, *(rungs(first.smaller) if first.smaller else [])]


def test_the_figures_are_those_of_the_architecture() -> None:
    unet, vae = networks()
    assert sum(p.numel() for p in unet.parameters()) == pytest.approx(footprint.UNET, rel=1e-3)
    assert sum(p.numel() for p in vae.parameters()) == pytest.approx(footprint.VAE, rel=1e-3)
    assert max(p.numel() for p in unet.parameters()) == pytest.approx(footprint.LARGEST, rel=1e-2)
    for frames, height, width in ((25, 576, 1024), (8, 256, 256)):
        places = 2 * frames * height * width // 64
        assert count_step(unet, frames, height, width).peak / 2 / places == pytest.approx(footprint.STEP, rel=0.02)
        decoded = count_decode(vae, frames, height, width)
        assert decoded.peak / 2 / (frames * height * width) == pytest.approx(footprint.DECODE, rel=0.02)
    assert count_step(unet, 25, 576, 1024).flops == pytest.approx(159.9e12, rel=1e-3)
    assert count_decode(vae, 25, 576, 1024).flops == pytest.approx(173.6e12, rel=1e-3)
    unet.enable_forward_chunking(1, 0)
    assert count_step(unet, 8, 256, 256).peak / 2 / (2 * 8 * 1024) == pytest.approx(footprint.STEP_CHUNKED, rel=0.02)


@pytest.mark.parametrize(
    ("free", "name"),
    [
        (80, "whole"),
        (24, "small decode chunks"),
        (12, "forward chunks"),
        (9, "model offload"),
        (8, "group offload"),
        (1, "group offload"),
    ],
)
def test_the_fastest_that_fits(free: int, name: str) -> None:
    chosen = plan(free * GB, *XT)
    assert chosen.name == name
    assert chosen.fits == (free > 1)
    assert f"'{name}'" in str(chosen) and f"of {free}.0 GB free" in str(chosen)
    assert ("may not be enough" in str(chosen)) == (free == 1)


def test_fp8_only_if_allowed() -> None:
    assert "fp8" in {p.name for p in rungs(plan(80 * GB, *XT, fp8=True))}
    assert not any(p.fp8 for p in rungs(plan(80 * GB, *XT)))
    assert plan(8 * GB, *XT, fp8=True).name == "fp8"


def test_no_offloading_where_host_and_device_are_one() -> None:
    assert {p.offload for p in rungs(plan(80 * GB, *XT, device="cpu", fp8=True))} == {"none"}


@given(
    free=st.integers(GB, 90 * GB),
    frames=st.integers(1, 50),
    height=st.integers(8, 128).map(lambda n: 8 * n),
    guided=st.booleans(),
    fp8=st.booleans(),
)
def test_smaller_is_smaller(free: int, frames: int, height: int, guided: bool, fp8: bool) -> None:
    ladder = rungs(plan(free, frames, height, 512, torch.float16, guided=guided, fp8=fp8))
    assert ladder[-1].name == "group offload"
    for one, next_one in pairwise(ladder):
        assert next_one.peak_bytes <= one.peak_bytes
        assert next_one.decode_chunk <= one.decode_chunk
    assert ladder[0].fits or len(ladder) == 1
    richer = plan(2 * free, frames, height, 512, torch.float16, guided=guided, fp8=fp8)
    assert len(rungs(richer)) >= len(ladder)


def test_every_plan_gives_the_same_result_but_fp8() -> None:
    pipe = tiny_pipe()
    with torch.no_grad():
        stock = pipe.unet(**tiny_inputs()).sample
        speed_up(pipe)
        for step in rungs(plan(80 * GB, *XT, device="cpu", fp8=True)):
            apply(step, pipe)
            deviation = relative(pipe.unet(**tiny_inputs()).sample, stock)
            assert (deviation > 1e-4) == step.fp8, step.name
            chunk = pipe.unet.mid_block.attentions[0].transformer_blocks[0]._chunk_size
            assert chunk == (1 if step.forward_chunks else None)


def test_layers_streamed_one_by_one_give_the_same_result() -> None:
    pipe = tiny_pipe()
    with torch.no_grad():
        stock = pipe.unet(**tiny_inputs()).sample
        speed_up(pipe)
        apply(replace(plan(GB, *XT), device="cpu"), pipe)
        assert relative(pipe.unet(**tiny_inputs()).sample, stock) < 1e-4


class Machine:
    """A pipeline that runs out of memory as often as it is told to, and remembers the plans it was given."""

    def __init__(self, failures: int, error: type[RuntimeError] = torch.OutOfMemoryError, text: str = "") -> None:
        self.pipe = tiny_pipe()
        self.failures = failures
        self.error, self.text = error, text
        self.plans: list[str] = []
        self.laid: list[str] = []
        self.said: list[str] = []

    def work(self) -> str:
        assert self.fitting.plan is not None
        self.plans.append(self.fitting.plan.name)
        if len(self.plans) <= self.failures:
            raise self.error(self.text)
        return "film"

    def lay(self, plan: MemoryPlan) -> None:
        self.laid.append(plan.name)
        apply(plan, self.pipe)

    def start(self, free: int = 80, windows: int = 1) -> str:
        first = plan(free * GB, *XT, device="cpu")
        self.fitting = Fitting(lambda shape: first, self.lay, lambda plan: plan.smaller, self.said.append)
        return "".join(self.fitting.run(XT[:3], self.work) for _ in range(windows))


def test_enough_memory_is_one_run() -> None:
    machine = Machine(0)
    assert machine.start(windows=3) == "filmfilmfilm"
    assert machine.plans == ["whole"] * 3 and len(machine.said) == len(machine.laid) == 1


@pytest.mark.parametrize(
    "error",
    [
        (torch.OutOfMemoryError, "CUDA out of memory"),
        (RuntimeError, "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
        (RuntimeError, "MPS backend out of memory (MPS allocated: ...)"),
    ],
)
def test_short_memory_is_retried_once(error: Any) -> None:
    machine = Machine(1, *error)
    assert machine.start(windows=2) == "filmfilm"
    assert machine.plans == ["whole", "small decode chunks", "small decode chunks"]
    assert machine.laid == machine.plans[:2]
    assert "Out of memory with plan 'whole'. Memory plan 'small decode chunks'" in machine.said[1]


def test_short_twice_is_a_clear_error() -> None:
    machine = Machine(2)
    with pytest.raises(StageError, match=r"'small decode chunks'.*fewer frames") as caught:
        machine.start()
    assert isinstance(caught.value.__cause__, torch.OutOfMemoryError)
    assert caught.value.__cause__.__traceback__ is None
    assert len(machine.plans) == 2


def test_nothing_smaller_is_a_clear_error() -> None:
    machine = Machine(1)
    with pytest.raises(StageError, match="forward chunks"):
        machine.start(free=1)
    assert machine.plans == ["forward chunks"]


def test_laying_out_may_be_what_is_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(0)
    lay = machine.lay

    def short(plan: MemoryPlan) -> None:
        lay(plan)
        if len(machine.laid) == 1:
            raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(machine, "lay", short)
    assert machine.start() == "film"
    assert machine.laid == ["whole", "small decode chunks"] and machine.plans == ["small decode chunks"]


def test_other_errors_are_not_swallowed() -> None:
    with pytest.raises(RuntimeError, match="size mismatch") as caught:
        Machine(1, RuntimeError, "size mismatch").start()
    assert caught.traceback[-1].name == "work"


@pytest.mark.parametrize("channels", [(32, 64, 64, 64), (96, 192, 384, 384), (64, 128)])
def test_the_estimate_is_of_the_loaded_model(channels: tuple[int, ...]) -> None:
    """Weights to the byte; what is alive in a step and in decoding within a third of what is counted."""
    deeper = len(channels) - 1
    with torch.device("meta"):
        unet = UNetSpatioTemporalConditionModel(
            block_out_channels=channels,
            down_block_types=("CrossAttnDownBlockSpatioTemporal",) * deeper + ("DownBlockSpatioTemporal",),
            up_block_types=("UpBlockSpatioTemporal",) + ("CrossAttnUpBlockSpatioTemporal",) * deeper,
            num_attention_heads=tuple(width // 32 for width in channels),
            cross_attention_dim=32,
        )
    pipe = tiny_pipe()
    pipe.register_modules(unet=unet)
    takes = Footprint.of(pipe)
    assert takes.unet == 4 * sum(p.numel() for p in unet.parameters())
    assert takes.weights == sum(p.nbytes for part in (unet, pipe.vae, pipe.image_encoder) for p in part.parameters())
    assert takes.cell == 2
    counted = count_step(unet.to("meta"), 8, 256, 256).peak / 4 / (2 * 8 * 32 * 32)
    assert takes.step == pytest.approx(counted, rel=1 / 3)
    decoded = count_decode(pipe.vae.to("meta"), 4, 256, 256).peak / 4 / (4 * (256 // 8 * 2) ** 2)
    assert takes.decode == pytest.approx(decoded, rel=1 / 3)


def test_a_small_model_needs_little() -> None:
    pipe = tiny_pipe()
    size = (25, 576, 1024, torch.float32)
    assert plan(8 * GB, *size).name != "whole"
    assert plan(80 * GB, *size, model=Footprint.of(pipe)).peak_bytes < plan(80 * GB, *size).peak_bytes / 2


def test_free_memory_of_the_host() -> None:
    assert memory.free_memory("cpu") > 10**7
