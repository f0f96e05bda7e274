"""Model files: what a plugin's manifest says of them, where they lie, whether they are whole, and who may use them.

A plugin's package holds ``weights.toml``, with a section for each file::

    ["gfpgan-v1.4"]
    file = "GFPGANv1.4.pth"
    urls = ["https://..."]      # tried in this order
    bytes = 348632874
    sha256 = ""                 # may be unknown; then only the size is checked
    licence = "Apache-2.0"
    licence_url = "https://..."
    commercial = "yes"          # or "no", or under which condition

A section whose name has a slash, ``["owner/name"]``, is a whole repository on the Hugging Face hub. Nothing here uses
the network.

Environment variables:

``PHOTOMOTION_WEIGHTS=FOLDER``
    where weights are kept, instead of the user's cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from .errors import UsageError, WeightsError
from .words import describe, suggest

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = [
    "Catalogue",
    "LicensePolicy",
    "Repository",
    "WeightFile",
    "check_policy",
    "check_url",
    "default_folder",
    "digest",
    "format_size",
    "read_manifest",
]

LicensePolicy = Literal["any", "commercial"]
"""``"commercial"`` refuses weights whose licence does not allow commercial use without a condition."""

SECTION = re.compile(r"[a-z0-9][a-z0-9._-]*")
REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*", re.ASCII)
LOCAL = {("http", "localhost"), ("http", "127.0.0.1"), ("http", "::1")}
CHUNK = 1 << 20


def check_url(url: str) -> str:
    """Return an address that may be downloaded from: ``https://``, or ``http://`` on this machine.

    Raises:
        ValueError: for any other.
    """
    parts = urlsplit(url)
    if not parts.hostname or (parts.scheme != "https" and (parts.scheme, parts.hostname) not in LOCAL):
        raise ValueError(f"{url} does not begin with https://")
    return url


Url = Annotated[str, AfterValidator(check_url)]


class _Weights(BaseModel):
    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    name: str
    """The section's name."""
    licence: str
    """Its name, ``"Apache-2.0"``."""
    licence_url: str
    """Where it can be read."""
    commercial: str
    """Whether commercial use is allowed: ``"yes"``, ``"no"``, or under which condition."""

    @property
    def permissive(self) -> bool:
        """Whether everybody may use it for everything."""
        return self.commercial == "yes"

    @property
    def cure(self) -> str:
        """The command that fetches it."""
        return f"photomotion weights fetch {self.name}{'' if self.permissive else ' --accept-licence'}"


class WeightFile(_Weights):
    """A file of weights, as a manifest describes it."""

    model_config = ConfigDict(extra="forbid")

    file: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*$")
    """Its name."""
    urls: tuple[Url, ...]
    """Where it can be had, mirrors after the original; empty if only by hand."""
    bytes: int = Field(gt=0)
    """Its size."""
    sha256: str = Field("", pattern=r"^([0-9a-f]{64})?$")
    """Its digest in lower-case hexadecimal; empty if it is not known."""


class Repository(_Weights):
    """A repository on the Hugging Face hub, as a manifest describes it. What else the manifest says is the plugin's."""

    model_config = ConfigDict(extra="ignore")

    revision: str = "main"
    """Branch, tag or commit."""


def read_manifest(package: str) -> dict[str, WeightFile | Repository]:
    """Read the ``weights.toml`` of an installed package; empty if it has none.

    Raises:
        WeightsError: if it cannot be understood; names every fault.
    """
    try:
        text = files(package).joinpath("weights.toml").read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    where = f"weights.toml of {package}"
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WeightsError(f"{where} is no TOML ({error}); update the plugin") from error
    manifest: dict[str, WeightFile | Repository] = {}
    faults: list[str] = []
    for name, section in data.items():
        kind = Repository if "/" in name else WeightFile
        if not isinstance(section, dict) or not (REPOSITORY if "/" in name else SECTION).fullmatch(name):
            faults.append(f"[{name}] is neither a section NAME nor OWNER/NAME")
            continue
        try:
            manifest[name] = kind(**section | {"name": name})
        except ValidationError as error:
            faults += [f"[{name}] {describe(fault, kind.model_fields, 'key')}" for fault in error.errors()]
    if faults:
        raise WeightsError(f"{where} cannot be used: {'; '.join(faults)}; update the plugin")
    return manifest


def check_policy(entry: WeightFile | Repository, policy: LicensePolicy) -> None:
    """See that weights may be used under a policy.

    Raises:
        WeightsError: if not.
    """
    if policy == "any" or entry.permissive:
        return
    limit = "forbids commercial use" if entry.commercial == "no" else f"limits commercial use ({entry.commercial})"
    raise WeightsError(
        f"the weights {entry.name} are refused by license_policy='commercial': their licence {entry.licence} {limit}; "
        f"see {entry.licence_url}, choose others, or set license_policy='any' if it allows your use"
    )


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
        self.folder = default_folder() if folder is None else folder
        """Where weights lie, each file in a folder of its section's name."""
        self.policy = policy
        """Which licences are let through."""

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


def format_size(size: int) -> str:
    """A number of bytes for people: ``"349 MB"``."""
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_:
            return f"{size / bytes_:.3g} {unit}" if size < 999.5 * bytes_ else f"{size / bytes_:.0f} {unit}"
    return f"{size} bytes"


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
