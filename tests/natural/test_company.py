"""Several people in one photo."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import people, shut_frames

from photomotion.builtin.priors.natural import Manner, NaturalPrior
from photomotion.builtin.priors.natural.company import exchange, neighbours
from photomotion.builtin.priors.natural.gaze import REACH
from photomotion.builtin.priors.natural.span import Span
from photomotion.data import Pose, Timing


def face(x, y=200, eyes=90, **more):
    """Someone whose face has its middle at (x, y), px."""
    points = np.zeros((478, 3), np.float32)
    points[33, 0], points[263, 0] = -eyes / 2, eyes / 2
    return {"box": (x - eyes, y - eyes, x + eyes, y + eyes), "landmarks": points, **more}


def film(*faces, seconds=60, seed=0, codes=(), **manner):
    return NaturalPrior(Manner(**manner)).plan(people(*faces, codes=codes), Timing(seconds=seconds), seed)


def directed(motion_face):
    """Where the eyes are directed in space, (T, 2), degrees."""
    return np.stack([motion_face.column(f"gaze{a}") + motion_face.column(f"head{a}") for a in ("Yaw", "Pitch")], axis=1)


ROW = (face(200), face(440), face(680, y=260))


def test_people_know_who_is_beside_them():
    beside = neighbours(people(*ROW).faces, (400, 900))
    assert [sorted(found) for found in beside] == [[1], [0, 2], [1]]
    assert beside[0][1][0] < 0 < beside[1][0][0]  # positive yaw is to the left of the picture
    assert beside[1][2][1] > 0 > beside[2][1][1]  # the third stands lower


def test_directions_are_where_the_other_is():
    """The deeper the other stands, the farther it is to turn; straight beside it is 90 degrees, cut down to reach."""
    shape = (600, 900)
    yaw, pitch = neighbours(people(face(300), face(540)).faces, shape)[0][1]
    assert np.hypot(yaw, pitch) == pytest.approx(REACH)
    assert abs(pitch) < 0.1
    up = neighbours(people(face(300, y=300), face(540, y=60)).faces, shape)[0][1]
    assert up[1] < -2
    assert up[1] / up[0] == pytest.approx(-45 / -90, rel=0.3)


@pytest.mark.parametrize("other", [face(2000), face(440, eyes=30), face(200), face(205)])
def test_who_is_far_off_or_in_the_background_is_no_neighbour(other):
    assert neighbours(people(face(200), other).faces, (400, 2200)) == [{}, {}]


def test_a_turned_neighbour_is_one_all_the_same():
    turned = face(440, eyes=45, pose=Pose(yaw=60.0))
    assert 1 in neighbours(people(face(200), turned).faces, (400, 900))[0]


def test_they_look_at_each_other_now_and_then():
    counts, turns = [], []
    for seed in range(12):
        motion = film(*ROW, seconds=60, seed=seed)
        left, middle, right = (directed(f) for f in motion.faces)
        assert left[:, 0].min() < -9.6  # eyes and head together, toward the one on its right in the picture
        assert left[:, 0].max() < 9.6
        assert right[:, 0].max() > 9.6
        assert right[:, 0].min() > -9.6
        counts.append([(np.diff((np.abs(x[:, 0]) > 9.6).astype(int)) == 1).sum() for x in (left, middle, right)])
        assert (np.abs(left[:, 0]) > 9.6).mean() < 0.2
        turned = np.abs(left[:, 0]) > 9.6
        turns.append(motion.faces[0].column("headYaw")[turned].mean())
    assert np.mean(turns) < -1.5  # the head joins in
    assert 2 < np.mean(counts) < 7


def test_some_looks_are_answered():
    looks = exchange(
        [np.random.default_rng(s) for s in range(2)], [{1: (-10.0, 0.0)}, {0: (10.0, 0.0)}], (True, True),
        Span(seconds=3600),
    )  # fmt: skip
    starts = [np.array([one.start for one in own]) for own in looks]
    gaps = starts[1][:, None] - starts[0]
    soon = ((np.abs(gaps) > 0.29) & (np.abs(gaps) < 0.71)).any(axis=0).mean()
    assert 0.3 < soon < 0.7
    assert all(one.end + 1.5 <= two.start for own in looks for one, two in itertools.pairwise(own))


def test_without_a_neighbour_nobody_looks_aside_that_far():
    for seed in range(6):
        for motion in (film(face(200), seed=seed), film(face(200), face(2000), seed=seed)):
            for one in motion.faces:
                assert np.linalg.norm(directed(one), axis=1).max() <= 9.51


def test_who_cannot_look_does_not():
    for codes, manner in (({"sunglasses"}, {}), ({"eyes-closed"}, {}), ((), {"eyes": 0})):
        motion = film(*ROW, codes=codes, **manner)
        assert not motion.faces[0].column("gazeYaw").any()
        assert np.abs(motion.faces[0].column("headYaw")).max() < 6
        if not manner:  # the others look at each other
            assert directed(motion.faces[1])[:, 0].min() < -9


def test_faces_stay_in_order_and_apart():
    motion = film(*ROW)
    assert len(motion.faces) == 3
    for name in ("eyeBlinkLeft", "headYaw", "breath"):
        a, b, c = (f.column(name) for f in motion.faces)
        assert not (np.array_equal(a, b) or np.array_equal(b, c) or np.array_equal(a, c))
    alone = film(face(200))
    together = film(face(200), face(2000))
    assert np.array_equal(alone.faces[0].values, together.faces[0].values)
    assert np.array_equal(motion.faces[2].column("breath"), film(*ROW[:2], face(2000)).faces[2].column("breath"))


def test_blinks_of_a_group_are_uncorrelated():
    """Blinks in half seconds, over 10 minutes each: correlations of all pairs scatter about 0 as chance has it."""
    found, mirrored = [], []
    for seed in range(10):
        motion = film(*ROW, seconds=600, seed=seed)
        trains = [np.bincount((shut_frames(f) // 12).astype(int), minlength=1260) for f in motion.faces]
        for a, b in ((0, 1), (1, 2), (0, 2)):
            found.append(np.corrcoef(trains[a], trains[b])[0, 1])
            mirrored.append(np.corrcoef(trains[a], np.roll(trains[a], 0))[0, 1])
    assert abs(np.mean(found)) < 0.02
    assert np.abs(found).max() < 4 / np.sqrt(1260)
    assert np.mean(mirrored) > 0.9  # people who blink as one would be seen


def test_everybody_breathes_alone():
    found = []
    for seed in range(20):
        breaths = [f.column("breath") for f in film(*ROW, seconds=120, seed=seed).faces]
        found += [np.corrcoef(breaths[0], breaths[1])[0, 1], np.corrcoef(breaths[1], breaths[2])[0, 1]]
    assert abs(np.mean(found)) < 0.12
    assert np.median(np.abs(found)) < 0.35


@given(
    places=st.lists(st.tuples(st.floats(0, 3000), st.floats(0, 2000), st.floats(1, 400)), max_size=12),
    seed=st.integers(0, 9),
)
def test_any_crowd_can_be_planned(places, seed):
    faces = [face(x, y, eyes) for x, y, eyes in places]
    analysis = people(*faces) if faces else None
    if analysis is None:
        return
    beside = neighbours(analysis.faces, (2000, 3000))
    for i, found in enumerate(beside):
        assert i not in found
        assert len(found) <= 2
        for yaw, pitch in found.values():
            assert np.hypot(yaw, pitch) <= REACH + 1e-6
    assert len(NaturalPrior().plan(analysis, Timing(seconds=8), seed).faces) == len(faces)
