"""The field of a face's motion: smooth, fold-free, and there and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from photomotion.data import Analysis, Finding, Pose, Suitability
from photomotion.testing.fakes import fake_analysis, fake_face
from photomotion.warp.expressions import PUSHES
from photomotion.warp.field import FaceField
from photomotion.warp.folds import squeeze, unfold
from photomotion.warp.geometry import Array, HeadFrame, rotation
from photomotion.warp.grid import Grid
from photomotion.warp.head import depth
from photomotion.warp.inverse import invert


class TestField:
    grid = Grid.over((0, 0, 192, 240), 4)

    @staticmethod
    def moved(field: FaceField, values: Mapping[str, float]) -> Array:
        """Displacement of every node, float32 (2, rows, columns)."""
        forward = np.zeros((*field.arms.shape[1:], 2), np.float32)
        field.move(forward, values)
        return np.moveaxis(forward, 2, 0)

    def field(self, analysis: Analysis, *channels: str) -> FaceField:
        everybody = np.ones((self.grid.rows, self.grid.columns), np.float32)
        return FaceField.of(analysis, 0, self.grid, everybody, channels)

    @pytest.mark.parametrize("yaw", [-45.0, 30.0, 50.0])
    def test_the_cheek_behind_the_nose_of_a_turned_face_is_no_pit_in_it(self, yaw: float) -> None:
        points = fake_face().landmarks
        middle = points.mean(axis=0)
        turned = (2 * (points - middle) @ rotation(yaw, 0, 0).T + (200, 240, 0)).astype(np.float32)
        face = replace(fake_face(), landmarks=turned, pose=Pose(yaw=yaw))
        head = HeadFrame.of(face)
        grid = Grid.over((0, 0, 400, 480), round(head.unit / 14))
        x, y = grid.nodes
        nose = np.hypot(x - turned[5, 0], y - turned[5, 1]) < 0.3 * head.unit
        rough = np.abs(cv2.Laplacian(depth(face, head, grid) / head.unit, cv2.CV_32F))
        assert rough[nose].max() < 0.6

    def test_rest_moves_nothing(self) -> None:
        assert not self.moved(self.field(fake_analysis(), *PUSHES), {}).any()

    def test_what_moves_nothing_is_not_computed(self) -> None:
        field = self.field(fake_analysis(), *PUSHES)
        nodes = 2 * self.grid.rows * self.grid.columns
        assert sum(push.by.size for push in field.pushes if push.channel != "breath") < 0.2 * nodes * len(PUSHES)
        assert all(np.abs(push.by[push.by != 0]).max() >= 1e-3 for push in field.pushes)

    @given(st.sampled_from([*PUSHES, "breath"]), st.floats(0, 1))
    def test_an_expression_grows_in_proportion(self, channel: str, amount: float) -> None:
        field = self.field(fake_analysis(), *PUSHES)
        assert np.allclose(self.moved(field, {channel: amount}), amount * self.moved(field, {channel: 1.0}), atol=1e-4)

    @given(st.floats(-12, 12), st.floats(-8, 8), st.floats(-8, 8), st.floats(-1, 1), st.floats(0, 0.6))
    @example(12, 8, -8, 1, 0.6)
    @example(-12, -8, -8, -1, 0.6)
    @example(8.5, 0.5, 0, 1, 0)  # just before it folds, a Jacobian is not that of the node it leads to
    def test_it_never_folds_and_its_inverse_leads_back(
        self, yaw: float, pitch: float, roll: float, breath: float, smile: float
    ) -> None:
        values = dict(zip(("headYaw", "headPitch", "headRoll"), (yaw, pitch, roll), strict=True), breath=breath)
        values |= {"mouthSmileLeft": smile, "mouthSmileRight": smile, "browInnerUp": smile}
        grid = self.grid
        moved = self.moved(self.field(fake_analysis(), *values), values)
        assert np.isfinite(moved).all()
        forward = unfold(np.ascontiguousarray(moved.transpose(1, 2, 0)), grid.step)
        assert squeeze(forward, grid.step).min() > 0.1
        back = invert(forward, grid.step)
        column, row = np.meshgrid(np.arange(grid.columns), np.arange(grid.rows))
        x, y = column + back[..., 0] / grid.step, row + back[..., 1] / grid.step
        inside = (x > 0) & (x < grid.columns - 1) & (y > 0) & (y < grid.rows - 1)
        there = cv2.remap(forward, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)
        assert np.abs(there + back)[inside].max() < 0.3  # px, at turns twice as far as photos allow

    @pytest.mark.parametrize(
        ("right", "down", "wide", "tall", "low"),
        [
            (33.9, 19.4, 14.1, 10.7, 3.4),
            (39.1, -24.4, 15.8, 12.0, -2.4),
            (28.5, 29.5, 15.6, 9.2, -5.8),
            (24.7, 29.7, 25.8, 9.5, -4.0),
        ],
    )
    def test_no_node_is_thrown_away_where_much_is_squeezed(
        self, right: float, down: float, wide: float, tall: float, low: float
    ) -> None:
        x, y = Grid.over((0, 0, 240, 240), 4).nodes
        x, y = x - 118, y - 118
        aside = -right * np.tanh(x / wide) * np.exp(-(((y - low) / tall) ** 2))
        along = down * np.tanh(y / tall) * np.exp(-((x / wide) ** 2))
        forward = unfold(np.asarray(np.dstack([aside, along]), np.float32), 4)
        assert squeeze(forward, 4).min() > 0.1
        back = invert(forward, 4)
        column, row = np.meshgrid(np.arange(60, dtype=np.float32), np.arange(60, dtype=np.float32))
        at = column + back[..., 0] / 4, row + back[..., 1] / 4
        there = cv2.remap(forward, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        inside = (at[0] > 0) & (at[0] < 59) & (at[1] > 0) & (at[1] < 59)
        assert np.abs(there + back)[inside].max() < 0.5

    def test_a_squeezed_field_is_smoothed_and_others_are_left_alone(self) -> None:
        grid = self.grid
        field = self.field(fake_analysis())
        small, large = (
            np.ascontiguousarray(np.moveaxis(self.moved(field, v), 0, 2))
            for v in ({"headYaw": 6.0, "headPitch": 3.0}, {"headYaw": 12.0, "headPitch": 8.0, "headRoll": 8.0})
        )
        assert unfold(small, grid.step) is small
        assert squeeze(large, grid.step).min() < 0  # it would fold
        apart = np.abs(unfold(large, grid.step) - large).max(axis=2)
        assert (apart == 0).mean() > 0.5

    def test_squeezing_is_the_area_that_is_left(self) -> None:
        x, y = Grid.over((0, 0, 60, 80), 4).nodes
        assert squeeze(np.dstack([0.5 * x, -0.2 * y]), 4) == pytest.approx(1.5 * 0.8, rel=1e-4)

    def test_shoulders_stay_while_the_head_turns_and_rise_with_the_breath(self) -> None:
        analysis = fake_analysis(192, 320)
        frame = HeadFrame.of(analysis.faces[0])
        grid = Grid.over((0, 0, 192, 320), 4)
        field = FaceField.of(analysis, 0, grid, np.ones((grid.rows, grid.columns), np.float32), ("breath",))
        v = frame.uv(*grid.nodes)[1]
        turned, breathing = (
            self.moved(field, values) for values in ({"headYaw": 10.0, "headRoll": 5.0}, {"breath": 1.0})
        )
        below = v > frame.chin + 1.12
        assert below.sum() > 100
        assert np.abs(turned[:, below]).max() < 0.01
        assert np.abs(turned[:, (v < frame.chin) & (v > 0)]).mean() > 0.5
        assert breathing[1][below & (v < frame.chin + 2)].max() < 0  # up
        assert np.abs(breathing[:, v < 0]).max() < 0.02 * frame.unit

    def test_glasses_are_not_bent(self) -> None:
        analysis = fake_analysis()
        finding = Finding(code="glasses", value=1.0, message="", face=0)
        wearing = replace(analysis, suitability=Suitability(findings=(finding,)))
        v = HeadFrame.of(analysis.faces[0]).uv(*self.grid.nodes)[1]
        frames = (v > -0.3) & (v < 0.25)

        def bent(a: Analysis) -> float:
            field = self.field(a, "browDownLeft", "eyeSquintLeft")
            return float(np.abs(self.moved(field, {"browDownLeft": 1.0, "eyeSquintLeft": 1.0})[:, frames]).max())

        assert bent(analysis) > 0.5
        assert bent(wearing) < 0.05
