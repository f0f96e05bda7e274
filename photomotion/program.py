"""How commands of ``photomotion`` fail, and the options that several of them share. Imports only click."""

from __future__ import annotations

import json
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from .errors import OptionsError, PhotomotionError

__all__ = ["INTERRUPTED", "Program", "complain", "parse_settings", "stage_options"]

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells know it."""

_STAGES = {
    "restorer": ("none", "Mends the photo."),
    "analyzer": ("facemesh", "Finds the people."),
    "motion": ("natural", "Plans how they move."),
    "conditioner": (None, "Prepares what guides the backend."),
    "backend": ("warp", "Makes the pictures."),
    "encoder": ("mp4", "Writes the film."),
}


class Program(click.Group):
    """A group whose errors are one line each on stderr, with the exit codes of :mod:`photomotion.errors`."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and end the process with its exit code, unless ``standalone_mode`` is off."""
        run: Callable[[], Any] = partial(super().main, args, prog_name, complete_var, standalone_mode=False, **extra)
        if not standalone_mode:
            return run()
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _show_warning
                code = run()
        except click.ClickException as error:
            complain(_in_one_line(error))
            code = error.exit_code
        except PhotomotionError as error:
            if error.exit_code == 1 and error.__cause__:
                traceback.print_exception(error.__cause__)
            complain(str(error))
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            code = INTERRUPTED
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, context: click.Context) -> Any:
        """Run a command; Ctrl-C ends it with one line, which on a terminal does not share that of the ``^C``."""
        try:
            return super().invoke(context)
        except KeyboardInterrupt:
            newline = "\n" if sys.stderr.isatty() else ""
            click.echo(f"{newline}interrupted; nothing is left half written", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


def complain(message: str) -> None:
    """Print an error to stderr, each of its lines as one."""
    for line in message.splitlines():
        click.echo(f"error: {line}", err=True)


def _in_one_line(error: click.ClickException) -> str:
    """Click's own message with where to read on, without its three lines of usage."""
    message = error.format_message().rstrip(".")
    context = getattr(error, "ctx", None)
    return f"{message}; see '{context.command_path} --help'" if context else message


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    click.echo(f"warning: {message}", err=True)


def stage_options(*keys: str, **defaults: str) -> Callable[[CommandT], CommandT]:
    """Give a command an option for each of these stages, and what is common to them: device, licences, ``--set``.

    Args:
        keys: the stages.
        defaults: for a stage, another default than an Animator's.
    """

    def decorate(command: CommandT) -> CommandT:
        added = [
            click.option(
                f"--{key}",
                default=defaults.get(key, _STAGES[key][0]),
                show_default=True if _STAGES[key][0] else "what the backend prefers",
                metavar="NAME",
                help=_STAGES[key][1],
            )
            for key in keys
        ]
        added.append(
            click.option(
                "--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu, cuda, cuda:N or mps."
            )
        )
        added.append(
            click.option(
                "--license-policy",
                type=click.Choice(["any", "commercial"]),
                default="any",
                show_default=True,
                metavar="NAME",
                help="any, or commercial: no model that forbids or limits that use.",
            )
        )
        added.append(
            click.option(
                "--set",
                "settings",
                multiple=True,
                metavar="STAGE.KEY=VALUE",
                help="Tell a stage something, may be repeated; 'photomotion options' lists what.",
            )
        )
        for option in reversed(added):
            command = option(command)
        return command

    return decorate


def parse_settings(settings: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Turn ``backend.workers=4`` and ``postprocessors.glow.strength=0.3`` into nested options.

    Values stay strings, which the options' own types convert; ``[...]`` and ``{...}`` are read as JSON, and ``null``
    is None.

    Raises:
        OptionsError: if one is not of that form.
    """
    options: dict[str, dict[str, Any]] = {}
    for setting in settings:
        place, equals, text = setting.partition("=")
        stage, *keys = place.strip().split(".")
        wanted = 2 if stage == "postprocessors" else 1
        if not equals or not stage or len(keys) != wanted or not all(keys):
            form = "STAGE.KEY=VALUE, for example backend.workers=2"
            if stage == "postprocessors":
                form = "postprocessors.NAME.KEY=VALUE, for example postprocessors.glow.strength=0.3"
            raise OptionsError(f"--set {setting}: write it as {form}")
        table = options.setdefault(stage, {})
        for key in keys[:-1]:
            table = table.setdefault(key, {})
        table[keys[-1]] = _value(setting, text.strip())
    return options


def _value(setting: str, text: str) -> Any:
    if text == "null":
        return None
    if not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise OptionsError(f"--set {setting}: {text!r} is not JSON ({error})") from error
