from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from made import esrgan, restoreformer, save
from pydantic import ValidationError

import photomotion_gfpgan
from photomotion.errors import StageError, WeightsError
from photomotion.plugin import Runtime
from photomotion.testing.contracts import RestorerContract
from photomotion.testing.fakes import fake_photo
from photomotion_gfpgan.options import CodeformerOptions, FaceOptions, GfpganOptions, RealesrganOptions
from photomotion_gfpgan.plugin import RESTORERS, load_codeformer, load_gfpgan, load_realesrgan, load_restoreformer

HOUSE = Path(photomotion_gfpgan.__file__).parent
DOOR = {"plugin", "stages", "data", "errors", "analysis", "warp", "testing"}
BY_NAME = {offer.name: offer for offer in RESTORERS}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small networks of the real architectures under the manifest's names."""
    folder = tmp_path_factory.mktemp("folder")
    save(restoreformer(), folder / "restoreformer.safetensors")
    for scale in (2, 4):
        save(esrgan(scale), folder / f"realesrgan-x{scale}.safetensors")
    return folder


class _Small(RestorerContract):
    __test__ = False
    folder: Path

    @pytest.fixture(autouse=True)
    def _where(self, folder: Path) -> None:
        self.folder = folder

    def weights(self, name: str) -> Path:
        return self.folder / f"{name}.safetensors"


class TestRestoreformer(_Small):
    __test__ = True
    implementation = BY_NAME["restoreformer"]
    options: ClassVar[dict[str, Any]] = {"max_shift": 1.0, "min_likeness": 0.0}


class TestRealesrgan(_Small):
    __test__ = True
    implementation = BY_NAME["realesrgan"]


def runtime(weights: Any = lambda name: pytest.fail(f"asked for {name}"), **rest: Any) -> Runtime:
    return Runtime(weights=weights, **rest)


def no_weights(name: str) -> Path:
    raise WeightsError(f"the weight file of {name} is not here; run 'photomotion weights fetch {name}'")


def test_nothing_heavy_is_imported_by_the_plugin() -> None:
    code = "import sys, photomotion_gfpgan.plugin; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"torch", "torchvision", "spandrel", "numpy", "cv2", "safetensors"}


@pytest.mark.parametrize("path", sorted(HOUSE.rglob("*.py")), ids=lambda p: p.stem)
def test_only_the_authors_door_is_used(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            head, *rest = name.split(".")
            assert head != "photomotion" or (rest and rest[0] in DOOR), name


@pytest.mark.parametrize(
    ("load", "options", "name"),
    [
        (load_gfpgan, GfpganOptions(), "gfpgan-v1.4"),
        (load_gfpgan, GfpganOptions(version="1.3"), "gfpgan-v1.3"),
        (load_restoreformer, FaceOptions(), "restoreformer"),
        (load_codeformer, CodeformerOptions(accept_licence=True), "codeformer"),
        (load_realesrgan, RealesrganOptions(scale=4), "realesrgan-x4"),
    ],
)
def test_missing_weights_are_named_with_their_cure(load: Any, options: Any, name: str) -> None:
    with pytest.raises(WeightsError, match=rf"weights fetch {name}'"):
        load(options, runtime(no_weights))


def test_a_model_of_ones_own(folder: Path) -> None:
    load_restoreformer(FaceOptions(model=str(folder / "restoreformer.safetensors")), runtime())
    with pytest.raises(WeightsError, match=r"no weight file .*elsewhere"):
        load_restoreformer(FaceOptions(model="/elsewhere.pth"), runtime())
    with pytest.raises(WeightsError, match="enlarges 4 times, not 2"):
        load_realesrgan(RealesrganOptions(model=str(folder / "realesrgan-x4.safetensors")), runtime())


def test_codeformer_is_behind_its_licence(tmp_path: Path) -> None:
    words = r"S-Lab License 1\.0 .*LICENSE.* forbids commercial use.*accept_licence=true"
    with pytest.raises(WeightsError, match=words):
        load_codeformer(CodeformerOptions(), runtime())
    with pytest.raises(WeightsError, match="accept_licence"):
        load_codeformer(CodeformerOptions(model=str(tmp_path / "x.pth")), runtime())
    with pytest.raises(WeightsError, match="license_policy='commercial'"):
        load_codeformer(CodeformerOptions(accept_licence=True), runtime(license_policy="commercial"))


def test_codeformer_without_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "spandrel_extra_arches.architectures.CodeFormer", None)
    with pytest.raises(StageError, match=r"photomotion-gfpgan\[codeformer\]"):
        load_codeformer(CodeformerOptions(accept_licence=True, model=str(tmp_path / "x.pth")), runtime())


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        (FaceOptions, {"fidelity": 1.1}),
        (FaceOptions, {"background": "x3"}),
        (GfpganOptions, {"version": "1.2"}),
        (RealesrganOptions, {"scale": 3}),
        (RealesrganOptions, {"tile": 10}),
    ],
)
def test_options_have_bounds(options: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        options(**wrong)


def test_faces_and_what_is_around_them(folder: Path) -> None:
    weights = runtime(lambda name: folder / f"{name}.safetensors")
    restoration = load_restoreformer(FaceOptions(background="x2"), weights).restore(fake_photo(gray=True))
    assert restoration.photo.pixels.shape == (480, 384, 3) and restoration.photo.gray
    assert [step.name for step in restoration.steps] == ["enlarging", "face"]


def test_the_enlarged_photo_tells_how_far_it_is(folder: Path) -> None:
    events: list[Any] = []
    weights = runtime(lambda name: folder / f"{name}.safetensors", on_event=events.append)
    stage = load_realesrgan(RealesrganOptions(tile=64), weights)
    restoration = stage.restore(fake_photo(150, 190))
    assert restoration.photo.pixels.shape == (380, 300, 3)
    assert restoration.generated is not None and (restoration.generated == 1).all()
    counted = [event for event in events if event.total]
    assert [event.done for event in counted] == list(range(1, 10)) and counted[-1].total == 9
    assert np.ptp(restoration.photo.pixels) > 20


def test_the_manifest() -> None:
    from photomotion.weights import WeightFile, read_manifest

    manifest = read_manifest("photomotion_gfpgan")
    assert {name for offer in RESTORERS for name in offer.weights} == set(manifest)
    for entry in manifest.values():
        assert isinstance(entry, WeightFile)
        assert entry.sha256 and entry.urls and entry.licence_url.startswith("https://")
    assert manifest["codeformer"].commercial == "no"
    assert manifest["gfpgan-v1.4"].commercial.startswith("only if")
