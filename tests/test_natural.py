"""The motion prior ``natural``, as a generator: its figures against what it states and what people do."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.builtin.limits import judge, soft_limit
from photomotion.builtin.priors.natural import NaturalPrior
from photomotion.builtin.priors.natural.blinks import (
    REFRACTORY,
    SPREAD,
    Blink,
    closure,
    intervals,
    location,
    schedule,
)
from photomotion.builtin.priors.natural.breathing import breathe
from photomotion.builtin.priors.natural.curves import Steps, drift, min_jerk
from photomotion.builtin.priors.natural.expressions import act, perform
from photomotion.builtin.priors.natural.gaze import look, saccade_duration
from photomotion.builtin.priors.natural.head import hold_head
from photomotion.builtin.priors.natural.person import meet
from photomotion.data import ARKIT, CHANNELS, Analysis, Face, Finding, Pose, Suitability, Timing, Visibility
from photomotion.stages import MotionPrior

RATES = (12, 24000 / 1001, 24, 25, 30, 50, 60)
HEAD = ("headYaw", "headPitch", "headRoll")


def people(*faces, codes=()):
    """An analysis of faces given as keyword dictionaries; ``codes`` are findings of the first."""
    made = tuple(Face(box=(0, 0, 9, 9), landmarks=np.zeros((478, 3)), **f) for f in faces or ({},))
    findings = tuple(Finding(code=c, value=1.0, message=c, face=0) for c in codes)
    return Analysis(faces=made, matte=np.zeros((4, 4)), suitability=Suitability(findings=findings))


def plan(seconds=10.0, fps=25.0, seed=0, strength=1.0, blinks=None, **face):
    """The motion of one face."""
    codes = face.pop("codes", ())
    prior = NaturalPrior(strength, blinks)
    return prior.plan(people(face, codes=codes), Timing(seconds=seconds, fps=fps), seed).faces[0]


def body(seed=0):
    """Someone, and chance for the rest."""
    rng = np.random.default_rng(seed)
    return rng, meet(rng)


def kolmogorov(values, cdf):
    """Largest distance between the values' distribution and ``cdf``, times the root of their number."""
    x = np.sort(values)
    f = np.array([cdf(v) for v in x])
    n = len(x)
    return math.sqrt(n) * max((np.arange(1, n + 1) / n - f).max(), (f - np.arange(n) / n).max())


def stated_intervals(rate):
    """CDF of the log-normal intervals above the refractory time, written down apart from the code."""
    mu = location(rate)

    def raw(x):
        return 0.5 * math.erfc(-(math.log(x) - mu) / SPREAD / math.sqrt(2))

    return lambda x: max(0.0, (raw(x) - raw(REFRACTORY)) / (1 - raw(REFRACTORY)))


