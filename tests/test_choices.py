"""The choice of stages is checked as a whole before anything is loaded."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from fake_stages import Darkener, Make, SlowOptions, never, registry_with

from photomotion import Animator
from photomotion.errors import (
    IncompatibleStages,
    OptionsError,
    UnknownImplementation,
    UsageError,
)
from photomotion.plugin import Implementation, Options, Runtime, hookimpl
from photomotion.registry import Registry
from photomotion.testing.fakes import fake_photo


def test_an_unknown_name_is_refused(registry: Registry) -> None:
    with pytest.raises(UnknownImplementation, match=r"no backend named 'wrap'; installed: warp; did you mean 'warp'\?"):
        Animator(backend="wrap", registry=registry)
    with pytest.raises(UnknownImplementation, match="no postprocessor named 'glow'; installed: none"):
        Animator(postprocessors=["glow"], registry=registry)


@pytest.mark.parametrize("stage", ["restorer", "analyzer", "motion", "conditioner", "backend", "encoder", "executor"])
def test_an_object_that_cannot_be_the_stage_is_refused(registry: Registry, stage: str) -> None:
    with pytest.raises(UsageError, match=f"{stage}: an object of type int has no "):
        Animator(**{stage: 3}, registry=registry)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"{stage} Darkener is a class; give an object of it"):
        Animator(**{stage: Darkener}, registry=registry)  # type: ignore[arg-type]


@pytest.mark.parametrize("stage", ["restorer", "analyzer", "motion", "backend", "encoder", "executor"])
def test_only_the_conditioner_can_be_left_to_the_backend(registry: Registry, stage: str) -> None:
    with pytest.raises(UsageError, match=f"{stage}: an object of type NoneType has no "):
        Animator(**{stage: None}, registry=registry)  # type: ignore[arg-type]


def test_the_missing_methods_are_named(registry: Registry) -> None:
    with pytest.raises(UsageError, match=r"type Darkener has no encode and no suffix; .*photomotion\.stages\.Encoder"):
        Animator(encoder=Darkener(), registry=registry)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"write \('glow',\)"):
        Animator(postprocessors="glow", registry=registry)


def test_all_faults_of_all_stages_come_at_once() -> None:
    registry = registry_with(never)
    with pytest.raises(OptionsError) as caught:
        Animator(
            backend="slow",
            registry=registry,
            options={
                "backend": {"stesp": 3, "steps": 0, "mode": "slow"},
                "motion": {"strength": "much"},
                "encoder": {"crf": 52},
                "restorer": {"strength": 1},
                "bakend": {},
                "analyzer": 3,  # type: ignore[dict-item]
                "postprocessors": {"glow": {}},
            },
        )
    lines = str(caught.value).splitlines()
    assert "backend 'slow' (plugin 'slow'): option 'stesp' is unknown; did you mean 'steps'?" in lines
    assert "backend 'slow' (plugin 'slow'): option 'steps': 0 given, must be at least 1" in lines
    assert "backend 'slow' (plugin 'slow'): option 'mode': 'slow' given, must be one of 'fast' or 'fine'" in lines
    assert "options: no stage is called 'bakend'; did you mean 'backend'?" in lines
    assert "options: postprocessor 'glow' is not among those chosen" in lines
    assert "options of analyzer must be names with values, not 3" in lines
    assert any("option 'strength': 'much' given" in line for line in lines)
    assert any("option 'crf': 52 given, must be at most 51" in line for line in lines)
    assert any(line.startswith("restorer 'none'") and "known: none" in line for line in lines)
    assert len(lines) == 9


def test_options_of_an_object_are_refused(make: Make) -> None:
    with pytest.raises(OptionsError, match="backend Darkener is an object; set its options where it is made"):
        make(options={"backend": {"x": 1}})


def test_options_reach_the_stage_and_are_parsed(make: Make) -> None:
    seen: list[Any] = []

    def load(options: SlowOptions, runtime: Runtime) -> Darkener:
        seen.append((options.steps, runtime.device))
        return Darkener()

    registry = registry_with(load)
    with make(backend="slow", registry=registry, options={"backend": {"steps": "7"}}, device="cuda:1") as animator:
        clip = animator.animate(fake_photo(), seconds=0.2)
        assert seen == []
        list(clip)
        list(clip)
    assert seen == [(7, "cuda:1")]


def test_an_unknown_device_is_refused(make: Make) -> None:
    with pytest.raises(UsageError, match="no device is called 'gpu'"):
        make(device="gpu")


def test_stages_that_do_not_fit_are_refused_before_loading(make: Make) -> None:
    registry = registry_with(never, needs=frozenset({"image", "guide"}))
    with pytest.raises(
        IncompatibleStages, match=r"backend 'slow' .* needs guide, which conditioner 'image' .* not give"
    ):
        make(backend="slow", registry=registry)
    fits = registry_with(never, needs=frozenset({"image"}))
    bare = ModuleType("bare")
    offer = Implementation(name="bare", summary="Gives nothing.", options=Options, load=never)
    bare.photomotion_conditioners = hookimpl(lambda: [offer])  # type: ignore[attr-defined]
    fits.admit("bare", bare)
    assert make(backend="slow", conditioner="bare", registry=fits)
    prefers = registry_with(never, prefers="nobody")
    with pytest.raises(UnknownImplementation, match="no conditioner named 'nobody'"):
        make(backend="slow", registry=prefers)
    assert make(backend="slow", conditioner="image", registry=prefers)
