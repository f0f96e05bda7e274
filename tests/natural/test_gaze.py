"""Where people look, and what goes with it."""

import numpy as np
import pytest
from people import CALM, body, plan, span

from photomotion.builtin.priors.natural.blinks import schedule
from photomotion.builtin.priors.natural.gaze import Look, blink_chance, look, saccade_duration
from photomotion.builtin.priors.natural.moods import MOODS


def gazes(seed, seconds=120, rate=16.0, **more):
    """Somebody's blinks and gaze."""
    rng, person = body(seed)
    blinks = schedule(rng, person, seconds, rate) if rate else []
    return blinks, look(rng, person, span(seconds), blinks, more.pop("mood", CALM), **more)


def test_saccades_are_on_the_main_sequence():
    times, sizes = [], []
    for seed in range(40):
        gaze = gazes(seed)[1].steps
        times += gaze.durations.tolist()
        sizes += np.linalg.norm(np.diff(gaze.places, axis=0), axis=1).tolist()
    slope, start = np.polyfit(sizes, np.array(times) * 1000, 1)
    assert 20 <= start <= 30
    assert 2.0 <= slope <= 2.7
    assert saccade_duration(5) == pytest.approx(0.037)
    scans = np.array(sizes)[np.array(sizes) < 3.3]
    assert scans.min() > 0.85
    assert 1.4 < scans.mean() < 2.4


def test_gaze_rests_on_the_viewer_and_wanders_now_and_then():
    times = np.arange(0, 120, 0.02)
    shares = []
    for seed in range(20):
        gaze = gazes(seed)[1].steps
        assert (gaze.starts[:-1] + gaze.durations[:-1] < gaze.starts[1:]).all()
        off = np.linalg.norm(gaze.sample(times), axis=1)
        assert off[times < 2].max() < 2.6
        assert 6.0 <= off.max() <= 9.5
        assert off[-1] < 2.6
        shares.append((off < 2.6).mean())
    assert 0.8 < np.mean(shares) < 0.88


def test_glances_are_as_long_and_as_far_apart_as_those_of_listeners():
    """Andrist 2014: 1.14 s, standard deviation 0.27, every 7.2 s, standard deviation 1.9."""
    lengths, gaps, places = [], [], []
    for seed in range(20):
        gaze = gazes(seed, 300)[1].steps
        (aside,) = np.nonzero(np.linalg.norm(gaze.places[1:-1], axis=1) > 3.3)
        places += gaze.places[1 + aside].tolist()
        lengths += (gaze.starts[aside + 1] - gaze.starts[aside]).tolist()
        gaps += np.diff(gaze.starts[aside]).tolist()
    assert np.mean(lengths) == pytest.approx(1.14, abs=0.27)
    assert 0.15 < np.std(lengths) < 0.4
    assert np.mean(gaps) == pytest.approx(7.2, abs=1.9)
    assert min(gaps) > 4
    across, upright = np.abs(places).T
    assert (across > upright).mean() > 0.85
    assert np.hypot(across, upright).min() > 5.9


def test_moods_differ_in_how_often_people_look_away():
    def away(mood):
        times = np.arange(0, 300, 0.05)
        found = [gazes(seed, 300, mood=MOODS[mood])[1].steps.sample(times) for seed in range(8)]
        return np.mean([(np.linalg.norm(x, axis=1) > 3.3).mean() for x in found])

    assert away("attentive") < 0.6 * away("calm") < away("calm") < 0.85 * away("lively")


def with_blink(degrees, rate=16.0, seeds=60):
    """Share of looks of so many degrees that go with a blink, within 0.15 s, and the share by mere chance."""
    together = chance = total = 0
    for seed in range(seeds):
        looks = [Look(start=t, end=t + 1.0, toward=(degrees, 0.0)) for t in np.arange(3.0, 110.0, 6.0)]
        blinks, gaze = gazes(seed, rate=rate, looks=looks)
        falls = np.array([b.start for b in blinks] + list(gaze.blinks))
        for one in gaze.looks:
            together += len(falls) > 0 and np.abs(falls + 0.0375 - one.start).min() < 0.15
            other = np.array([b.start for b in blinks])
            chance += len(other) > 0 and np.abs(other - one.start - 2.5).min() < 0.15
            total += 1
    return together / total, chance / total


