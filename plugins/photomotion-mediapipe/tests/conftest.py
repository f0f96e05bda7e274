from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import cv2
import mediapipe as mp
import numpy as np
import numpy.typing as npt
import pytest

from photomotion.data import Photo
from photomotion.plugin import Runtime
from photomotion_mediapipe.analyzer import MediapipeAnalyzer
from photomotion_mediapipe.opening import open_analyzer
from photomotion_mediapipe.plugin import MediapipeOptions

SOLUTIONS = hasattr(mp, "solutions")
ASTRONAUT = Path(__file__).parents[3] / "examples" / "photos" / "astronaut.png"


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face_landmarker.task."""
    if find_spec("mediapipe.tasks.cc") is None:
        pytest.skip(f"MediaPipe {mp.__version__} cannot write the metadata of models")
    import bundle

    return bundle.write_bundle(tmp_path_factory.mktemp("models") / "face_landmarker.task")


@pytest.fixture(scope="session")
def pixels() -> npt.NDArray[np.uint8]:
    """NASA's portrait of an astronaut, 512 px square."""
    picture = cv2.imread(str(ASTRONAUT))
    assert picture is not None
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)


@pytest.fixture(scope="session")
def photo(pixels: npt.NDArray[np.uint8]) -> Photo:
    return Photo(pixels=pixels)


def opened(api: str, weights: Path, **options: object) -> MediapipeAnalyzer:
    """The analyzer, its weights being that file."""
    chosen = MediapipeOptions.model_validate({"api": api, **options})
    return open_analyzer(chosen, Runtime(weights=lambda name: weights))


@pytest.fixture(scope="session", params=["solutions", "tasks"])
def analyzer(request: pytest.FixtureRequest, model: Path) -> Iterator[MediapipeAnalyzer]:
    if request.param == "solutions" and not SOLUTIONS:
        pytest.skip(f"MediaPipe {mp.__version__} has no 'solutions'")
    made = opened(request.param, model)
    yield made
    made.close()
