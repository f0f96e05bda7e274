"""The model files that are here: where they lie, and whether they are whole. Nothing here uses the network.

Environment variables:

``PHOTOMOTION_WEIGHTS=FOLDER``
    where weights are kept, instead of the user's cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from photomotion.errors import UsageError, WeightsError
from photomotion.plugin import LicensePolicy
from photomotion.words import suggest

from .manifest import Repository, WeightFile, check_policy, format_size, read_manifest

__all__ = [
    "Catalogue",
    "default_folder",
    "digest",
    "read_record",
    "write_record",
]

CHUNK = 1 << 20


class Catalogue:
    """The weights that the installed plugins know, and a folder that holds those that are here.

    Args:
        packages: pairs of how messages call a plugin, and the package whose manifest is read, if it lies in one.
        folder: where weights lie; None: :func:`default_folder`.
        policy: which licences are let through.

    Raises:
        UsageError: for another policy.
    """

    def __init__(
        self, packages: Iterable[tuple[str, str]], *, folder: Path | None = None, policy: LicensePolicy = "any"
    ) -> None:
        if policy not in ("any", "commercial"):
            raise UsageError(f"no license policy is called {policy!r}; use any or commercial")
        self._packages = [(plugin, package) for plugin, package in packages if package]
        self._entries: dict[str, WeightFile | Repository] | None = None
        self._broken: list[str] = []
        self._folder = folder
        self.policy = policy
        """Which licences are let through."""

    @cached_property
    def folder(self) -> Path:
        """Where weights lie, each file in a folder of its section's name."""
        return default_folder() if self._folder is None else self._folder

    @property
    def entries(self) -> dict[str, WeightFile | Repository]:
        """What the manifests describe, by name. A plugin whose manifest is broken, or clashes, is left out whole."""
        if self._entries is None:
            self._entries = {}
            for plugin, package in self._packages:
                try:
                    found = read_manifest(package)
                except WeightsError as error:
                    self._broken.append(f"{plugin}: {error}")
                    continue
                clashes = [name for name, entry in found.items() if self._entries.get(name, entry) != entry]
                if clashes:
                    self._broken.append(f"{plugin}: another plugin describes {', '.join(clashes)} differently")
                else:
                    self._entries |= found
        return self._entries

    @property
    def broken(self) -> tuple[str, ...]:
        """What was left out, and why."""
        return tuple(self._broken) if self.entries is not None else ()

    def find(self, name: str) -> WeightFile | Repository:
        """Return what a manifest says of a section.

        Raises:
            WeightsError: if no installed plugin has it, or the policy refuses it.
        """
        if name not in self.entries:
            known = suggest(name, self.entries) or f"; known: {', '.join(self.entries) or 'none'}"
            raise WeightsError("\n".join([f"no installed plugin knows the weights {name!r}{known}", *self._broken]))
        check_policy(self.entries[name], self.policy)
        return self.entries[name]

    def check_usable(self, names: Collection[str]) -> None:
        """See that the policy leaves something to use of what a stage may use.

        Raises:
            WeightsError: if it refuses all of these.
        """
        known = [self.entries[name] for name in names if name in self.entries]
        if not any(self.policy == "any" or entry.permissive for entry in known):
            for name in names:
                self.find(name)

    def path(self, entry: WeightFile) -> Path:
        """Where a file lies, or would lie."""
        return self.folder / entry.name / entry.file

    def locate(self, name: str) -> Path:
        """Return a file that is whole, or a repository's folder in the hub's cache. Downloads nothing.

        A file is read in full only if it has changed since it was last found whole.

        Raises:
            WeightsError: if it is missing, damaged, unknown or refused by the policy; says how to get it.
        """
        entry = self.find(name)
        if isinstance(entry, Repository):
            return cached_repository(entry)
        fault = self.fault(entry)
        if fault:
            raise WeightsError(
                f"the weight file {entry.file} ({entry.name}, {format_size(entry.bytes)}, licence {entry.licence}) "
                f"{fault}; run '{entry.cure}'"
            )
        return self.path(entry)

    def fault(self, entry: WeightFile, *, thorough: bool = False) -> str:
        """Say what is wrong with a file, ``"is not here"``, or nothing.

        Args:
            entry: which file.
            thorough: read it even if it has not changed since it was last found whole.
        """
        path = self.path(entry)
        try:
            status = path.stat()
            if status.st_size != entry.bytes:
                return f"is damaged: it has {status.st_size} bytes, not {entry.bytes}"
            record = read_record(path)
            wanted = entry.sha256 or record.get("sha256", "")
            unchanged = record.get("mtime_ns") == status.st_mtime_ns and record.get("sha256") == wanted
            if unchanged and not thorough:
                return ""
            found = digest(path)
        except FileNotFoundError:
            return "is not here"
        except OSError as error:
            return f"cannot be read ({error.strerror})"
        if wanted and found != wanted:
            return "is damaged: its sha256 is another than it should be"
        write_record(path, found)
        return ""


def cached_repository(entry: Repository) -> Path:
    """Return a repository's folder in the hub's cache; whether it is complete is for its plugin to see.

    Raises:
        WeightsError: if it is not there.
    """
    missing = f"the model {entry.name} (licence {entry.licence}) is not cached here; run '{entry.cure}'"
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise WeightsError(f"{missing}, which needs huggingface_hub (pip install huggingface_hub)") from error
    try:
        return Path(snapshot_download(entry.name, revision=entry.revision, local_files_only=True))
    except (OSError, ValueError) as error:
        raise WeightsError(missing) from error


def default_folder() -> Path:
    """Where weights are kept: ``PHOTOMOTION_WEIGHTS``, or a folder in the user's cache."""
    chosen = os.environ.get("PHOTOMOTION_WEIGHTS")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("photomotion", appauthor=False) / "weights"


def digest(path: Path) -> str:
    """The sha256 of a file, in lower-case hexadecimal."""
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            hasher.update(chunk)
    return hasher.hexdigest()


def read_record(path: Path) -> dict[str, Any]:
    """What was noted when a file was last found whole: its ``sha256`` and ``mtime_ns``; empty if nothing was."""
    try:
        record = json.loads(_record_of(path).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return cast("dict[str, Any]", record) if isinstance(record, dict) else {}


def write_record(path: Path, sha256: str) -> None:
    """Note that a file is whole; a folder that takes no file goes without."""
    temporary = path.with_name(f".photomotion-{secrets.token_hex(4)}")
    record = {"sha256": sha256, "mtime_ns": path.stat().st_mtime_ns}
    try:
        temporary.write_text(json.dumps(record), encoding="utf-8")
        temporary.replace(_record_of(path))
    except OSError:
        temporary.unlink(missing_ok=True)


def _record_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.checked.json")
