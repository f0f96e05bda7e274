from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_unet import relative, tiny_inputs, tiny_pipe, tiny_unet

from photomotion_diffusers.exact import speed_up
from photomotion_diffusers.reuse import Bounded, approximate, compare, measure

STEPS = 6


@pytest.fixture(scope="module")
def pipe() -> Any:
    return tiny_pipe()


@pytest.fixture(scope="module")
def run(pipe: Any) -> Callable[[], torch.Tensor]:
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 48, 3), dtype=np.uint8))

    def film() -> torch.Tensor:
        random = torch.Generator().manual_seed(3)
        latents: torch.Tensor = pipe(photo, 32, 48, 4, STEPS, generator=random, output_type="latent").frames
        return latents

    return film


class Work:
    """Counts the rows that the middle of the U-Net and its first convolution see."""

    def __init__(self, pipe: Any) -> None:
        self.deep: list[int] = []
        self.all: list[int] = []
        self.hooks = [
            pipe.unet.mid_block.resnets[0].register_forward_hook(lambda m, a, o: self.deep.append(len(a[0]))),
            pipe.unet.conv_in.register_forward_hook(lambda m, a, o: self.all.append(len(a[0]))),
        ]

    def __enter__(self) -> Work:
        return self

    def __exit__(self, *_: object) -> None:
        for hook in self.hooks:
            hook.remove()


@pytest.mark.parametrize("live", [1, 2, 3])
def test_deep_features_are_kept(pipe: Any, run: Callable[[], torch.Tensor], live: int) -> None:
    exact = run()
    with approximate(pipe, Bounded(deep_interval=3, deep_live=live)), Work(pipe) as work:
        first, again = run(), run()
    assert work.deep == [8, 8] * 2 and work.all == [8] * 2 * STEPS
    assert torch.equal(first, again)  # nothing is carried from clip to clip
    assert 1e-6 < compare(exact, first).relative_rms < 0.5
    assert torch.equal(run(), exact)


def test_what_is_kept_from_the_same_step_changes_nothing(pipe: Any) -> None:
    """A shallow pass over the input of the full one must give the full one's result: the layers are wired rightly."""
    inputs = tiny_inputs()
    pipe.scheduler.set_timesteps(4)
    pipe.scheduler._step_index = 0
    pipe._guidance_scale = 1.0
    for live in (1, 2, 3):
        with approximate(pipe, Bounded(deep_interval=2, deep_live=live)), Work(pipe) as work, torch.no_grad():
            full = pipe.unet(**inputs).sample
            pipe.scheduler._step_index = 1
            shallow = pipe.unet(**inputs).sample
            pipe.scheduler._step_index = 0
        assert len(work.deep) == 1 and len(work.all) == 2
        assert torch.equal(full, shallow)


