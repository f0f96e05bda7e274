"""Weights in one tar, for machines without a network: the same weights give the same bytes."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import ValidationError

from photomotion.destinations import write_whole
from photomotion.errors import WeightsError
from photomotion.plugin import Event

from .catalogue import Catalogue, digest, write_record
from .fetching import check_licence, place
from .manifest import Repository, WeightFile, check_policy
from .part import CHUNK, Refused

__all__ = ["bundle", "unbundle"]

INDEX = "photomotion-weights.json"
"""The first member: what the others are."""
LARGEST_INDEX = 1 << 20


def bundle(catalogue: Catalogue, destination: Path, names: Iterable[str] = ()) -> list[str]:
    """Write weights into a tar, and return their names. Every file is read in full and checked before.

    Args:
        catalogue: knows them.
        destination: the tar; one that is there is replaced once the new one is whole.
        names: which; none: all files that are here.

    Raises:
        WeightsError: if one is missing or damaged, is a whole repository, or there is none at all.
        DestinationError: if the tar cannot be written.
    """
    found = [catalogue.find(name) for name in names]
    if not found:
        present = [e for e in catalogue.entries.values() if isinstance(e, WeightFile) and catalogue.path(e).is_file()]
        found = [catalogue.find(entry.name) for entry in present]
    chosen = {}
    for entry in found:
        if isinstance(entry, Repository):
            raise WeightsError(f"{entry.name} is a repository in the hub's own cache; copy that folder instead")
        fault = catalogue.fault(entry, thorough=True)
        if fault:
            raise WeightsError(f"{entry.file} ({entry.name}) {fault}; run '{entry.cure}'")
        path = catalogue.path(entry)
        chosen[entry.name] = entry.model_copy(update={"sha256": entry.sha256 or digest(path)})
    if not chosen:
        raise WeightsError(f"there is nothing to bundle in {catalogue.folder}; run 'photomotion weights fetch NAME'")
    entries = [chosen[name] for name in sorted(chosen)]
    write_whole(destination, lambda temporary: _write(temporary, catalogue, entries))
    return [entry.name for entry in entries]


def _write(destination: Path, catalogue: Catalogue, entries: list[WeightFile]) -> None:
    index = json.dumps([entry.model_dump(mode="json") for entry in entries], indent=1, sort_keys=True).encode()
    with tarfile.open(destination, "w", format=tarfile.PAX_FORMAT) as tar:
        # A fresh TarInfo knows no owner and no date.
        member = tarfile.TarInfo(INDEX)
        member.size = len(index)
        tar.addfile(member, io.BytesIO(index))
        for entry in entries:
            member = tarfile.TarInfo(f"{entry.name}/{entry.file}")
            member.size = entry.bytes
            with catalogue.path(entry).open("rb") as file:
                tar.addfile(member, file)


def unbundle(
    catalogue: Catalogue,
    archive: Path,
    *,
    accept_licence: bool = False,
    on_event: Callable[[Event], None] = lambda event: None,
) -> list[WeightFile]:
    """Put the weights of a bundle where they are looked for, and return what they are.

    Nothing is written before every member of the tar has been checked: its name, its kind, its size and its licence.

    Args:
        catalogue: what it knows of a file must be what the bundle says; files that it does not know are taken too.
        archive: a tar made by :func:`bundle`.
        accept_licence: whether licences that forbid or limit commercial use are accepted.
        on_event: is told how far it is.

    Raises:
        WeightsError: if it is no bundle, damaged, holds anything else, or a licence is refused or not accepted.
    """
    try:
        with tarfile.open(archive, "r:") as tar:
            entries = _read_index(tar, archive)
            members = _members(tar, archive, entries)
            for entry in entries:
                terms = _terms(catalogue, entry, archive)
                check_policy(terms, catalogue.policy)
                check_licence(terms, accept_licence=accept_licence)
            for done, entry in enumerate(entries, 1):
                _take(catalogue, tar, members[f"{entry.name}/{entry.file}"], entry, archive)
                on_event(Event(stage="weights", done=done, total=len(entries), message=entry.file))
    except tarfile.TarError as error:
        raise WeightsError(f"{archive} is no bundle of weights, or damaged ({error}); bundle it again") from error
    except OSError as error:
        raise WeightsError(f"cannot read {archive} ({error.strerror})") from error
    return entries


def _read_index(tar: tarfile.TarFile, archive: Path) -> list[WeightFile]:
    first = tar.next()
    if first is None or first.name != INDEX or not _is_plain(first) or first.size > LARGEST_INDEX:
        raise WeightsError(f"{archive} is no bundle of weights: it does not begin with {INDEX}")
    file = tar.extractfile(first)
    try:
        listed = json.loads(file.read()) if file else None
        entries = [WeightFile.model_validate(item) for item in listed or ()]
    except (ValidationError, ValueError, TypeError) as error:
        raise WeightsError(f"{archive} is no bundle of weights: its {INDEX} cannot be understood") from error
    if len({entry.name for entry in entries}) < len(entries) or not all(entry.sha256 for entry in entries):
        raise WeightsError(f"{archive} is no bundle of weights: its {INDEX} has names twice, or no digest")
    return entries


def _members(tar: tarfile.TarFile, archive: Path, entries: list[WeightFile]) -> dict[str, tarfile.TarInfo]:
    """The tar's files by name: exactly those that the index lists, and nothing else."""
    wanted = {f"{entry.name}/{entry.file}": entry.bytes for entry in entries}
    found: dict[str, tarfile.TarInfo] = {}
    while (member := tar.next()) is not None:
        if member.name not in wanted or member.name in found or not _is_plain(member):
            raise WeightsError(f"{archive} holds {member.name!r}, which no bundle of weights does; nothing is taken")
        if member.size != wanted[member.name]:
            raise WeightsError(f"{archive}: {member.name} has {member.size} bytes, not {wanted[member.name]}")
        found[member.name] = member
    missing = wanted.keys() - found.keys()
    if missing:
        raise WeightsError(f"{archive} is cut short: {', '.join(sorted(missing))} is missing; copy it again")
    return found


def _is_plain(member: tarfile.TarInfo) -> bool:
    return member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()


def _terms(catalogue: Catalogue, entry: WeightFile, archive: Path) -> WeightFile:
    """What the installed plugin says of a file, if it is the same; what the bundle says, if none knows it."""
    known = catalogue.entries.get(entry.name, entry)
    same = isinstance(known, WeightFile) and (known.file, known.bytes) == (entry.file, entry.bytes)
    if not isinstance(known, WeightFile) or not same or known.sha256 not in ("", entry.sha256):
        raise WeightsError(
            f"{archive}: its {entry.name} is another file than the plugin installed here describes; "
            "bundle it with the same version of the plugin"
        )
    return known


def _take(
    catalogue: Catalogue, tar: tarfile.TarFile, member: tarfile.TarInfo, entry: WeightFile, archive: Path
) -> None:
    with place(catalogue, entry) as part:
        if part is None:
            return
        part.restart("")
        file = tar.extractfile(member)
        while file and (chunk := file.read(CHUNK)):
            part.write(chunk)
        try:
            write_record(catalogue.path(entry), part.finish())
        except Refused as error:
            raise WeightsError(f"{archive}: {member.name} is damaged; copy or bundle it again") from error