@pytest.mark.parametrize(("degrees", "evinger"), [(8, 0.05), (20, 0.2), (30, 0.6), (40, 0.95)])
def test_blinks_go_with_large_gaze_shifts_as_often_as_in_people(degrees, evinger, monkeypatch):
    # The eyes would be held within reach; here it is the shift that counts.
    monkeypatch.setattr("photomotion.builtin.priors.natural.gaze.REACH", 90.0)
    together, chance = with_blink(degrees)
    assert (together - chance) / (1 - chance) == pytest.approx(evinger, abs=0.05)
    assert blink_chance(degrees) == pytest.approx(evinger)
    assert blink_chance(2.0) == 0.0


def test_a_blink_for_a_gaze_shift_keeps_away_from_others_and_from_quiet_times(monkeypatch):
    monkeypatch.setattr("photomotion.builtin.priors.natural.gaze.REACH", 90.0)
    looks = [Look(start=t, end=t + 1.0, toward=(35.0, 0.0)) for t in np.arange(3.0, 110.0, 6.0)]
    made = 0
    for seed in range(20):
        blinks, gaze = gazes(seed, looks=looks, quiet=[(40.0, 60.0)])
        starts = np.sort([b.start for b in blinks if b.cause != "double"] + list(gaze.blinks))
        for t in gaze.blinks:
            assert np.sort(np.abs(starts - t))[1] > 0.3
            assert not 40 < t + 0.04 < 60
        made += len(gaze.blinks)
    assert made > 50


def test_eyes_stay_on_the_viewer_while_the_head_turns():
    """The vestibulo-ocular reflex: eye in head against head, frame by frame, without saccades."""
    for head, eye in (("headYaw", "gazeYaw"), ("headPitch", "gazePitch")):
        for seed in range(20):
            m = plan(60, seed=seed)
            dh, de = (np.diff(m.column(c).astype(float)) for c in (head, eye))
            steady = np.abs(de + dh) < 0.05  # a saccade is faster, whatever the head does
            assert steady.mean() > 0.8
            slope, _ = np.polyfit(dh[steady], de[steady], 1)
            assert -1.05 <= slope <= -0.95
            assert np.corrcoef(dh[steady], de[steady])[0, 1] ** 2 > 0.9


def test_eyes_locked_to_the_head_fail_that_test():
    m = plan(60, seed=1)
    dh = np.diff(m.column("headYaw").astype(float))
    gaze = np.diff((m.column("gazeYaw") + m.column("headYaw")).astype(float))  # what a gain of 0 would show
    steady = np.abs(gaze) < 0.05
    assert abs(np.polyfit(dh[steady], gaze[steady], 1)[0]) < 0.1


def test_lids_follow_the_eyes():
    for seed in range(6):
        m = plan(60, seed=seed, blinks_per_minute=0, strength=0.1)  # brows widen the eyes, too
        down = m.column("gazePitch")
        assert np.corrcoef(np.maximum(down, 0), m.column("eyeBlinkLeft"))[0, 1] > 0.9
        assert m.column("eyeBlinkLeft")[down < 0].max() == 0
        assert np.corrcoef(np.maximum(-down, 0), m.column("eyeWideLeft"))[0, 1] > 0.7


def test_the_lower_lid_goes_a_third_of_the_upper_ones_way():
    """Leite: 0.25..0.33, as skin moves 0.028 and 0.022 eye distances in the built-in renderer."""
    m = plan(120, seed=3, blinks_per_minute=0, mood="solemn", mouth=0, brows=0)
    upper, lower = m.column("eyeWideLeft").astype(float), m.column("eyeSquintLeft").astype(float)
    alone = upper > 0.01
    ratio = np.median(lower[alone] / upper[alone]) * 0.028 / 0.022
    assert 0.25 <= ratio <= 0.34


def test_brows_go_up_with_the_eyes():
    found = []
    for seed in range(12):
        _, gaze = gazes(seed)
        t = np.arange(0, 120, 0.04)
        brows, up = gaze.raise_brows(t), -gaze.steps.sample(t)[:, 1]
        assert brows.min() >= 0
        assert brows.max() < 0.2
        found.append(np.corrcoef(brows, np.maximum(up, 0))[0, 1])
        assert np.abs(np.diff(brows)).max() < 0.06
    assert np.mean(found) > 0.8


def test_the_gain_of_the_eyes_scales_where_they_look():
    times = np.arange(0, 60, 0.1)
    half, full = (gazes(3, 60, size=size, rate=0)[1].steps.sample(times) for size in (0.5, 1.0))
    near = np.linalg.norm(full, axis=1) < 5
    assert np.median(np.linalg.norm(half[near], axis=1) / (np.linalg.norm(full[near], axis=1) + 1e-9)) < 0.6
    assert np.linalg.norm(gazes(3, 60, size=2.0)[1].steps.sample(times), axis=1).max() <= 12
