"""Smiles, brows, lips, and what passes over a face."""

import math
from itertools import pairwise

import numpy as np
import pytest
from people import CALM, body, log_dimensionless_jerk, plan, span

from photomotion.builtin.priors.natural.acting import act
from photomotion.builtin.priors.natural.bearing import bear
from photomotion.builtin.priors.natural.blinks import schedule
from photomotion.builtin.priors.natural.curves import min_jerk
from photomotion.builtin.priors.natural.expressions import BROWS, FLICKERS, FROWN, SMILE, SWALLOW, perform
from photomotion.builtin.priors.natural.moods import MOODS
from photomotion.builtin.priors.natural.person import meet


def performance(seed, seconds, mood=CALM, blinks=()):
    """A person, and what their face does."""
    rng, person = body(seed)
    return person, act(rng, person, span(seconds), blinks, mood)


def smiles(expressions):
    return [e for e in expressions if e.shares is SMILE]


def test_smiles_come_early_slowly_and_stay_faint():
    for seed in range(100):
        person, expressions = performance(seed, 5.0)
        smile = smiles(expressions)[0]
        assert 1.0 <= smile.start <= 3.0
        assert 0.35 <= smile.onset <= 0.75
        t = np.arange(0, 8, 0.001)
        value = perform([smile], t, person)["mouthSmileLeft"]
        assert 0.2 < value.max() < 0.40
        assert value[-1] == 0.0 or smile.end > 8


@pytest.mark.parametrize("hz", [60, 120, 240])
def test_a_smile_comes_as_smoothly_as_anything_can(hz):
    """Within 15 % of minimum jerk by the log of dimensionless jerk, as the frames show it."""
    found = []
    for seed in range(60):
        person, expressions = performance(seed, 60.0)
        for smile in smiles(expressions):
            frames = np.arange(0, smile.onset, 1 / hz)
            t = smile.start + np.append(frames, smile.onset) if hz > 100 else smile.start + frames
            found.append(log_dimensionless_jerk(perform([smile], t, person)["mouthSmileRight"], hz))
    exact = -math.log(720 / 1.875**2)
    assert exact == pytest.approx(-5.32, abs=0.01)
    assert np.mean(np.abs(np.array(found) / exact - 1) < 0.15) > 0.95


def test_other_onsets_are_told_apart():
    s = np.linspace(0, 1, 145)
    exact = log_dimensionless_jerk(min_jerk(s), 240)
    shapes = {"cosine": (1 - np.cos(np.pi * s)) / 2, "cubic": s * s * (3 - 2 * s), "root": np.sqrt(s)}
    shapes["linear"] = np.interp(s, [0.2, 0.8], [0, 1])
    for name, shape in shapes.items():
        assert abs(log_dimensionless_jerk(shape, 240) / exact - 1) > 0.15, name


def test_faster_smiles_are_larger_smiles():
    pairs = []
    for seed in range(60):
        for e in smiles(performance(seed, 60.0)[1]):
            fastest = np.diff(e.strength(np.arange(e.start, e.start + e.onset, 0.002))).max() / 0.002
            pairs.append((e.size, fastest))
    sizes, speeds = np.array(pairs).T
    slope = (sizes @ speeds) / (sizes @ sizes)
    assert 1.875 / 0.7 < slope < 1.875 / 0.5
    assert 1 - ((speeds - slope * sizes) ** 2).sum() / (speeds**2).sum() > 0.8


def test_blinks_keep_away_from_the_beginning_of_a_smile_and_gather_at_its_end():
    """Trutoiu 2013. Counted in half seconds, against blinks at any time."""
    before = after = count = 0
    usual = 0.0
    for seed in range(60):
        rng, person = body(seed)
        blinks = schedule(rng, person, 300, 16.0)
        starts = np.array([b.start for b in blinks])
        usual += len(starts) / 600
        for smile in smiles(act(rng, person, span(300), blinks, CALM)):
            release = smile.end - smile.offset
            before += ((starts > smile.start - 0.5) & (starts <= smile.start)).sum()
            after += ((starts > release) & (starts <= release + 0.5)).sum()
            count += 1
    usual /= 60
    assert count > 1000
    assert before / count < 0.4 * usual
    assert after / count > 2.0 * usual


