"""What a photo allows, in every mood."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import CALM, HEAD, LIMITS, people, plan

from photomotion.builtin.limits import judge
from photomotion.builtin.priors.natural.moods import MOODS
from photomotion.data import Pose, Visibility

CODES = ("three-quarter", "profile", "tiny-face", "cropped-face", "tilted", "glasses", "sunglasses")
ALL = (*CODES, "mouth-open", "teeth", "occluded", "hat-or-hair", "eyes-closed", "blurry", "dark", "side-light", "art")


def test_a_turned_head_turns_back_rather_than_away():
    def extremes(yaw):
        runs = [plan(60, seed=s, face={"pose": Pose(yaw=yaw)}).column("headYaw") for s in range(4)]
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


@pytest.mark.parametrize("code", ["dark", "overexposed", "side-light"])
def test_a_badly_lit_face_moves_less(code):
    free, held = plan(10), plan(10, codes={code})
    assert np.abs(held.column("headYaw")).max() < 0.97 * np.abs(free.column("headYaw")).max()


@pytest.mark.parametrize("mood", MOODS)
@pytest.mark.parametrize("face", [{"codes": ("eyes-closed",)}, {"face": {"eyes_open": (0.1, 0.05)}}])
def test_closed_eyes_stay_closed_and_the_sleeper_breathes(face, mood):
    m = plan(20, mood=mood, **face)
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
    smiles = [plan(20, face={"mouth_open": o}).column("mouthSmileLeft").max() for o in (0.0, 0.2, 0.6)]
    assert smiles[0] > smiles[1] > smiles[2] > 0


def test_what_is_behind_something_keeps_still():
    masked = plan(20, codes=("occluded",), face={"visibility": Visibility(mouth=0.1, jaw=0.2)})
    assert not any(masked.column(c).any() for c in masked.channels if c.startswith("mouth"))
    assert masked.column("eyeBlinkLeft").any()
    patched = plan(20, codes=("occluded",), face={"visibility": Visibility(left_eye=0.1)})
    assert not any(patched.column(c).any() for c in patched.channels if c.startswith(("eye", "gaze")))
    assert patched.column("mouthSmileLeft").any()
    # A far eye that is only turned away still blinks with the other.
    assert plan(20, face={"visibility": Visibility(left_eye=0.1)}).column("eyeBlinkLeft").any()


def test_the_brows_move_less_under_a_fringe():
    free, fringe = (plan(60, codes=codes).column("browInnerUp").max() for codes in ((), ("hat-or-hair",)))
    assert 0 < fringe < 0.6 * free


def test_the_brows_of_who_wears_glasses_move_as_others_do():
    free, wearing = (plan(60, codes=codes) for codes in ((), ("glasses",)))
    assert np.array_equal(wearing.column("browInnerUp"), free.column("browInnerUp"))


@given(
    yaw=st.floats(-90, 90),
    pitch=st.floats(-60, 60),
    roll=st.floats(-180, 180),
    mouth=st.floats(0, 1),
    codes=st.sets(st.sampled_from(ALL)),
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


@settings(max_examples=150)
@given(
    mood=st.sampled_from(list(MOODS)),
    state=st.sampled_from(["rest", "talking"]),
    codes=st.sets(st.sampled_from(ALL), max_size=4),
    yaw=st.floats(-70, 70),
    mouth=st.floats(0, 1),
    strength=st.floats(0.1, 2),
    gain=st.floats(0, 2),
    seed=st.integers(0, 99),
)
def test_every_mood_respects_what_the_photo_allows(mood, state, codes, yaw, mouth, strength, gain, seed):
    face = {"pose": Pose(yaw=yaw), "mouth_open": mouth}
    limits = judge(people(face).faces[0], codes)
    gains = dict.fromkeys(("head", "eyes", "mouth", "brows"), gain)
    m = plan(12, seed=seed, face=face, codes=codes, mood=mood, state=state, strength=strength, **gains)
    for name, low, high in zip(HEAD, limits.low, limits.high, strict=True):
        column = m.column(name)
        assert low - 1e-5 <= column.min() <= column.max() <= high + 1e-5
    if not limits.eyes:
        assert not any(m.column(c).any() for c in m.channels if c.startswith(("eye", "gaze")))
    for c in m.channels:
        if c.startswith("mouth"):
            assert m.column(c).max() <= 0.8 * limits.mouth + 1e-6
        elif c.startswith(("brow", "cheek", "nose")):
            assert m.column(c).max() <= 0.8 * limits.face + 1e-6


def test_a_calm_face_stays_within_the_usual():
    assert MOODS["calm"] == CALM
    for seed in range(30):
        m = plan(12, seed=seed)
        assert all(np.abs(m.column(name)).max() <= limit for name, limit in zip(HEAD, LIMITS, strict=True))
        assert max(m.column(c).max() for c in m.channels if c.startswith(("mouth", "cheek"))) < 0.45
        assert max(m.column(c).max() for c in m.channels if c.startswith("brow")) < 0.65
