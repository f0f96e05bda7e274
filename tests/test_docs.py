"""The documentation says what the code says. What it only repeats is written by these tests.

``PHOTOMOTION_UPDATE_GOLDEN=1 pytest tests/test_docs.py`` writes ``errors.md``, ``options.md`` and ``channels.txt``.
"""

from __future__ import annotations

import ast
import importlib
import importlib.util
import inspect
import os
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import photomotion
from photomotion import errors, hookspecs, plugin, stages
from photomotion.cli import cli
from photomotion.inventory import options_rows
from photomotion.registry import STAGES, Registry

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REFERENCE = {page.name: page.read_text(encoding="utf-8") for page in (DOCS / "reference").glob("*.md")}
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md"))]
PYTHON = re.compile(r"^```python(?: [^\n]*)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)
HOOKS = [name for name in vars(hookspecs) if name.startswith("photomotion_")]
IMPLEMENTATIONS = [(stage, i) for stage in STAGES for i in Registry(discover=False).implementations(stage)]


def compare(path: Path, text: str) -> None:
    """Compare with a page; ``PHOTOMOTION_UPDATE_GOLDEN=1`` writes it instead."""
    if os.environ.get("PHOTOMOTION_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert path.read_text(encoding="utf-8") == text


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    for own, command in group.commands.items():
        yield f"{name} {own}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {own}")


def error_classes() -> list[type[errors.PhotomotionError]]:
    kinds = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, errors.PhotomotionError)]
    assert len(kinds) > 10
    return kinds


