"""Small motions of a head are read from its pixels, whatever the face does meanwhile."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from photomotion.builtin.analyzers.facemesh import FaceMeshAnalyzer
from photomotion.builtin.analyzers.facemesh.region import Scales
from photomotion.data import Analysis, FaceMotion, Motion, Photo
from photomotion.tracking import track
from photomotion.tracking.anchors import Anchors
from photomotion.tracking.headframe import STEADY
from photomotion.tracking.links import Link, reconcile
from photomotion.warp import Scene

ROOT = Path(__file__).parents[1]
FPS, FRAMES = 25, 100


@pytest.fixture(scope="module")
def photo() -> Photo:
    with Image.open(ROOT / "examples" / "photos" / "astronaut.png") as image:
        return Photo(pixels=np.asarray(image.convert("RGB").crop((66, 0, 386, 320))))


@pytest.fixture(scope="module")
def analysis(photo: Photo) -> Analysis:
    return FaceMeshAnalyzer(max_faces=1).analyze(photo)


def channels() -> dict[str, np.ndarray]:
    """A head that hardly moves, in a face that does: brows, a smile, lids and eyes, no two in step."""
    t = np.arange(FRAMES) / FPS

    def wave(frequency: float, phase: float) -> np.ndarray:
        return np.sin(2 * np.pi * (frequency * t + phase))

    brows, smile = 0.5 * (wave(0.5, 0.9) > 0), 0.7 * np.clip(wave(0.3, 0.1), 0, 1)
    lids = np.zeros(FRAMES)
    for at in (22, 51, 83):
        lids[at : at + 4] = 0.7, 1, 1, 0.4
    return {
        "headYaw": 0.7 * wave(0.6, 0.0), "headPitch": 0.7 * wave(0.8, 0.2), "gazeYaw": 5 * np.sign(wave(0.45, 0.2)),
        "browInnerUp": brows, "browOuterUpLeft": brows, "browOuterUpRight": brows,
        "mouthSmileLeft": smile, "mouthSmileRight": smile, "eyeBlinkLeft": lids, "eyeBlinkRight": lids,
    }  # fmt: skip


@pytest.fixture(scope="module")
def read(photo: Photo, analysis: Analysis, tmp_path_factory: pytest.TempPathFactory) -> FaceMotion:
    """What is read of that, drawn."""
    drawn = channels()
    face = FaceMotion(channels=tuple(drawn), values=np.stack(list(drawn.values()), axis=1).astype(np.float32))
    scene = Scene(photo, analysis, Motion(fps=FPS, faces=(face,)))
    path = tmp_path_factory.mktemp("small") / "small.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "18", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = 320, 320, "yuv420p"
        for row in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(scene.draw(row), format="rgb24")
            frame.pts, frame.time_base = row, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return track(path).faces[0]


@pytest.mark.parametrize("name", ["headYaw", "headPitch"])
def test_two_thirds_of_a_degree_are_read(read: FaceMotion, name: str) -> None:
    drawn, seen = channels()[name], read.column(name)
    assert np.corrcoef(drawn, seen)[0, 1] >= 0.94
    assert 0.7 <= np.polyfit(drawn, seen, 1)[0] <= 1.4


def test_a_shift_of_the_picture_is_found_to_a_tenth_of_a_pixel(photo: Photo, analysis: Analysis) -> None:
    anchors, landmarks = Anchors(), analysis.faces[0].landmarks
    shifted = np.roll(photo.pixels, (3, -5), axis=(0, 1))
    assert anchors.compare(0, Scales(photo.pixels), landmarks, (0.0, 0.0, 0.0)) == ()
    # The mesh is wrong by two thirds of a pixel, and is put right.
    (link,) = anchors.compare(1, Scales(shifted), landmarks + np.array([-4.5, 2.6, 0], np.float32), (0.0, 0.0, 0.0))
    assert (link.anchor, link.moves.shape) == (0, (len(STEADY), 2))
    assert np.abs(link.moves - (-5, 3)).max() < 0.1
    assert link.weight > 0.8


def test_other_pixels_are_not_believed(photo: Photo, analysis: Analysis) -> None:
    anchors, landmarks = Anchors(), analysis.faces[0].landmarks
    anchors.compare(0, Scales(photo.pixels), landmarks, (0.0, 0.0, 0.0))
    noise = np.random.default_rng(1).integers(0, 255, photo.pixels.shape, np.uint8)
    (link,) = anchors.compare(1, Scales(noise), landmarks, (0.0, 0.0, 0.0))
    assert link.weight < 0.3
    # Nothing to hold on to: it is left to the mesh.
    flat = np.full_like(photo.pixels, 120)
    (link,) = anchors.compare(2, Scales(flat), landmarks, (0.0, 0.0, 0.0))
    assert np.abs(link.moves).max() < 0.1


def test_turned_heads_get_anchors_of_their_own(photo: Photo, analysis: Analysis) -> None:
    anchors, landmarks, scales = Anchors(), analysis.faces[0].landmarks, Scales(photo.pixels)
    known = [
        tuple(link.anchor for link in anchors.compare(row, scales, landmarks, (yaw, 0.0, 0.0)))
        for row, yaw in enumerate((0.0, 3.0, 5.0, 4.0, 12.0, 30.0, 1.0))
    ]
    assert known == [(), (0,), (0,), (2, 0), (2,), (), (0, 2)]


@given(st.integers(0, 2**32 - 1), st.integers(5, 40), st.integers(1, 4))
def test_exact_links_leave_one_error_for_all(seed: int, count: int, spacing: int) -> None:
    rng = np.random.default_rng(seed)
    true = np.cumsum(rng.normal(size=(count, 3, 2)), axis=0)
    guessed = true + rng.normal(size=true.shape)
    links = [
        [Link(at, (true[row] - true[at]).astype(np.float32), 1.0) for at in range(0, row, spacing)[-2:]]
        for row in range(count)
    ]
    error = reconcile(guessed, links, 1e-6) - true
    assert np.abs(error - error[0]).max() < 1e-3
    assert np.abs(error[0] - (guessed - true).mean(axis=0)).max() < 1e-2


@given(st.integers(0, 2**32 - 1), st.integers(1, 12))
def test_links_that_agree_or_are_missing_change_nothing(seed: int, count: int) -> None:
    places = np.random.default_rng(seed).normal(size=(count, 2, 2))
    moves = (places - places[0]).astype(np.float32)
    assert np.allclose(reconcile(places, [[]] * count, 0.1), places)
    agreeing = [[Link(0, moves[row], 0.7)] if row else [] for row in range(count)]
    assert np.allclose(reconcile(places, agreeing, 0.1), places, atol=1e-6)
