"""Single checks, each in an environment of its own: ``nox -s tests-3.12``, ``nox -s docs``."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False
nox.options.reuse_existing_virtualenvs = True


@nox.session
def lint(session: nox.Session) -> None:
    """Style and order."""
    session.install("-e", ".[lint]")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")


@nox.session
def types(session: nox.Session) -> None:
    """Types, strictly."""
    session.install("-e", ".[lint,test]")
    session.run("mypy")


@nox.session(python=["3.10", "3.11", "3.12", "3.13", "3.14"])
def tests(session: nox.Session) -> None:
    """The test-suite on every Python that is here."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The documentation, every warning an error."""
    session.install("-e", ".[docs]")
    session.run("mkdocs", "build", "--strict", env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
@nox.parametrize(
    "name", ["photomotion-diffusers", "photomotion-gfpgan", "photomotion-mediapipe", "photomotion-face-alignment"]
)
def plugins(session: nox.Session, name: str) -> None:
    """One of our own plugins, in an environment of its own: types and tests."""
    session.install("-e", ".[lint]", "-e", f"plugins/{name}[test]")
    session.chdir(f"plugins/{name}")
    session.run("mypy")
    session.run("pytest", *session.posargs)


@nox.session
def plugin(session: nox.Session) -> None:
    """The example of a third party's plugin, installed as users install one."""
    session.install("-e", ".[test]", "./examples/plugin-minimal")
    session.run("pytest", "examples/plugin-minimal")
