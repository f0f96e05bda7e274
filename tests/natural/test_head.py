"""How people hold their heads."""

from dataclasses import replace

import numpy as np
import pytest
from people import CALM, HEAD, LIMITS, body, plan, span, spectral_slope

from photomotion.builtin.priors.natural.curves import drift
from photomotion.builtin.priors.natural.gaze import Look
from photomotion.builtin.priors.natural.head import hold_head

HZ = 25
TIMES = np.arange(0, 300, 1 / HZ)


def drifting(seed):
    """Yaw, pitch and roll of somebody's head over five minutes, without its changes of posture."""
    head = hold_head(*body(seed), span(300), np.zeros(0), CALM)
    still = replace(head.shifts, places=np.zeros_like(head.shifts.places))
    return replace(head, shifts=still).sample(TIMES)[2 * HZ :]


def test_the_head_moves_with_the_spectrum_of_heads():
    slopes, speeds = [], []
    for seed in range(20):
        for axis in drifting(seed).T:
            slopes.append(spectral_slope(axis, HZ))
            speeds.append((np.diff(axis) * HZ).std() / axis.std())
    assert -3.6 < min(slopes) < max(slopes) < -2.4
    assert 1.0 < np.mean(speeds) < 1.8
    assert np.mean((np.array(speeds) > 1.0) & (np.array(speeds) < 1.8)) > 0.85


@pytest.mark.parametrize(("name", "low", "high"), [("white", -1, 1), ("walk", -2.4, -1), ("twice", -6, -3.6)])
def test_other_noise_is_told_apart(name, low, high):
    rng = np.random.default_rng(0)
    white = rng.standard_normal(300 * HZ)
    noise = {"white": white, "walk": np.cumsum(white), "twice": np.cumsum(np.cumsum(white))}[name]
    assert low < spectral_slope(noise, HZ) < high


def test_a_bare_walk_trembles():
    """Ornstein and Uhlenbeck without the low-pass: the speed for each degree of spread is out of bounds."""
    rng = np.random.default_rng(1)
    x = np.zeros(len(TIMES))
    for i in range(1, len(x)):
        x[i] = x[i - 1] * (1 - 1 / HZ / 3) + rng.standard_normal() * np.sqrt(2 / HZ / 3)
    assert (np.diff(x) * HZ).std() / x.std() > 3


def test_the_drift_has_unit_variance_in_the_long_run():
    x = drift(np.random.default_rng(1), 4000, 4, 3.0, 1.75).sample(np.arange(0, 4000, 0.5))
    assert x.std() == pytest.approx(1, abs=0.06)
    assert np.abs(np.corrcoef(x.T) - np.eye(4)).max() < 0.1


def test_every_film_is_neither_frozen_nor_wild():
    for seed in range(60):
        m = plan(10, seed=seed)
        angles = np.stack([m.column(c) for c in HEAD], axis=1).astype(float)
        assert 1.0 <= angles[:, 0].std() <= 1.75
        speed = np.linalg.norm(np.diff(angles, axis=0) * 25, axis=1)
        assert 2 < np.percentile(speed, 95) < 12
        assert np.abs(np.diff(angles, axis=0)).max() < 1.5
        assert (np.abs(angles).max(axis=0) <= LIMITS).all()


def test_the_head_comes_back_to_the_photos_pose():
    """It moves as much as ever, yet half of the time it is near; one that stays turned is 2.5 degrees away."""
    for seconds in (10, 30):
        away = []
        for seed in range(30):
            m = plan(seconds, seed=seed)
            away.append(np.median(np.hypot(m.column("headYaw"), m.column("headPitch"))))
        assert np.median(away) < 1.4
        assert np.median(away) > 0.5  # it is no statue either


def test_the_head_does_not_repeat_itself():
    t = np.arange(0, 600, 0.1)
    for seed in range(5):
        x = hold_head(*body(seed), span(600), np.array([]), CALM).sample(t)[:, 0]
        x = x - x.mean()
        power = np.abs(np.fft.rfft(x, 2 * len(x))) ** 2
        correlation = np.fft.irfft(power)[: len(x) // 2]
        assert (correlation / correlation[0])[100:].max() < 0.5


def test_the_head_leans_into_its_turns():
    found = []
    for seed in range(10):
        m = plan(60, seed=seed)
        found.append(np.corrcoef(m.column("headYaw"), m.column("headRoll"))[0, 1])
    assert np.mean(found) > 0.15


def test_changes_of_posture_come_with_blinks_and_smiles():
    near = {True: 0, False: 0}
    anchors = np.arange(1.0, 300, 4.0)
    for seed in range(20):
        for drawn in near:
            starts = hold_head(*body(seed), span(300), anchors if drawn else np.zeros(0), CALM).shifts.starts
            near[drawn] += (np.abs(starts[:, None] - anchors).min(axis=1) < 0.02).sum()
    assert near[True] > 4 * max(near[False], 1)


def test_the_head_takes_part_in_a_look_after_the_eyes():
    one = Look(start=5.0, end=7.0, toward=(-12.0, 3.0))
    t = np.arange(0, 10, 0.01)
    rest, turned = (hold_head(*body(1), span(10), np.zeros(0), CALM, looks).sample(t) for looks in ((), (one,)))
    moved = turned - rest
    assert not moved[t <= 5.0].any()
    assert not moved[t > 7.8].any()
    assert moved[t == 6.5][0, 0] == pytest.approx(-0.4 * 12)
    assert moved[t == 6.5][0, 1] > 0
