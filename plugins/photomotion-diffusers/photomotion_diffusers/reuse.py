"""SVD faster, and nearly the same: what a step may take over from the step before, and how far that leads astray.

Diffusers' own caches (first block, MagCache, TaylorSeer, FasterCache) do not know this U-Net: some raise, some are
accepted and do nothing. Deep features change slowly from step to step and may be kept (DeepCache: Ma et al., 2023);
guidance matters at middle noise levels only (Kynkaanniemi et al., 2024); and what guidance adds changes slowly too
(FasterCache: Lv et al., 2024). Nothing here is on unless asked for, and :func:`measure` says what it costs.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from diffusers.models.unets.unet_spatio_temporal_condition import UNetSpatioTemporalConditionOutput

from .overrides import override

__all__ = ["Bounded", "Deviation", "approximate", "compare", "measure", "store_fp8"]


@dataclass(frozen=True, kw_only=True)
class Bounded:
    """What may be taken over or left out. The defaults leave out nothing.

    Raises:
        ValueError: if a number is out of its range.
    """

    deep_interval: int = 1
    """Compute the deep part of the U-Net at every n-th step only, and keep its result in between; 1 is always."""
    deep_live: int = 2
    """1..3: how many of the last layers of the U-Net are still computed at every step, with the first ones that feed
    them. More is slower and closer. Of a step of SVD-XT they are 8, 25 and 42 percent of the work."""
    guidance_sigmas: tuple[float, float] | None = None
    """Guide only while low <= sigma <= high, half price otherwise; (1, 100) is 11 of 25 steps. None: always."""
    guidance_interval: int = 1
    """Compute what guidance adds at every n-th step only, and keep it in between; 1 is always."""
    fp8: bool = False
    """Store the U-Net's weights as float8 (e4m3): half the bytes, about two decimal digits."""

    def __post_init__(self) -> None:
        if self.deep_interval < 1 or self.guidance_interval < 1:
            raise ValueError("an interval is 1 or more")
        if not 1 <= self.deep_live <= 3:
            raise ValueError(f"deep_live must be 1, 2 or 3, not {self.deep_live}")
        if self.guidance_sigmas is not None and not self.guidance_sigmas[0] <= self.guidance_sigmas[1]:
            raise ValueError(f"guidance_sigmas must be (low, high), not {self.guidance_sigmas}")


def approximate(pipe: Any, bounded: Bounded) -> ExitStack:
    """Let ``pipe``, a ``StableVideoDiffusionPipeline``, take the short cuts; after ``speed_up``, if both are wanted.

    Each clip begins with a whole step; a run in which sigma does not fall (windows of a long film) is computed whole.

    Returns:
        What undoes it. With ``fp8`` the pipeline works on a private copy of the U-Net until then.
    """
    undo = ExitStack()
    if bounded.fp8:
        undo.callback(setattr, pipe, "unet", pipe.unet)
        pipe.unet = copy.deepcopy(pipe.unet)
        store_fp8(pipe.unet)
    if (bounded.deep_interval, bounded.guidance_sigmas, bounded.guidance_interval) != (1, None, 1):
        deep = _Deep(pipe.unet, bounded.deep_live, undo) if bounded.deep_interval > 1 else None
        passes = _Passes(pipe, bounded, deep)
        passes.stock = override(undo, pipe.unet, passes)
    return undo


def store_fp8(unet: Any) -> None:
    """Store the weights of ``unet`` as float8 and cast them, layer by layer, when they are used. Cannot be undone."""
    unet.enable_layerwise_casting(storage_dtype=torch.float8_e4m3fn, compute_dtype=unet.dtype)


class _Deep:
    """The blocks of a U-Net, taught to skip all but the outermost layers."""

    def __init__(self, unet: Any, live: int, undo: ExitStack) -> None:
        first, *deeper = unet.down_blocks
        *inner, last = unet.up_blocks
        if not (getattr(first, "has_cross_attention", False) and getattr(last, "has_cross_attention", False)):
            raise ValueError("the outermost blocks of this U-Net are not those of SVD: deep_interval cannot be used")
        self.live = live
        self.shallow = False
        self.kept: torch.Tensor | None = None
        override(undo, first, partial(self.first, first, first.forward))
        for block in deeper:
            override(undo, block, partial(self.down, block, block.forward))
        for block in (unet.mid_block, *inner):
            override(undo, block, partial(self.through, block.forward))
        override(undo, last, partial(self.last, last))

    def first(self, block: Any, stock: Any, hidden_states: torch.Tensor, **given: Any) -> Any:
        """The first block; its first layers only, if shallow, and place-holders for what nobody will use."""
        if not self.shallow:
            return stock(hidden_states=hidden_states, **given)
        states: tuple[torch.Tensor, ...] = ()
        for resnet, attention in zip(block.resnets[: self.live - 1], block.attentions, strict=False):
            hidden_states = _layer(resnet, attention, hidden_states, **given)
            states += (hidden_states,)
        return hidden_states, (states + (hidden_states,) * 4)[: len(block.resnets) + 1]

    def down(self, block: Any, stock: Any, hidden_states: torch.Tensor, **given: Any) -> Any:
        """A deeper block of the way down: passed by, if shallow."""
        if not self.shallow:
            return stock(hidden_states=hidden_states, **given)
        return hidden_states, (hidden_states,) * (len(block.resnets) + bool(block.downsamplers))

    def through(self, stock: Any, hidden_states: torch.Tensor, **given: Any) -> Any:
        """The bottom, or a deeper block of the way up: passed by, if shallow."""
        return hidden_states if self.shallow else stock(hidden_states=hidden_states, **given)

    def last(
        self, block: Any, hidden_states: torch.Tensor, res_hidden_states_tuple: tuple[torch.Tensor, ...], **given: Any
    ) -> torch.Tensor:
        """The last block; from what was kept, if shallow, and keeping it, if not."""
        given.pop("upsample_size", None)
        enter = len(block.resnets) - self.live
        for i, (resnet, attention) in enumerate(zip(block.resnets, block.attentions, strict=True)):
            if i == enter and self.shallow and self.kept is not None:
                hidden_states = self.kept[-hidden_states.shape[0] :]
            elif i == enter:
                self.kept = hidden_states
            if i >= enter or not self.shallow:
                hidden_states = torch.cat([hidden_states, res_hidden_states_tuple[-1 - i]], dim=1)
                hidden_states = _layer(resnet, attention, hidden_states, **given)
        return hidden_states

    def serves(self, rows: int) -> bool:
        """Whether something is kept for so many pictures."""
        return self.kept is not None and self.kept.shape[0] >= rows


