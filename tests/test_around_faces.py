"""What the built-in analyzer says of a photo around its faces: matte, light, findings."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from found_faces import Pixels, only_face

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.analyzers.facemesh.lighting import normals
from photomotion.data import Analysis, Photo

# Matte


def test_the_matte_holds_the_person_and_not_the_wall(analysis: Analysis) -> None:
    matte = analysis.matte
    assert matte.shape == (512, 512)
    assert matte.dtype == np.float32
    assert 0 <= matte.min() <= matte.max() <= 1
    face = np.zeros(matte.shape, np.uint8)
    hull = cv2.convexHull(np.round(analysis.faces[0].landmarks[:468, :2]).astype(np.int32))
    cv2.fillConvexPoly(face, hull, 1)
    assert matte[cv2.erode(face, np.ones((7, 7), np.uint8)) > 0].min() > 0.98
    assert matte[330:420, 150:260].mean() > 0.98  # the suit
    assert matte[20:120, 330:380].max() < 0.02  # the wall
    edge = (matte > 0.05) & (matte < 0.95)
    assert 0.002 < edge.mean() < 0.1


def test_the_matte_follows_edges_at_full_size(analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis) -> None:
    large = cv2.resize(pixels, (1536, 1536), interpolation=cv2.INTER_CUBIC)
    matte = analyzer.analyze(Photo(pixels=large)).matte
    assert matte.shape == (1536, 1536)
    small = cv2.resize(matte, (512, 512), interpolation=cv2.INTER_AREA)
    assert float(np.abs(small - analysis.matte).mean()) < 0.02


@pytest.mark.parametrize("seed", [0, 4])
def test_cracks_do_not_cut_pieces_of_the_wall_out_with_the_person(
    analyzer: FaceMeshAnalyzer, pixels: Pixels, seed: int
) -> None:
    gray = cv2.cvtColor(np.ascontiguousarray(pixels[:330, 60:460]), cv2.COLOR_RGB2GRAY)
    whole = cv2.cvtColor((0.6 * gray).astype(np.uint8), cv2.COLOR_GRAY2RGB)
    random, cracked = np.random.default_rng(seed), whole.copy()
    for _ in range(14):
        start, end = random.uniform(0, 1, (2, 2)) * (400, 330)
        way = np.linspace(0, 1, 9)[:, None]
        crack = start * (1 - way) + end * way + random.normal(0, 5, (9, 2))
        cv2.polylines(cracked, [np.round(crack).astype(np.int32)], False, (235,) * 3, int(random.integers(2, 5)))
    found, true = (analyzer.analyze(Photo(pixels=p)) for p in (cracked, whole))
    assert "scratches" in found.suitability.of_face(None)
    assert np.abs(found.matte - true.matte)[:200].mean() < 0.02  # it was 0.08 and 0.19


def test_what_lies_on_the_border_of_a_print_is_no_person(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> None:
    print_ = np.ascontiguousarray(pixels[:400, 40:440])
    bordered = cv2.copyMakeBorder(print_, 40, 40, 40, 40, cv2.BORDER_CONSTANT, value=(236, 232, 224))
    matte = analyzer.analyze(Photo(pixels=bordered)).matte
    whole = analyzer.analyze(Photo(pixels=print_)).matte
    around = np.ones(matte.shape, bool)
    around[40:-40, 40:-40] = False
    assert not matte[around].any()
    deep = (slice(12, -12), slice(12, -12))
    assert np.abs(matte[40:-40, 40:-40][deep] - whole[deep]).mean() < 0.05


# Light


@pytest.mark.parametrize("bright", ["left", "right"])
def test_the_light_comes_from_the_brighter_side(analyzer: FaceMeshAnalyzer, pixels: Pixels, bright: str) -> None:
    face = only_face(analyzer, pixels)
    ramp = np.clip((np.arange(512) - face.box[0]) / (face.box[2] - face.box[0]), 0, 1)
    ramp = (0.15 + 0.85 * (1 - ramp if bright == "left" else ramp))[None, :, None]
    analysis = analyzer.analyze(Photo(pixels=(pixels * ramp).astype(np.uint8)))
    x, y, z = analysis.lighting.direction
    assert (x < -0.5) if bright == "left" else (x > 0.5)
    assert math.hypot(x, y, z) == pytest.approx(1)
    assert z < 0
    assert 0 <= analysis.lighting.softness <= 1
    assert analysis.lighting.confidence > 0.3
    assert "side-light" in analysis.suitability.of_face(0)


def test_normals_look_at_the_camera_and_outward(analysis: Analysis) -> None:
    normal = normals(analysis.faces[0].landmarks[:468])
    np.testing.assert_allclose(np.linalg.norm(normal, axis=1), 1, atol=1e-4)
    assert (normal[:, 2] < 0).mean() > 0.85
    assert normal[234, 0] < -0.3  # the edge of the face on the picture's left
    assert normal[454, 0] > 0.3
    assert normal[10, 1] < normal[152, 1]


# Findings


def test_findings_of_damaged_photos(analyzer: FaceMeshAnalyzer, pixels: Pixels, analysis: Analysis) -> None:
    x0, y0, x1, y1 = (round(v) for v in analysis.faces[0].box)
    large = cv2.resize(pixels, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    damaged = {
        "dark": large // 6,
        "blurred": cv2.GaussianBlur(large, (0, 0), 5),
        "cropped-face": large[:, : round(0.5 * x0 + 1.5 * x1)],
        "low-contrast": (large * 0.2 + 110).astype(np.uint8),
        "overexposed": np.clip(large.astype(np.int32) * 2, 0, 255).astype(np.uint8),
        "tilted": cv2.warpAffine(large, cv2.getRotationMatrix2D((x0 + x1, y0 + y1), 30, 1), (1024, 1024)),
    }
    whole = analyzer.analyze(Photo(pixels=large)).suitability
    assert not whole.of_face(0) & set(damaged)
    assert whole.expectation == "good"
    for code, picture in damaged.items():
        suitability = analyzer.analyze(Photo(pixels=np.ascontiguousarray(picture))).suitability
        assert code in suitability.of_face(0), code
        finding = next(f for f in suitability.findings if f.code == code)
        assert math.isfinite(finding.value)
        assert finding.message.endswith(".")


def test_drawn_glasses_are_seen(analyzer: FaceMeshAnalyzer, pixels: Pixels) -> None:
    large = cv2.resize(pixels, (1024, 1024), interpolation=cv2.INTER_CUBIC)
    points = only_face(analyzer, large).landmarks
    reach = round(0.28 * float(np.linalg.norm(points[33, :2] - points[263, :2])))
    eyes = [tuple(int(v) for v in points[p, :2]) for p in (468, 473)]
    clear, dark = large.copy(), large.copy()
    for x, y in eyes:
        cv2.circle(clear, (x, y), reach, (20, 15, 15), 4, cv2.LINE_AA)
        cv2.circle(dark, (x, y), reach, (12, 12, 12), -1, cv2.LINE_AA)
    (ax, ay), (bx, by) = eyes
    for picture in (clear, dark):
        cv2.line(picture, (ax + reach, ay), (bx - reach, by), (20, 15, 15), 5, cv2.LINE_AA)
    (said,) = [f for f in analyzer.analyze(Photo(pixels=clear)).suitability.findings if f.code == "glasses"]
    assert said.face == 0
    assert said.action == "the frame stays rigid while the lids move, and the brows above it"
    assert "sunglasses" in analyzer.analyze(Photo(pixels=dark)).suitability.of_face(0)
