"""Every channel that is said to be shown is drawn, and no other is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from photomotion.data import ARKIT, FaceMotion, Motion
from photomotion.testing.fakes import fake_analysis, fake_photo
from photomotion.warp import Scene

PAGE = Path(__file__).parent.parent / "docs" / "explanation" / "channels.txt"


def said() -> set[str]:
    """The names that the documentation lists as shown."""
    shown, not_shown = PAGE.read_text(encoding="utf-8").split("\n\n")
    names = [set(part.split("`")[1::2]) for part in (shown, not_shown)]
    assert names[0] | names[1] == set(ARKIT) and not names[0] & names[1]
    return names[0]


@pytest.mark.parametrize("channel", ARKIT)
def test_it_changes_the_picture_if_it_is_said_to(channel: str) -> None:
    # Lips can only be kept together while the jaw goes down.
    jaw = 0.2 if channel == "mouthClose" else 0.0
    rows = {"jawOpen": (jaw, jaw), channel: (0.0, 0.9)}
    values = np.array(list(zip(*rows.values(), strict=True)), np.float32)
    scene = Scene(
        fake_photo(), fake_analysis(), Motion(fps=25, faces=(FaceMotion(channels=tuple(rows), values=values),))
    )
    rest, drawn = (scene.draw(row).astype(int) for row in (0, 1))
    changed = np.abs(drawn - rest).max()
    assert changed > 5 if channel in said() else changed == 0
