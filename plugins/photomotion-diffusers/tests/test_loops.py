"""Steered runs against loops written out by hand, without diffusers' schedulers and pipelines' loops."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from family_runs import (  # plain_text is a fixture for all
    ADAPTER,
    FRAMES,
    HEIGHT,
    WIDTH,
    film,
    halves,
    never,
    open_pipe,
    plain_text,
)

from photomotion_diffusers.clocks import karras
from photomotion_diffusers.families.base import Family
from photomotion_diffusers.families.film import Film

__all__ = ["plain_text"]


def written(x: torch.Tensor, z: torch.Tensor, eps: torch.Tensor, release: torch.Tensor, a: float, b: float) -> Any:
    """The draft at level b / (a + b), where it is still held."""
    level = b / (a + b)
    held = release < level if level > 0 else release <= 0
    return torch.where(held, a * z + b * eps, x)


@torch.no_grad()
def wan_loop(family: Family, pipe: Any, asked: Film) -> torch.Tensor:
    u = np.linspace(1, 1 / 1000, asked.steps + 1)[:-1]
    sigmas = [*(5 * u / (1 + 4 * u)), 0.0]
    first = next(i for i, sigma in enumerate(sigmas) if sigma <= 0.9)
    clock = family.clock(pipe, asked, family.levels(pipe, asked), first)
    z, eps, release = clock.z, clock.eps, clock.release
    words, no_words = pipe.encode_prompt(asked.prompt, asked.negative, True, max_sequence_length=512)
    image = pipe.video_processor.preprocess(asked.image, height=HEIGHT, width=WIDTH)
    seen = pipe.encode_image(asked.image, "cpu")
    size = (1, 16, HEIGHT, WIDTH, FRAMES)
    x, beside = pipe.prepare_latents(image, *size, torch.float32, "cpu", None, (1 - sigmas[first]) * z)
    x = x + sigmas[first] * eps
    for i in range(first, asked.steps):
        t = torch.tensor([int(sigmas[i] * 1000)])
        v, n = (
            pipe.transformer(torch.cat([x, beside], 1), t, text, seen, return_dict=False)[0]
            for text in (words, no_words)
        )
        x = x + (sigmas[i + 1] - sigmas[i]) * (n + asked.guidance * (v - n))
        x = written(x, z, eps, release, 1 - sigmas[i + 1], sigmas[i + 1])
    return x


@torch.no_grad()
def ltx_loop(family: Family, pipe: Any, asked: Film) -> torch.Tensor:
    frames, height, width = 2, HEIGHT // 32, WIDTH // 32
    count = frames * height * width
    mu = 0.95 + (2.05 - 0.95) * (count - 1024) / (4096 - 1024)
    u = np.linspace(1, 1 / asked.steps, asked.steps)
    sigmas = np.exp(mu) / (np.exp(mu) + (1 / u - 1))
    sigmas = 1 - (1 - sigmas) * (0.9 / (1 - sigmas[-1]))
    sigmas = [*sigmas, 0.0]
    first = next(i for i, sigma in enumerate(sigmas) if sigma <= 0.9)
    clock = family.clock(pipe, asked, family.levels(pipe, asked), first)
    z, eps, release = clock.z, clock.eps, clock.release
    words, mask, no_words, no_mask = pipe.encode_prompt(asked.prompt, asked.negative, True)
    free = torch.ones(1, count)
    free[:, : height * width] = 0
    x = torch.where(free[..., None] > 0, (1 - sigmas[first]) * z + sigmas[first] * eps, z)
    for i in range(first, asked.steps):
        v, n = (
            pipe.transformer(
                x,
                text,
                sigmas[i] * 1000 * free,
                read,
                frames,
                height,
                width,
                (8 / 8, 32, 32),
                return_dict=False,
            )[0]
            for text, read in ((words, mask), (no_words, no_mask))
        )
        x = x + (sigmas[i + 1] - sigmas[i]) * (n + asked.guidance * (v - n)) * free[..., None]
        x = written(x, z, eps, release, 1 - sigmas[i + 1], sigmas[i + 1])
    return x


@torch.no_grad()
def cogvideox_loop(family: Family, pipe: Any, asked: Film) -> torch.Tensor:
    times = [1000 - 1000 // asked.steps * i - 1 for i in range(asked.steps)]
    alphas = [float(pipe.scheduler.alphas_cumprod[t]) for t in times] + [1.0]
    parts = [(alpha**0.5, (1 - alpha) ** 0.5) for alpha in alphas]
    first = next(i for i, (a, b) in enumerate(parts) if b / (a + b) <= 0.9)
    clock = family.clock(pipe, asked, family.levels(pipe, asked), first)
    z, eps, release = clock.z, clock.eps, clock.release
    words, no_words = pipe.encode_prompt(asked.prompt, asked.negative, True, max_sequence_length=226)
    image = pipe.video_processor.preprocess(asked.image, height=HEIGHT, width=WIDTH)
    # The pipeline draws the photo's latents from its generator.
    size = (1, 4, FRAMES, HEIGHT, WIDTH)
    _, beside = pipe.prepare_latents(image, *size, torch.float32, "cpu", asked.generator(), z)
    turn = pipe._prepare_rotary_positional_embeddings(HEIGHT, WIDTH, z.shape[1], "cpu")
    a, b = parts[first]
    x = a * z + b * eps
    for i in range(first, asked.steps):
        v, n = (
            pipe.transformer(
                torch.cat([x, beside], 2), text, torch.tensor([times[i]]), image_rotary_emb=turn, return_dict=False
            )[0]
            for text in (words, no_words)
        )
        v = n + asked.guidance * (v - n)
        (a, b), (after, noisy) = parts[i], parts[i + 1]
        x = after * (a * x - b * v) + noisy * (a * v + b * x)
        x = written(x, z, eps, release, after, noisy)
    return x


@torch.no_grad()
def hunyuan15_loop(family: Family, pipe: Any, asked: Film) -> torch.Tensor:
    u = np.linspace(1, 0, asked.steps + 1)[:-1]
    sigmas = [*(7 * u / (1 + 6 * u)), 0.0]
    first = next(i for i, sigma in enumerate(sigmas) if sigma <= 0.9)
    clock = family.clock(pipe, asked, family.levels(pipe, asked), first)
    z, eps, release = clock.z, clock.eps, clock.release
    texts = [pipe.encode_prompt(prompt=text) for text in (asked.prompt, asked.negative)]
    seen = pipe.encode_image(asked.image, 1, "cpu", torch.float32)
    beside, where = pipe.prepare_cond_latents_and_mask(z, asked.image, 1, HEIGHT, WIDTH, torch.float32, "cpu")
    x = (1 - sigmas[first]) * z + sigmas[first] * eps
    for i in range(first, asked.steps):
        v, n = (
            pipe.transformer(
                hidden_states=torch.cat([x, beside, where], 1).float(),
                image_embeds=seen,
                timestep=torch.tensor([sigmas[i] * 1000], dtype=torch.float32),
                encoder_hidden_states=words,
                encoder_attention_mask=mask,
                encoder_hidden_states_2=glyphs,
                encoder_attention_mask_2=glyph_mask,
                return_dict=False,
            )[0]
            for words, mask, glyphs, glyph_mask in texts
        )
        x = x + (sigmas[i + 1] - sigmas[i]) * (n + asked.guidance * (v - n))
        x = written(x, z, eps, release, 1 - sigmas[i + 1], sigmas[i + 1])
    return x


@torch.no_grad()
def forcing_loop(family: Family, pipe: Any, asked: Film) -> torch.Tensor:
    u = np.linspace(1, 1 / 1000, asked.steps + 1)[:-1]
    sigmas = [*(5 * u / (1 + 4 * u)), 0.0]
    first = next(i for i, sigma in enumerate(sigmas) if sigma <= 0.9)
    clock = family.clock(pipe, asked, family.levels(pipe, asked), first)
    z, eps, release = clock.z, clock.eps, clock.release
    words, no_words = pipe.encode_prompt(asked.prompt, asked.negative, True, max_sequence_length=512)
    x = (1 - sigmas[first]) * z + sigmas[first] * eps
    x[:, :, :1] = z[:, :, :1]
    for i in range(first, asked.steps):
        t = torch.full((1, z.shape[2]), int(sigmas[i] * 1000))
        t[:, 0] = 0
        v, n = (
            pipe.transformer(x, t, text, enable_diffusion_forcing=True, fps=[1], return_dict=False)[0]
            for text in (words, no_words)
        )
        after = x + (sigmas[i + 1] - sigmas[i]) * (n + asked.guidance * (v - n))
        after = written(after, z, eps, release, 1 - sigmas[i + 1], sigmas[i + 1])
        x = torch.cat([x[:, :, :1], after[:, :, 1:]], 2)
    return x


@torch.no_grad()
def cosmos_loop(family: Family, pipe: Any, asked: Film) -> torch.Tensor:
    sigmas = [*karras(asked.steps, 0.002, 80.0)[:-1], 0.0]
    first = next(i for i, sigma in enumerate(sigmas) if sigma / (1 + sigma) <= 0.9)
    clock = family.clock(pipe, asked, family.levels(pipe, asked), first)
    z, eps, release = clock.z, clock.eps, clock.release
    words, no_words = pipe.encode_prompt(asked.prompt, asked.negative, True, max_sequence_length=512)
    image = pipe.video_processor.preprocess(asked.image, HEIGHT, WIDTH).unsqueeze(2)
    still = torch.cat([image, image.expand(-1, -1, FRAMES - 1, -1, -1)], 2)
    # The pipeline draws the photo's latents from its generator.
    photo = pipe.vae.encode(still).latent_dist.sample(asked.generator())
    mean, std = (
        torch.tensor(part).view(1, -1, 1, 1, 1) for part in (pipe.vae.config.latents_mean, pipe.vae.config.latents_std)
    )
    photo = (photo - mean) / std
    known = torch.zeros(1, 1, z.shape[2], 1, 1)
    known[:, :, 0] = 1
    where, empty = known.expand(-1, -1, -1, *z.shape[3:]), torch.zeros(1, 1, HEIGHT, WIDTH)
    x = z + sigmas[first] * eps
    for i in range(first, asked.steps - 1):
        now = sigmas[i] / (1 + sigmas[i])
        t = known * (0.0001 / 1.0001) + (1 - known) * now
        v, n = (
            pipe.transformer(
                known * photo + (1 - known) * x * (1 - now),
                t,
                text,
                fps=round(asked.fps),
                condition_mask=where,
                padding_mask=empty,
                return_dict=False,
            )[0]
            for text in (words, no_words)
        )
        v, n = (known * photo + (1 - known) * ((1 - now) * x - now * part) for part in (v, n))
        x0 = v + asked.guidance * (v - n)
        x = x0 + (x - x0) * (sigmas[i + 1] / sigmas[i])
        x = written(x, z, eps, release, 1, sigmas[i + 1])
    return written(x, z, eps, release, 1, 0.0)


LOOPS = {
    "wan21": wan_loop,
    "ltx": ltx_loop,
    "cogvideox": cogvideox_loop,
    "hunyuan15": hunyuan15_loop,
    "skyreels-df": forcing_loop,
    "cosmos": cosmos_loop,
}


@pytest.mark.parametrize(("name", "loop"), list(LOOPS.items()), ids=list(LOOPS))
def test_a_steered_run_is_the_explicit_loop(name: str, loop: Any, folder: Path) -> None:
    family, pipe = ADAPTER[name], open_pipe(name, folder)
    # Three steps are left of five: a solver of two steps would show in the last but one.
    # Cosmos' ladder is steeper: it takes more to have the draft held at least once.
    steps = 8 if name == "cosmos" else 5
    asked = replace(film(halves), steps=steps)
    ours = family.run(pipe, asked, "latent").float()
    by_hand = loop(family, pipe, asked)
    let_go = replace(film(lambda frames, cell: never(frames, cell) + 2), steps=steps)
    free = family.run(pipe, let_go, "latent").float()
    scale = float(by_hand.abs().max())
    assert float((ours - by_hand).abs().max()) <= 1e-4 * scale
    assert float((free - by_hand).abs().max()) > 1e-2 * scale


@pytest.mark.parametrize("name", ["ltx2", "framepack", "wan-animate", "hunyuan15", "skyreels-df"])
def test_a_run_begins_with_the_noised_draft(name: str, folder: Path) -> None:
    """What the network sees first, after the photo's own latents."""
    family, pipe, asked = ADAPTER[name], open_pipe(name, folder), film(halves)
    seen: list[torch.Tensor] = []

    def look(module: Any, args: Any, kwargs: dict[str, Any]) -> None:
        seen.append(kwargs["hidden_states"].clone())

    hook = pipe.transformer.register_forward_pre_hook(look, with_kwargs=True)
    family.run(pipe, asked)
    hook.remove()
    levels = family.levels(pipe, asked)
    first = levels.first(0.9)
    assert first > 0
    start = family.clock(pipe, asked, levels, first).start
    begun = seen[0][:1] if name == "ltx2" else seen[0][:, : start.shape[1]]
    if name == "framepack":
        start = start[:, :, 1:]
    known = {"ltx2": (slice(None), slice(2)), "skyreels-df": (slice(None), slice(None), slice(1))}.get(name)
    if known is not None:
        begun[known] = start[known] = 0
    torch.testing.assert_close(begun, start, rtol=1e-5, atol=1e-5)
