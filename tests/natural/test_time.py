"""Frame rates, lengths, loops and endings."""

import numpy as np
import pytest
from people import HEAD, RATES, people, plan, shut_frames

from photomotion.builtin.priors.natural import Manner, NaturalPrior
from photomotion.builtin.priors.natural.moods import MOODS
from photomotion.data import Analysis, Timing


def group(count=3):
    """People side by side."""
    faces = []
    for i in range(count):
        points = np.zeros((478, 3), np.float32)
        points[33, 0], points[263, 0] = -45, 45
        faces.append({"box": (200 * i, 100, 200 * i + 160, 300), "landmarks": points})
    return people(*faces)


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
    assert len({len(shut_frames(plan(60, fps, 5))) for fps in RATES}) == 1


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("fps", [25, 60])
def test_it_starts_from_stillness(fps, mood):
    for seed in range(10):
        m = plan(6, fps, seed, mood=mood)
        early = m.values[: int(0.15 * fps) + 1].astype(float)
        assert not early[0].any()
        assert np.abs(early).max() < 0.05
        assert np.abs(np.diff(m.values[:2].astype(float), axis=0)).max() * fps < 0.05


def seams(values):
    """For each channel whether value, and whether speed, changes no more across the seam than in 95 of 100 frames."""
    steps = np.abs(np.diff(values[np.r_[: len(values), 0]], axis=0))
    bends = np.abs(np.diff(values[np.r_[: len(values), 0, 1]], n=2, axis=0))
    smooth = steps[-1] <= np.percentile(steps[:-1], 95, axis=0) + 1e-4
    return smooth, bends[-2:].max(axis=0) <= np.percentile(bends[:-2], 95, axis=0) + 1e-4


@pytest.mark.parametrize("mood", MOODS)
def test_a_loop_has_no_seam(mood):
    """Across it no channel jumps, and the speed of none."""
    for seed in range(12):
        for seconds, fps in ((1.0, 25), (2.0, 12), (3.3, 12), (4.0, 24), (5.0, 60), (8.0, 25), (20.0, 25)):
            m = plan(seconds, fps, seed, loop=True, mood=mood)
            assert not m.values[0].any()
            smooth, even = seams(m.values.astype(np.float64))
            assert smooth.all()
            assert even.all()


def test_a_film_that_is_no_loop_has_a_seam():
    assert not seams(plan(8.0).values.astype(float))[0].all()


def test_a_group_loops_too():
    for seed in range(6):
        motion = NaturalPrior().plan(group(), Timing(seconds=12.0, loop=True), seed)
        assert motion.closes
        for face in motion.faces:
            smooth, even = seams(face.values.astype(float))
            assert smooth.all()
            assert even.all()


def test_a_loop_moves_as_much_as_any_film():
    films = [plan(8.0, seed=seed, loop=True) for seed in range(20)]
    assert np.median([film.column("headYaw").std() for film in films]) > 0.7
    assert all(film.column("eyeBlinkLeft").max() == 1.0 for film in films)
    assert np.median([np.ptp(film.column("breath")) for film in films]) > 0.5


@pytest.mark.parametrize("mood", MOODS)
def test_a_film_ends_as_the_photo(mood):
    for seed in range(10):
        for seconds, fps in ((2.0, 25), (5.0, 12), (5.0, 60), (30.0, 25)):
            values = plan(seconds, fps, seed, mood=mood, ending="photo").values.astype(float)
            assert not values[-1].any()
            late = values[-1 - int(0.1 * fps) :]
            assert np.abs(late).max() < 0.12
            assert np.abs(np.diff(values[-2:], axis=0)).max() * fps < 0.1  # it comes to rest, and does not stop at once
            if seconds >= 5:
                assert values.any(axis=0).mean() > 0.3


def test_other_endings_do_not():
    assert plan(5.0).values[-1].any()
    assert plan(5.0, loop=True).values[-1].any()


def test_a_loop_that_ends_as_the_photo_rests_there():
    for seed in range(10):
        values = plan(6.0, seed=seed, loop=True, ending="photo").values.astype(float)
        around = np.r_[values[-3:], values[:3]]
        assert np.abs(around).max() < 0.05
        assert values[-1].any()


@pytest.mark.parametrize("frames", [1, 2, 3, 10])
def test_the_shortest_films(frames):
    for ending in ("open", "photo"):
        for loop in (False, True):
            m = plan(frames / 25, loop=loop, ending=ending)
            assert len(m.values) == frames
            assert not m.values[0].any()


def test_hours_are_planned_as_minutes_are():
    m = plan(3 * 3600, 12, 1)
    assert len(m.values) == 3 * 3600 * 12
    thirds = np.array_split(m.column("headYaw"), 3)
    assert max(t.std() for t in thirds) < 1.2 * min(t.std() for t in thirds)
    counts = [len(part) for part in np.split(shut_frames(m), np.searchsorted(shut_frames(m), [43200, 86400]))]
    assert max(counts) < 1.2 * min(counts)


def test_nobody_is_no_trouble():

    assert NaturalPrior(Manner()).plan(Analysis(faces=(), matte=np.zeros((4, 4), np.float32)), Timing(), 0).faces == ()
