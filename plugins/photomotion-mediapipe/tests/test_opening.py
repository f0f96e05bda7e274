"""Which generation and which models are taken, and what is said when that cannot be."""

from __future__ import annotations

from pathlib import Path

import mediapipe as mp
import numpy as np
import pytest
from conftest import SOLUTIONS, opened
from pydantic import ValidationError

from photomotion.data import Photo
from photomotion.errors import OptionsError, WeightsError
from photomotion.weights import read_manifest
from photomotion_mediapipe.opening import open_analyzer
from photomotion_mediapipe.plugin import MediapipeOptions


def kind(analyzer: object) -> str:
    name = type(vars(analyzer)["_finder"]).__name__
    analyzer.close()  # type: ignore[attr-defined]
    return name


def test_tasks_is_taken_for_a_model_and_where_there_is_nothing_else(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kind(opened("auto", Path("never-asked"), model=model)) == "TasksFinder"
    monkeypatch.delattr(mp, "solutions", raising=False)
    assert kind(opened("auto", model)) == "TasksFinder"


@pytest.mark.skipif(not SOLUTIONS, reason="the installed MediaPipe has no 'solutions'")
def test_solutions_is_taken_where_it_is_and_needs_no_file() -> None:
    assert kind(opened("auto", Path("never-asked"))) == "SolutionsFinder"


def test_solutions_of_a_newer_mediapipe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(mp, "solutions", raising=False)
    with pytest.raises(OptionsError, match=r"0\.10\.21"):
        opened("solutions", Path("never-asked"))


def test_a_model_for_solutions_is_refused(model: Path) -> None:
    with pytest.raises(OptionsError, match=r"analyzer\.model"):
        opened("solutions", model, model=model)


@pytest.mark.parametrize("content", [None, b"", b"not a bundle", b"PK\x03\x04 cut off"])
def test_a_missing_or_damaged_model_is_said(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "face_landmarker.task"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"face_landmarker\.task"):
        opened("tasks", path)


def test_weights_that_are_not_there_are_the_runtimes_to_say() -> None:
    from photomotion.plugin import Runtime

    def weights(name: str) -> Path:
        raise WeightsError(f"{name} was not fetched")

    with pytest.raises(WeightsError, match="face-landmarker was not fetched"):
        open_analyzer(MediapipeOptions(api="tasks"), Runtime(weights=weights))


def test_people_are_cut_out_by_a_segmenter_of_ones_own(model: Path, tmp_path: Path, photo: Photo) -> None:
    import bundle

    path = tmp_path / "selfie.tflite"
    path.write_bytes(bundle.described(bundle.shipped("selfie_segmentation.tflite"), 0.0, 255.0))
    own, theirs = opened("tasks", model), opened("tasks", model, segmenter=path)
    a, b = own.analyze(photo).matte, theirs.analyze(photo).matte
    assert np.abs(a - b).mean() < 0.02
    for analyzer in (own, theirs):
        analyzer.close()
        analyzer.close()


def test_the_manifest_can_be_read() -> None:
    entry = read_manifest("photomotion_mediapipe")["face-landmarker"]
    assert entry.permissive


@pytest.mark.parametrize("fault", [{"max_faces": 0}, {"min_confidence": 0}, {"api": "legacy"}])
def test_options_have_ranges(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MediapipeOptions.model_validate(fault)
