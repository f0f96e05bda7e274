"""The glow keeps the contract of post-processors, and glows."""

from __future__ import annotations

from photomotion_glow.glow import Glow
from photomotion_glow.plugin import photomotion_postprocessors

from photomotion.data import Timing
from photomotion.testing.contracts import PostProcessorContract
from photomotion.testing.fakes import fake_analysis, fake_frames, fake_photo


class TestGlow(PostProcessorContract):
    implementation = photomotion_postprocessors()[0]


def test_it_brightens_and_never_darkens() -> None:
    (frame,) = fake_frames(Timing(seconds=0.1, fps=10))
    (glowing,) = Glow(0.5).process([frame], fake_photo(), fake_analysis())
    assert (glowing.pixels >= frame.pixels).all()
    assert glowing.pixels.mean() > frame.pixels.mean() + 1


def test_without_strength_it_changes_nothing() -> None:
    (frame,) = fake_frames(Timing(seconds=0.1, fps=10))
    (same,) = Glow(0).process([frame], fake_photo(), fake_analysis())
    assert (same.pixels == frame.pixels).all()
