"""When people blink, and how a lid moves."""

import math

import numpy as np
import pytest
from people import RATES, body, kolmogorov, plan, shut_frames, stated_intervals

from photomotion.builtin.priors.natural.blinks import (
    LONGEST,
    REFRACTORY,
    Blink,
    closure,
    intervals,
    schedule,
)
from photomotion.builtin.priors.natural.person import meet
from photomotion.data import Timing

CRITICAL = 1.358
"""Kolmogorov and Smirnov's distance times the root of n, at 5 %."""


@pytest.mark.parametrize("rate", [2, 8, 17, 30])
def test_intervals_follow_the_stated_distribution(rate):
    drawn = intervals(np.random.default_rng(0), 20_000, rate)
    assert kolmogorov(drawn[::2], stated_intervals(rate)) < CRITICAL  # neighbours are correlated
    assert drawn.mean() == pytest.approx(60 / rate, rel=0.03)
    assert REFRACTORY <= drawn.min() < drawn.max() <= LONGEST * 60 / rate


def followed(seed):
    """The intervals of 20 minutes of somebody's blinks as they are planned, and the distribution stated for them."""
    rng, person = body(seed)
    blinks = schedule(rng, person, 1200, person.blink_rate)
    starts = np.array([b.start for b in blinks if b.cause == "interval"])
    return np.diff(starts), stated_intervals(person.blink_rate / 1.1)


def test_twenty_minutes_follow_it_for_most_people():
    passed = sum(kolmogorov(*followed(seed)) < CRITICAL for seed in range(20))
    assert passed >= 17


@pytest.mark.parametrize("name", ["poisson", "uniform", "fixed", "too regular"])
def test_other_schedulers_are_told_apart(name):
    """A test that a wrong scheduler passes is none."""
    passed = 0
    for seed in range(20):
        drawn, stated = followed(seed)
        rng, n, mean = np.random.default_rng(seed), len(drawn), drawn.mean()
        wrong = {
            "poisson": rng.exponential(mean, n),
            "uniform": rng.uniform(0.5 * mean, 1.5 * mean, n),
            "fixed": np.full(n, mean),
            "too regular": rng.lognormal(math.log(mean) - 0.125, 0.5, n),
        }[name]
        passed += kolmogorov(wrong, stated) < CRITICAL
    assert passed <= 1


def test_intervals_look_like_those_of_people():
    drawn = intervals(np.random.default_rng(7), 10_000, 16)
    assert 0.6 < drawn.std() / drawn.mean() < 1.1
    assert 0.65 < np.median(drawn) / drawn.mean() < 0.85
    lag = np.corrcoef(np.log(drawn[:-1]), np.log(drawn[1:]))[0, 1]
    assert 0.05 < lag < 0.2


def test_people_differ_in_how_often_they_blink():
    rates = np.log([meet(np.random.default_rng(s)).blink_rate for s in range(2000)])
    assert 0.26 < rates.std() < 0.36
    assert 15 < np.exp(rates).mean() < 18


def test_long_films_have_the_rate_that_was_asked_for():
    counts = [len(shut_frames(plan(600, 12, seed, blinks_per_minute=15))) for seed in range(12)]
    assert np.mean(counts) / 10 == pytest.approx(15, rel=0.1)


def test_some_blinks_are_double():
    blinks = schedule(*body(1), 3600, 16.0)
    assert 0.06 < sum(b.cause == "double" for b in blinks) / len(blinks) < 0.12


@pytest.mark.parametrize("fps", RATES)
def test_every_blink_is_seen_shut_at_any_frame_rate(fps):
    timing = Timing(seconds=30, fps=fps)
    for seed in range(5):
        blinks = schedule(*body(seed), 30, 16.0)
        shut = closure(blinks, timing)
        frames = np.flatnonzero(shut == 1.0)
        for blink in blinks:
            assert np.abs(frames / fps - blink.shut).min() <= 0.5 / fps + 1e-9
        assert len(frames) >= len(blinks)
        assert shut.min() == 0.0


@pytest.mark.parametrize("fps", RATES)
def test_a_blink_looks_the_same_wherever_it_falls_between_two_frames(fps):
    seen = set()
    for phase in np.linspace(0, 1, 7):
        blink = Blink(start=1.0 + phase / fps, closing=0.075, hold=0.02, opening=0.07)
        shut = closure([blink], Timing(seconds=3, fps=fps))
        seen.add(tuple(np.round(np.roll(shut, 5 - int(shut.argmax())), 9)))
    assert len(seen) == 1


