"""Weights, from the network or a folder into the place where they are looked for. Nothing else fetches any.

Environment variables:

``PHOTOMOTION_OFFLINE=1``
    never use the network; ``HF_HUB_OFFLINE=1`` means the same.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from filelock import FileLock, Timeout

from photomotion.errors import WeightsError
from photomotion.plugin import Event

from .catalogue import Catalogue, write_record
from .download import download
from .manifest import Repository, WeightFile, check_url, format_size
from .part import CHUNK, Part, Refused

__all__ = ["check_licence", "describe_licence", "fetch", "place"]

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".msgpack", ".h5", ".onnx")
"""Formats of weights that can run code, or that nobody here reads."""


def describe_licence(entry: WeightFile | Repository) -> str:
    """One line on what weights are, and on what terms: name, size, licence, commercial use."""
    size = f"{entry.file}, {format_size(entry.bytes)}" if isinstance(entry, WeightFile) else "a repository on the hub"
    return f"{entry.name}: {size}; licence {entry.licence} ({entry.licence_url}); commercial use: {entry.commercial}"


def check_licence(entry: WeightFile | Repository, *, accept_licence: bool) -> None:
    """See that a licence that forbids or limits commercial use was accepted.

    Raises:
        WeightsError: if not.
    """
    if not (entry.permissive or accept_licence):
        raise WeightsError(
            f"the licence of {entry.name}, {entry.licence}, limits commercial use: {entry.commercial}; "
            f"read {entry.licence_url}, and if you accept it, add --accept-licence"
        )


def fetch(
    catalogue: Catalogue,
    name: str,
    *,
    accept_licence: bool = False,
    source: str | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
    **network: Any,
) -> Path:
    """Return weights that are whole, fetching them if they are not here.

    Args:
        catalogue: knows them, and where they belong.
        name: the section's name.
        accept_licence: whether a licence that forbids or limits commercial use is accepted.
        source: a folder, a file or a mirror's address to take them from, and from nowhere else.
        on_event: is told how far it is, and with notices what goes wrong on the way.
        network: ``timeout`` and ``sleep`` of :func:`~photomotion.weights.download.download`.

    Raises:
        WeightsError: if they are unknown, refused, not accepted, cannot be had from anywhere, or do not fit the disk.
    """
    entry = catalogue.find(name)
    check_licence(entry, accept_licence=accept_licence)
    if isinstance(entry, Repository):
        return _fetch_repository(entry, source)
    with place(catalogue, entry, on_event) as part:
        if part is None:
            return catalogue.path(entry)
        refusals = []
        for label, attempt in _sources(entry, source, on_event, network):
            try:
                digest = attempt(part)
            except Refused as error:
                refusals.append(f"{label} {error}")
                continue
            write_record(catalogue.path(entry), digest)
            return catalogue.path(entry)
        kept = f"; {format_size(part.size)} are kept, and the next fetch goes on from there" if part.size else ""
    said = "; ".join(refusals) or "its manifest knows no address, name a folder or a mirror with --from"
    raise WeightsError(f"{entry.file} ({entry.name}, {format_size(entry.bytes)}) cannot be had: {said}{kept}")


@contextmanager
def place(
    catalogue: Catalogue, entry: WeightFile, on_event: Callable[[Event], None] = lambda event: None
) -> Iterator[Part | None]:
    """Give the part to be filled, while no other process does; None if the file is here and whole.

    Raises:
        WeightsError: if the folder cannot be made, or is too full.
        KeyboardInterrupt: as it comes; it then says what is kept.
    """
    path = catalogue.path(entry)
    lock = FileLock(f"{path}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            message = f"{entry.name}: another process is fetching it; waiting"
            on_event(Event(stage="weights", message=message, notice=True))
            lock.acquire()
    except OSError as error:
        raise WeightsError(
            f"cannot write to {path.parent} ({error.strerror}); set PHOTOMOTION_WEIGHTS to a folder of yours"
        ) from error
    try:
        if not catalogue.fault(entry):
            yield None
            return
        with Part(entry, path) as part:
            free = shutil.disk_usage(path.parent).free
            if free < entry.bytes - part.size:
                raise WeightsError(
                    f"{entry.name} needs {format_size(entry.bytes - part.size)} more, and {path.parent} has "
                    f"{format_size(free)} free; make room, or set PHOTOMOTION_WEIGHTS to another folder"
                )
            try:
                yield part
            except KeyboardInterrupt as interrupt:
                if not part.size:
                    raise
                kept = f"{format_size(part.size)} of {entry.name} are kept, and the next fetch goes on from there"
                raise KeyboardInterrupt(kept) from interrupt
    finally:
        lock.release()


def _sources(
    entry: WeightFile, source: str | None, on_event: Callable[[Event], None], network: dict[str, Any]
) -> Iterator[tuple[str, Callable[[Part], str]]]:
    """What to try, in order, each with a label for messages."""
    if source is not None and "://" not in source:
        yield source, partial(_copy, Path(source).expanduser())
        return
    if source is None:
        urls: tuple[str, ...] = entry.urls
    else:
        try:
            base = check_url(source).rstrip("/")
        except ValueError as error:
            raise WeightsError(f"nothing is fetched from there: {error}") from error
        urls = tuple(f"{base}/{quote(path)}" for path in (entry.file, f"{entry.name}/{entry.file}"))
    offline = [name for name in ("PHOTOMOTION_OFFLINE", "HF_HUB_OFFLINE") if _is_set(name)]
    if offline:
        raise WeightsError(
            f"{entry.name} is not here and {offline[0]} is set; unset it, name a folder with --from, "
            "or 'photomotion weights unbundle' what was bundled on another machine"
        )
    for url in urls:
        yield urlsplit(url).netloc, partial(download, url=url, on_event=on_event, **network)


def _is_set(name: str) -> bool:
    return os.environ.get(name, "").lower() in ("1", "true", "yes", "on")


def _copy(source: Path, part: Part) -> str:
    """Fill a part from a file, or from a folder that holds it as such or as another machine's folder of weights."""
    entry = part.entry
    candidates = (source, source / entry.file, source / entry.name / entry.file)
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise Refused(f"holds no {entry.file}")
    part.restart(str(found))
    try:
        with found.open("rb") as file:
            while chunk := file.read(CHUNK):
                part.write(chunk)
    except OSError as error:
        raise Refused(f"cannot be read ({error.strerror})") from error
    if part.size != entry.bytes:
        size = part.size
        part.restart("")
        raise Refused(f"has a {entry.file} of {size} bytes, not {entry.bytes}")
    return part.finish()


