"""The solid that a head turns as: its outline stays where a round thing turns away from us."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from photomotion.data import Analysis
from photomotion.testing.fakes import fake_face
from photomotion.warp.field import FaceField
from photomotion.warp.geometry import Array, HeadFrame
from photomotion.warp.grid import Grid
from photomotion.warp.solids import with_skull

WIDTH, HEIGHT = 400, 480
FACE = replace(fake_face(), landmarks=2 * fake_face().landmarks + np.array([8, 40, 0], np.float32))
HEAD = HeadFrame.of(FACE)


def head_and_shoulders(wide: float, high: float) -> Array:
    """The matte of an upright head of that half width and height, in eye distances."""
    matte = np.zeros((HEIGHT, WIDTH), np.float32)
    middle = tuple(round(float(v)) for v in HEAD.origin[:2])
    cv2.ellipse(matte, middle, (round(wide * HEAD.unit), round(high * HEAD.unit)), 0, 0, 360, 1.0, -1)
    matte[round(middle[1] + 1.2 * HEAD.unit) :] = 1
    return matte


@pytest.mark.parametrize("high", [1.0, 1.2, 1.45])
@pytest.mark.parametrize("wide", [0.75, 0.85])
def test_a_head_is_as_high_and_wide_as_its_outline(wide: float, high: float) -> None:
    found = with_skull(HEAD, head_and_shoulders(wide, high)).skull
    assert found == pytest.approx((wide, high), abs=0.07)


def test_what_the_photo_does_not_show_is_taken_to_be_usual() -> None:
    everybody = np.ones((HEIGHT, WIDTH), np.float32)
    assert with_skull(HEAD, everybody).skull == HEAD.skull
    assert with_skull(HEAD, np.zeros_like(everybody)).skull == HEAD.skull


def test_a_tall_hat_is_no_tower_and_a_wide_one_no_wing() -> None:
    wide, high = with_skull(HEAD, head_and_shoulders(1.6, 2.0)).skull
    assert wide <= 0.9
    assert high <= 1.7


def test_the_mirrored_outline_is_as_large() -> None:
    matte = head_and_shoulders(0.85, 1.2)
    matte[:, : WIDTH // 2] = np.roll(matte[:, : WIDTH // 2], 6, axis=0)
    straight, mirrored = with_skull(HEAD, matte).skull, with_skull(HEAD, matte[:, ::-1]).skull
    assert straight == pytest.approx(mirrored, abs=0.04)


@pytest.mark.parametrize("high", [1.0, 1.2])
def test_the_crown_does_not_slide_aside_when_the_head_turns(high: float) -> None:
    matte = head_and_shoulders(0.8, high)
    grid = Grid.over((0, 0, WIDTH, HEIGHT), round(HEAD.unit / 14))
    whole = np.ones((grid.rows, grid.columns), np.float32)
    field = FaceField.of(Analysis(faces=(FACE,), matte=matte), 0, grid, whole, ("headYaw",))
    forward = np.zeros((grid.rows, grid.columns, 2), np.float32)
    field.move(forward, {"headYaw": 12.0})
    moved = forward[..., 0] / HEAD.unit
    u, v = HEAD.uv(*grid.nodes)
    crown = (np.abs(u) < 0.2) & (np.abs(v + high) < 0.06)
    brow = (np.abs(u) < 0.2) & (np.abs(v + 0.3) < 0.06)
    assert np.abs(moved[brow]).mean() > 0.15
    assert np.abs(moved[crown]).mean() < 0.1
