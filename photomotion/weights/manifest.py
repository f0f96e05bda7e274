"""What a plugin's manifest says of its model files: where they can be had, how large they are, who may use them.

A plugin's package holds ``weights.toml``, with a section for each file::

    ["gfpgan-v1.4"]
    file = "GFPGANv1.4.pth"
    urls = ["https://..."]      # tried in this order
    bytes = 348632874
    sha256 = ""                 # may be unknown; then only the size is checked
    licence = "Apache-2.0"
    licence_url = "https://..."
    commercial = "yes"          # or "no", or under which condition

A section whose name has a slash, ``["owner/name"]``, is a whole repository on the Hugging Face hub. What else such a
section says is for its plugin.
"""

from __future__ import annotations

import sys
from importlib.resources import files
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from photomotion.errors import WeightsError
from photomotion.plugin import LicensePolicy
from photomotion.words import describe

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = [
    "Repository",
    "WeightFile",
    "check_policy",
    "check_url",
    "format_size",
    "read_manifest",
]

LOCAL = {("http", "localhost"), ("http", "127.0.0.1"), ("http", "::1")}


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
    model_config = ConfigDict(frozen=True)

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

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")
    """The section's name: lower-case letters, digits, dots, dashes."""
    file: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.+-]*$")
    """Its name."""
    urls: tuple[Url, ...]
    """Where it can be had, mirrors after the original; empty if only by hand."""
    bytes: int = Field(gt=0)
    """Its size."""
    sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """Its digest in lower-case hexadecimal; empty if it is not known."""


class Repository(_Weights):
    """A repository on the Hugging Face hub, as a manifest describes it. What else the manifest says is the plugin's."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*/[A-Za-z0-9][A-Za-z0-9_.-]*$")
    """The section's name, ``"owner/name"``."""
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
        if not isinstance(section, dict):
            faults.append(f"{name} stands outside of every section")
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


def format_size(size: int) -> str:
    """A number of bytes for people: ``"349 MB"``."""
    for unit, bytes_ in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= bytes_:
            return f"{size / bytes_:.3g} {unit}" if size < 999.5 * bytes_ else f"{size / bytes_:.0f} {unit}"
    return f"{size} bytes"