def _fetch_repository(entry: Repository, source: str | None) -> Path:
    """Take a repository into the hub's cache: no pickles, and no whole model in one file beside its parts."""
    if source is not None:
        raise WeightsError(f"{entry.name} is a repository on the hub, which --from cannot replace; set HF_ENDPOINT")
    try:
        from huggingface_hub import HfApi, snapshot_download
    except ImportError as error:
        raise WeightsError(
            f"{entry.name} is a repository on the hub, which huggingface_hub fetches; pip install huggingface_hub"
        ) from error
    if _is_set("PHOTOMOTION_OFFLINE"):
        raise WeightsError(f"{entry.name} cannot be fetched, because PHOTOMOTION_OFFLINE is set; unset it")
    try:
        names = HfApi().list_repo_files(entry.name, revision=entry.revision)
        if "model_index.json" in names:
            names = [name for name in names if "/" in name or not name.endswith(".safetensors")]
        wanted = [name for name in names if not name.endswith(PICKLES)]
        return Path(snapshot_download(entry.name, revision=entry.revision, allow_patterns=wanted))
    except (OSError, ValueError) as error:
        said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise WeightsError(
            f"{entry.name} cannot be had: {said}; if it is gated, accept its licence at {entry.licence_url} and run "
            "'hf auth login'"
        ) from error