def readme_blocks(language: str) -> list[str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def python_blocks() -> Iterator[Any]:
    for page in PAGES:
        for number, code in enumerate(PYTHON.findall(page.read_text(encoding="utf-8")), 1):
            if "--8<--" not in code:
                yield pytest.param(code, id=f"{page.relative_to(ROOT).as_posix()}-{number}")


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_there_with_its_exact_signature(name: str) -> None:
    function = getattr(hookspecs, name)
    source = ast.parse(inspect.getsource(function).partition("\n")[2]).body[0]
    assert isinstance(source, ast.FunctionDef) and source.returns
    section = REFERENCE["hooks.md"].partition(f"## {name}\n")[2].partition("\n## ")[0]
    assert f"```python\ndef {name}() -> {ast.unparse(source.returns)}: ...\n```" in section
    kind = next(kind for kind in STAGES.values() if kind.hook == name)
    assert f"Key: `{kind.key}`." in section
    protocol = kind.protocol
    method = getattr(protocol, next(m for m in kind.members if callable(getattr(protocol, m, None))))
    definition = ast.parse(textwrap.dedent(inspect.getsource(method))).body[0]
    assert isinstance(definition, ast.FunctionDef) and definition.returns
    signature = f"def {definition.name}({ast.unparse(definition.args)}) -> {ast.unparse(definition.returns)}: ..."
    assert f"[`{protocol.__name__}`][photomotion.stages.{protocol.__name__}]'s method:" in section
    assert f"```python\n{signature}\n```" in section


def test_no_hook_is_made_up() -> None:
    assert re.findall(r"^## (\S+)$", REFERENCE["hooks.md"], re.MULTILINE) == HOOKS
    assert len(HOOKS) == 8


@pytest.mark.parametrize(("stage", "implementation"), IMPLEMENTATIONS, ids=lambda v: getattr(v, "name", v))
def test_hooks_name_what_is_built_in(stage: str, implementation: plugin.Implementation[Any, Any]) -> None:
    section = REFERENCE["hooks.md"].partition(f"Key: `{stage}`")[2].partition("\n## ")[0]
    assert re.search(rf"Built in: [^.]*`{implementation.name}`", section)


def test_every_error_is_listed() -> None:
    rows = [
        f"| `{'&nbsp;&nbsp;' * (len(kind.__mro__) - 4)}{kind.__name__}` | {kind.exit_code} | {inspect.getdoc(kind)} |"
        for kind in error_classes()
    ]
    rows = [re.sub(r"`((?:&nbsp;)*)", r"\1`", row, count=1) for row in rows]
    text = (
        "# Errors\n\n"
        "Every error that photomotion raises on purpose, with what the command line returns to the shell.\n"
        "Import them from `photomotion.errors`.\n\n"
        "| Error | Exit code | When |\n| --- | --- | --- |\n" + "\n".join(rows) + "\n\n"
        "Each is a kind of the one further out above it. Anything else that is raised is a bug, of photomotion or\n"
        "of a plugin: the command line shows it with its traceback, and returns 1.\n\n"
        "::: photomotion.errors\n"
        "    options: {show_root_heading: false, show_root_toc_entry: false, heading_level: 2}\n"
    )
    compare(DOCS / "reference" / "errors.md", text)


def test_the_tree_of_errors_is_drawn_right() -> None:
    drawn = re.findall(r"^[\s│├└─]*(\w+)\s+(?:exit code|(\d))", errors.__doc__ or "", re.MULTILINE)
    assert [(name, int(code or 1)) for name, code in drawn] == [(k.__name__, k.exit_code) for k in error_classes()]


def test_every_option_is_listed_with_its_help() -> None:
    parts = ["# Options\n\nWhat `photomotion options` says of everything that is built in.\n"]
    for stage, implementation in IMPLEMENTATIONS:
        parts.append(f"\n## {stage} {implementation.name}\n\n{implementation.summary}\n")
        rows = options_rows(implementation.options)
        if rows:
            parts.append("\n| Option | Type | Default | Bounds | Help |\n| --- | --- | --- | --- | --- |\n")
            parts += [f"| `{' | '.join([f'{row[0]}`', *row[1:]])} |\n" for row in rows]
        else:
            parts.append("\nNo options.\n")
        assert all(row[4] for row in rows)
    compare(DOCS / "reference" / "options.md", "".join(parts))


def test_every_finding_is_explained() -> None:
    from photomotion.builtin.analyzers.facemesh.suitability import SEVERITY

    page = (DOCS / "reference" / "reason-codes.md").read_text(encoding="utf-8")
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| `")]
    grades = {code: row[2] for row in rows for code in re.findall(r"`([\w-]+)`", row[0])}
    assert set(grades) == set(SEVERITY)
    words = {3: "**poor**", 2: "**fair**"}
    assert {
        c for c, severity in SEVERITY.items() if severity >= 2 and not grades[c].startswith(words[severity])
    } == set()
    assert {c for c, severity in SEVERITY.items() if severity < 2 and "**" in grades[c]} == set()


def test_the_figures_of_heads_are_those_of_the_code() -> None:
    from photomotion.builtin.limits import PITCH, ROLL, YAW
    from photomotion.builtin.priors.natural.head import SPREAD

    page = (DOCS / "explanation" / "natural-motion.md").read_text(encoding="utf-8")
    yaw, pitch, roll = (f"{low}..{high}" for low, high in SPREAD)
    assert f"{yaw} degrees of yaw, {pitch} of pitch, {roll} of roll" in page
    assert f"at most {YAW:g}° of yaw, {PITCH:g}° of pitch, {ROLL:g}° of roll" in page


def test_every_channel_is_listed_as_shown_or_not() -> None:
    from photomotion.data import ARKIT
    from photomotion.warp.expressions import SHOWN

    shown = {*SHOWN, "mouthClose", "eyeBlinkLeft", "eyeBlinkRight"}
    assert shown <= set(ARKIT)
    lists = (", ".join(f"`{name}`" for name in ARKIT if (name in shown) == whether) for whether in (True, False))
    parts = [f"{words} {names}." for words, names in zip(("Shown:", "Not shown:"), lists, strict=True)]
    text = "\n\n".join(textwrap.fill(part, 120, break_on_hyphens=False) for part in parts)
    compare(DOCS / "explanation" / "channels.txt", text + "\n")


def test_every_command_has_a_section_with_its_help() -> None:
    sections = re.findall(r"^## (photomotion.*)$", REFERENCE["command-line.md"], re.MULTILINE)
    names = {"photomotion", *(name for name, _ in commands(cli, "photomotion"))}
    assert sorted(sections) == sorted(names)
    for name in names:
        short = name.removeprefix("photomotion ").replace(" ", "-")
        section = REFERENCE["command-line.md"].partition(f"## {name}\n")[2].partition("\n## ")[0]
        assert f'--8<-- "tests/golden/help-{short}.txt"' in section


def test_every_environment_variable_is_listed() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "photomotion").rglob("*.py"))
    known = set(re.findall(r"environ(?:\.get)?[(\[]\"(PHOTOMOTION_\w+)\"", code))
    assert len(known) >= 2
    assert {name for name in known if f"`{name}=" not in REFERENCE["command-line.md"]} == set()


@pytest.mark.parametrize(
    "module",
    ["photomotion", "photomotion.data", "photomotion.stages", "photomotion.plugin", "photomotion.testing.contracts",
     "photomotion.testing.fakes", "photomotion.clip", "photomotion.recipe"],
)  # fmt: skip
def test_every_public_name_is_in_the_reference(module: str) -> None:
    entries = {entry for page in REFERENCE.values() for entry in ENTRY.findall(page)}
    have = {entry.rpartition(".")[2] for entry in entries} | {k.__name__ for k in error_classes()}
    public = importlib.import_module(module).__all__
    assert {name for name in public if name not in have and name != "__version__"} == set()


def test_every_entry_of_the_reference_exists() -> None:
    entries = [entry for page in REFERENCE.values() for entry in ENTRY.findall(page)]
    assert len(set(entries)) == len(entries) > 40
    for entry in entries:
        module, _, name = entry.rpartition(".")
        assert hasattr(importlib.import_module(module), name), entry


def test_stages_are_those_of_the_protocols() -> None:
    assert {kind.protocol.__name__ for kind in STAGES.values()} <= set(stages.__all__)


@pytest.mark.parametrize("code", list(python_blocks()))
def test_python_blocks_run(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if re.search(r"^def \w+\(.*\.\.\.$", code, re.MULTILINE):
        compile(f"from __future__ import annotations\n{code}", "signature", "exec")
        return
    (tmp_path / "examples").symlink_to(ROOT / "examples", target_is_directory=True)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "block", "exec"), {"__name__": "block"})