def test_without_that_blinks_are_as_usual_there():
    """The same count for smiles that know nothing of the blinks."""
    before = after = count = 0
    for seed in range(60):
        starts = np.array([b.start for b in schedule(*body(seed), 300, 16.0)])
        for smile in smiles(performance(seed, 300.0)[1]):
            release = smile.end - smile.offset
            before += ((starts > smile.start - 0.5) & (starts <= smile.start)).sum()
            after += ((starts > release) & (starts <= release + 0.5)).sum()
            count += 1
    usual = 16 / 120
    assert before / count == pytest.approx(usual, rel=0.3)
    assert after / count == pytest.approx(usual, rel=0.3)


def test_a_smile_takes_cheeks_and_eyes_along():
    for seed in range(20):
        m = plan(5, seed=seed)
        smile = np.argmax(m.column("mouthSmileRight"))
        assert m.column("cheekSquintRight")[smile] > 0.05
        assert m.column("eyeSquintRight")[smile] > 0.03


def test_what_passes_over_a_face_takes_less_than_half_a_second():
    found = []
    for seed in range(40):
        _, expressions = performance(seed, 300.0)
        own = [e for e in expressions if any(e.shares is f for f in FLICKERS)]
        found.append(len(own))
        for e in own:
            assert 0.2 < e.end - e.start < 0.5
            assert e.onset <= 0.26
            assert e.size < 0.15
    assert 4 < np.mean(found) < 30
    lopsided = sum(min(e.sides) < 0.7 for _, es in (performance(s, 600) for s in range(5)) for e in es)
    assert lopsided > 10


def test_brows_go_up_now_and_then_far_enough_to_be_seen():
    apart, frowns, shares = [], 0, []
    for seed in range(40):
        person, expressions = performance(seed, 120.0)
        own = [e for e in expressions if e.shares is BROWS or e.shares is FROWN]
        assert own[0].shares is BROWS
        assert 1.5 <= own[0].start <= 4.0
        apart += [b.start - a.end for a, b in pairwise(own)]
        frowns += sum(e.shares is FROWN for e in own)
        for e in own:
            assert 0.9 < e.end - e.start < 2.5
            assert 0.8 <= min(e.sides) < 1.0
            assert e.size <= 0.26 if e.shares is FROWN else 0.39 < e.size <= 0.62
        brows = perform(own, np.arange(0, 120, 0.04), person)["browOuterUpLeft"]
        shares.append(np.mean(brows > 0.1))
    assert min(apart) > 2.4
    assert 4 < np.median(apart) < 6
    assert 40 * 120 / 60 * 0.5 < frowns < 40 * 120 / 60 * 2.5
    assert 0.06 < np.mean(shares) < 0.2


def test_nobody_frowns_and_smiles_at_once():
    for seed in range(30):
        _, expressions = performance(seed, 120.0)
        frowns = [e for e in expressions if e.shares is FROWN]
        assert all(f.end < s.start or f.start > s.end for f in frowns for s in smiles(expressions))


def test_a_mood_comes_slowly_and_stays():
    t = np.arange(0, 60, 0.04)
    for seed in range(20):
        bearing = bear(np.random.default_rng(seed), MOODS["warm"], span(60))
        level = bearing.level.sample(t)[:, 0]
        assert not level[t <= 0.4].any()
        assert level[t > 4.5].min() >= 0.7
        assert np.abs(np.diff(level) / 0.04).max() < 1.3
        assert np.ptp(level[t > 4.5]) > 0.02
    assert set(bearing.shares) == {"mouthSmile", "cheekSquint", "eyeSquint", "mouthDimple"}


def test_people_swallow_about_once_a_minute_and_the_old_less():
    def rate(age):
        counts = []
        for seed in range(40):
            rng = np.random.default_rng(seed)
            expressions = act(rng, meet(rng, age), span(600), [], CALM)
            counts.append(sum(e.shares is SWALLOW for e in expressions) / 10)
        return np.mean(counts)

    assert 0.6 < rate("adult") < 1.42  # some would fall into a smile, and are left out
    assert 0.09 < rate("old") < 0.52


def test_the_mouth_does_one_thing_at_a_time():
    for seed in range(30):
        _, expressions = performance(seed, 120.0, MOODS["lively"])
        for smile in smiles(expressions):
            for e in expressions:
                if e is not smile and any(name.startswith("mouth") for name in e.shares):
                    assert e.end < smile.start or e.start > smile.end


def test_faces_are_a_little_lopsided():
    sides = []
    for seed in range(60):
        m = plan(10, seed=seed)
        sides.append(m.column("mouthSmileLeft").max() / m.column("mouthSmileRight").max())
    assert 0.85 <= min(sides) < 0.95
    assert 1.05 < max(sides) <= 1 / 0.85 + 1e-6
