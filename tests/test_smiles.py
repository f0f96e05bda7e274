"""Smiles: corners go out, up and back in one curve, lips get thinner, and neither jaw nor teeth are bent."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photomotion.data import Face, Pose
from photomotion.testing.fakes import fake_face
from photomotion.warp.expressions import SHOWN, expression
from photomotion.warp.folds import squeeze
from photomotion.warp.geometry import Array, HeadFrame, rotation
from photomotion.warp.grid import Grid
from photomotion.warp.jaw import CORNERS, LOWER_LIP, UPPER_LIP, LipAxes
from photomotion.warp.smiles import SMILES, drawn

GRID = Grid.over((0, 0, 480, 560), 6)
SMILE = ("mouthSmileLeft", "mouthSmileRight")
LIPS = sorted({61, 291, 0, 17, 37, 267, 39, 269, 40, 270, 84, 314, 181, 405, 91, 321, *UPPER_LIP, *LOWER_LIP, *CORNERS})


def face(yaw: float = 0.0, narrower: float = 1.0, parted: float = 0.0) -> Face:
    """The drawn face, larger, turned, with lips that many times as wide and so many eye distances farther apart."""
    points = 2.2 * fake_face().landmarks
    points[:, :2] += (240, 280) - points[:, :2].mean(axis=0)
    unit = float(np.linalg.norm(points[33] - points[263]))
    middle = points[list(CORNERS)].mean(axis=0)
    points[LIPS, 0] = middle[0] + narrower * (points[LIPS, 0] - middle[0])
    for lip, way in ((UPPER_LIP, -0.5), (LOWER_LIP, 0.5)):
        points[list(lip), 1] = middle[1] + way * parted * unit * np.sin(np.pi * np.arange(1, 10) / 10)
    centre = points.mean(axis=0)
    turned = (points - centre) @ rotation(yaw, 0, 0).T + centre
    return replace(fake_face(), landmarks=turned.astype(np.float32), pose=Pose(yaw=yaw))


def moved(one: Face, *channels: str) -> Array:
    """Displacement of each node, eye distances, float32 (2, rows, columns)."""
    frame = HeadFrame.of(one)
    return np.asarray(sum(expression(channel, one, frame, GRID) for channel in channels) / frame.unit, np.float32)


def at(field: Array, one: Face, s: float, t: float) -> Array:
    """A field at a place of the mouth's axes."""
    first = [float(nodes[0, 0]) for nodes in GRID.nodes]
    x, y = LipAxes(one, HeadFrame.of(one)).place(np.array([s], np.float32), np.array([t], np.float32))
    place = ((float(x[0]) - first[0]) / GRID.step, (float(y[0]) - first[1]) / GRID.step)
    return np.array([cv2.getRectSubPix(np.ascontiguousarray(part), (1, 1), place)[0, 0] for part in field])


def test_every_corner_that_is_drawn_is_shown() -> None:
    assert set(SMILES) <= set(SHOWN)
    assert len(SHOWN) == len(set(SHOWN))


@pytest.mark.parametrize("narrower", [1.0, 0.7])
def test_lips_bend_in_one_curve(narrower: float) -> None:
    one = face(narrower=narrower)
    field = moved(one, *SMILE)
    rise = np.array([-at(field, one, s, 0.0)[1] for s in (0.0, 0.5, 0.95)])
    assert rise[2] - rise[0] > 0.05
    assert rise[1] - rise[0] < 0.5 * (rise[2] - rise[0])  # a V would be at half, what is round the other way above
    corner = [at(field, one, s, 0.0) for s in (-0.95, 0.95)]
    assert corner[0][0] < -0.06 and corner[1][0] > 0.06


def test_a_narrow_mouth_is_lifted_as_a_whole() -> None:
    wide, narrow = (-at(moved(one, *SMILE), one, 0.0, 0.0)[1] for one in (face(), face(narrower=0.6)))
    assert abs(wide) < 0.005 < 0.012 < narrow < 0.05


@pytest.mark.parametrize("yaw", [0.0, 25.0])
def test_jaw_and_chin_stay(yaw: float) -> None:
    one = face(yaw)
    field = moved(one, *SMILE)
    chin = one.landmarks[[152, 148, 377, 176, 400], :2]
    column, row = np.round((chin - (GRID.left, GRID.top)) / GRID.step - 0.4).astype(int).T
    assert np.abs(field[:, row, column]).max() < 0.012


def test_both_lips_get_thinner_and_what_is_between_them_does_not() -> None:
    one = face(parted=0.2)
    frame = HeadFrame.of(one)
    field = np.sum([drawn(channel, one, frame, GRID) for channel in SMILE], axis=0) / np.float32(frame.unit)
    upper, lower = (at(field, one, 0.0, t)[1] for t in (-0.16, 0.16))
    inside = [at(field, one, 0.0, t)[1] for t in (-0.06, 0.0, 0.06)]
    assert np.ptp(inside) < 0.001
    assert upper > inside[0] + 0.0015 and lower < inside[2] - 0.0015


def test_a_far_corner_goes_back_round_the_teeth() -> None:
    ahead, turned = face(), face(30.0)
    near, far = (max(abs(at(moved(one, *SMILE), one, s, 0.0)[0]) for s in (-0.95, 0.95)) for one in (ahead, turned))
    ways = sorted(abs(at(moved(turned, *SMILE), turned, s, 0.0)[0]) for s in (-0.95, 0.95))
    assert ways[0] < 0.85 * near * np.cos(np.radians(30)) < ways[1] <= far


@given(st.floats(-50, 50), st.floats(0.5, 1.3), st.floats(0, 0.2))
@settings(max_examples=20)
def test_no_face_folds(yaw: float, narrower: float, parted: float) -> None:
    one = face(yaw, narrower, parted)
    frame = HeadFrame.of(one)
    field = sum(expression(channel, one, frame, GRID) for channel in (*SMILE, "mouthDimpleLeft", "mouthDimpleRight"))
    assert squeeze(np.ascontiguousarray(np.moveaxis(np.asarray(field, np.float32), 0, 2)), GRID.step).min() > 0.2


def test_one_side_leaves_the_other() -> None:
    one = face()
    field = moved(one, "mouthSmileLeft")
    assert np.abs(at(field, one, -0.95, 0.0)).max() < 0.12 * np.abs(at(field, one, 0.95, 0.0)).max()
