from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import made
import numpy as np
import numpy.typing as npt
import pytest
import torch

from photomotion.plugin import Runtime
from photomotion_face_alignment.analyzer import FaceAlignmentAnalyzer
from photomotion_face_alignment.opening import open_analyzer
from photomotion_face_alignment.plugin import FaceAlignmentOptions

Files = dict[str, Path]


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's ways to the network."""

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError(f"a download was tried: {args}")

    import face_alignment.api
    import face_alignment.detection.blazeface.blazeface_detector as blazeface
    import face_alignment.detection.sfd.sfd_detector as sfd

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    monkeypatch.setattr(face_alignment.api, "load_file_from_url", refuse)
    monkeypatch.setattr(blazeface, "load_file_from_url", refuse)
    monkeypatch.setattr(blazeface, "load_state_dict_from_url", refuse)
    monkeypatch.setattr(sfd, "load_state_dict_from_url", refuse)


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Files of every network, by name."""
    folder = tmp_path_factory.mktemp("weights")
    files = {
        "fan-2d": made.write_fan(folder / "fan.pth"),
        "depth": made.write_depth(folder / "depth.pth"),
        "s3fd": made.write_sfd(folder / "nobody.pth", sees=False),
        "s3fd-sees": made.write_sfd(folder / "faces.pth", sees=True),
    }
    for back in (False, True):
        for sees in (False, True):
            name = f"blaze{'-back' if back else ''}{'-sees' if sees else ''}"
            files[name], files["anchors"] = made.write_blazeface(
                folder / f"{name}.pth", folder / "anchors.npy", sees, back
            )
    return files


def opened(weights: Files, **options: object) -> FaceAlignmentAnalyzer:
    chosen = FaceAlignmentOptions.model_validate(options)
    return open_analyzer(chosen, Runtime(weights=weights.__getitem__))


@pytest.fixture(scope="session")
def seeing(weights: Files) -> Iterator[FaceAlignmentAnalyzer]:
    """An analyzer whose detector sees faces everywhere, and whose network places points at random."""
    analyzer = opened(weights, detector_weights=weights["s3fd-sees"])
    yield analyzer
    analyzer.close()


@pytest.fixture(scope="session")
def noise() -> npt.NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 255, (256, 320, 3)).astype(np.uint8)
