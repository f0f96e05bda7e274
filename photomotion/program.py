"""How commands of ``photomotion`` fail. Imports only click."""

from __future__ import annotations

import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

from .errors import PhotomotionError

__all__ = ["INTERRUPTED", "Program", "complain"]

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells know it."""


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
        """Run a command; Ctrl-C ends it with one line, which on a terminal does not share that of the ``^C``.

        A ``KeyboardInterrupt`` may itself say what is kept.
        """
        try:
            return super().invoke(context)
        except KeyboardInterrupt as interrupt:
            newline = "\n" if sys.stderr.isatty() else ""
            click.echo(f"{newline}interrupted; {str(interrupt) or 'nothing is left half written'}", err=True)
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