def _layer(
    resnet: Any,
    attention: Any,
    hidden_states: torch.Tensor,
    temb: torch.Tensor,
    encoder_hidden_states: torch.Tensor,
    image_only_indicator: torch.Tensor,
) -> torch.Tensor:
    hidden_states = resnet(hidden_states, temb, image_only_indicator=image_only_indicator)
    out: torch.Tensor = attention(
        hidden_states,
        encoder_hidden_states=encoder_hidden_states,
        image_only_indicator=image_only_indicator,
        return_dict=False,
    )[0]
    return out


class _Passes:
    """The U-Net's ``forward``, pass by pass of a clip."""

    stock: Callable[..., Any]

    def __init__(self, pipe: Any, bounded: Bounded, deep: _Deep | None) -> None:
        self.pipe = pipe
        self.bounded = bounded
        self.deep = deep
        self.low, self.high = bounded.guidance_sigmas or (0.0, math.inf)
        self._begin()

    def _begin(self) -> None:
        self.sigma, self.shape = math.inf, torch.Size()
        self.shallow_steps = self.held_steps = 0
        self.difference: torch.Tensor | None = None
        self.context: tuple[torch.Tensor, torch.Tensor] | None = None
        if self.deep is not None:
            self.deep.kept = None

    def __call__(
        self,
        sample: torch.Tensor,
        timestep: Any,
        encoder_hidden_states: torch.Tensor,
        added_time_ids: torch.Tensor,
        return_dict: bool = True,
    ) -> Any:
        """As ``UNetSpatioTemporalConditionModel.forward``, called by the pipeline."""
        scheduler = self.pipe.scheduler
        sigma = float(scheduler.sigmas[scheduler.step_index])
        if scheduler.step_index == 0 or sigma >= self.sigma or sample.shape != self.shape:
            self._begin()
        self.sigma, self.shape = sigma, sample.shape

        if not self.pipe.do_classifier_free_guidance:
            return self._predict(sample, timestep, encoder_hidden_states, added_time_ids, return_dict)
        inside = self.low <= sigma <= self.high
        held = inside and self.difference is not None and self.held_steps < self.bounded.guidance_interval - 1
        if inside and not held:
            out = self._predict(sample, timestep, encoder_hidden_states, added_time_ids, return_dict)
            free, led = (out.sample if return_dict else out[0]).chunk(2)
            self.held_steps, self.difference = 0, led - free if self.bounded.guidance_interval > 1 else None
            return out
        half = sample.shape[0] // 2
        if self.context is None or self.context[0] is not encoder_hidden_states:
            self.context = encoder_hidden_states, encoder_hidden_states[half:]
        (led,) = self._predict(sample[half:], timestep, self.context[1], added_time_ids[half:], False)
        if held and self.difference is not None:
            self.held_steps += 1
            both = torch.cat([led - self.difference, led])
        else:
            both = torch.cat([led, led])
        return UNetSpatioTemporalConditionOutput(sample=both) if return_dict else (both,)

    def _predict(self, sample: torch.Tensor, *given: Any) -> Any:
        if self.deep is None:
            return self.stock(sample, *given)
        rows = sample.shape[0] * sample.shape[1]
        self.deep.shallow = self.shallow_steps < self.bounded.deep_interval - 1 and self.deep.serves(rows)
        self.shallow_steps = self.shallow_steps + 1 if self.deep.shallow else 0
        try:
            return self.stock(sample, *given)
        finally:
            self.deep.shallow = False


@dataclass(frozen=True, kw_only=True)
class Deviation:
    """How far a result is from the exact one."""

    relative_rms: float
    """Root mean square of the difference over that of the exact result; 0 is the same."""
    psnr: float
    """dB, with the exact result's own range as the peak; infinite for the same."""

    def __str__(self) -> str:
        return f"relative RMS {self.relative_rms:.2e}, PSNR {self.psnr:.1f} dB"


def compare(exact: torch.Tensor, other: torch.Tensor) -> Deviation:
    """How far ``other`` is from ``exact``, latents or pictures alike."""
    reference = exact.double()
    error = float((other.double() - reference).square().mean())
    power, span = float(reference.square().mean()), float(reference.max() - reference.min())
    return Deviation(
        relative_rms=math.sqrt(error / power) if power else math.sqrt(error),
        psnr=10 * math.log10(span**2 / error) if error and span else math.inf,
    )


def measure(pipe: Any, bounded: Bounded, run: Callable[[], torch.Tensor]) -> Deviation:
    """What the short cuts cost: ``run()`` without and with them. It must be seeded, and give latents or pictures."""
    exact = run()
    with approximate(pipe, bounded):
        return compare(exact, run())
