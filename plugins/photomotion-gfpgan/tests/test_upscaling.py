from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from made import astronaut, esrgan, gray, save, sepia

from photomotion_gfpgan.loading import load_network
from photomotion_gfpgan.networks import EnlargingNetwork
from photomotion_gfpgan.tones import Tone
from photomotion_gfpgan.upscaling import enlarge, enlarge_in_bands, enlarge_plainly


def nearest(scale: int):
    return lambda part: np.repeat(np.repeat(part, scale, axis=0), scale, axis=1)


def joined(pixels, network, scale, **rest):
    bands = list(enlarge_in_bands(pixels, network, scale, **rest))
    starts = np.cumsum([0] + [len(band) for _, band in bands])[:-1]
    assert [y for y, _ in bands] == list(starts)
    return np.concatenate([band for _, band in bands])


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 300),
    width=st.integers(1, 300),
    tile=st.integers(64, 200),
    scale=st.sampled_from([1, 2, 4]),
    overlap=st.sampled_from([8, 32]),
)
def test_all_pieces_together_are_the_picture(height: int, width: int, tile: int, scale: int, overlap: int) -> None:
    """For a network that looks at one pixel only, whatever the sizes: each weighs 1 in the end."""
    pixels = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    made = joined(pixels, nearest(scale), scale, tile=tile, overlap=overlap)
    assert made.shape == (height * scale, width * scale, 3)
    assert np.abs(made - nearest(scale)(pixels.astype(np.float32))).max() < 1e-3


@pytest.mark.parametrize("scale", [2, 4])
def test_in_tiles_as_in_one_piece(tmp_path: Path, scale: int) -> None:
    """A network whose sight ends within the half of the overlap that is thrown away gives the same, tiled or not."""
    network = EnlargingNetwork(load_network("ESRGAN", save(esrgan(scale), tmp_path / "x.pth")), "cpu", torch.float32)
    assert network.scale == scale
    pixels = astronaut().pixels[40:232, 140:340]
    whole = network(pixels.astype(np.float32))
    tiled = joined(pixels, network, scale, tile=64, overlap=48)
    assert np.ptp(whole) > 20
    assert np.abs(tiled - whole).max() / 255 < 1e-4


def test_no_seams_though_each_piece_is_of_another_brightness() -> None:
    """Neighbours that disagree are cross-faded: no step from pixel to pixel is more than the fade's own."""
    calls = []

    def moody(part):
        calls.append(1)
        return nearest(2)(part) + 32.0 * (len(calls) % 2)

    pixels = np.full((200, 520, 3), 100, np.uint8)
    made = joined(pixels, moody, 2, tile=128)
    assert np.ptp(made) == pytest.approx(32, abs=0.01)
    fade = 2 * 16 * 2
    assert max(np.abs(np.diff(made, axis=axis)).max() for axis in (0, 1)) <= 32 / fade * 1.01


@pytest.mark.parametrize("toned", [gray, sepia, lambda photo: photo])
def test_tones_are_kept(toned) -> None:
    photo = toned(astronaut())
    photo = photo.with_pixels(photo.pixels[40:168, 140:300])
    tone = Tone.of(photo)
    made = enlarge(photo.pixels, lambda part: nearest(2)(part) + np.float32([30, 0, -30]), 2, tone, tile=64)
    assert made.shape == (256, 320, 3)
    plain = enlarge_plainly(photo.pixels, 2)
    assert np.abs(made.mean(axis=(0, 1)) - plain.mean(axis=(0, 1))).max() < 2
    assert not photo.gray or (made == made[..., :1]).all()


def test_fidelity_keeps_the_plain_scan() -> None:
    photo = astronaut()
    part = photo.pixels[40:168, 140:300]
    made = enlarge(part, nearest(2), 2, Tone.of(photo), fidelity=1.0)
    assert np.array_equal(made, cv2.resize(part, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))
