from __future__ import annotations

import cv2
import numpy as np
import pytest
from made import astronaut, moving, sharpened, unchanged

from photomotion.data import Photo
from photomotion.plugin import FaceAnalyzer
from photomotion_gfpgan.alignment import Alignment, Floats
from photomotion_gfpgan.guard import Guard, at_one_sharpness, likeness, shift
from photomotion_gfpgan.landmarks import builtin_analyzer

OPEN = builtin_analyzer()


class Nobody:
    def analyze(self, photo: Photo):
        return OPEN().analyze(photo.with_pixels(np.full_like(photo.pixels, 128)))


@pytest.fixture(scope="module")
def face() -> tuple[Floats, np.ndarray, float]:
    """The astronaut's face in the square, where its landmarks are, and px of the square to a px of the scan."""
    photo = astronaut()
    face = OPEN().analyze(photo).faces[0]
    alignment = Alignment.of(face)
    return alignment.crop(photo.pixels), alignment.apply(face.landmarks[:, :2]), alignment.scale


def guard(analyzer: FaceAnalyzer | None = None) -> Guard:
    return Guard(OPEN if analyzer is None else lambda: analyzer, 0.03, 0.8)


@pytest.mark.parametrize("network", [unchanged, sharpened])
def test_the_same_person_passes(face, network) -> None:
    scan, landmarks, scale = face
    verdict = guard().judge(scan, network(scan), landmarks, 0.7, scale)
    assert verdict.blend == 0.7
    assert verdict.kept == verdict.wanted
    assert verdict.kept.shift < 0.015 and verdict.kept.likeness > 0.95


def test_a_true_restoration_of_a_poor_scan_passes(face) -> None:
    """What a perfect network would make of a soft, noisy JPEG of the face: itself as it was."""
    true, landmarks, _ = face
    small = cv2.resize(true, (96, 96), interpolation=cv2.INTER_AREA)
    small = np.clip(small + np.random.default_rng(0).normal(0, 6, small.shape), 0, 255).astype(np.uint8)
    poor = cv2.imdecode(cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR)
    scan = np.clip(cv2.resize(poor.astype(np.float32), (512, 512), interpolation=cv2.INTER_CUBIC), 0, 255)
    verdict = guard().judge(scan, true, landmarks, 1.0, 512 / 96)
    assert verdict.blend == 1.0
    assert verdict.wanted.likeness > 0.9


@pytest.mark.parametrize(("part", "at"), [("mouth", (257, 371)), ("eye", (193, 240))])
def test_a_network_that_moves_the_face_is_held_back(face, part: str, at: tuple[int, int]) -> None:
    scan, landmarks, scale = face
    verdict = guard().judge(scan, moving(*at, 18)(scan), landmarks, 1.0, scale)
    assert verdict.wanted.shift > 0.05 or verdict.wanted.likeness < 0.8, part
    assert 0 < verdict.blend < 0.8
    assert verdict.kept.shift <= verdict.limit and verdict.kept.likeness >= 0.8
    further = guard().judge(scan, moving(*at, 36)(scan), landmarks, 1.0, scale)
    assert further.blend <= verdict.blend


def drawn_apart(landmarks: np.ndarray, parts: list[tuple[int, int]], push: list[tuple[float, float]], swell: float):
    """A network whose faces look real and are other people's: parts of this face pushed elsewhere, or made larger."""

    def redraw(square: Floats) -> Floats:
        rows, columns = np.mgrid[0:512, 0:512].astype(np.float32)
        to_rows, to_columns = rows.copy(), columns.copy()
        for ends, (x, y) in zip(parts, push, strict=True):
            middle = landmarks[list(ends), :2].mean(axis=0)
            reach = 0.9 * np.linalg.norm(landmarks[ends[0], :2] - landmarks[ends[1], :2])
            near = np.exp(-((columns - middle[0]) ** 2 + (rows - middle[1]) ** 2) / reach**2)
            to_columns -= near * (x + swell * (columns - middle[0]))
            to_rows -= near * (y + swell * (rows - middle[1]))
        maps = to_columns.astype(np.float32), to_rows.astype(np.float32)
        return np.asarray(cv2.remap(square, *maps, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT))

    return redraw


