"""Weights as stages, apps and the command line get them: found, refused, fetched, shown."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner
from small_weights import CONTENT, REPOSITORY, put

from photomotion import Animator, Recipe
from photomotion.cli import cli
from photomotion.errors import StageError, UsageError, WeightsError
from photomotion.registry import Registry
from photomotion.weights import Catalogue
from photomotion.weights.fetching import fetch


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
