from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tiny import save_svd

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def svd_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Stable Video Diffusion on disk."""
    return save_svd(tmp_path_factory.mktemp("models") / "svd")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the models of a file of tests are saved."""
    return tmp_path_factory.mktemp("models")
