"""Who may import whom, what is loaded when, and whether the public names are honest."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import photomotion

HOUSE = Path(photomotion.__file__).parent

CORE = (
    "errors", "destinations", "words", "data", "colour", "reading", "warp", "stages", "kinds", "origins", "plugin",
    "weights", "hookspecs", "registry", "choices", "selection", "recipe", "clip", "framing", "imports", "stagework",
    "endings", "pipeline", "crew", "animator",
)  # fmt: skip
"""Each may import only those before it. What is not listed is the command line and the door for plugins that find faces
(``analysis``), which none of these may import."""

DOOR = {"plugin", "stages", "data", "errors", "warp", "testing"}
"""What a built-in implementation may import, like any third party."""

SHARED = {("builtin", name) for name in ("camera", "cielab", "defects", "easing", "limits")}
"""What several built-in implementations use: how a camera moves, how colours differ, what is wrong with a print, how
bodies move, what a photo allows."""

HEAVY = {"cv2", "av", "PIL", "ai_edge_litert", "torch"}
PICTURES = {"colour", "reading", "warp"}
"""Core modules that work on pixels, and are themselves imported only when there are some."""


def modules() -> list[Path]:
    return sorted(HOUSE.rglob("*.py"))


def name_of(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imports(path: Path, tree: ast.AST) -> Iterator[tuple[str, ...]]:
    """The modules a file imports, those of the house relative to it: ``("photomotion", "data")``, ``("cv2",)``."""
    package = path.relative_to(HOUSE.parent).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple((node.module or "").split(".")) if node.module else ()
            for alias in node.names:
                inner = HOUSE.parent.joinpath(*base, alias.name)
                yield (*base, alias.name) if inner.is_dir() or inner.with_suffix(".py").is_file() else base


def house_imports(path: Path) -> set[tuple[str, ...]]:
    found = imports(path, ast.parse(path.read_text(encoding="utf-8")))
    return {parts[1:] for parts in found if parts[0] == "photomotion" and len(parts) > 1}


def test_the_reader_of_imports_reads_them() -> None:
    assert ("data",) in house_imports(HOUSE / "clip.py")
    assert ("hookspecs",) in house_imports(HOUSE / "registry.py")
    assert ("builtin", "restorers", "none") in house_imports(HOUSE / "builtin" / "plugin.py")


@pytest.mark.parametrize("path", modules(), ids=lambda p: ".".join(name_of(p)) or "photomotion")
def test_imports_go_one_way(path: Path) -> None:
    name = name_of(path)
    targets = {parts for parts in house_imports(path) if name and parts[0] != name[0]}
    if not name or name[0] not in (*CORE, "builtin", "testing"):
        return
    allowed = {"builtin": DOOR, "testing": DOOR - {"warp", "testing"}}.get(name[0])
    if allowed is None:
        allowed = set(CORE[: CORE.index(name[0])])
    assert {parts[0] for parts in targets} - allowed == set()


@pytest.mark.parametrize("path", sorted((HOUSE / "builtin").rglob("*/*.py")), ids=lambda p: ".".join(name_of(p)))
def test_builtin_implementations_do_not_know_each_other(path: Path) -> None:
    own = name_of(path)[:3]
    others = {parts for parts in house_imports(path) if parts[0] == "builtin" and parts[:3] != own}
    assert others - SHARED == set()


@pytest.mark.parametrize("path", [p for p in modules() if name_of(p)[:1]], ids=lambda p: ".".join(name_of(p)))
def test_heavy_packages_stay_where_pictures_are(path: Path) -> None:
    name = name_of(path)
    if name[0] not in CORE or name[0] in PICTURES:
        return
    top = ast.Module(ast.parse(path.read_text(encoding="utf-8")).body, [])
    functions = {node for node in ast.walk(top) if isinstance(node, ast.FunctionDef)}
    inside = {parts for function in functions for parts in imports(path, function)}
    assert {parts[0] for parts in set(imports(path, top)) - inside} & HEAVY == set()


def loaded_after(code: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after running ``code``."""
    code += "\nimport sys; print('loaded', *{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.splitlines()[-1].split())


HELP = """
import sys
from photomotion.cli import main
sys.argv = ["photomotion", "--help"]
try:
    main()
except SystemExit as end:
    assert not end.code
"""


@pytest.mark.parametrize("code", ["import photomotion", "import photomotion; dir(photomotion)", HELP])
def test_import_and_help_cost_nothing(code: str) -> None:
    assert loaded_after(code) & (HEAVY | {"numpy", "pydantic", "pluggy", "rich"}) == set()


def test_an_animator_is_made_without_anything_heavy() -> None:
    assert loaded_after("from photomotion import Animator\nAnimator()") & HEAVY == set()


def test_listing_plugins_loads_nothing_heavy() -> None:
    assert loaded_after("from photomotion.registry import Registry\nRegistry()") & (HEAVY | {"numpy"}) == set()


def test_public_names_are_honest() -> None:
    assert photomotion.__all__ == sorted(photomotion.__all__, key=lambda name: (name.startswith("_"), name))
    assert dir(photomotion) == sorted(photomotion.__all__)
    for name in photomotion.__all__:
        value = getattr(photomotion, name)
        assert name == "__version__" or value.__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Animater'"):
        photomotion.Animater  # noqa: B018


def test_the_type_checker_sees_the_same_names() -> None:
    tree = ast.parse((HOUSE / "__init__.py").read_text(encoding="utf-8"))
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name for node in guarded.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert seen == set(photomotion.__all__) - {"__version__"}


@pytest.mark.parametrize("path", modules(), ids=lambda p: ".".join(name_of(p)) or "photomotion")
def test_all_names_what_exists(path: Path) -> None:
    if name_of(path)[-1:] == ("__main__",):
        return
    module = importlib.import_module(".".join(("photomotion", *name_of(path))))
    names = getattr(module, "__all__", [])
    assert [name for name in names if not hasattr(module, name)] == []
    assert len(set(names)) == len(names)


def test_the_renderers_table_of_contents_is_complete() -> None:
    import photomotion.warp

    chapters = {path.stem for path in (HOUSE / "warp").glob("*.py")} - {"__init__"}
    named = {word.strip("`") for word in re.findall("``[a-z]+``", photomotion.warp.__doc__ or "")}
    assert named == chapters
