from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

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


NESTED = ("person", "head", "mouth", "eyes")
curves = st.lists(st.floats(0, 1, width=32), min_size=5, max_size=5).map(lambda q: np.array(q, np.float32))


def map_of(steer: float, quick: dict[str, Any] | None) -> torch.Tensor:
    """Columns of the result: outside, then in one region more each; in the fifth the eyes' soft edge."""
    regions = {}
    for i, name in enumerate(NESTED):
        regions[name] = np.zeros((8, 48), np.float32)
        regions[name][:, 8 * (i + 1) : 40] = 1
    regions["eyes"][:, 40:] = 0.5
    for name in NESTED[:-1]:
        regions[name][:, 40:] = 1
    return release_map(regions, Steering.of(steer), cell=8, frames=5, pinned=(), quick=quick)[:, 0]


@given(steer=st.floats(0, 1), eyes=curves, mouth=curves)
def test_inner_regions_are_let_go_no_earlier_in_any_frame(steer: float, eyes: Any, mouth: Any) -> None:
    level = map_of(steer, {"eyes": eyes, "mouth": mouth})
    assert (level[:, :4] >= level[:, 1:5] * (1 - 1e-6)).all()
    quiet = map_of(steer, None)
    assert (level <= quiet * (1 + 1e-6)).all()
    assert torch.equal(level[:, :3], quiet[:, :3])
    still = torch.from_numpy((eyes == 0) & (mouth == 0))
    assert torch.equal(level[still], quiet[still])


@given(steers=st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted), eyes=curves, mouth=curves)
def test_more_steering_holds_longer_in_every_frame(steers: list[float], eyes: Any, mouth: Any) -> None:
    less, more = (map_of(steer, {"eyes": eyes, "mouth": mouth}) for steer in steers)
    assert (more <= less * (1 + 1e-5)).all()


def test_the_ends_of_the_dial_know_no_moments() -> None:
    quick = {"eyes": np.ones(5, np.float32), "mouth": np.ones(5, np.float32)}
    assert torch.equal(map_of(0, quick), map_of(0, None))
    assert map_of(1, quick)[:, 1:].max() == 0
    middle, quiet = map_of(0.7, quick), map_of(0.7, None)
    assert (middle[:, 4] < 0.5 * quiet[:, 4]).all() and (middle[:, 3] < 0.8 * quiet[:, 3]).all()


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
