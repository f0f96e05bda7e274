"""Weights: manifests, where they lie, whether they are whole, who may use them, and bundles."""

from __future__ import annotations

import hashlib
import io
import json
import os
import sys
import tarfile
from collections.abc import Callable
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from photomotion import Animator, Recipe
from photomotion.cli import cli
from photomotion.errors import DestinationError, StageError, UsageError, WeightsError
from photomotion.registry import Registry
from photomotion.weights import Catalogue, Repository, WeightFile, default_folder, read_manifest
from photomotion.weights import catalogue as catalogue_module
from photomotion.weights.bundle import INDEX, bundle, unbundle
from photomotion.weights.fetching import fetch
from photomotion.weights.manifest import check_url, format_size

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


def test_a_stage_gets_its_weights(weighty: Path, astronaut: Path) -> None:
    with Animator(restorer="free") as animator:
        with pytest.raises(WeightsError, match="is not here; run 'photomotion weights fetch small-v1'"):
            animator.inspect(astronaut)
        put(Catalogue(Registry().packages))
        with pytest.raises(StageError, match=r"any b'\\x00\\x01\\x02\\x03'"):
            animator.inspect(astronaut)


def test_an_animator_keeps_to_its_policy(weighty: Path, astronaut: Path) -> None:
    with pytest.raises(WeightsError, match="the weights strict are refused"):
        Animator(restorer="bound", license_policy="commercial")
    with pytest.raises(WeightsError, match="the weights strict are refused"):
        Animator.from_recipe(Recipe(restorer="bound", license_policy="commercial"))
    for restorer, error, said in (
        ("free", StageError, "commercial b'"),
        ("either", WeightsError, "strict are refused"),
    ):
        with Animator(restorer=restorer, license_policy="commercial") as animator:
            for name in ("small-v1", "strict"):
                put(Catalogue(Registry().packages), name)
            assert animator.recipe().license_policy == "commercial"
            with pytest.raises(error, match=said):
                animator.inspect(astronaut)


def test_a_policy_has_a_name() -> None:
    with pytest.raises(UsageError, match="no license policy is called 'none'; use any or commercial"):
        Animator(license_policy="none")  # type: ignore[arg-type]


def test_a_command_keeps_to_the_policy(weighty: Path, astronaut: Path) -> None:
    result = CliRunner().invoke(
        cli, ["inspect", str(astronaut), "--restorer", "bound", "--license-policy", "commercial"]
    )
    assert result.exit_code == 4
    assert result.stderr.startswith("error: the weights strict are refused by license_policy='commercial'")


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


def run(*args: object) -> Any:
    return CliRunner().invoke(cli, [str(arg) for arg in args], prog_name="photomotion")


def test_the_commands(weighty: Path, tmp_path: Path) -> None:
    source = tmp_path / "small_v1.pth"
    source.write_bytes(CONTENT)
    table = run("weights", "list").stdout.splitlines()
    assert table[1].split()[:6] == ["small-v1", "file", "16.4", "kB", "missing", "Apache-2.0"]
    assert any(line.startswith("owner/model") and "repository" in line for line in table)
    assert not weighty.exists()

    refused = run("weights", "fetch", "small-v1", "strict", "--from", source)
    assert refused.exit_code == 4
    assert "strict: small_v1.pth, 16.4 kB; licence Apache-2.0 (https://example.org/licence)" in refused.stdout
    assert refused.stderr.endswith("read https://example.org/licence, and if you accept it, add --accept-licence\n")
    assert not weighty.exists()

    done = run("weights", "fetch", "small-v1", "strict", "--from", source, "--accept-licence")
    assert done.exit_code == 0, done.stderr
    path = weighty / "small-v1" / "small_v1.pth"
    assert f"small-v1: {path}\n" in done.stdout
    assert run("weights", "path", "small-v1").stdout == f"{path}\n"
    assert run("weights", "path").stdout == f"{weighty}\n"
    data = json.loads(run("weights", "list", "--json").stdout)
    assert {row["name"]: row["state"] for row in data["weights"]} == {
        "small-v1": "here", "strict": "here", "limited": "missing", "owner/model": "missing"
    }  # fmt: skip
    assert data["weights"][0]["path"] == str(path)

    assert run("weights", "bundle", tmp_path / "a.tar").stdout == f"{tmp_path / 'a.tar'}: small-v1, strict\n"
    assert run("weights", "verify").exit_code == 0
    path.write_bytes(CONTENT[::-1])
    verified = run("weights", "verify")
    assert verified.exit_code == 4
    assert "small-v1: is damaged: its sha256" in verified.stdout
    assert verified.stdout.endswith("2 files in " + str(weighty) + ", 1 damaged\n")
    assert run("weights", "unbundle", tmp_path / "a.tar").exit_code == 4
    assert run("weights", "unbundle", tmp_path / "a.tar", "--accept-licence").exit_code == 0
    assert path.read_bytes() == CONTENT

    hub = run("weights", "fetch", "owner/model", "--accept-licence")
    assert hub.exit_code == 4
    assert hub.stderr.endswith("which huggingface_hub fetches; pip install huggingface_hub\n")


def test_a_repository_comes_without_pickles(
    open_catalogue: Callable[..., Catalogue], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["model_index.json", "model.safetensors", "unet/a.safetensors", "unet/a.bin", "vae/config.json", "x.ckpt"]
    asked: list[dict[str, Any]] = []
    gone = False

    class HfApi:
        def list_repo_files(self, name: str, revision: str) -> list[str]:
            if gone:
                raise OSError("no route to the hub\nat all")
            return names

    def snapshot_download(name: str, **options: Any) -> str:
        asked.append({"name": name, **options})
        if options.get("local_files_only") and len(asked) == 1:
            raise FileNotFoundError(name)
        return str(tmp_path)

    hub = ModuleType("huggingface_hub")
    hub.HfApi, hub.snapshot_download = HfApi, snapshot_download  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "huggingface_hub", hub)
    monkeypatch.delenv("PHOTOMOTION_OFFLINE", raising=False)
    catalogue = open_catalogue(REPOSITORY)
    with pytest.raises(WeightsError, match="is not cached here; run 'photomotion weights fetch owner/model --accept"):
        catalogue.locate("owner/model")
    with pytest.raises(WeightsError, match="add --accept-licence"):
        fetch(catalogue, "owner/model")
    assert fetch(catalogue, "owner/model", accept_licence=True) == tmp_path
    assert asked[-1] == {
        "name": "owner/model", "revision": "main",
        "allow_patterns": ["model_index.json", "unet/a.safetensors", "vae/config.json"],
    }  # fmt: skip
    assert catalogue.locate("owner/model") == tmp_path
    with pytest.raises(WeightsError, match="--from cannot replace"):
        fetch(catalogue, "owner/model", accept_licence=True, source="/media")
    gone = True
    with pytest.raises(WeightsError, match="cannot be had: no route to the hub; if it is gated"):
        fetch(catalogue, "owner/model", accept_licence=True)
    monkeypatch.setenv("PHOTOMOTION_OFFLINE", "1")
    with pytest.raises(WeightsError, match="PHOTOMOTION_OFFLINE is set"):
        fetch(catalogue, "owner/model", accept_licence=True)
