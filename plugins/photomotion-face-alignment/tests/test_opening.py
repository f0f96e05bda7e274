"""Files and options, and what is said when they do not fit."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch
from conftest import Files, opened
from pydantic import ValidationError

from photomotion.errors import OptionsError, WeightsError
from photomotion.weights import read_manifest
from photomotion_face_alignment.plugin import FaceAlignmentOptions, photomotion_face_analyzers


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"points": "3d"}, r"analyzer\.network"),
        ({"depth": "x"}, r"only for analyzer\.points='3d'"),
        ({"detector": "blazeface"}, r"analyzer\.anchors"),
        ({"anchors": "x"}, "only for analyzer.detector='blazeface'"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(OptionsError, match=said):
        opened({}, **options)


@pytest.mark.parametrize("fault", [{"max_faces": 0}, {"min_confidence": 0}, {"points": "2.5d"}])
def test_options_have_ranges(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        FaceAlignmentOptions.model_validate(fault)


@pytest.mark.parametrize("name", ["fan-2d", "s3fd"])
@pytest.mark.parametrize("content", [None, b"", b"no weights", b"PK\x03\x04 cut off"])
def test_a_missing_or_damaged_file_is_said(weights: Files, tmp_path: Path, name: str, content: bytes | None) -> None:
    path = tmp_path / "broken.pth"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"broken\.pth"):
        opened({**weights, name: path})


def test_weights_of_another_network_are_said(weights: Files) -> None:
    with pytest.raises(WeightsError, match="not those of FAN"):
        opened({**weights, "fan-2d": weights["s3fd"]})
    with pytest.raises(WeightsError, match="sfd"):
        opened({**weights, "s3fd": weights["fan-2d"]})


def test_code_in_a_file_is_not_run(weights: Files, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "sprung",)

    path = tmp_path / "trap.pth"
    torch.save({"state_dict": Trap()}, path, pickle_module=pickle)
    with pytest.raises(WeightsError, match=r"trap\.pth"):
        opened({**weights, "fan-2d": path})
    with pytest.raises(WeightsError, match=r"trap\.pth"):
        opened(weights, points="3d", network=weights["fan-2d"], depth=path)
    assert not (tmp_path / "sprung").exists()


def test_the_manifest_names_what_the_descriptor_asks_for() -> None:
    (implementation,) = photomotion_face_analyzers()
    assert set(read_manifest("photomotion_face_alignment")) == set(implementation.weights)
