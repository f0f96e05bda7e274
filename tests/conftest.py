"""What many tests share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command_line import run
from eye_pictures import face, portrait
from fake_stages import Darkener, DrawnAnalyzer, Lister, Make
from found_faces import analysis, analyzer, pixels
from hypothesis import settings
from small_weights import open_catalogue, package, weighty
from weight_server import server, straight

from photomotion import Animator
from photomotion.registry import Registry

__all__ = [
    "analysis", "analyzer", "face", "open_catalogue", "package", "pixels", "portrait", "run", "server", "straight",
    "weighty",
]  # fmt: skip

# The same examples in every run: a test that is red is red for everybody. No deadlines: clocks prove nothing.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")

PLUGINS = Path(__file__).parent / "data" / "plugins"


@pytest.fixture
def astronaut() -> Path:
    """The one photograph in the repository: a single, near-frontal face, 512x512."""
    return Path(__file__).parent.parent / "examples" / "photos" / "astronaut.png"


@pytest.fixture
def registry() -> Registry:
    """The built-in implementations and nothing else, whatever is installed here."""
    return Registry(discover=False)


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install plugins from ``tests/data/plugins`` as pip would: a module and its ``dist-info`` on ``sys.path``.

    Only these are looked at, whatever else is installed.
    """

    def put(*names: str) -> None:
        for name in names:
            monkeypatch.delitem(sys.modules, f"photomotion_{name.replace('-', '_')}", raising=False)
            monkeypatch.syspath_prepend(str(PLUGINS / name))
        monkeypatch.setenv("PHOTOMOTION_PLUGINS", ",".join(names))

    monkeypatch.delenv("PHOTOMOTION_STRICT", raising=False)
    return put


@pytest.fixture
def make(registry: Registry) -> Make:
    """An Animator of stages that need no models, each replaceable."""

    def build(**stages: Any) -> Animator:
        given = {"analyzer": DrawnAnalyzer(), "motion": "still", "backend": Darkener(), "encoder": Lister(), **stages}
        return Animator(**{"registry": registry, **given})

    return build
