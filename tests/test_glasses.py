"""Glasses in the built-in renderer: frames are found, and stay on top while lids close."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from eye_pictures import apart, film, painted, shut

from photomotion.data import Analysis, Face, Finding, Photo, Suitability
from photomotion.warp import posed_landmarks
from photomotion.warp.brows import LOWER, UPPER
from photomotion.warp.eyes import EYES, Eye
from photomotion.warp.geometry import HeadFrame
from photomotion.warp.glasses import find_frames, find_rim


class TestGlasses:
    def wearing(self, portrait: tuple[Photo, Analysis]) -> tuple[Photo, Analysis, npt.NDArray[np.bool_]]:
        """The portrait with drawn round glasses that cross the lid, and where they are."""
        photo, analysis = portrait
        face = analysis.faces[0]
        pixels, mask = photo.pixels.copy(), np.zeros(photo.pixels.shape[:2], np.uint8)
        unit = face.eye_distance
        for corners in ((33, 133), (263, 362)):
            middle = face.landmarks[list(corners), :2].mean(0) + np.array([0, 0.1 * unit])
            at, size = tuple(int(v) for v in middle), round(0.23 * unit)
            cv2.circle(pixels, at, size, (40, 40, 40), 2, cv2.LINE_AA)
            cv2.circle(mask, at, size, 1, 1)
        finding = Finding(code="glasses", value=1.0, message="", face=0)
        return (
            photo.with_pixels(pixels),
            replace(analysis, suitability=Suitability(findings=(finding,))),
            mask.astype(bool),
        )

    def test_frames_are_found_and_skin_is_not(self, portrait: tuple[Photo, Analysis], face: Face) -> None:
        photo, _, rim = self.wearing(portrait)
        eye = Eye.of(face, "Left", photo.pixels)
        found = find_frames(photo.pixels, eye)
        x0, y0, x1, y1 = eye.box
        clear = rim[y0:y1, x0:x1] & ((eye.t < eye.upper - 0.14) | (eye.t > eye.lower + 0.14))
        assert (found[clear] > 0.5).mean() > 0.8
        away = cv2.dilate(rim[y0:y1, x0:x1].astype(np.uint8), np.ones((15, 15))) == 0
        cheek = away & (eye.t > eye.lower + 0.15)
        assert (found[cheek] > 0.1).mean() < 0.05

    @pytest.mark.parametrize(("reach", "own"), [(0.0, True), (0.3, False)])
    def test_the_lit_rim_of_a_lower_lid_is_none(self, reach: float, own: bool) -> None:
        eye, pixels, _ = painted()
        s = np.linspace(0.05 - reach, 0.95 + reach, 50, dtype=np.float32)
        x, y = eye.place(s, np.asarray(eye.lids[1](np.clip(s, 0, 1)), np.float32) + 0.07)
        way = np.stack([x + eye.box[0], y + eye.box[1]], axis=1).round().astype(np.int32)
        cv2.polylines(pixels, [way], False, (240, 235, 230), 3)
        found = find_frames(pixels, eye)
        assert (found.max() < 0.1) == own

    def test_they_stay_on_top_while_the_lid_closes(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis, rim = self.wearing(portrait)
        drawn = film(photo, analysis, shut(1.0)).draw(0)
        unguarded = film(photo, replace(analysis, suitability=Suitability()), shut(1.0)).draw(0)
        eyes = [Eye.of(analysis.faces[0], side, photo.pixels) for side in EYES]
        crossing = np.zeros_like(rim)
        for eye in eyes:
            x0, y0, x1, y1 = eye.box
            crossing[y0:y1, x0:x1] |= (eye.t < eye.upper - 0.14) & (eye.s > 0.1) & (eye.s < 0.9)
        crossing &= rim
        assert np.percentile(apart(drawn, photo.pixels)[crossing], 90) <= 12
        assert np.percentile(apart(unguarded, photo.pixels)[crossing], 90) > 40  # they do cross the lid


RAISED = {"browInnerUp": 0.5, "browOuterUpLeft": 0.6, "browOuterUpRight": 0.6}


class TestRim:
    @staticmethod
    def framed(
        portrait: tuple[Photo, Analysis], height: float, color: tuple[int, int, int], width: float
    ) -> tuple[Photo, Analysis, npt.NDArray[np.bool_]]:
        """The portrait with angular glasses whose upper rim is at that v, so many eye distances wide; and the rim."""
        photo, analysis = portrait
        frame = HeadFrame.of(analysis.faces[0])
        pixels, mask = photo.pixels.copy(), np.zeros(photo.pixels.shape[:2], np.uint8)
        c, s = np.cos(frame.roll), np.sin(frame.roll)
        for middle in (-0.35, 0.35):
            corners = np.array([[middle + du, v] for v in (height, 0.25) for du in (-0.28, 0.28)])[[0, 1, 3, 2]]
            at = (frame.origin[:2] + frame.unit * corners @ np.array([[c, s], [-s, c]])).round().astype(np.int32)
            cv2.polylines(pixels, [at], True, color, round(width * frame.unit), cv2.LINE_AA)
            cv2.polylines(mask, [at[:2]], False, 1, round(width * frame.unit))
        finding = Finding(code="glasses", value=1.0, message="", face=0)
        wearing = replace(analysis, suitability=Suitability(findings=(finding,)))
        return photo.with_pixels(pixels), wearing, mask.astype(bool)

    @staticmethod
    def height(analysis: Analysis, points: tuple[int, ...]) -> float:
        face = analysis.faces[0]
        return float(HeadFrame.of(face).uv(*face.landmarks[list(points), :2].T)[1].mean())

    def found(self, photo: Photo, analysis: Analysis) -> tuple[npt.NDArray[np.float32], ...] | None:
        face = analysis.faces[0]
        return find_rim(photo.pixels, [Eye.of(face, side, photo.pixels) for side in EYES], HeadFrame.of(face))

    @pytest.mark.parametrize(("color", "width"), [((30, 25, 25), 0.045), ((40, 40, 40), 0.02)])
    def test_it_is_found_and_brows_go_up_above_it(
        self, portrait: tuple[Photo, Analysis], color: tuple[int, int, int], width: float
    ) -> None:
        height = self.height(portrait[1], LOWER) + 0.05
        photo, analysis, _ = self.framed(portrait, height, color, width)
        rim = self.found(photo, analysis)
        assert rim is not None
        assert (np.diff(rim[0]) >= 0).all()
        over = height - width / 2 - rim[1]
        assert over.min() > -0.01
        assert np.median(over) < 0.035
        scene = film(photo, analysis, {}, RAISED)
        rest, raised = (posed_landmarks(scene, row, 0)[list(UPPER), 1] for row in (0, 1))
        assert (rest - raised).mean() > 0.025 * scene.heads[0].unit

    @pytest.mark.parametrize(
        ("color", "width"), [((30, 25, 25), 0.045), ((40, 40, 40), 0.02), ((235, 230, 220), 0.015)]
    )
    @pytest.mark.parametrize("below", [0.08, 0.05, 0.02])
    def test_it_stays_while_brows_go_up(
        self, portrait: tuple[Photo, Analysis], color: tuple[int, int, int], width: float, below: float
    ) -> None:
        photo, analysis, mask = self.framed(portrait, self.height(portrait[1], LOWER) + below, color, width)
        assert np.percentile(apart(film(photo, analysis, RAISED).draw(0), photo.pixels)[mask], 98) <= 12

    def test_brows_that_it_is_before_stay(self, portrait: tuple[Photo, Analysis]) -> None:
        photo, analysis, _ = self.framed(portrait, self.height(portrait[1], UPPER) - 0.06, (40, 30, 25), 0.035)
        assert self.found(photo, analysis) is None
        assert np.array_equal(film(photo, analysis, RAISED).draw(0), photo.pixels)
