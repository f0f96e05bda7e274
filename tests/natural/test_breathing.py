"""How people breathe in quiet."""

import numpy as np
import pytest
from people import CALM, body, plan, span

from photomotion.builtin.priors.natural.breathing import breathe
from photomotion.builtin.priors.natural.moods import MOODS
from photomotion.builtin.priors.natural.person import meet


def test_breaths_vary_as_in_people():
    lags, depths, spreads = [], [], []
    for seed in range(40):
        breaths = breathe(*body(seed), span(900), CALM)
        periods = breaths.periods
        assert len(periods) >= 150
        spreads.append(periods.std() / periods.mean())
        lags.append(np.corrcoef(periods[:-1], periods[1:])[0, 1])
        depths.append(breaths.depths.std() / breaths.depths.mean())
    assert 0.08 < min(spreads) < max(spreads) < 0.20
    assert 0.1 < np.mean(lags) < 0.4
    assert np.mean((np.array(lags) > 0.1) & (np.array(lags) < 0.4)) > 0.9
    assert 0.1 < np.mean(depths) < 0.3


def test_breaths_that_forget_are_told_apart():
    rng = np.random.default_rng(0)
    lags = [np.corrcoef(x[:-1], x[1:])[0, 1] for x in rng.normal(4, 0.5, (40, 200))]
    assert not 0.1 < np.mean(lags) < 0.4


def test_breathing_in_takes_two_fifths_of_a_breath():
    """Measured on the curve, from the lowest point to the highest."""
    shares = []
    t = np.arange(0, 300, 0.01)
    for seed in range(20):
        breaths = breathe(*body(seed), span(300), CALM)
        level = breaths.sample(t)
        assert np.abs(np.diff(level)).max() < 0.02
        for start, period in zip(breaths.starts, breaths.periods, strict=True):
            inside = (t >= start) & (t < start + period)
            if start + period < 300:
                shares.append((t[inside][np.argmax(level[inside])] - start) / period)
    assert 0.36 < np.percentile(shares, 2.5) < np.percentile(shares, 97.5) < 0.465
    assert 0.39 < np.mean(shares) < 0.42
    assert np.std(shares) > 0.01


def test_a_breath_lifts_the_head_a_little():
    _, person = body(0)
    assert 0.1 <= person.nod_with_breath <= 0.3
    found = []
    for seed in range(12):
        m = plan(60, seed=seed)
        rising = np.diff(m.column("breath").astype(float))
        found.append(np.corrcoef(rising, np.diff(m.column("headPitch").astype(float)))[0, 1])
    assert np.mean(found) < -0.03


@pytest.mark.parametrize(("age", "low", "high"), [("child", 17, 26), ("adult", 12, 18), ("old", 12, 28)])
def test_age_sets_the_pace(age, low, high):
    rates = [60 / meet(np.random.default_rng(s), age).breath_period for s in range(200)]
    assert low <= min(rates) < max(rates) <= high


def test_moods_breathe_differently():
    depth = {m: np.mean([breathe(*body(s), span(300), MOODS[m]).depths.mean() for s in range(5)]) for m in MOODS}
    assert depth["solemn"] < depth["calm"] < depth["tender"]
