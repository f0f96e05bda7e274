"""Packages and a plugin with small weights, for tests; their fixtures are taken up in ``conftest``."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from photomotion.weights import Catalogue, WeightFile

CONTENT = bytes(range(256)) * 64
DIGEST = hashlib.sha256(CONTENT).hexdigest()
NUMBER = count()

GOOD = f"""
["small-v1"]
file = "small_v1.pth"
urls = ["https://example.org/small_v1.pth"]
bytes = {len(CONTENT)}
sha256 = "{DIGEST}"
licence = "Apache-2.0"
licence_url = "https://example.org/licence"
commercial = "yes"
"""
UNSURE = GOOD.replace("small-v1", "unsure").replace(DIGEST, "")
STRICT = GOOD.replace("small-v1", "strict").replace('"yes"', '"no"')
LIMITED = GOOD.replace("small-v1", "limited").replace('"yes"', '"below a million a year"')
REPOSITORY = """
["owner/model"]
revision = "main"
licence = "Community"
licence_url = "https://example.org/owner/model"
commercial = "below a million a year"
family = "unheard-of"
"""

Package = Callable[[str], str]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Make an importable package with this manifest."""

    def make(manifest: str) -> str:
        name = f"weighty_{next(NUMBER)}"
        folder = tmp_path / "site" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "weights.toml").write_text(manifest, encoding="utf-8")
        monkeypatch.syspath_prepend(str(tmp_path / "site"))
        return name

    return make


@pytest.fixture
def open_catalogue(package: Package, tmp_path: Path) -> Callable[..., Catalogue]:
    def make(manifest: str = GOOD, **options: Any) -> Catalogue:
        options = {"folder": tmp_path / "weights"} | options
        return Catalogue([("photomotion-weighty 1.0", package(manifest))], **options)

    return make


def put(catalogue: Catalogue, name: str = "small-v1", content: bytes = CONTENT) -> Path:
    entry = catalogue.find(name)
    assert isinstance(entry, WeightFile)
    path = catalogue.path(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


PLUGIN = """
from photomotion.plugin import Implementation, Options, hookimpl


class Mender:
    def __init__(self, path, policy):
        self.path, self.policy = path, policy

    def restore(self, photo):
        raise ValueError(f"{self.policy} {self.path.read_bytes()[:4]}")


def offer(name, used, weights):
    def load(options, runtime):
        return Mender(runtime.weights(used), runtime.license_policy)

    return Implementation(name=name, summary="Mends.", options=Options, load=load, weights=weights)


@hookimpl
def photomotion_restorers():
    return [
        offer("free", "small-v1", ("small-v1",)),
        offer("bound", "strict", ("strict", "limited")),
        offer("either", "strict", ("strict", "small-v1")),
    ]
"""


@pytest.fixture
def weighty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a plugin with weights, alone, with an empty folder for them, which is returned."""
    site = tmp_path / "site"
    folder = site / "photomotion_weighty"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "plugin.py").write_text(PLUGIN, encoding="utf-8")
    (folder / "weights.toml").write_text(GOOD + STRICT + LIMITED + REPOSITORY, encoding="utf-8")
    info = site / "photomotion_weighty-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: photomotion-weighty\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[photomotion]\nweighty = photomotion_weighty.plugin\n")
    for name in ("photomotion_weighty", "photomotion_weighty.plugin"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("PHOTOMOTION_PLUGINS", "weighty")
    monkeypatch.setenv("PHOTOMOTION_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    return tmp_path / "weights"
