"""Weights carried to another machine in one file, of which nothing is believed."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_weights import CONTENT, DIGEST, GOOD, REPOSITORY, STRICT, UNSURE, put

from photomotion.errors import DestinationError, WeightsError
from photomotion.weights import Catalogue
from photomotion.weights.bundle import INDEX, bundle, unbundle


def make_tar(path: Path, members: list[tuple[str, bytes, bytes]]) -> Path:
    """Write a tar of names, contents and types."""
    with tarfile.open(path, "w") as tar:
        for name, content, kind in members:
            member = tarfile.TarInfo(name)
            member.type = kind
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            member.linkname = "/etc/passwd"
            tar.addfile(member, io.BytesIO(content))
    return path


def index_of(**changes: Any) -> bytes:
    entry = {"name": "small-v1", "file": "small_v1.pth", "urls": [], "bytes": len(CONTENT), "sha256": DIGEST,
             "licence": "Apache-2.0", "licence_url": "https://example.org", "commercial": "yes"}  # fmt: skip
    return json.dumps([entry | changes]).encode()


def test_a_bundle_goes_to_another_machine(open_catalogue: Callable[..., Catalogue], tmp_path: Path) -> None:
    here = open_catalogue(GOOD + UNSURE)
    put(here)
    put(here, "unsure", CONTENT[::-1])
    first, second = tmp_path / "a.tar", tmp_path / "b.tar"
    assert bundle(here, first) == ["small-v1", "unsure"]
    for path in here.folder.rglob("*"):
        os.utime(path, ns=(1, 1))
    bundle(here, second, ["unsure", "small-v1"])
    assert first.read_bytes() == second.read_bytes()
    there = open_catalogue(GOOD + UNSURE, folder=tmp_path / "there")
    assert [entry.name for entry in unbundle(there, first)] == ["small-v1", "unsure"]
    assert there.locate("small-v1").read_bytes() == CONTENT
    assert there.locate("unsure").read_bytes() == CONTENT[::-1]
    unbundle(there, first)
    bare = Catalogue([], folder=tmp_path / "bare")
    unbundle(bare, first)
    assert (bare.folder / "unsure" / "small_v1.pth").read_bytes() == CONTENT[::-1]


def test_only_what_is_whole_is_bundled(open_catalogue: Callable[..., Catalogue], tmp_path: Path) -> None:
    catalogue = open_catalogue(GOOD + UNSURE + REPOSITORY)
    for names, said in (
        ((), "nothing to bundle"),
        (("unsure",), "is not here"),
        (("owner/model",), "copy that folder"),
    ):
        with pytest.raises(WeightsError, match=said):
            bundle(catalogue, tmp_path / "a.tar", names)
    path = put(catalogue)
    catalogue.locate("small-v1")
    stat = path.stat()
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    with pytest.raises(WeightsError, match="damaged"):
        bundle(catalogue, tmp_path / "a.tar")
    path.write_bytes(CONTENT)
    with pytest.raises(DestinationError, match="cannot write"):
        bundle(catalogue, tmp_path / "nowhere" / "a.tar")
    assert not list(tmp_path.glob("*.tar"))
    assert not list(tmp_path.glob(".photomotion*"))


FILE = ("small-v1/small_v1.pth", CONTENT, tarfile.REGTYPE)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([FILE], "does not begin with"),
        ([(INDEX, b"{", tarfile.REGTYPE), FILE], "cannot be understood"),
        ([(INDEX, b"[1]", tarfile.REGTYPE), FILE], "cannot be understood"),
        ([(INDEX, index_of(name=".."), tarfile.REGTYPE), FILE], "cannot be understood"),
        ([(INDEX, index_of(name="a/b"), tarfile.REGTYPE), FILE], "cannot be understood"),
        ([(INDEX, index_of(file="../../x"), tarfile.REGTYPE), FILE], "cannot be understood"),
        ([(INDEX, index_of(sha256=""), tarfile.REGTYPE), FILE], "no digest"),
        ([(INDEX, index_of(), tarfile.SYMTYPE), FILE], "does not begin with"),
        ([(INDEX, index_of(), tarfile.REGTYPE), FILE, ("../evil.sh", b"x", tarfile.REGTYPE)], "'../evil.sh'"),
        ([(INDEX, index_of(), tarfile.REGTYPE), FILE, ("/evil.sh", b"x", tarfile.REGTYPE)], "'/evil.sh'"),
        ([(INDEX, index_of(), tarfile.REGTYPE), FILE, FILE], "'small-v1/small_v1.pth'"),
        ([(INDEX, index_of(), tarfile.REGTYPE), (FILE[0], b"", tarfile.SYMTYPE)], "'small-v1/small_v1.pth'"),
        ([(INDEX, index_of(), tarfile.REGTYPE), (FILE[0], b"", tarfile.LNKTYPE)], "'small-v1/small_v1.pth'"),
        ([(INDEX, index_of(), tarfile.REGTYPE), (FILE[0], CONTENT[1:], tarfile.REGTYPE)], "has 16383 bytes"),
        ([(INDEX, index_of(), tarfile.REGTYPE)], "is missing"),
        ([(INDEX, index_of(bytes=7), tarfile.REGTYPE), (FILE[0], b"another", tarfile.REGTYPE)], "another file than"),
        ([(INDEX, index_of(sha256="0" * 64), tarfile.REGTYPE), FILE], "another file than"),
        ([(INDEX, index_of(), tarfile.REGTYPE), (FILE[0], CONTENT[::-1], tarfile.REGTYPE)], "is damaged"),
    ],
)
def test_other_tars_are_refused_and_nothing_is_taken(
    open_catalogue: Callable[..., Catalogue], tmp_path: Path, members: list[tuple[str, bytes, bytes]], said: str
) -> None:
    catalogue = open_catalogue()
    archive = make_tar(tmp_path / "a.tar", members)
    before = {path for path in tmp_path.rglob("*") if catalogue.folder not in path.parents} | {catalogue.folder}
    with pytest.raises(WeightsError, match=said):
        unbundle(catalogue, archive, accept_licence=True)
    left = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert {path for path in left if path.suffix != ".lock"} == set()


@pytest.mark.parametrize("cut", [0, 100, 512, 3000, 9000])
def test_a_tar_that_is_cut_short_is_refused(open_catalogue: Callable[..., Catalogue], tmp_path: Path, cut: int) -> None:
    catalogue = open_catalogue()
    put(catalogue)
    archive = tmp_path / "a.tar"
    bundle(catalogue, archive)
    archive.write_bytes(archive.read_bytes()[:cut])
    there = open_catalogue(folder=tmp_path / "there")
    with pytest.raises(WeightsError, match=r"a\.tar"):
        unbundle(there, archive)
    assert not list(tmp_path.glob("there/*/*.pth"))
    with pytest.raises(WeightsError, match="cannot read"):
        unbundle(there, tmp_path / "missing.tar")


def test_licences_of_a_bundle_are_accepted_too(open_catalogue: Callable[..., Catalogue], tmp_path: Path) -> None:
    here = open_catalogue(STRICT)
    put(here, "strict")
    bundle(here, tmp_path / "a.tar")
    there = open_catalogue(STRICT, folder=tmp_path / "there")
    with pytest.raises(WeightsError, match="add --accept-licence"):
        unbundle(there, tmp_path / "a.tar")
    refusing = open_catalogue(STRICT, folder=tmp_path / "there", policy="commercial")
    with pytest.raises(WeightsError, match="refused by license_policy"):
        unbundle(refusing, tmp_path / "a.tar", accept_licence=True)
    assert not (tmp_path / "there").exists()
    unbundle(there, tmp_path / "a.tar", accept_licence=True)
    assert there.locate("strict").is_file()