def test_the_small_app_works_and_can_be_stopped(astronaut: Path) -> None:
    from photomotion.reading import read_photo

    specification = importlib.util.spec_from_file_location("app_minimal", ROOT / "examples" / "app_minimal.py")
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    app = module.App()
    try:
        frames = app.animate(read_photo(astronaut).pixels, seconds=0.2)
        assert [frame.shape for frame in frames] == [(256, 256, 3)] * 5
        app.cancel.set()
        with pytest.raises(module.Cancelled):
            app.animate(read_photo(astronaut).pixels, seconds=0.2)
        assert len(app.animate(read_photo(astronaut).pixels, seconds=0.2)) == 5
    finally:
        app.close()


def test_readme_has_its_two_commands() -> None:
    main, tests = readme_blocks("sh")
    assert main.strip() == "pip install . && photomotion animate examples/photos/astronaut.png -o astronaut.mp4"
    assert tests.strip() == 'pip install -e ".[test]" && pytest'
    assert (ROOT / "examples" / "photos" / "astronaut.png").is_file()


def test_readme_has_a_picture_and_its_commands_on_the_first_screen() -> None:
    first = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:24]
    assert any(line.startswith("![") for line in first)
    assert sum(line == "```sh" for line in first) == 2


def test_every_page_is_found_from_the_first() -> None:
    pages = {page.relative_to(DOCS).as_posix() for page in DOCS.glob("*/*.md")}
    index, menu = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/index.md", "mkdocs.yml"))
    assert {page for page in pages if f"]({page})" not in index} == set()
    assert {page for page in pages if f": {page}\n" not in menu} == set()
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    read = {page for page in pages if not page.startswith("reference/")}
    assert {page for page in read if f"](docs/{page})" not in readme} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", text) + re.findall(r'^--8<-- "([^"]+)"$', text, re.MULTILINE)
    base = {True: ROOT, False: page.parent}
    local = [t for t in targets if not t.startswith("https://")]
    assert [t for t in local if not (base[t.startswith(("docs/", "CHANGE", "CONTRI"))] / t).exists()] == []


def test_pictures_are_small() -> None:
    pictures = [p for p in (DOCS / "images").iterdir() if p.suffix in (".webp", ".jpg", ".png")]
    assert pictures and sum(p.stat().st_size for p in pictures) < 1_500_000


def test_the_changelog_knows_this_version() -> None:
    assert f"## [{photomotion.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