def test_a_run_that_was_cancelled_leaves_nothing_to_the_next(pipe: Any) -> None:
    photo = Image.fromarray(np.full((32, 48, 3), 90, np.uint8))

    def film(sigmas: list[float], stop: bool = False) -> torch.Tensor:
        def callback(pipe: Any, step: int, timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            if stop:
                raise KeyboardInterrupt
            return {}

        random = torch.Generator().manual_seed(3)
        options = {"generator": random, "output_type": "latent", "callback_on_step_end": callback}
        latents: torch.Tensor = pipe(photo, 32, 48, 4, sigmas=sigmas, **options).frames
        return latents

    bounded = Bounded(deep_interval=2, guidance_interval=2)
    lower = [80.0, 20.0, 5.0, 0.0]
    with approximate(pipe, bounded):
        fresh = film(lower)
    with approximate(pipe, bounded):
        with pytest.raises(KeyboardInterrupt):
            film([700.0, *lower], stop=True)
        assert torch.equal(film(lower), fresh)


def test_guidance_only_in_the_middle(pipe: Any, run: Callable[[], torch.Tensor]) -> None:
    pipe.scheduler.set_timesteps(STEPS)
    sigmas = [float(s) for s in pipe.scheduler.sigmas[:-1]]
    with approximate(pipe, Bounded(guidance_sigmas=(1.0, 100.0))), Work(pipe) as work:
        run()
    assert work.all == [8 if 1 <= s <= 100 else 4 for s in sigmas]
    assert 4 in work.all and 8 in work.all


def test_guidance_nowhere_is_no_guidance(pipe: Any) -> None:
    photo = Image.fromarray(np.full((32, 48, 3), 90, np.uint8))

    def film(scale: float) -> torch.Tensor:
        random = torch.Generator().manual_seed(3)
        options = {"generator": random, "output_type": "latent", "max_guidance_scale": scale}
        latents: torch.Tensor = pipe(photo, 32, 48, 4, 3, **options).frames
        return latents

    with approximate(pipe, Bounded(guidance_sigmas=(1e5, 1e6))):
        nowhere = film(3.0)
    assert relative(nowhere, film(1.0)) < 1e-5


def test_the_difference_is_kept(pipe: Any, run: Callable[[], torch.Tensor]) -> None:
    with Work(pipe) as work:
        deviation = measure(pipe, Bounded(guidance_interval=2), run)
    assert work.all == [8] * STEPS + [8, 4] * (STEPS // 2)
    assert 1e-6 < deviation.relative_rms < 0.5


def test_everything_together_over_the_exact_changes(pipe: Any, run: Callable[[], torch.Tensor]) -> None:
    bounded = Bounded(deep_interval=2, guidance_sigmas=(0.5, 300.0), guidance_interval=2)
    with approximate(pipe, bounded):
        slow = run()
    with speed_up(pipe), approximate(pipe, bounded):
        assert relative(run(), slow) < 1e-4


def test_fp8_works_on_a_copy(pipe: Any, run: Callable[[], torch.Tensor]) -> None:
    unet, exact = pipe.unet, run()
    for fast in (False, True):
        with speed_up(pipe) if fast else nullcontext(), approximate(pipe, Bounded(fp8=True)):
            assert pipe.unet is not unet
            assert pipe.unet.mid_block.resnets[0].spatial_res_block.conv1.weight.dtype == torch.float8_e4m3fn
            assert 1e-4 < compare(exact, run()).relative_rms < 0.5
    assert pipe.unet is unet
    assert torch.equal(run(), exact)


def test_nothing_asked_nothing_changed(pipe: Any, run: Callable[[], torch.Tensor]) -> None:
    assert measure(pipe, Bounded(), run).psnr == math.inf


def test_deviation_is_what_it_says() -> None:
    exact = torch.linspace(-1, 1, 1001)
    found = compare(exact, exact + 0.02)
    assert found.psnr == pytest.approx(40.0, abs=0.01)
    assert found.relative_rms == pytest.approx(0.02 / float(exact.square().mean().sqrt()))


@pytest.mark.parametrize(
    "wrong", [{"deep_interval": 0}, {"deep_live": 4}, {"guidance_sigmas": (2.0, 1.0)}, {"guidance_interval": 0}]
)
def test_options_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Bounded(**wrong)


def falling(unet: Any) -> list[torch.Tensor]:
    inputs = tiny_inputs()
    with torch.no_grad():
        return [unet(**inputs | {"timestep": torch.tensor(t)}).sample for t in (1.6, 1.2, 0.8, 0.4, -0.2, -0.8)]


def test_two_caches_of_diffusers_are_accepted_and_do_nothing() -> None:
    """Nobody should turn them on for SVD in good faith: it does not get faster."""
    from diffusers import MagCacheConfig, TaylorSeerCacheConfig
    from diffusers.hooks import apply_mag_cache, apply_taylorseer_cache

    def blocks_run(unet: Any) -> tuple[list[torch.Tensor], int]:
        calls: list[int] = []
        unet.mid_block.attentions[0].transformer_blocks[0].ff.register_forward_hook(lambda *_: calls.append(1))
        return falling(unet), len(calls)

    stock, full = blocks_run(tiny_unet())
    for put_on in (
        lambda unet: apply_mag_cache(unet, MagCacheConfig(num_inference_steps=6, mag_ratios=torch.ones(6))),
        lambda unet: apply_taylorseer_cache(unet, TaylorSeerCacheConfig(cache_interval=3)),
    ):
        unet = tiny_unet()
        put_on(unet)
        found, calls = blocks_run(unet)
        assert calls == full == 6
        assert all(torch.equal(a, b) for a, b in zip(found, stock, strict=True))


def test_other_helpers_of_diffusers_refuse_or_do_nothing() -> None:
    from diffusers import FirstBlockCacheConfig
    from diffusers.hooks import apply_first_block_cache

    unet = tiny_unet()
    assert not hasattr(unet, "enable_cache")
    with pytest.raises(IndexError):
        apply_first_block_cache(unet, FirstBlockCacheConfig(threshold=0.1))
    with pytest.raises(ValueError):
        unet.compile_repeated_blocks()
    before = [type(processor) for processor in unet.attn_processors.values()]
    assert not any(hasattr(processor, "_attention_backend") for processor in before)
