"""Plugins come in through real entry points; a broken one is named and harms nobody else."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from photomotion.errors import PluginError, UnknownImplementation, UsageError
from photomotion.plugin import Implementation, Options, hookimpl
from photomotion.registry import STAGES, Registry

Install = Callable[..., None]

BROKEN = {
    "import-error": ("1.1", "ModuleNotFoundError: No module named 'no_such_package'"),
    "exits": ("1.2", "SystemExit: no licence found"),
    "misspelt": ("1.3", "there is no hook 'photomotion_backend'; did you mean 'photomotion_backends'?"),
    "rubbish": ("1.4", "photomotion_backends() returned 'rubbish', which is no Implementation"),
    "raises": ("1.5", "RuntimeError: the disk is on fire"),
    "duplicate": ("1.6", "backend 'warp' is already provided by photomotion 0.1.0, which stays"),
    "arguments": ("1.8", "Argument(s) {'config'} are declared in the hookimpl"),
    "unmarked": ("1.9", "it has no hooks; mark its functions with @hookimpl"),
    "options": ("1.10", "PydanticSchemaGenerationError: Unable to generate pydantic-core schema for <class"),
}


def offer(name: str = "mine", **fields: Any) -> Implementation[Any, Any]:
    given = {"summary": "Mine.", "options": Options, "load": lambda options, runtime: None, **fields}
    return Implementation(name=name, **given)


def module_with(**hooks: object) -> ModuleType:
    module = ModuleType("by_hand")
    vars(module).update(hooks)
    return module


def plugin(*offers: object) -> ModuleType:
    return module_with(photomotion_backends=hookimpl(lambda: list(offers)))


def everything(registry: Registry) -> dict[str, tuple[str, ...]]:
    return {stage: registry.names(stage) for stage in STAGES}


def test_a_plugin_in_order_is_found_with_its_origin(install: Install) -> None:
    install("ok")
    registry = Registry()
    assert registry.names("backend") == ("warp", "ok")
    assert registry.names("restorer") == ("none", "classic", "auto", "ok")
    assert registry.find("backend", "ok").summary == "Fine."
    origin = registry.origin("backend", "ok")
    assert (origin.plugin, origin.distribution, origin.version) == ("ok", "photomotion-ok", "1.0")
    assert str(registry.origin("backend", "warp")).startswith("photomotion ")
    assert [o.plugin for o in registry.plugins] == ["builtin", "ok"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_named_with_a_cure_and_left_out_whole(
    install: Install, registry: Registry, name: str
) -> None:
    install(name, "ok")
    version, said = BROKEN[name]
    with pytest.warns(UserWarning) as caught:
        found = Registry()
    assert len(caught) == 1
    warning = str(caught[0].message)
    assert f"plugin '{name}' (photomotion-{name} {version}) is left out" in warning
    assert said.replace("0.1.0", str(registry.plugins[0].version)) in warning
    assert f"pip uninstall photomotion-{name}" in warning
    (broken,) = found.broken
    assert (broken.name, broken.distribution, broken.version) == (name, f"photomotion-{name}", version)
    assert str(broken) == warning
    alone = everything(registry)
    assert everything(found) == alone | {"backend": (*alone["backend"], "ok"), "restorer": (*alone["restorer"], "ok")}


def test_all_broken_at_once_leave_the_good_one(install: Install) -> None:
    install(*BROKEN, "ok")
    with pytest.warns(UserWarning) as caught:
        registry = Registry()
    assert len(caught) == len(BROKEN)
    assert {broken.name for broken in registry.broken} == set(BROKEN)
    assert "ok" in registry.names("backend")


@pytest.mark.parametrize("name", BROKEN)
def test_strict_mode_raises(install: Install, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    install(name)
    monkeypatch.setenv("PHOTOMOTION_STRICT", "1")
    with pytest.raises(PluginError, match=f"photomotion-{name}"):
        Registry()


def test_the_second_of_two_plugins_of_one_name_is_left_out(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("ok", "twin")
    monkeypatch.setenv("PHOTOMOTION_PLUGINS", "ok")
    with pytest.warns(UserWarning, match=r"photomotion-twin 1\.7.*already taken by photomotion-ok 1\.0, which stays"):
        registry = Registry()
    assert "ok" in registry.names("backend")
    assert "twin" not in registry.names("encoder")


def test_a_plugin_not_asked_for_is_not_even_imported(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("ok", "import-error")
    monkeypatch.setenv("PHOTOMOTION_PLUGINS", "ok")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert "ok" in Registry().names("backend")
    monkeypatch.setenv("PHOTOMOTION_PLUGINS", "")
    monkeypatch.delitem(sys.modules, "photomotion_ok")
    registry = Registry()
    assert "photomotion_ok" not in sys.modules
    assert [o.plugin for o in registry.plugins] == ["builtin"]
    with pytest.raises(UnknownImplementation, match=r"PHOTOMOTION_PLUGINS keeps out: .*ok"):
        registry.find("backend", "ok")


def test_an_unknown_name_tells_what_is_installed_close_and_broken(install: Install) -> None:
    install("ok", "import-error")
    with pytest.warns(UserWarning, match="import-error"):
        registry = Registry()
    with pytest.raises(UnknownImplementation) as caught:
        registry.find("backend", "wrap")
    message = str(caught.value)
    assert "no backend named 'wrap'; installed: warp, ok; did you mean 'warp'?" in message
    assert "plugin 'import-error' (photomotion-import-error 1.1) is left out" in message


def test_an_unknown_stage_is_a_usage_error(registry: Registry) -> None:
    with pytest.raises(UsageError, match="no stage is called 'bakend'; did you mean 'backend'"):
        registry.names("bakend")


def test_a_module_can_be_admitted_by_hand(registry: Registry) -> None:
    registry.admit("fake", plugin(offer()))
    assert registry.names("backend") == ("warp", "mine")
    assert str(registry.origin("backend", "mine")) == "plugin 'fake'"


def test_two_admitted_plugins_do_not_hear_each_other(registry: Registry) -> None:
    registry.admit("one", plugin(offer("one")))
    registry.admit("two", plugin(offer("two")))
    assert registry.origin("backend", "one").plugin == "one"
    assert registry.origin("backend", "two").plugin == "two"


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (plugin(offer("Loud")), "the name 'Loud'"),
        (plugin(offer("")), "the name ''"),
        (plugin(offer(7)), "the name 7"),  # type: ignore[arg-type]
        (plugin(offer(options=dict)), "no subclass of photomotion.plugin.Options"),
        (plugin(offer(load=None)), "load is not a function"),
        (plugin(offer(needs={"image"})), "needs is no frozenset"),
        (plugin(offer("twice"), offer("twice")), "it offers backend 'twice' twice"),
        (plugin(offer("good"), 3), "returned 3, which is no Implementation"),
        (module_with(photomotion_backends=hookimpl(lambda: None)), "returned None"),
        (module_with(photomotion_backends=hookimpl(lambda: 3)), "TypeError: 'int' object is not iterable"),
        (module_with(), "it has no hooks"),
    ],
)
def test_rubbish_is_refused_whole_and_may_be_mended(registry: Registry, module: object, said: str) -> None:
    before = everything(registry)
    with pytest.raises(PluginError) as caught:
        registry.admit("bad", module)
    assert said in str(caught.value)
    assert everything(registry) == before
    registry.admit("bad", plugin(offer()))
    assert "mine" in registry.names("backend")
