"""The picture of a motion, and the two measures in it."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image

from photomotion.data import FaceMotion, Motion, Timing
from photomotion.errors import UsageError
from photomotion.plotting import blink_times, draw_plot, spectrum
from photomotion.testing.fakes import fake_motion


def lids(*values: float) -> FaceMotion:
    both = np.array([values, values], np.float32).T
    return FaceMotion(channels=("eyeBlinkLeft", "eyeBlinkRight"), values=both)


def test_blinks_are_told_apart_and_a_half_closed_eye_is_none() -> None:
    assert blink_times(lids(0, 0.5, 1, 0.5, 0, 0.3, 0, 0.7, 0.9, 0.2)).tolist() == [2, 8]
    assert blink_times(lids(0, 0.8, 1.0)).tolist() == [2], "a film may end in a blink"
    assert blink_times(lids(0.3, 0.5, 0.3)).tolist() == []


def test_the_power_of_a_sine_is_at_its_frequency() -> None:
    fps = 30.0
    t = np.arange(round(60 * fps)) / fps
    f, power = spectrum(3 * np.sin(2 * np.pi * 1.5 * t), fps)
    assert f[power.argmax()] == pytest.approx(1.5)
    assert power.sum() * (f[1] - f[0]) == pytest.approx(3**2 / 2, rel=0.02), "Parseval"


@pytest.mark.parametrize("seconds", [0.2, 30.0])
def test_any_motion_makes_a_picture(seconds: float) -> None:
    with Image.open(io.BytesIO(draw_plot(fake_motion(Timing(seconds=seconds), faces=2), face=1))) as image:
        assert image.size == (1600, 1700)
        assert len(set(np.asarray(image.convert("L")).ravel().tolist())) > 50


def test_a_motion_without_channels_makes_one_too() -> None:
    still = Motion(fps=25, faces=(FaceMotion(channels=(), values=np.zeros((9, 0), np.float32)),))
    assert draw_plot(still).startswith(b"\x89PNG")


def test_a_face_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="the motion has 1 faces, there is no face 3"):
        draw_plot(fake_motion(Timing()), face=2)


def test_without_matplotlib_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UsageError, match=r"pip install 'photomotion\[plot\]'"):
        draw_plot(fake_motion(Timing()))