EYES, MOUTH = [(33, 133), (362, 263)], [(61, 291)]


@pytest.mark.parametrize(
    ("parts", "push", "swell"),
    [
        (EYES, [(0, 0), (0, 0)], (0.05, 0.3, 0.45)),
        (EYES, [(-1, 0), (1, 0)], (2, 9, 16)),
        (MOUTH, [(0.5, 1)], (2, 9, 18)),
    ],
    ids=["larger eyes", "eyes apart", "another mouth"],
)
def test_the_more_another_person_the_less_of_them_stays(face, parts, push, swell) -> None:
    scan, landmarks, scale = face
    blends = []
    for amount in swell:
        moved = [(amount * x, amount * y) for x, y in push]
        made = drawn_apart(landmarks, parts, moved, 0.0 if any(map(any, push)) else amount)(scan)
        verdict = guard().judge(scan, made, landmarks, 1.0, scale)
        assert verdict.kept.shift <= verdict.limit and verdict.kept.likeness >= 0.8
        blends.append(verdict.blend)
    assert blends[0] == 1.0
    assert 1 > blends[1] > blends[2] > 0
    assert blends[2] < 0.65


@pytest.mark.parametrize("amount", [0.5, 3.0])
def test_sharper_or_smoother_is_still_the_same_person(face, amount: float) -> None:
    scan, landmarks, scale = face
    sharp = np.clip(scan + amount * (scan - cv2.GaussianBlur(scan, (0, 0), 3)), 0, 255)
    smooth = cv2.bilateralFilter(scan, 0, 15 * amount, 8)
    for made in (sharp, smooth):
        assert guard().judge(scan, made, landmarks, 1.0, scale).blend == 1.0


def test_a_face_that_is_none_any_more_is_taken_back(face) -> None:
    scan, landmarks, scale = face
    noise = np.random.default_rng(0).uniform(0, 255, scan.shape).astype(np.float32)
    soup = cv2.GaussianBlur(noise, (0, 0), 6)
    verdict = guard().judge(scan, (soup - soup.mean()) * 12 + 128, landmarks, 1.0, scale)
    assert verdict.blend < 0.5
    assert verdict.wanted.likeness < 0.5


def test_without_landmarks_the_structure_still_tells(face) -> None:
    """A scan in which the analyzer sees no face is guarded by the likeness alone."""
    scan, landmarks, scale = face
    assert guard(Nobody()).judge(scan, scan, landmarks, 1.0, scale).blend == 1.0
    assert guard(Nobody()).judge(scan, moving(193, 240, 40, 40)(scan), landmarks, 1.0, scale).blend < 1.0


def test_the_shift_is_that_of_the_part_that_moved_most(face) -> None:
    _, landmarks, _ = face
    moved = landmarks.copy()
    lips = [61, 185, 40, 39, 37, 0, 267, 269, 270, 409, 291, 375, 321, 405, 314, 17, 84, 181, 91, 146]
    moved[lips] += [3, 4]
    eyes = np.linalg.norm(landmarks[33] - landmarks[263])
    assert shift(landmarks, moved) == pytest.approx(5 / eyes)
    assert shift(landmarks, landmarks) == 0


def test_sharpness_and_contrast_do_not_count(face) -> None:
    scan, landmarks, _ = face
    soft = cv2.GaussianBlur(scan, (0, 0), 6) * 0.7 + 30
    assert likeness(*at_one_sharpness(soft, scan, landmarks), landmarks) > 0.97
    assert likeness(*at_one_sharpness(scan, soft, landmarks), landmarks) > 0.97
    a, b = at_one_sharpness(soft, scan, landmarks)
    assert a is soft and b is not scan
    assert likeness(scan, 255 - scan, landmarks) == 0