def test_without_the_shift_some_blinks_are_never_shut():
    missed = 0
    for seed in range(5):
        for blink in schedule(*body(seed), 30, 16.0):
            missed += blink.lid(np.arange(360) / 12).max() < 0.999
    assert missed > 5


def measured(blink):
    """Seconds a lid takes to fall and to open again to 95 %, of its whole way, and its greatest speeds."""
    t = np.arange(0, 1.0, 1e-4)
    lid = blink.lid(t + blink.start)
    up, opened = t[lid >= 0.95][-1], t[lid >= 0.05][-1]
    speed = np.diff(lid) / 1e-4
    assert lid[-1] == 0.0
    return blink.closing, opened - up, opened, speed.max(), -speed.min()


def test_a_lid_falls_fast_and_opens_slowly():
    rng, person = body(3)
    for blink in schedule(rng, person, 300, 16.0):
        fall, rise, whole, down, up = measured(blink)
        assert 0.060 <= fall <= 0.110
        assert 2 <= rise / fall <= 4
        assert 0.25 <= whole <= 0.36
        assert 1.6 < down * fall < 2.1  # a linear lid would have 1
        assert up < down


def test_lids_of_the_old_are_slower_and_children_blink_less_often():
    young, old, child = ([meet(np.random.default_rng(s), age) for s in range(200)] for age in ("adult", "old", "child"))
    falls = [np.mean([measured(schedule(np.random.default_rng(1), p, 30, 16.0)[0]) for p in ps[:40]], axis=0)
             for ps in (young, old)]  # fmt: skip
    assert 1.1 < falls[1][0] / falls[0][0] < 1.3
    assert falls[1][2] < 0.5
    assert falls[1][3] < 0.9 * falls[0][3]
    assert np.mean([p.blink_rate for p in old]) == np.mean([p.blink_rate for p in young])
    assert 8 < np.mean([p.blink_rate for p in child]) < 12


def test_talkers_blink_half_as_often_again():
    rest, talk = (
        np.mean([len(shut_frames(plan(300, 12, seed, state=state))) for seed in range(12)])
        for state in ("rest", "talking")
    )
    assert talk / rest == pytest.approx(1.5, abs=0.15)


@pytest.mark.parametrize("seconds", [4.0, 5.0, 8.0])
def test_a_film_of_four_seconds_has_a_blink_early(seconds):
    for seed in range(100):
        blinks = schedule(*body(seed), seconds, 8.0)
        assert blinks
        assert 0.6 <= blinks[0].start <= 3.0
        assert all(b.end < seconds for b in blinks)
        assert len(shut_frames(plan(seconds, seed=seed)))


def test_no_blinks_on_demand():
    for seed in range(10):
        m = plan(60, seed=seed, blinks_per_minute=0)
        assert m.column("eyeBlinkLeft").max() < 0.3  # lids still follow the gaze
    assert plan(20).column("eyeBlinkLeft").max() == 1.0


def test_lids_are_nearly_equal_and_both_shut():
    for seed in range(8):
        m = plan(30, seed=seed)
        left, right = m.column("eyeBlinkLeft"), m.column("eyeBlinkRight")
        assert np.array_equal(left == 1, right == 1)
        moving = np.maximum(left, right) > 0.1
        assert 0.95 <= (left[moving] / right[moving]).min() <= (left[moving] / right[moving]).max() <= 1.053
    assert m.column("eyeSquintLeft")[m.column("eyeBlinkLeft") == 1].min() >= 0.12 - 1e-6


def test_blinks_close_together_add_up_smoothly():
    one = Blink(start=1.0, closing=0.075, hold=0.02, opening=0.07)
    two = Blink(start=1.25, closing=0.075, hold=0.02, opening=0.07)
    both = closure([one, two], Timing(seconds=2, fps=60))
    assert both.max() == 1.0
    assert both.min() >= 0.0


def test_a_blink_is_whole_in_every_mood_and_at_every_strength():
    for mood in ("warm", "attentive", "tender", "lively", "solemn"):
        for strength in (0.2, 2.0):
            assert plan(20, mood=mood, strength=strength, eyes=0.5).column("eyeBlinkRight").max() == 1.0
