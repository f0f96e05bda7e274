from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from photomotion_diffusers.clocks import Clock, karras, noised, tail
from photomotion_diffusers.refining import Steering, make_clock, release_map, to_schedule


def test_clocks_at_their_ends() -> None:
    z, eps = torch.randn(2, 1, 3, 4, 2, 2)
    levels = (4.0, 2.0, 0.0)
    never, at_once = torch.zeros(3, 2, 2), torch.full((3, 2, 2), math.inf)
    own = torch.randn(1, 3, 4, 2, 2)
    held = make_clock(z, eps, never, levels, schedule="edm", frame_axis=1)
    free = make_clock(z, eps, at_once, levels, schedule="edm", frame_axis=1)
    assert torch.equal(held.hold(0, own), noised(z, eps, 2.0, "edm"))
    assert torch.equal(held.hold(1, own), z)
    assert torch.equal(free.hold(0, own), own) and torch.equal(free.hold(1, own), own)
    with pytest.raises(ValueError, match="does not fit"):
        Clock(z=z, eps=eps, release=torch.zeros(2, 3, 4, 2, 2), sigmas=levels, schedule="edm")


def test_tails() -> None:
    assert tail([8.0, 4.0, 2.0, 0.0], 4.0) == [4.0, 2.0, 0.0]
    assert tail([8.0, 4.0, 2.0, 0.0], 100.0) == [8.0, 4.0, 2.0, 0.0]
    assert tail([8.0, 4.0, 2.0, 0.0], 1.0) == [2.0, 0.0]


def test_the_dial() -> None:
    free, middle, exact = (Steering.of(steer) for steer in (0, 0.7, 1))
    assert free.start == pytest.approx(700) and middle.start == pytest.approx(75) and exact.start == pytest.approx(15)
    assert set(exact.release.values()) == {0.0}
    for steer in np.linspace(0, 1, 21):
        levels = Steering.of(float(steer))
        order = [levels.start, *levels.release.values()]
        assert order == sorted(order, reverse=True)
    assert to_schedule(75.0, "flow") == pytest.approx(0.987, abs=1e-3)
    assert to_schedule(math.inf, "flow") == math.inf


def test_a_release_map_keeps_thin_regions_and_pins() -> None:
    regions = {name: np.zeros((32, 48), np.float32) for name in ("person", "head", "mouth", "eyes")}
    regions["person"][:, 8:40] = 1
    regions["eyes"][9, 20] = 1
    steering = Steering.of(0.7)
    release = release_map(regions, steering, cell=8, frames=3)
    assert release.shape == (3, 4, 6)
    assert release[0].max() == 0 and torch.equal(release[1], release[2])
    assert release[1, 1, 2] == steering.release["eyes"]
    assert release[1, 0, 2] == pytest.approx(steering.release["person"])
    assert release[1, 0, 0] == pytest.approx(steering.start)
    flow = release_map(regions, steering, cell=8, frames=3, schedule="flow")
    assert torch.allclose(flow[1], release[1] / (1 + release[1]))


def test_a_release_map_without_regions_is_refused() -> None:
    with pytest.raises(ValueError, match="person"):
        release_map({"hat": np.ones((8, 8), np.float32)}, Steering.of(0.7), cell=8, frames=1)


def test_exact_steering_holds_nested_soft_regions() -> None:
    """A soft inner edge must not let go of what the outer region holds for ever."""
    regions = {"person": np.ones((16, 16), np.float32), "head": np.full((16, 16), 0.5, np.float32)}
    assert release_map(regions, Steering.of(1), cell=8, frames=2, pinned=()).max() == 0


def test_flow_latents_lie_between_draft_and_noise() -> None:
    z, eps = torch.zeros(1, 4, 2, 2, 2), torch.ones(1, 4, 2, 2, 2)
    release = torch.full((2, 2, 2), 0.4)
    clock = make_clock(z, eps, release, (0.9, 0.5, 0.3, 0.0), schedule="flow", frame_axis=2)
    assert torch.equal(clock.start, torch.full_like(z, 0.9))
    own = torch.full_like(z, 7.0)
    assert torch.equal(clock.hold(0, own), torch.full_like(z, 0.5))
    assert torch.equal(clock.hold(1, own), own)


def test_karras_ladder() -> None:
    """Rows of the ladder that Time-to-Move's settings were read from."""
    assert karras(25)[8] == pytest.approx(70.5, rel=0.01) and karras(25)[10] == pytest.approx(34.5, rel=0.01)
    assert karras(50)[16] == pytest.approx(74.5, rel=0.01) and karras(1) == pytest.approx([700, 0])