def spectral_slope(x, hz, low=0.2, high=4.0):
    """Slope of the power spectrum on log-log axes: Welch, 20 s Hann, 12 bands."""
    n = int(20 * hz)
    window = np.hanning(n)
    parts = [x[i : i + n] for i in range(0, len(x) - n + 1, n // 2)]
    power = np.mean([np.abs(np.fft.rfft((p - p.mean()) * window)) ** 2 for p in parts], axis=0)
    f = np.fft.rfftfreq(n, 1 / hz)
    edges = np.geomspace(low, high, 13)
    bands = [(f >= a) & (f < b) for a, b in pairwise(edges)]
    points = [(np.log(f[b]).mean(), np.log(power[b].mean())) for b in bands if b.any()]
    return np.polyfit(*np.array(points).T, 1)[0]


# Curves


def test_minimum_jerk_has_its_known_peak_velocity():
    s = np.linspace(0, 1, 10001)
    v = np.diff(min_jerk(s)) / np.diff(s)
    assert v.max() == pytest.approx(1.875, abs=1e-3)
    assert min_jerk([-1, 0, 0.5, 1, 2]).tolist() == [0, 0, 0.5, 1, 1]


@given(st.floats(-50, 50), st.floats(-9, -0.1), st.floats(0.1, 9))
def test_a_soft_limit_keeps_inside_and_leaves_small_values_alone(x, low, high):
    y = float(soft_limit(x, low, high))
    assert low <= y <= high
    if low / 2 <= x <= high / 2:
        assert y == x


def test_steps_hold_and_move():
    steps = Steps(np.array([1.0, 3.0]), np.array([0.5, 1.0]), np.array([[0.0], [2.0], [-1.0]]))
    assert steps.sample(np.array([0, 1, 1.25, 1.5, 2.9, 3.5, 9])).ravel().tolist() == [0, 0, 1, 2, 2, 0.5, -1]


# Blinks


@pytest.mark.parametrize("rate", [8, 17, 30])
def test_intervals_follow_the_stated_distribution(rate):
    drawn = intervals(np.random.default_rng(0), 20_000, rate)
    assert kolmogorov(drawn[::2], stated_intervals(rate)) < 1.36  # every other one: neighbours are correlated
    assert drawn.mean() == pytest.approx(60 / rate, rel=0.03)
    assert drawn.min() >= REFRACTORY


def test_twenty_minutes_follow_it_for_most_seeds():
    drawn = [intervals(np.random.default_rng(s), 340, 17) for s in range(60)]
    stated = stated_intervals(17)
    assert np.mean([kolmogorov(d, stated) < 1.36 for d in drawn]) >= 17 / 20


@pytest.mark.parametrize("name", ["poisson", "uniform", "fixed", "too regular"])
def test_other_schedulers_are_told_apart(name):
    rng = np.random.default_rng(6)
    mean = 60 / 17
    wrong = {
        "poisson": rng.exponential(mean, 300),
        "uniform": rng.uniform(2, 6, 300),
        "fixed": np.full(300, mean),
        "too regular": rng.lognormal(math.log(mean) - 0.125, 0.5, 300),
    }[name]
    assert kolmogorov(wrong, stated_intervals(17)) > 1.36


def test_intervals_look_like_those_of_people():
    drawn = intervals(np.random.default_rng(7), 10_000, 16)
    assert 0.6 < drawn.std() / drawn.mean() < 1.1
    assert 0.65 < np.median(drawn) / drawn.mean() < 0.85
    lag = np.corrcoef(np.log(drawn[:-1]), np.log(drawn[1:]))[0, 1]
    assert 0.05 < lag < 0.2


def test_people_differ_in_how_often_they_blink():
    rates = np.log([meet(np.random.default_rng(s)).blink_rate for s in range(400)])
    assert 0.26 < rates.std() < 0.36
    assert 14 < np.exp(rates.mean()) < 18


def test_long_films_have_the_rate_that_was_asked_for():
    counts = [len(schedule(*body(s), 600, 15.0)) for s in range(12)]
    assert np.mean(counts) / 10 == pytest.approx(15, rel=0.08)


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


def test_a_lid_falls_fast_and_opens_slowly():
    rng, person = body(3)
    t = np.arange(0, 1.0, 1e-4)
    for blink in schedule(rng, person, 60, 16.0):
        lid = blink.lid(t + blink.start)
        down, up = t[lid >= 0.95][0], t[lid >= 0.95][-1]
        opened = t[lid >= 0.05][-1]
        fall = blink.closing
        assert 0.060 <= fall <= 0.110
        assert 2 <= (opened - up) / fall <= 4
        assert 0.25 <= opened <= 0.36
        speed = np.diff(lid) / 1e-4
        assert 1.6 < speed[: int(fall / 1e-4)].max() * fall < 2.1  # a linear lid would have 1
        assert -speed.min() < speed.max()
        assert down < fall
        assert lid[-1] == 0.0


def test_a_film_of_four_seconds_has_a_blink_early():
    for seed in range(40):
        blinks = schedule(*body(seed), 4.0, 8.0)
        assert blinks
        assert 0.6 <= blinks[0].start <= 3.0
        assert all(b.end < 4.0 for b in blinks)


def test_no_blinks_on_demand():
    m = plan(20, blinks=0)
    assert m.column("eyeBlinkLeft").max() < 0.2  # lids still follow the gaze
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


# Gaze


def test_saccades_are_on_the_main_sequence():
    times, sizes = [], []
    for seed in range(10):
        gaze = look(*body(seed), 120, [])
        times += gaze.durations.tolist()
        sizes += np.linalg.norm(np.diff(gaze.places, axis=0), axis=1).tolist()
    slope, start = np.polyfit(sizes, np.array(times) * 1000, 1)
    assert 20 <= start <= 30
    assert 2.0 <= slope <= 2.7
    assert saccade_duration(5) == pytest.approx(0.037)


def test_gaze_rests_on_the_viewer_and_wanders_now_and_then():
    times = np.arange(0, 120, 0.02)
    shares = []
    for seed in range(10):
        rng, person = body(seed)
        gaze = look(rng, person, 120, schedule(rng, person, 120, 16.0))
        assert (gaze.starts[:-1] + gaze.durations[:-1] < gaze.starts[1:]).all()
        off = np.linalg.norm(gaze.sample(times), axis=1)
        assert off[times < 2].max() < 2.6
        assert off.max() <= 8.0
        assert off[-1] < 2.6
        shares.append((off < 2.6).mean())
    assert 0.8 < np.mean(shares) < 0.97


def test_large_gaze_shifts_are_drawn_to_blinks():
    near = {True: 0, False: 0}
    for seed in range(20):
        rng, person = body(seed)
        blinks = schedule(rng, person, 120, 16.0)
        shut = np.array([b.shut for b in blinks])
        for coupled in near:
            gaze = look(np.random.default_rng(seed), person, 120, blinks if coupled else [])
            large = gaze.starts[np.linalg.norm(np.diff(gaze.places, axis=0), axis=1) > 4]
            near[coupled] += sum(np.abs(shut - t).min() < 0.15 for t in large)
    assert near[True] > 2 * near[False]


def test_eyes_stay_on_the_viewer_while_the_head_turns():
    slopes = {"yaw": [], "pitch": []}
    for seed in range(6):
        m = plan(60, seed=seed)
        for axis, head, eye in (("yaw", "headYaw", "gazeYaw"), ("pitch", "headPitch", "gazePitch")):
            dh, de = (np.diff(m.column(c).astype(float)) for c in (head, eye))
            steady = np.abs(de + dh) < 0.02
            assert steady.mean() > 0.8
            slopes[axis].append(np.polyfit(dh[steady], de[steady], 1)[0])
    for found in slopes.values():
        assert -1.05 <= np.mean(found) <= -0.95


def test_lids_follow_the_eyes():
    m = plan(60, seed=4, blinks=0)
    down = m.column("gazePitch")
    assert np.corrcoef(down, m.column("eyeBlinkLeft"))[0, 1] > 0.7
    assert m.column("eyeBlinkLeft")[down < 0].max() == 0


# Head


def test_the_drift_has_the_spectrum_of_heads():
    slopes, speeds = [], []
    for seed in range(6):
        rng, person = body(seed)
        x = drift(rng, 300, 1, person.memory, person.cutoff).sample(np.arange(0, 300, 0.04))[:, 0]
        slopes.append(spectral_slope(x, 25))
        speeds.append((np.diff(x) * 25).std() / x.std())
    assert -3.6 < np.mean(slopes) < -2.4
    assert 1.0 < np.mean(speeds) < 1.8


def test_the_spectrum_test_can_fail():
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.standard_normal(7500))
    assert spectral_slope(walk, 25) > -2.4
    assert spectral_slope(np.cumsum(walk), 25) < -3.6


def test_the_drift_has_unit_variance_in_the_long_run():
    x = drift(np.random.default_rng(1), 4000, 4, 3.0, 1.75).sample(np.arange(0, 4000, 0.5))
    assert x.std() == pytest.approx(1, abs=0.06)
    assert np.abs(np.corrcoef(x.T) - np.eye(4)).max() < 0.1


def test_every_film_is_neither_frozen_nor_wild():
    for seed in range(30):
        m = plan(10, seed=seed)
        angles = np.stack([m.column(c) for c in HEAD], axis=1).astype(float)
        assert 0.75 <= angles[:, 0].std() <= 1.7
        speed = np.linalg.norm(np.diff(angles, axis=0) * 25, axis=1)
        assert 2 < np.percentile(speed, 95) < 12
        assert np.abs(np.diff(angles, axis=0)).max() < 1.5
        assert (np.abs(angles).max(axis=0) <= [6.0, 4.5, 3.5]).all()


def test_the_head_does_not_repeat_itself():
    t = np.arange(0, 600, 0.1)
    x = hold_head(*body(2), 600, np.array([])).sample(t)[:, 0]
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


# Breathing


def test_breaths_vary_as_in_people():
    lags, spreads = [], []
    for seed in range(6):
        breaths = breathe(*body(seed), 600)
        assert len(breaths.periods) >= 100
        spreads.append(breaths.periods.std() / breaths.periods.mean())
        lags.append(np.corrcoef(breaths.periods[:-1], breaths.periods[1:])[0, 1])
    assert 0.08 < np.mean(spreads) < 0.20
    assert 0.1 < np.mean(lags) < 0.4


def test_breathing_in_takes_two_fifths_of_a_breath():
    breaths = breathe(*body(1), 120)
    t = np.arange(0, 120, 0.005)
    level = breaths.sample(t)
    shares = []
    for start, period in zip(breaths.starts[:20], breaths.periods[:20], strict=True):
        inside = (t >= start) & (t < start + period)
        shares.append((t[inside][np.argmax(level[inside])] - start) / period)
    assert 0.36 < np.mean(shares) < 0.44
    assert np.abs(np.diff(level)).max() < 0.02


def test_a_breath_lifts_the_head_a_little():
    _, person = body(0)
    assert 0.1 <= person.nod_with_breath <= 0.3
    found = []
    for seed in range(12):
        m = plan(60, seed=seed)
        rising = np.diff(m.column("breath").astype(float))
        found.append(np.corrcoef(rising, np.diff(m.column("headPitch").astype(float)))[0, 1])
    assert np.mean(found) < -0.03


# Expressions


def test_smiles_come_early_slowly_and_stay_faint():
    for seed in range(20):
        rng, person = body(seed)
        smile = next(e for e in act(rng, person, 5.0, []) if "cheekSquint" in e.shares)
        assert 1.0 <= smile.start <= 3.0
        assert 0.35 <= smile.onset <= 0.75
        t = np.arange(0, 8, 0.001)
        value = perform([smile], t, person)["mouthSmileLeft"]
        assert 0.15 < value.max() < 0.36
        rise = value[(t > smile.start) & (t < smile.start + smile.onset)]
        speed = np.diff(rise) / 0.001
        assert speed.max() / speed.mean() > 1.4
        assert value[-1] == 0.0 or smile.end > 8


def test_faster_smiles_are_larger_smiles():
    sizes, speeds = [], []
    for seed in range(40):
        for e in act(*body(seed), 30.0, []):
            if "cheekSquint" in e.shares:
                sizes.append(e.size)
                speeds.append(np.diff(e.strength(np.arange(e.start, e.start + e.onset, 0.002))).max() / 0.002)
    sizes, speeds = np.array(sizes), np.array(speeds)
    slope = (sizes @ speeds) / (sizes @ sizes)
    assert 1.875 / 0.7 < slope < 1.875 / 0.5
    assert 1 - ((speeds - slope * sizes) ** 2).sum() / (speeds**2).sum() > 0.8


def test_a_smile_takes_cheeks_and_eyes_along():
    m = plan(5, seed=1)
    smile = np.argmax(m.column("mouthSmileRight"))
    assert m.column("cheekSquintRight")[smile] > 0.05
    assert m.column("eyeSquintRight")[smile] > 0.03


def test_faces_are_a_little_lopsided():
    sides = []
    for seed in range(30):
        m = plan(10, seed=seed)
        sides.append(m.column("mouthSmileLeft").max() / m.column("mouthSmileRight").max())
    assert 0.85 <= min(sides) < 0.95
    assert 1.05 < max(sides) <= 1 / 0.85 + 1e-6


# The whole plan


def test_it_is_a_motion_prior():
    assert isinstance(NaturalPrior(), MotionPrior)


def test_the_same_seed_gives_the_same_bits():
    for fps in (25, 29.97):
        a, b, c = (plan(6, fps, seed).values.tobytes() for seed in (3, 3, 4))
        assert a == b != c
    assert plan(2, seed=-1).values.shape == (50, plan(1).values.shape[1])


def test_the_frame_rate_only_changes_how_finely_it_is_shown():
    coarse, fine = plan(12, 12, 5), plan(12, 60, 5)
    for name in (*HEAD, "breath", "mouthSmileLeft", "browInnerUp"):
        assert np.array_equal(coarse.column(name), fine.column(name)[::5]), name
    both = coarse.column("eyeBlinkLeft"), fine.column("eyeBlinkLeft")[::5]
    assert np.corrcoef(*both)[0, 1] > 0.7


@pytest.mark.parametrize("fps", [25, 60])
def test_it_starts_from_stillness(fps):
    for seed in range(10):
        m = plan(6, fps, seed)
        early = m.values[: int(0.15 * fps) + 1].astype(float)
        assert not early[0].any()
        assert np.abs(early).max() < 0.05
        assert np.abs(np.diff(m.values[:2].astype(float), axis=0)).max() * fps < 0.05


def test_a_loop_has_no_seam():
    """Across it each channel changes no more than between most frames, and so does its speed (of 1.6 % a bit more)."""
    rough = total = 0
    for seed in range(12):
        for seconds, fps in ((2.0, 25), (3.3, 12), (5.0, 60), (8.0, 25), (20.0, 25)):
            timing = Timing(seconds=seconds, fps=fps, loop=True)
            values = NaturalPrior().plan(people(), timing, seed).faces[0].values.astype(np.float64)
            assert not values[0].any()
            steps = np.abs(np.diff(values[np.r_[: len(values), 0]], axis=0))
            assert (steps[-1] <= np.percentile(steps[:-1], 95, axis=0) + 1e-4).all()
            bends = np.abs(np.diff(values[np.r_[: len(values), 0, 1]], n=2, axis=0))
            rough += (bends[-2:].max(axis=0) > np.percentile(bends[:-2], 95, axis=0) + 1e-4).sum()
            total += values.shape[1]
    assert rough <= 0.02 * total


def test_a_film_that_is_no_loop_has_a_seam():
    values = plan(seconds=8.0).values
    steps = np.abs(np.diff(values[np.r_[: len(values), 0]], axis=0))
    assert (steps[-1] > np.percentile(steps[:-1], 95, axis=0) + 1e-4).any()


def test_a_loop_moves_as_much_as_any_film():
    timing = Timing(seconds=8.0, loop=True)
    films = [NaturalPrior().plan(people(), timing, seed).faces[0] for seed in range(20)]
    assert np.median([film.column("headYaw").std() for film in films]) > 0.7
    assert all(film.column("eyeBlinkLeft").max() == 1.0 for film in films)
    assert np.median([np.ptp(film.column("breath")) for film in films]) > 0.5


def test_everybody_lives_their_own_life():
    motion = NaturalPrior().plan(people({}, {}, {}), Timing(seconds=60), 0)
    assert len(motion.faces) == 3
    for name in ("eyeBlinkLeft", "headYaw", "breath"):
        a, b, c = (f.column(name) for f in motion.faces)
        assert not (np.array_equal(a, b) or np.array_equal(b, c) or np.array_equal(a, c))
    shut = [f.column("eyeBlinkLeft") > 0.5 for f in motion.faces]
    assert abs(np.corrcoef(shut)[0, 1]) < 0.3
    alone = NaturalPrior().plan(people({}), Timing(seconds=60), 0)
    assert np.array_equal(alone.faces[0].values, motion.faces[0].values)


def test_strength_scales_the_head_but_not_the_blinks():
    half, full = plan(10, strength=0.5), plan(10, strength=1.0)
    for name in ("mouthSmileLeft", "cheekSquintRight"):
        assert np.allclose(half.column(name) * 2, full.column(name), atol=1e-5)
    for name in HEAD:  # but for the soft limits
        assert np.allclose(half.column(name) * 2, full.column(name), rtol=0.1, atol=0.02)
    assert half.column("eyeBlinkLeft").max() == full.column("eyeBlinkLeft").max() == 1.0
    assert np.abs(half.column("breath")).max() < np.abs(full.column("breath")).max()
    assert not plan(10, strength=0.0).values.any()


def test_no_strength_leads_out_of_the_limits():
    for seed in range(10):
        yaw, pitch, roll = (np.abs(plan(10, seed=seed, strength=2.0).column(name)).max() for name in HEAD)
        assert yaw <= 6.0
        assert pitch <= 4.5
        assert roll <= 3.5


@pytest.mark.parametrize("code", ["dark", "overexposed", "side-light"])
def test_a_badly_lit_face_moves_less(code):
    free, held = plan(10), plan(10, codes={code})
    assert np.abs(held.column("headYaw")).max() < 0.97 * np.abs(free.column("headYaw")).max()


@pytest.mark.parametrize(("strength", "blinks"), [(-0.1, None), (2.1, None), (math.nan, None), (1, -1), (1, 41)])
def test_nonsense_is_refused(strength, blinks):
    with pytest.raises(ValueError, match=r"must be 0\.\."):
        NaturalPrior(strength, blinks)


@settings(max_examples=60, deadline=None)
@given(
    seconds=st.floats(0.1, 40),
    fps=st.sampled_from([*RATES, 15, 29.97, 48]),
    seed=st.integers(-(2**70), 2**70),
    strength=st.floats(0, 2),
    blinks=st.none() | st.floats(0, 40),
)
def test_any_film_keeps_its_promises(seconds, fps, seed, strength, blinks):
    timing = Timing(seconds=seconds, fps=fps)
    m = plan(seconds, fps, seed, strength, blinks)
    assert len(m.values) == timing.frames
    assert not m.values[0].any()
    assert set(m.channels) <= set(CHANNELS)
    for name in m.channels:
        column = m.column(name)
        if name in ARKIT:
            assert 0 <= column.min() <= column.max() <= 1
    assert np.abs(m.column("breath")).max() <= 1
    for name, limit in zip(HEAD, (6.0, 4.5, 3.5), strict=True):
        assert np.abs(m.column(name)).max() <= limit * strength + 1e-6
    assert np.abs(m.column("gazeYaw")).max() <= 8 + 6 * strength + 1e-6


# What a photo allows


def test_a_turned_head_turns_back_rather_than_away():
    def extremes(yaw):
        runs = [plan(60, seed=s, pose=Pose(yaw=yaw)).column("headYaw") for s in range(4)]
        return min(r.min() for r in runs), max(r.max() for r in runs)

    low, high = extremes(30.0)
    assert -4.5 <= low < -1.5
    assert high < 2.2 < -low
    low, high = extremes(-30.0)
    assert 1.5 < high <= 4.5
    assert low > -2.2


def test_codes_lower_what_moves():
    yaw = {code: np.abs(plan(60, codes=(code,)).column("headYaw")).max() for code in CODES}
    free = np.abs(plan(60).column("headYaw")).max()
    assert yaw["profile"] < yaw["three-quarter"] < free
    assert yaw["tiny-face"] < free
    assert yaw["cropped-face"] < free
    assert yaw["tilted"] < free
    assert yaw["glasses"] == free


CODES = ("three-quarter", "profile", "tiny-face", "cropped-face", "tilted", "glasses", "sunglasses")


@pytest.mark.parametrize("face", [{"codes": ("eyes-closed",)}, {"eyes_open": (0.1, 0.05)}])
def test_closed_eyes_stay_closed_and_the_sleeper_breathes(face):
    m = plan(20, **face)
    moving = {c for c in m.channels if m.column(c).any()}
    assert moving == {"headYaw", "headPitch", "headRoll", "breath"}


def test_behind_sunglasses_nothing_moves():
    m = plan(20, codes=("sunglasses",))
    assert not any(m.column(c).any() for c in m.channels if c.startswith(("eye", "gaze")))
    assert m.column("mouthSmileLeft").any()


def test_glasses_let_the_eyes_blink():
    assert plan(20, codes=("glasses",)).column("eyeBlinkLeft").max() == 1.0


def test_an_open_mouth_is_left_alone():
    m = plan(20, codes=("mouth-open",))
    assert not any(m.column(c).any() for c in m.channels if c.startswith("mouth"))
    assert m.column("headYaw").any()
    smiles = [plan(20, mouth_open=o).column("mouthSmileLeft").max() for o in (0.0, 0.2, 0.6)]
    assert smiles[0] > smiles[1] > smiles[2] > 0


def test_what_is_behind_something_keeps_still():
    masked = plan(20, codes=("occluded",), visibility=Visibility(mouth=0.1, jaw=0.2))
    assert not any(masked.column(c).any() for c in masked.channels if c.startswith("mouth"))
    assert masked.column("eyeBlinkLeft").any()
    patched = plan(20, codes=("occluded",), visibility=Visibility(left_eye=0.1))
    assert not any(patched.column(c).any() for c in patched.channels if c.startswith(("eye", "gaze")))
    assert patched.column("mouthSmileLeft").any()
    # A far eye that is only turned away still blinks with the other.
    assert plan(20, visibility=Visibility(left_eye=0.1)).column("eyeBlinkLeft").any()


def test_the_brows_move_less_under_a_fringe():
    free, fringe = (plan(60, codes=codes).column("browInnerUp").max() for codes in ((), ("hat-or-hair",)))
    assert 0 < fringe < 0.6 * free


@given(
    yaw=st.floats(-90, 90),
    pitch=st.floats(-60, 60),
    roll=st.floats(-180, 180),
    mouth=st.floats(0, 1),
    codes=st.sets(st.sampled_from([*CODES, "mouth-open", "teeth", "occluded", "hat-or-hair", "eyes-closed", "blurry"])),
)
def test_limits_always_leave_room_and_codes_only_tighten(yaw, pitch, roll, mouth, codes):
    face = people({"pose": Pose(yaw=yaw, pitch=pitch, roll=roll), "mouth_open": mouth}).faces[0]
    free, bound = judge(face, set()), judge(face, codes)
    assert all(f <= b < 0 for f, b in zip(free.low, bound.low, strict=True))
    assert all(0 < b <= f for f, b in zip(free.high, bound.high, strict=True))
    assert 0 < bound.head <= free.head
    assert bound.mouth <= free.mouth
    assert (bound.gains() > 0).all()
    assert (bound.gains() <= 1).all()
