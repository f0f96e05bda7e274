from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_unet import relative, tiny_inputs, tiny_pipe

from photomotion_diffusers.exact import Exact, decode, speed_up

NONE = Exact(
    one_token=False, channels_last=False, temporal_conv=False, one_pass_blend=False, fused_qkv=False, kernel="torch"
)
ONE_BY_ONE = [
    replace(NONE, one_token=True),
    replace(NONE, channels_last=True),
    replace(NONE, temporal_conv=True),
    replace(NONE, one_pass_blend=True),
    replace(NONE, fused_qkv=True),
    replace(NONE, kernel="auto"),
    replace(NONE, kernel="math"),
    Exact(),
    Exact(compile="eager"),
]


@pytest.fixture(scope="module")
def pipe() -> Any:
    return tiny_pipe()


def predict(pipe: Any, inputs: dict[str, Any]) -> torch.Tensor:
    with torch.no_grad():
        out: torch.Tensor = pipe.unet(**inputs).sample
    return out


def film(pipe: Any, output: str = "latent", chunk: int = 2) -> Any:
    photo = Image.fromarray(np.random.default_rng(0).integers(0, 255, (32, 48, 3), dtype=np.uint8))
    random = torch.Generator().manual_seed(3)
    return pipe(
        photo, 32, 48, 4, 3, decode_chunk_size=chunk, generator=random, output_type=output, max_guidance_scale=3.0
    ).frames


@pytest.mark.parametrize("exact", ONE_BY_ONE, ids=lambda e: ",".join(k for k, v in vars(e).items() if v))
def test_every_change_is_exact_and_leaves_nothing_behind(pipe: Any, exact: Exact) -> None:
    stock = [predict(pipe, tiny_inputs(seed=s)) for s in (1, 2)]
    names = list(pipe.unet.state_dict())
    with speed_up(pipe, exact):
        first = tiny_inputs(seed=1)
        assert relative(predict(pipe, first), stock[0]) < 1e-4
        assert relative(predict(pipe, first), stock[0]) < 1e-4  # with what was kept from the first pass
        assert relative(predict(pipe, tiny_inputs(seed=2)), stock[1]) < 1e-4  # another clip
    assert list(pipe.unet.state_dict()) == names
    assert not any("forward" in vars(module) for module in pipe.unet.modules())
    assert torch.equal(predict(pipe, tiny_inputs(seed=1)), stock[0])


def test_a_longer_context_is_attended_to(pipe: Any) -> None:
    inputs = tiny_inputs() | {"encoder_hidden_states": torch.randn(2, 5, 32)}
    stock = predict(pipe, inputs)
    with speed_up(pipe):
        assert relative(predict(pipe, inputs), stock) < 1e-4


def test_a_context_changed_in_place_is_noticed(pipe: Any) -> None:
    inputs = tiny_inputs()
    with speed_up(pipe):
        before = predict(pipe, inputs)
        inputs["encoder_hidden_states"].mul_(3)
        after = predict(pipe, inputs)
    assert relative(after, predict(pipe, inputs)) < 1e-4
    assert relative(after, before) > 1e-4


def test_the_constant_is_computed_once_a_clip(pipe: Any) -> None:
    calls = 0

    def count(*_: Any) -> None:
        nonlocal calls
        calls += 1

    hooks = [m.attn2.to_v.register_forward_hook(count) for m in pipe.unet.modules() if hasattr(m, "attn2")]
    inputs = tiny_inputs()
    with speed_up(pipe):
        for _ in range(3):
            predict(pipe, inputs)
    for hook in hooks:
        hook.remove()
    assert calls == len(hooks) > 0


def test_a_copy_of_a_fast_model_is_its_own(pipe: Any) -> None:
    with speed_up(pipe):
        twin = copy.deepcopy(pipe.unet)
        expected = predict(pipe, tiny_inputs())
        with torch.no_grad():
            for parameter in pipe.unet.parameters():
                parameter.add_(1.0)
            got = twin(**tiny_inputs()).sample
            for parameter in pipe.unet.parameters():
                parameter.sub_(1.0)
    assert relative(got, expected) < 1e-4


def test_a_whole_film_is_the_stock_film(pipe: Any) -> None:
    stock = film(pipe)
    with speed_up(pipe):
        assert relative(film(pipe), stock) < 1e-4


@pytest.mark.parametrize("chunk", [None, 1, 3])
def test_decoded_bytes_are_the_pipelines(pipe: Any, chunk: int | None) -> None:
    latents = film(pipe)
    stock = np.stack([np.asarray(picture) for picture in film(pipe, "pil", chunk or 4)[0]])
    parts = list(decode(pipe, latents, chunk))
    assert [len(part) for part in parts] == {None: [4], 1: [1] * 4, 3: [3, 1]}[chunk]
    assert all(part.dtype == np.uint8 for part in parts)
    np.testing.assert_array_equal(np.concatenate(parts), stock)


def test_the_fast_decoder_agrees(pipe: Any) -> None:
    latents = film(pipe)
    stock = np.concatenate(list(decode(pipe, latents)))
    with speed_up(pipe):
        fast = np.concatenate(list(decode(pipe, latents)))
    assert np.abs(fast.astype(int) - stock).max() <= 1


def test_it_comes_first_and_once(pipe: Any) -> None:
    with speed_up(pipe), pytest.raises(ValueError, match="already changed"):
        speed_up(pipe)
    with speed_up(pipe):
        pass


def test_in_bfloat16_it_rounds_no_worse_than_stock() -> None:
    """Two orders of rounding differ from each other by as much as either does from the truth."""
    pipe, inputs = tiny_pipe(), tiny_inputs()
    truth = predict(pipe, inputs)
    torch.nn.Module.to(pipe.unet, dtype=torch.bfloat16)
    rounded = {name: x if name == "timestep" else x.bfloat16() for name, x in inputs.items()}
    stock = relative(predict(pipe, rounded), truth)
    with speed_up(pipe):
        assert relative(predict(pipe, rounded), truth) < 1.3 * stock
