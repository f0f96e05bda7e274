"""The way of a photo through the library's own code, with random weights and with a network that knows the answer."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import torch
from conftest import Files, opened

from photomotion.data import Photo
from photomotion.testing.base import digest
from photomotion.testing.fakes import fake_face, fake_photo
from photomotion_face_alignment.analyzer import FaceAlignmentAnalyzer
from photomotion_face_alignment.fitting import reduce_mesh

Pixels = npt.NDArray[np.uint8]


class Knowing(torch.nn.Module):
    """A network that answers with a hill at each of the points that it was told."""

    def __init__(self, box: npt.NDArray[np.float32], points: npt.NDArray[np.float64]) -> None:
        super().__init__()
        centre = np.array([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2 - 0.12 * (box[3] - box[1])])
        scale = float(box[2] - box[0] + box[3] - box[1]) / 195
        at = (points - centre) * 64 / (200 * scale) + 32
        y, x = np.mgrid[0:64, 0:64]
        # The library takes the middle of pixel n to lie at n + 0.5.
        hills = np.exp(-(np.square(x + 0.5 - at[:, :1, None]) + np.square(y + 0.5 - at[:, 1:, None])) / 4)
        self.hills = torch.from_numpy(hills[None].astype(np.float32))

    def forward(self, crops: torch.Tensor) -> list[torch.Tensor]:
        return [self.hills.repeat(len(crops), 1, 1, 1)]


@pytest.mark.parametrize("points", ["2d", "3d"])
def test_random_weights_go_the_whole_way(weights: Files, noise: Pixels, points: str) -> None:
    extra: dict[str, Any] = {"points": "3d", "network": weights["fan-2d"], "depth": weights["depth"]}
    analyzer = opened(weights, detector_weights=weights["s3fd-sees"], max_faces=1, **(extra if points == "3d" else {}))
    photo = Photo(pixels=noise)
    before = digest(photo)
    analysis = analyzer.analyze(photo)
    assert len(analysis.faces) == 1
    assert np.isfinite(analysis.faces[0].landmarks).all()
    assert analysis.matte.shape == (256, 320)
    assert digest(photo) == before
    analyzer.close()
    analyzer.close()


@pytest.mark.parametrize("size", [(384, 480), (1200, 900)])
def test_the_drawn_face_is_fitted_by_a_network_that_knows_it(
    weights: Files, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    face, photo = fake_face(*size), fake_photo(*size)
    analyzer = opened(weights)
    box = np.array([*face.box, 0.9], np.float32)
    networks = analyzer._networks
    shrink = min(1.0, 768 / max(size))
    monkeypatch.setattr(networks.face_detector, "detect_from_image", lambda image: [box * [*[shrink] * 4, 1]])
    monkeypatch.setattr(networks, "flip_input", False)
    networks.face_alignment_net = Knowing(box, reduce_mesh(face.landmarks)[:, :2])
    (found,) = analyzer.analyze(photo).faces
    apart = np.linalg.norm(found.landmarks[:, :2] - face.landmarks[:, :2], axis=1) / face.eye_distance
    assert apart[:468].mean() < 0.03
    assert apart[[33, 133, 263, 362, 61, 291]].max() < 0.06
    assert apart[[468, 473]].max() < 0.08
    assert found.confidence == pytest.approx(0.9)
    assert abs(found.pose.yaw) < 8


def test_no_face_is_no_error_and_no_warning(weights: Files, noise: Pixels) -> None:
    analyzer = opened(weights)
    assert analyzer.analyze(Photo(pixels=noise)).faces == ()


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (40, 40)])
def test_tiny_pictures(seeing: FaceAlignmentAnalyzer, size: tuple[int, int]) -> None:
    analysis = seeing.analyze(Photo(pixels=np.full((*size, 3), 90, np.uint8)))
    assert analysis.matte.shape == size
    assert all(np.isfinite(face.landmarks).all() for face in analysis.faces)


def test_a_huge_photo_is_searched_small(seeing: FaceAlignmentAnalyzer, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []

    def detect(image: Pixels) -> list[npt.NDArray[np.float64]]:
        seen.append(image.shape)
        return [np.array([100.0, 200.0, 300.0, 440.0, 0.9]), np.array([10.0, 20.0, 60.0, 80.0, 0.1])]

    monkeypatch.setattr(seeing._networks.face_detector, "detect_from_image", detect)
    (box,) = seeing.detect(np.zeros((2000, 4000, 3), np.uint8))
    assert seen == [(768, 768, 3)]
    assert box[:4] * 768 / 4000 == pytest.approx([100, 200, 300, 440])


def test_a_gray_photo(seeing: FaceAlignmentAnalyzer, noise: Pixels) -> None:
    gray = np.repeat(cv2.cvtColor(noise, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2)
    assert seeing.analyze(Photo(pixels=gray, gray=True)).faces


@pytest.mark.parametrize("back", [False, True])
@pytest.mark.parametrize("sees", [False, True])
def test_blazeface_finds_or_does_not(weights: Files, noise: Pixels, back: bool, sees: bool) -> None:
    file = weights[f"blaze{'-back' if back else ''}{'-sees' if sees else ''}"]
    analyzer = opened(
        weights, detector="blazeface", detector_weights=file, anchors=weights["anchors"], back_camera=back
    )
    boxes = analyzer.detect(noise)
    assert len(boxes) == (1 if sees else 0)
    if sees:
        # The picture is framed to a square of 320 px; the box is its middle half.
        assert boxes[0, :4] == pytest.approx([80, 80, 240, 240], abs=2)


def test_only_the_largest_are_kept_and_none_outside(
    seeing: FaceAlignmentAnalyzer, monkeypatch: pytest.MonkeyPatch
) -> None:
    boxes = [[10, 10, 40, 40, 0.9], [10, 10, 140, 140, 0.9], [330, 10, 400, 80, 0.9], [1, 1, 4, 4, 0.9],
             [5, 5, float("nan"), 90, 0.9]]  # fmt: skip
    monkeypatch.setattr(
        seeing._networks.face_detector, "detect_from_image", lambda image: [np.array(box) for box in boxes]
    )
    assert [box[2] for box in seeing.detect(np.zeros((320, 320, 3), np.uint8))] == [140, 40]
