from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import Drawn, astronaut, gray, moving, painted, sepia, several, sharpened, unchanged

from photomotion.plugin import Event
from photomotion.testing.base import is_gray
from photomotion.testing.fakes import fake_photo
from photomotion_gfpgan.alignment import Floats
from photomotion_gfpgan.enlarging import Enlarger
from photomotion_gfpgan.guard import Change, Guard, Verdict
from photomotion_gfpgan.landmarks import builtin_analyzer
from photomotion_gfpgan.restorer import FaceRestorer
from photomotion_gfpgan.tones import TO_YCC

OPEN = builtin_analyzer()


class Trusting(Guard):
    """A guard that lets everything pass, so that a test sees what the restorer does."""

    def __init__(self) -> None:
        super().__init__(lambda: pytest.fail("not needed"), 1.0, 0.0)

    def judge(self, scan: Floats, made: Floats, landmarks: Any, blend: float, scale: float = 1.0) -> Verdict:
        return Verdict(blend, Change(0.0, 1.0), Change(0.0, 1.0), 1.0)


def restorer(network: Any, analyzer: Any = None, **rest: Any) -> FaceRestorer:
    settings: dict[str, Any] = {"fidelity": 0.0, "guard": Guard(OPEN, 0.03, 0.8), **rest}
    return FaceRestorer(network, OPEN if analyzer is None else lambda: analyzer, **settings)


def doubled(part: Floats) -> Floats:
    return np.repeat(np.repeat(part, 2, axis=0), 2, axis=1)


@pytest.mark.parametrize("size", [(150, 190), (700, 900), (1500, 1700)])
def test_a_network_that_changes_nothing_changes_nothing(size: tuple[int, int]) -> None:
    """To the last bit, on faces smaller and larger than the square."""
    photo = fake_photo(*size)
    restoration = restorer(unchanged, Drawn(), guard=Trusting()).restore(photo)
    assert np.array_equal(restoration.photo.pixels, photo.pixels)
    assert restoration.changed is None and restoration.generated is None
    assert restoration.photo is photo


def test_with_full_fidelity_the_scan_stays() -> None:
    photo = astronaut()
    restoration = restorer(sharpened, fidelity=1.0).restore(photo)
    assert np.array_equal(restoration.photo.pixels, photo.pixels)


def test_the_face_is_redrawn_and_nothing_else() -> None:
    photo = astronaut()
    restoration = restorer(sharpened, fidelity=0.25).restore(photo)
    assert restoration.changed is not None and restoration.generated is not None
    assert restoration.generated.max() == pytest.approx(0.75, abs=1e-5)
    touched = (restoration.photo.pixels != photo.pixels).any(axis=2)
    x0, y0, x1, y1 = (int(v) for v in OPEN().analyze(photo).faces[0].box)
    assert touched[y0:y1, x0:x1].mean() > 0.4
    touched[y0 : y1 + 1, x0 : x1 + 1] = False
    assert not touched.any()
    (step,) = restoration.steps
    assert step.name == "face" and step.strength == 0.75 and step.measured < 0.03
    assert step.sentence.startswith("The face was redrawn by 75%")


def test_a_network_that_moves_the_mouth_is_held_back_and_it_is_said() -> None:
    events: list[Event] = []
    restoration = restorer(moving(257, 371, 30), on_event=events.append).restore(astronaut())
    (notice,) = [event.message for event in events if event.notice]
    (step,) = restoration.steps
    assert step.sentence == notice
    assert "The face moved by" in notice and "instead of 100%" in notice
    assert 0 < step.strength < 0.7
    assert restoration.generated is not None
    assert restoration.generated.max() == pytest.approx(step.strength, abs=1e-5)


def test_gray_stays_gray_and_sepia_keeps_its_dye() -> None:
    black_and_white = restorer(painted, guard=Trusting()).restore(gray(astronaut()))
    assert is_gray(black_and_white.photo.pixels) and black_and_white.photo.gray
    assert black_and_white.changed is not None
    photo = sepia(astronaut())
    redrawn = restorer(painted, guard=Trusting()).restore(photo).photo.pixels
    colours = redrawn.astype(float) @ TO_YCC[1:].T
    assert np.ptp(colours, axis=(0, 1)).max() < np.ptp(photo.pixels @ TO_YCC[1:].T, axis=(0, 1)).max() + 12
    painted_colours = painted(photo.pixels.astype(np.float32)) @ TO_YCC[1:].T
    assert np.ptp(painted_colours, axis=(0, 1)).max() > 100


def test_several_faces() -> None:
    photo = several(3)
    restoration = restorer(sharpened, Drawn(3), guard=Trusting()).restore(photo)
    parts = np.split(restoration.photo.pixels, 3, axis=1)
    assert len(restoration.steps) == 3
    assert restoration.steps[1].sentence.startswith("Face 2 of 3")
    assert all((part != before).any() for part, before in zip(parts, np.split(photo.pixels, 3, axis=1), strict=True))
    # The same face is redrawn alike wherever it stands, but for a rounding.
    assert np.abs(parts[0].astype(int) - parts[2]).max() <= 1


def test_faces_turned_away_or_tiny_are_left_alone() -> None:
    for photo, analyzer, words in (
        (several(1), Drawn(turned=-60), "turned by 60 degrees"),
        (fake_photo(24, 30), Drawn(), "too few"),
    ):
        restoration = restorer(sharpened, analyzer, guard=Trusting()).restore(photo)
        assert restoration.photo is photo
        assert words in restoration.steps[0].sentence and restoration.steps[0].strength == 0


def test_nobody_in_it() -> None:
    photo = fake_photo()
    empty = photo.with_pixels(np.full_like(photo.pixels, 128))
    restoration = restorer(sharpened).restore(empty)
    assert restoration.photo is empty and restoration.changed is None
    assert "No face" in restoration.steps[0].sentence


def test_faces_on_an_enlarged_ground() -> None:
    photo = several(2)
    enlarger = Enlarger(lambda part: doubled(part) * 0.5 + 60, 2)
    restoration = restorer(sharpened, Drawn(2), fidelity=0.5, guard=Trusting(), enlarger=enlarger).restore(photo)
    assert (restoration.photo.width, restoration.photo.height) == (photo.width * 2, photo.height * 2)
    assert [step.name for step in restoration.steps] == ["enlarging", "face", "face"]
    assert restoration.generated is not None
    assert restoration.generated.max() == 1
    x, y = Drawn(2).analyze(photo).faces[1].landmarks[1, :2] * 2
    assert restoration.generated[int(y), int(x)] == pytest.approx(0.5, abs=1e-3)


def peak(faces: int) -> int:
    photo, stage = several(faces), restorer(sharpened, Drawn(faces), guard=Trusting())
    canvas = photo.pixels.size
    tracemalloc.start()
    stage.restore(photo)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used - 4 * canvas  # what grows with the picture itself: its copy, and the maps of it


def test_memory_does_not_grow_with_the_number_of_faces() -> None:
    peak(1)
    one, many = peak(2), peak(12)
    assert many < one * 1.2, (one, many)


def test_nothing_is_written_and_nothing_is_asked_of_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("socket.socket.connect", lambda *a: pytest.fail("a connection was opened"))
    restorer(sharpened).restore(astronaut())
    assert list(tmp_path.iterdir()) == []
