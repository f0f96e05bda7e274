"""Moods, strength, gains and locks."""

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import HEAD, LIMITS, plan, shut_frames

from photomotion.builtin.options import NaturalOptions
from photomotion.builtin.priors.natural import Manner, NaturalPrior
from photomotion.builtin.priors.natural.moods import MOODS, MoodName, State
from photomotion.builtin.priors.natural.person import Age
from photomotion.builtin.priors.natural.span import Ending
from photomotion.data import ARKIT, CHANNELS, Timing
from photomotion.stages import MotionPrior

GAINS = ("head", "eyes", "mouth", "brows", "breath")


def moving(face):
    return {c for c in face.channels if face.column(c).any()}


def mean_of(measure, films=8, seconds=60, **manner):
    return np.mean([measure(plan(seconds, seed=seed, **manner)) for seed in range(films)])


def smile(face):
    return face.column("mouthSmileLeft").mean()


def restlessness(face):
    return np.abs(np.diff(face.column("headYaw"))).mean()


def test_it_is_a_motion_prior():
    assert isinstance(NaturalPrior(), MotionPrior)


def test_the_options_are_those_of_the_prior():
    fields = {k: v for k, v in NaturalOptions.model_fields.items() if k not in ("script", "camera")}
    assert {k: v.default for k, v in fields.items()} == vars(Manner())
    words = {"mood": MoodName, "state": State, "age": Age, "ending": Ending}
    assert {k: get_args(fields[k].annotation) for k in words} == {k: get_args(v) for k, v in words.items()}
    assert set(get_args(MoodName)) == set(MOODS)


def test_moods_are_told_apart():
    smiles = {mood: mean_of(smile, mood=mood) for mood in MOODS}
    assert smiles["solemn"] < 0.002
    assert smiles["solemn"] < smiles["attentive"] < smiles["calm"] < smiles["tender"] < smiles["warm"]
    assert smiles["lively"] > 1.5 * smiles["calm"]
    restless = {mood: mean_of(restlessness, mood=mood) for mood in MOODS}
    assert restless["solemn"] < restless["tender"] < restless["calm"] < restless["lively"]
    lids = {mood: mean_of(lambda m: np.median(m.column("eyeSquintLeft")), mood=mood) for mood in MOODS}
    assert lids["calm"] < lids["warm"] < lids["tender"]
    wide = {mood: mean_of(lambda m: np.median(m.column("eyeWideLeft")), mood=mood) for mood in MOODS}
    assert wide["attentive"] > 0.04 > wide["calm"]


def test_a_tender_head_leans():
    leans = [plan(60, seed=seed, mood="tender").column("headRoll")[200:].mean() for seed in range(20)]
    assert 0.8 < np.mean(np.abs(leans)) < 2.2
    assert 4 < np.sum(np.array(leans) > 0) < 16


def test_each_lock_holds_its_part_and_no_other():
    parts = {
        "head": {"headYaw", "headPitch", "headRoll"},
        "eyes": {c for c in CHANNELS if c.startswith(("eye", "gaze"))},
        "mouth": {c for c in CHANNELS if c.startswith(("mouth", "cheek", "nose", "jaw"))},
        "brows": {c for c in CHANNELS if c.startswith("brow")},
        "breath": {"breath"},
    }
    free = moving(plan(120, mood="lively"))
    for part, channels in parts.items():
        locked = plan(120, mood="lively", **{part: 0})
        assert free & channels
        assert moving(locked) == free - channels, part


def test_eyes_only():
    m = plan(60, head=0, mouth=0, brows=0, breath=0)
    assert all(c.startswith(("eye", "gaze")) for c in moving(m))
    assert m.column("eyeBlinkLeft").max() == 1
    # With the head still, the eyes alone go where they would have gone.
    whole = plan(60)
    for eye, head in (("gazeYaw", "headYaw"), ("gazePitch", "headPitch")):
        assert np.allclose(m.column(eye), whole.column(eye) + whole.column(head), atol=1e-4)


def test_gains_scale_their_part():
    half, full = plan(30, head=0.5, mouth=0.5, breath=0.5), plan(30)
    assert np.allclose(2 * half.column("mouthSmileLeft"), full.column("mouthSmileLeft"), atol=1e-5)
    assert 0.4 < half.column("headYaw").std() / full.column("headYaw").std() < 0.6
    assert 0.4 < half.column("breath").std() / full.column("breath").std() < 0.7


def test_strength_scales_the_head_but_not_the_blinks():
    half, full = plan(10, strength=0.5), plan(10, strength=1.0)
    for name in ("mouthSmileLeft", "cheekSquintRight"):
        assert np.allclose(half.column(name) * 2, full.column(name), atol=1e-5)
    for name in HEAD:  # but for the soft limits
        assert np.allclose(half.column(name) * 2, full.column(name), rtol=0.1, atol=0.02)
    assert np.array_equal(shut_frames(half), shut_frames(full))
    assert np.abs(half.column("breath")).max() < np.abs(full.column("breath")).max()
    assert not plan(10, strength=0.0).values.any()


@pytest.mark.parametrize("field", ["strength", *GAINS])
@pytest.mark.parametrize("value", [-0.1, 2.1, math.nan])
def test_nonsense_is_refused(field, value):
    with pytest.raises(ValueError, match=rf"{field} must be 0\.\.2, not"):
        Manner(**{field: value})


def test_words_that_are_unknown_are_refused():
    with pytest.raises(ValueError, match=r"blinks_per_minute must be 0\.\.40"):
        Manner(blinks_per_minute=41)
    with pytest.raises(ValueError, match="mood must be one of calm, warm, attentive"):
        Manner(mood="grumpy")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="ending must be one of open, photo"):
        Manner(ending="fade")  # type: ignore[arg-type]


manners = st.fixed_dictionaries(
    {
        "strength": st.floats(0, 2),
        "blinks_per_minute": st.none() | st.floats(0, 40),
        "mood": st.sampled_from(get_args(MoodName)),
        "state": st.sampled_from(get_args(State)),
        "age": st.sampled_from(get_args(Age)),
        "ending": st.sampled_from(get_args(Ending)),
        **{name: st.floats(0, 2) for name in GAINS},
    }
)


@settings(max_examples=150)
@given(
    seconds=st.floats(0.1, 40),
    fps=st.sampled_from([12, 15, 24000 / 1001, 25, 29.97, 30, 48, 60]),
    loop=st.booleans(),
    seed=st.integers(-(2**70), 2**70),
    manner=manners,
)
def test_any_film_keeps_its_promises(seconds, fps, loop, seed, manner):
    m = plan(seconds, fps, seed, loop=loop, **manner)
    assert len(m.values) == Timing(seconds=seconds, fps=fps).frames
    assert not m.values[0].any()
    assert set(m.channels) <= set(CHANNELS)
    for name in m.channels:
        column = m.column(name)
        if name in ARKIT:
            assert 0 <= column.min() <= column.max() <= 1
            assert name.startswith("eye") or column.max() <= 0.8
    assert np.abs(m.column("breath")).max() <= 1
    for name, limit in zip(HEAD, LIMITS, strict=True):
        assert np.abs(m.column(name)).max() <= limit
    assert np.abs(m.column("gazeYaw")).max() <= 12 + 6
    if manner["ending"] == "photo" and not loop:
        assert not m.values[-1].any()
    for gain, start in (("head", "head"), ("eyes", "eye"), ("mouth", "mouth"), ("brows", "brow"), ("breath", "breath")):
        if manner[gain] == 0:
            assert not any(m.column(c).any() for c in m.channels if c.startswith(start))
