"""The reference implementations, with the same random weights, draw the same: run ``nox -s parity`` in this folder."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made import astronaut, randomize, save

from photomotion_gfpgan.loading import load_network
from photomotion_gfpgan.networks import EnlargingNetwork, FaceNetwork

# basicsr imports a module of torchvision's that is gone.
if "torchvision.transforms.functional_tensor" not in sys.modules:
    from torchvision.transforms.functional import rgb_to_grayscale

    gone = types.ModuleType("torchvision.transforms.functional_tensor")
    gone.rgb_to_grayscale = rgb_to_grayscale  # type: ignore[attr-defined]
    sys.modules[gone.__name__] = gone

WHY = "the reference implementations are not installed; 'nox -s parity' in plugins/photomotion-gfpgan brings them"
pytest.importorskip("basicsr", reason=WHY)
pytest.importorskip("gfpgan", reason=WHY)
pytestmark = pytest.mark.filterwarnings("ignore")

CLOSE = 0.05
"""Levels of 255."""


@pytest.fixture(scope="module")
def square() -> np.ndarray:
    return np.repeat(np.repeat(astronaut().pixels[:256, 100:356], 2, axis=0), 2, axis=1).astype(np.float32)


def reference(model: torch.nn.Module, square: np.ndarray, **rest: Any) -> np.ndarray:
    """What ``GFPGANer.enhance`` does to an aligned face (gfpgan 1.3.8), but for rounding to whole levels."""
    from basicsr.utils import img2tensor
    from torchvision.transforms.functional import normalize

    x = img2tensor(square[..., ::-1] / 255.0, bgr2rgb=True, float32=True)
    normalize(x, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), inplace=True)
    with torch.no_grad():
        y = model.eval()(x[None], return_rgb=False, weight=0.5, **rest)[0][0]
    return ((y.clamp(-1, 1) + 1) / 2 * 255).numpy().transpose(1, 2, 0)


def test_gfpgan(tmp_path: Path, square: np.ndarray) -> None:
    from gfpgan.archs.gfpganv1_clean_arch import GFPGANv1Clean

    model = GFPGANv1Clean(out_size=512, num_style_feat=512, channel_multiplier=2, decoder_load_path=None,
                          fix_decoder=False, num_mlp=8, input_is_latent=True, different_w=True, narrow=1,
                          sft_half=True)  # fmt: skip
    randomize(model)
    with torch.no_grad():
        # The picture is linear in these: most of it is brought between black and white.
        x = torch.from_numpy(square.transpose(2, 0, 1)[None] / 127.5 - 1).contiguous()
        size = 0.9 / float(model.eval()(x, randomize_noise=False)[0].abs().flatten()[::7].quantile(0.8))
        for to_rgb in [model.stylegan_decoder.to_rgb1, *model.stylegan_decoder.to_rgbs]:
            to_rgb.modulated_conv.weight *= size
            to_rgb.bias *= size
    ours = FaceNetwork(load_network("GFPGAN", save(model, tmp_path / "x.pth")), "GFPGAN", "cpu", torch.float32)
    compare("GFPGAN", ours(square), reference(model, square, randomize_noise=False))


def test_restoreformer(tmp_path: Path, square: np.ndarray) -> None:
    from gfpgan.archs.restoreformer_arch import RestoreFormer

    model = RestoreFormer()
    randomize(model)
    with torch.no_grad():
        model.decoder.conv_out.weight *= 0.3
    loaded = load_network("RestoreFormer", save(model, tmp_path / "x.pth"))
    ours = FaceNetwork(loaded, "RestoreFormer", "cpu", torch.float32)
    compare("RestoreFormer", ours(square), reference(model, square))


@pytest.mark.parametrize("scale", [2, 4])
def test_realesrgan(tmp_path: Path, scale: int) -> None:
    from basicsr.archs.rrdbnet_arch import RRDBNet

    torch.manual_seed(0)
    model = RRDBNet(num_in_ch=3, num_out_ch=3, scale=scale, num_feat=64, num_block=23, num_grow_ch=32)
    part = astronaut().pixels[60:124, 200:272].astype(np.float32)
    x = torch.from_numpy(part.transpose(2, 0, 1)[None] / 255)
    with torch.no_grad():
        model.conv_last.bias.fill_(0)
        model.conv_last.weight *= 0.2 / float(model.eval()(x).std())
        model.conv_last.bias.fill_(0.5)
    ours = EnlargingNetwork(load_network("ESRGAN", save(model, tmp_path / "x.pth")), "cpu", torch.float32)
    with torch.no_grad():
        y = model(x)[0]
    compare(f"Real-ESRGAN x{scale}", ours(part), y.clamp(0, 1).numpy().transpose(1, 2, 0) * 255)


def compare(name: str, ours: np.ndarray, theirs: np.ndarray) -> None:
    worst, inside = float(np.abs(ours - theirs).max()), float(((theirs > 0) & (theirs < 255)).mean())
    print(f"{name}: at most {worst:.2g} levels of 255 apart; spread {theirs.std():.0f}, {inside:.0%} not clipped")
    assert theirs.std() > 1 and inside > 0.3
    assert worst < CLOSE
