"""A motion on drawn faces does what the motion says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photomotion.data import FaceMotion, Motion
from photomotion.errors import MotionError
from photomotion.reading import read_photo
from photomotion.stickface import INK, IRIS, SHIRT, WIDTH, draw_stickfaces


def face(**channels: list[float]) -> FaceMotion:
    return FaceMotion(channels=tuple(channels), values=np.array(list(channels.values()), np.float32).T)


def film(motion: Motion, folder: Path) -> list[np.ndarray]:
    draw_stickfaces(motion, folder / "film", name="m.json")
    return [read_photo(path).pixels.astype(int) for path in sorted((folder / "film").iterdir())]


def share(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((np.abs(picture - colour).max(axis=2) < 40).sum())


def test_lids_gaze_head_and_breath_are_seen(tmp_path: Path) -> None:
    moves: dict[str, list[float]] = {
        "eyeBlinkLeft": [0, 1, 0, 0, 0], "eyeBlinkRight": [0, 1, 0, 0, 0], "gazeYaw": [0, 0, 12, 0, 0],
        "headYaw": [0, 0, 0, 6, 0], "breath": [0, 0, 0, 0, 1],
    }  # fmt: skip
    rest, shut, aside, turned, full = film(Motion(fps=5, faces=(face(**moves),)), tmp_path)
    assert share(rest, IRIS) > 50
    assert share(shut, IRIS) < 0.1 * share(rest, IRIS)

    def middle(picture: np.ndarray, colour: tuple[int, int, int], axis: int) -> float:
        return float(np.nonzero(np.abs(picture - colour).max(axis=2) < 40)[axis].mean())

    assert middle(aside, IRIS, 1) < middle(rest, IRIS, 1) - 0.5, "the eyes look to the left of the picture"
    assert middle(turned, INK, 1) < middle(rest, INK, 1) - 0.5, "the head turns to the left of the picture"
    assert middle(full, SHIRT, 0) < middle(rest, SHIRT, 0) - 0.3, "the chest rises"


def test_several_faces_stand_side_by_side_each_with_its_own(tmp_path: Path) -> None:
    blinking = face(eyeBlinkLeft=[0, 1], eyeBlinkRight=[0, 1])
    _, second = film(Motion(fps=5, faces=(face(headYaw=[0, 0]), blinking)), tmp_path)
    assert second.shape[1] == 2 * WIDTH
    assert share(second[:, :WIDTH], IRIS) > 50
    assert share(second[:, WIDTH:], IRIS) < 5


def test_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match=r"m\.json is a motion of nobody"):
        draw_stickfaces(Motion(fps=25, faces=()), tmp_path / "film.mp4", name="m.json")
