"""Is everything here that photomotion needs, and does it work?"""

from __future__ import annotations

import hashlib
import platform
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.resources import files
from pathlib import Path

__all__ = ["Check", "examine"]

OLDEST_PYTHON = (3, 10)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at."""

    name: str
    """What was looked at, in a word or two."""
    good: bool
    """Whether it is as it should be."""
    found: str
    """What was found; what to do, if it is not good."""


def examine() -> list[Check]:
    """Look at Python, the packages, the models, how is drawn, the encoder, the temporary folder and the plugins."""
    parts = (_python, _packages, _models, _drawing, _encoder, _temporary, _plugins)
    return [check for part in parts for check in _guarded(part)]


def _guarded(part: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """A check that itself fails is a bad finding, not the end of the examination."""
    try:
        yield from part()
    except Exception as error:
        yield Check(name=part.__name__.strip("_"), good=False, found=f"{type(error).__name__}: {error}")


def _python() -> Iterator[Check]:
    good = sys.version_info >= OLDEST_PYTHON
    yield Check(name="python", good=good, found=f"{platform.python_version()} on {platform.platform()}")


def _packages() -> Iterator[Check]:
    yield Check(name="photomotion", good=True, found=version("photomotion"))
    for requirement in requires("photomotion") or ():
        name = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        if "extra ==" in requirement or (name == "tomli" and sys.version_info >= (3, 11)):
            continue
        try:
            yield Check(name=name, good=True, found=version(name))
        except PackageNotFoundError:
            yield Check(name=name, good=False, found=f"not installed; pip install {name}")


def _models() -> Iterator[Check]:
    folder = files("photomotion.builtin") / "models"
    for line in (folder / "NOTICE").read_text(encoding="utf-8").splitlines():
        listed = re.fullmatch(r"(\S+\.tflite)\s+(\d+)\s+([0-9a-f]{64})", line)
        if not listed:
            continue
        name, _, digest = listed.groups()
        model = folder / name
        if not model.is_file():
            found = "missing"
        elif hashlib.sha256(model.read_bytes()).hexdigest() != digest:
            found = "damaged: its sha256 is not the one in NOTICE"
        else:
            yield Check(name=name, good=True, found="present, sha256 right")
            continue
        yield Check(name=name, good=False, found=f"{found}; pip install --force-reinstall --no-deps photomotion")


def _drawing() -> Iterator[Check]:
    from .warp.compiled import inner

    without = "with OpenCV alone, which is slower: it was installed without a C compiler and Python's headers"
    found = "compiled" if inner else without
    yield Check(name="drawing", good=True, found=found)


def _encoder() -> Iterator[Check]:
    import av

    good = "libx264" in av.codecs_available
    cure = "this build of PyAV has no libx264; pip install --force-reinstall --only-binary av av"
    yield Check(name="H.264 encoder", good=good, found=f"libx264 in PyAV {av.__version__}" if good else cure)


def _temporary() -> Iterator[Check]:
    try:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "film").write_bytes(b"film")
    except OSError as error:
        yield Check(name="temporary folder", good=False, found=f"cannot be written ({error}); set TMPDIR")
    else:
        yield Check(name="temporary folder", good=True, found=f"{tempfile.gettempdir()} can be written")


def _plugins() -> Iterator[Check]:
    from .inventory import open_registry

    registry = open_registry()
    for origin in registry.plugins:
        yield Check(name=f"plugin {origin.plugin}", good=True, found=str(origin))
    for broken in registry.broken:
        yield Check(name=f"plugin {broken.name}", good=False, found=str(broken))
