"""What is known of the models: it is complete, limits are said, policies kept, and the documentation agrees."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic_core import PydanticUndefined

from photomotion.errors import WeightsError
from photomotion.plugin import Event, Runtime
from photomotion_diffusers.auto import MODELS
from photomotion_diffusers.families.offers import FAMILY_BACKENDS
from photomotion_diffusers.families.options import CogVideoXOptions, CosmosOptions
from photomotion_diffusers.families.registry import FAMILIES, UNTESTED
from photomotion_diffusers.loading import load_pipeline
from photomotion_diffusers.manifest import Model, admit, check_licence, describe, known_models
from photomotion_diffusers.plugin import BACKENDS

KNOWN = known_models()
ASSEMBLED = {
    "framepack": "lllyasviel/FramePackI2V_HY",
    "framepack-f1": "lllyasviel/FramePack_F1_I2V_HY_20250503",
}
"""Repositories that hold one network of a family's pipeline."""
FIELDS = {"revision", "licence", "commercial", "regions", "size", "gated"}


def defaults() -> dict[str, str]:
    """Every model that is meant when nobody names one."""
    models = {f"auto {candidate.name}": candidate.name for candidate in MODELS}
    for offer in BACKENDS:
        model = offer.options.model_fields["model"].default if "model" in offer.options.model_fields else ""
        if model and model is not PydanticUndefined:
            models[offer.name] = model
    return models


@pytest.mark.parametrize("model", defaults().values(), ids=list(defaults()))
def test_every_default_is_described(model: str) -> None:
    assert model in KNOWN


@pytest.mark.parametrize("model", KNOWN.values(), ids=list(KNOWN))
def test_every_description_is_whole(model: Model) -> None:
    assert model.licence and model.licence_url.startswith("https://") and model.commercial and model.size > 0
    assert "GB" in model.memory
    assert set(model.verified) <= FIELDS
    # What is pinned was seen; what was not seen is a branch.
    pinned = re.fullmatch("[0-9a-f]{40}", model.revision) is not None
    assert pinned == ("revision" in model.verified)
    assert pinned or model.revision == "main"


def test_permissive_means_no_limit() -> None:
    assert {m.licence for m in KNOWN.values() if m.commercial == "yes"} == {"Apache-2.0"}


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_is_gated_where_its_regions_are(family: Any) -> None:
    assert bool(family.gated) == (KNOWN[family.model or ASSEMBLED[family.name]].regions != "all")


def test_limits_are_said_so_that_they_last() -> None:
    events: list[Event] = []
    runtime = Runtime(weights=Path, on_event=events.append)
    admit("Wan-AI/Wan2.2-TI2V-5B-Diffusers", runtime)
    admit("mine/own", runtime)
    assert events == []
    admit("THUDM/CogVideoX-5b-I2V", runtime)
    admit("hunyuanvideo-community/HunyuanVideo-I2V", runtime)
    assert all(event.notice for event in events)
    assert "commercial use: after registration" in events[0].message
    assert "regions: not the European Union" in events[1].message


def test_a_policy_refuses_what_is_limited() -> None:
    check_licence("Wan-AI/Wan2.2-TI2V-5B-Diffusers", "commercial")
    check_licence("/a/directory", "commercial")
    check_licence("THUDM/CogVideoX-5b-I2V", "any")
    with pytest.raises(WeightsError, match="license_policy='commercial'"):
        check_licence("THUDM/CogVideoX-5b-I2V", "commercial")


@pytest.mark.parametrize("name", ["cogvideox", "svd", "custom", "hunyuan15"])
def test_every_backend_keeps_the_policy(name: str) -> None:
    """Before anything is fetched."""
    offer = {offer.name: offer for offer in BACKENDS}[name]
    settings = {"model": "THUDM/CogVideoX-5b-I2V"} | ({"accept_licence": True} if name == "hunyuan15" else {})
    with pytest.raises(WeightsError, match="license_policy='commercial'"):
        offer.load(offer.options(**settings), Runtime(weights=Path, license_policy="commercial"))


def test_a_family_says_its_limits_when_it_is_loaded() -> None:
    events: list[Event] = []
    offers = {offer.name: offer for offer in FAMILY_BACKENDS}
    with pytest.raises(WeightsError):
        offers["cosmos"].load(CosmosOptions(), Runtime(weights=Path, on_event=events.append))
    assert [event.notice for event in events] == [True]
    assert "pixelates faces" in events[0].message
    assert CogVideoXOptions().model == "THUDM/CogVideoX-5b-I2V"


def test_a_pipeline_that_diffusers_does_not_have_yet(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text('{"_class_name": "TomorrowsPipeline"}')
    with pytest.raises(WeightsError, match="pip install -U diffusers"):
        load_pipeline(str(tmp_path), {"TomorrowsPipeline"}, torch.float32, None)


def test_an_unknown_model_has_a_page() -> None:
    assert describe("mine/own").licence_url == "https://huggingface.co/mine/own"


# The table of models in the documentation: generated from the code, and compared with it.

PAGE = Path(__file__).parents[1] / "docs" / "models.md"


def expected_rows(name: str, family: Any) -> tuple[str, str]:
    """What the tables of settings and of licences have to say of a family."""
    model = KNOWN[family.model or ASSEMBLED[name]]
    count = f"{family.group * getattr(family, 'window', 1)}k+1"
    settings = f"{family.steps} steps, guidance {family.guidance:g}, {family.pixels / 1e6:.2f} Mpx"
    film = f"{count}, {family.frames} at {family.fps:g} fps"
    steered = ", ".join([f"{control} film" for control in family.controls] + ["draft", "prompt"])
    first = [f"`{name}`", f"`{family.pipelines[0]}`", model.memory, settings, film, steered]
    return f"| {' | '.join(first)} |", licence_row(name, model)


def licence_row(name: str, model: Model) -> str:
    limits = ["yes" if model.commercial == "yes" else model.commercial]
    limits += [] if model.regions == "all" else [f"**{model.regions}**"]
    gated = "gated" if model.gated else ""
    seen = ", ".join(model.verified) or "nothing"
    licence = f"[{model.licence}]({model.licence_url})"
    cells = [f"`{name}`", f"`{model.repository}`", licence, "; ".join(limits), f"{model.size:g} GB", gated, seen]
    return f"| {' | '.join(cells)} |"


def test_the_table_is_that_of_the_code() -> None:
    """If this fails, the rows it prints are the right ones."""
    page = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [row for name, family in FAMILIES.items() for row in expected_rows(name, family)]
    rows += [licence_row("svd", model) for name, model in KNOWN.items() if "stable-video" in name]
    missing = [row for row in rows if row not in page]
    assert not missing, "\n" + "\n".join(missing)


def test_what_has_no_adapter_is_named() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"| `{name}` | {why} |" in page for name, why in UNTESTED.items())


def test_every_model_of_the_manifest_is_named() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert all(f"`{name}`" in page for name in KNOWN)
