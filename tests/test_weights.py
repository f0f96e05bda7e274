"""Weights: manifests, where they lie, whether they are whole, and who may use them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from small_weights import CONTENT, DIGEST, GOOD, LIMITED, REPOSITORY, STRICT, UNSURE, Package, put

from photomotion.errors import WeightsError
from photomotion.weights import Catalogue, Repository, WeightFile, default_folder, read_manifest
from photomotion.weights import catalogue as catalogue_module
from photomotion.weights.fetching import fetch
from photomotion.weights.manifest import check_url, format_size


def test_a_manifest_is_read(package: Package) -> None:
    manifest = read_manifest(package(GOOD + REPOSITORY))
    small, model = manifest["small-v1"], manifest["owner/model"]
    assert isinstance(small, WeightFile)
    assert (small.file, small.bytes, small.sha256, small.permissive) == ("small_v1.pth", len(CONTENT), DIGEST, True)
    assert isinstance(model, Repository)
    assert (model.revision, model.permissive) == ("main", False)
    assert model.cure == "photomotion weights fetch owner/model --accept-licence"


def test_a_package_without_a_manifest_has_no_weights() -> None:
    assert read_manifest("photomotion.builtin") == {}


@pytest.mark.parametrize("plugin", ["photomotion-diffusers", "photomotion-gfpgan"])
def test_our_own_manifests_can_be_read(plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(__file__).parents[1] / "plugins" / plugin
    name = plugin.replace("-", "_")
    if not (folder / name / "weights.toml").is_file():
        pytest.skip(f"{plugin} is not in this checkout")
    monkeypatch.syspath_prepend(str(folder))
    assert read_manifest(name)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("file = 'x'", "file stands outside of every section"),
        ("[small", "is no TOML"),
        (GOOD.replace("bytes", "byte"), "did you mean 'bytes'"),
        (GOOD.replace('licence = "Apache-2.0"', ""), "'licence' must be set"),
        (GOOD.replace("small_v1.pth\"\nurls", "../small_v1.pth\"\nurls"), "'file': '../small_v1.pth' given"),
        (GOOD.replace("small-v1", ".."), "'name': '..' given"),
        (GOOD.replace("small-v1", "Small"), "'name': 'Small' given"),
        (GOOD.replace("https://example.org/small", "http://example.org/small"), "does not begin with https://"),
        (GOOD.replace(DIGEST, "abc"), "'sha256': 'abc' given"),
        (GOOD.replace(f"bytes = {len(CONTENT)}", "bytes = 0"), "must be more than 0"),
        (REPOSITORY.replace("owner/model", "../model"), "'name': '../model' given"),
    ],
)  # fmt: skip
def test_a_wrong_manifest_is_refused_in_one_line(package: Package, manifest: str, said: str) -> None:
    with pytest.raises(WeightsError) as caught:
        read_manifest(package(manifest))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "update the plugin" in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://example.org/x", "file:///etc/passwd", "ftp://localhost/x", "https:///x", "http://localhost@example.org/x",
     "http://127.0.0.1.example.org/x", "//example.org/x", "small.pth"],
)  # fmt: skip
def test_addresses_that_nothing_is_fetched_from(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        check_url(url)


@pytest.mark.parametrize(
    ("size", "words"),
    [(12, "12 bytes"), (1200, "1.2 kB"), (348632874, "349 MB"), (999_400_000, "999 MB"), (12_345_678_901, "12.3 GB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert format_size(size) == words


def test_a_broken_manifest_spoils_only_its_own_plugin(package: Package, tmp_path: Path) -> None:
    other = GOOD.replace(str(len(CONTENT)), "7") + UNSURE
    packages = [("bad 1", package("[")), ("good 2", package(GOOD)), ("clash 3", package(other)), ("none 4", "")]
    catalogue = Catalogue(packages, folder=tmp_path)
    assert list(catalogue.entries) == ["small-v1"]
    bad, clash = catalogue.broken
    assert bad.startswith("bad 1: ")
    assert clash == "clash 3: another plugin describes small-v1 differently"
    with pytest.raises(WeightsError, match="did you mean 'small-v1'") as caught:
        catalogue.find("smal-v1")
    assert "bad 1: " in str(caught.value)


def test_what_is_missing_is_named_with_its_cure(open_catalogue: Callable[..., Catalogue]) -> None:
    catalogue = open_catalogue(GOOD + STRICT)
    with pytest.raises(WeightsError) as caught:
        catalogue.locate("strict")
    assert str(caught.value) == (
        "the weight file small_v1.pth (strict, 16.4 kB, licence Apache-2.0) is not here; "
        "run 'photomotion weights fetch strict --accept-licence'"
    )
    assert not catalogue.folder.exists()


@pytest.mark.parametrize(("content", "said"), [(CONTENT[1:], "16383 bytes, not 16384"), (CONTENT[::-1], "sha256")])
def test_what_is_damaged_is_named(open_catalogue: Callable[..., Catalogue], content: bytes, said: str) -> None:
    catalogue = open_catalogue()
    put(catalogue, content=content)
    with pytest.raises(WeightsError, match=said):
        catalogue.locate("small-v1")


def test_a_file_is_read_in_full_only_when_it_has_changed(
    open_catalogue: Callable[..., Catalogue], monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = open_catalogue()
    path = put(catalogue)
    assert catalogue.locate("small-v1") == path
    read: list[Path] = []

    def digest(path: Path) -> str:
        read.append(path)
        return DIGEST

    monkeypatch.setattr(catalogue_module, "digest", digest)
    assert catalogue.locate("small-v1") == path
    assert not read
    entry = catalogue.find("small-v1")
    assert isinstance(entry, WeightFile)
    assert catalogue.fault(entry, thorough=True) == ""
    assert read == [path]
    os.utime(path, ns=(1, 1))
    assert catalogue.locate("small-v1") == path
    assert read == [path, path]


def test_a_record_that_says_nothing_is_not_believed(open_catalogue: Callable[..., Catalogue]) -> None:
    catalogue = open_catalogue()
    path = put(catalogue)
    for text in ("", "[]", "{}", "{", json.dumps({"sha256": "0" * 64, "mtime_ns": path.stat().st_mtime_ns})):
        path.with_name(f"{path.name}.checked.json").write_text(text, encoding="utf-8")
        assert catalogue.locate("small-v1") == path
    path.write_bytes(CONTENT[::-1])
    with pytest.raises(WeightsError, match="sha256"):
        catalogue.locate("small-v1")


def test_without_a_digest_a_file_must_stay_what_it_was_at_first(open_catalogue: Callable[..., Catalogue]) -> None:
    catalogue = open_catalogue(UNSURE)
    path = put(catalogue, "unsure")
    assert catalogue.locate("unsure") == path
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(1, 1))
    with pytest.raises(WeightsError, match="sha256"):
        catalogue.locate("unsure")


def test_where_weights_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHOTOMOTION_WEIGHTS", str(tmp_path))
    assert default_folder() == tmp_path
    monkeypatch.delenv("PHOTOMOTION_WEIGHTS")
    assert default_folder().parts[-2:] == ("photomotion", "weights") or "photomotion" in default_folder().parts


@pytest.mark.parametrize(("name", "said"), [("strict", "forbids commercial use"), ("limited", "below a million")])
def test_a_policy_refuses(open_catalogue: Callable[..., Catalogue], name: str, said: str) -> None:
    catalogue = open_catalogue(GOOD + STRICT + LIMITED, policy="commercial")
    ways: tuple[Callable[[], object], ...] = (
        lambda: catalogue.locate(name),
        lambda: fetch(catalogue, name, accept_licence=True),
    )
    for refused in ways:
        with pytest.raises(WeightsError, match=f"refused by license_policy='commercial'.*{said}"):
            refused()
    put(catalogue)
    assert catalogue.locate("small-v1").is_file()
