"""Everything photomotion brings along keeps the contracts that plugin authors are held to."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from photomotion.builtin import plugin
from photomotion.plugin import Implementation
from photomotion.testing.contracts import (
    BackendContract,
    ConditionerContract,
    EncoderContract,
    ExecutorContract,
    FaceAnalyzerContract,
    MotionPriorContract,
    RestorerContract,
)

OFFERED: dict[str, Implementation[Any, Any]] = {
    implementation.name: implementation
    for hook in vars(plugin).values()
    if getattr(hook, "photomotion_impl", None)
    for implementation in hook()
}


def test_every_builtin_is_held_to_a_contract() -> None:
    held = {cls.implementation.name for cls in globals().values() if hasattr(cls, "implementation")}
    assert held == set(OFFERED)


class TestNone(RestorerContract):
    implementation = OFFERED["none"]


class TestClassic(RestorerContract):
    implementation = OFFERED["classic"]


class TestAuto(RestorerContract):
    implementation = OFFERED["auto"]


class TestFacemesh(FaceAnalyzerContract):
    implementation = OFFERED["facemesh"]


class TestNatural(MotionPriorContract):
    implementation = OFFERED["natural"]


class TestTrack(MotionPriorContract):
    implementation = OFFERED["track"]
    options: ClassVar = {"file": str(Path(__file__).parent / "data" / "nod.json")}


class TestStill(MotionPriorContract):
    implementation = OFFERED["still"]


class TestImage(ConditionerContract):
    implementation = OFFERED["image"]


class TestGuide(ConditionerContract):
    implementation = OFFERED["guide"]


class TestPrompt(ConditionerContract):
    implementation = OFFERED["prompt"]
    options: ClassVar = {"extra": "Soft light."}


class TestWarp(BackendContract):
    implementation = OFFERED["warp"]


class TestMp4(EncoderContract):
    implementation = OFFERED["mp4"]


class TestFrames(EncoderContract):
    implementation = OFFERED["frames"]


class TestLocal(ExecutorContract):
    implementation = OFFERED["local"]
