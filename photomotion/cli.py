"""The command ``photomotion``. Nothing heavier than click is imported before a command is at work."""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import click

from . import __version__
from .errors import PhotoError
from .flags import (
    compose,
    crop_option,
    fps_option,
    json_option,
    loop_option,
    open_animator,
    photo_argument,
    seconds_option,
    seed_option,
    stage_options,
)
from .motion_commands import motion
from .program import Program, complain
from .weights_commands import weights

__all__ = ["cli", "main"]

_KEYS = ("restorer", "analyzer", "motion", "conditioner", "backend", "postprocessor", "encoder", "executor")


@click.group(cls=Program, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="photomotion")
@click.pass_context
def cli(context: click.Context, /) -> None:
    """Bring a still portrait to life: photomotion animate PHOTO."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


cli.add_command(motion)
cli.add_command(weights)


@cli.command()
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PHOTO...")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=str),  # a Path would lose the slash at the end of a folder that is yet to be made
    metavar="OUT",
    help="File to write, or folder; without it, the photo's name in the current folder. Replaces a film of that name.",
)
@seconds_option
@fps_option
@click.option("--size", type=click.IntRange(16), metavar="LONG_EDGE", help="Long edge in pixels [default: the photo's]")
@crop_option
@loop_option
@seed_option
@stage_options("restorer", "analyzer", "motion", "conditioner", "backend", "encoder")
@click.option(
    "--postprocessor", "postprocessors", multiple=True, metavar="NAME", help="Changes the pictures; may be repeated."
)
@click.option(
    "--recipe",
    "recipe_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Start from a recipe, .json or .toml; options given here go before what it says.",
)
@click.option(
    "--preview",
    type=click.Path(path_type=Path),
    metavar="P.png",
    help="Keep a picture of the film in the making here, while a model works on it.",
)
@json_option
@click.pass_context
def animate(
    context: click.Context,
    /,
    photos: tuple[Path, ...],
    output: str | None,
    recipe_file: Path | None,
    preview: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Make a film of each PHOTO."""
    from .console import ProgressBar, describe_film
    from .destinations import plan_destinations, plan_file

    recipe = compose(context, recipe_file, flags)
    if preview:
        for photo in photos:
            plan_file(photo, preview, ".png")
    bar = ProgressBar(preview)
    exit_code = 0
    with open_animator(recipe, bar) as animator:
        for planned in plan_destinations(photos, output, animator.suffix):
            started = time.perf_counter()
            try:
                with bar.of(planned.photo.name):
                    clip = animator.animate(planned.photo, **recipe.particulars)
                    with planned.place() as film:
                        report = clip.save(film)
            except PhotoError as error:
                complain(str(error))
                exit_code = error.exit_code
                continue
            elapsed = time.perf_counter() - started
            if as_json:
                data = report.to_dict() | {"total_seconds": round(elapsed, 3)}
                click.echo(json.dumps(data, default=float))
            else:
                click.echo(describe_film(report, elapsed))
    if preview and not bar.shown:
        click.echo(f"no preview was written: the backend {recipe.backend} shows none", err=True)
    context.exit(exit_code)


@cli.command()
@photo_argument
@stage_options("restorer", "analyzer")
@json_option
@click.option(
    "--picture", type=click.Path(path_type=Path), metavar="OUT.png", help="Draw what was found into a picture."
)
@click.pass_context
def inspect(context: click.Context, /, photo: Path, as_json: bool, picture: Path | None, **flags: Any) -> None:
    """Say what is in PHOTO, and what to expect of a film."""
    from .console import ProgressBar, analysis_data, describe_analysis
    from .destinations import plan_file, write_whole

    picture = picture and plan_file(photo, picture, ".png")
    bar = ProgressBar()
    with open_animator(compose(context, None, flags), bar) as animator, bar.of(photo.name):
        opened, analysis = animator.prepare(photo)
    if picture:
        from .portrait import draw_png

        write_whole(picture, draw_png(opened, analysis))
    if as_json:
        click.echo(json.dumps(analysis_data(opened, analysis)))
    else:
        click.echo("\n".join(describe_analysis(opened, analysis)))


@cli.command()
@photo_argument
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="OUT.png", help="File to write."
)
@stage_options("restorer", restorer="classic")
@click.option(
    "--before-after",
    "sheet",
    type=click.Path(path_type=Path),
    metavar="SHEET.png",
    help="Draw scan, restored photo and a map of what was changed side by side.",
)
@json_option
@click.pass_context
def restore(
    context: click.Context, /, photo: Path, output: Path, sheet: Path | None, as_json: bool, **flags: Any
) -> None:
    """Mend PHOTO, and say what was done to it."""
    from .console import ProgressBar, restoration_data
    from .destinations import plan_file, write_picture

    destination = plan_file(photo, output, ".png")
    sheet = sheet and plan_file(photo, sheet, ".png")
    recipe = compose(context, None, flags).model_copy(update={"restorer": flags["restorer"]})
    bar = ProgressBar()
    animator = open_animator(recipe, bar)  # which minds how NumPy starts
    from .comparison import describe_restoration, draw_comparison
    from .reading import read_photo

    with animator, bar.of(photo.name):
        scan = read_photo(photo)
        restoration = animator.restore(scan)
    write_picture(destination, restoration.photo.pixels)
    if sheet:
        write_picture(sheet, draw_comparison(scan, restoration))
    if as_json:
        click.echo(json.dumps(restoration_data(restoration)))
    else:
        click.echo("\n".join(f"{output}: {line}" for line in describe_restoration(restoration)))


@cli.command()
@json_option
@click.option("--verbose", is_flag=True, help="With the traceback of plugins that are broken.")
def plugins(as_json: bool, verbose: bool) -> None:
    """List what is installed for each stage."""
    from .inventory import broken_data, describe_broken, installed_data, open_registry

    registry = open_registry()
    rows = installed_data(registry)
    if as_json:
        click.echo(json.dumps({"implementations": rows, "broken": broken_data(registry, verbose)}, indent=2))
        return
    from .console import print_table

    columns = ("stage", "name", "summary", "plugin", "distribution", "version")
    print_table(columns, [[row[column] for column in columns] for row in rows])
    for line in describe_broken(registry, verbose):
        click.echo(line)


@cli.command()
@click.argument("stage", type=click.Choice(_KEYS), metavar="STAGE")
@click.argument("name", required=False)
def options(stage: str, name: str | None) -> None:
    """List what can be told to the implementations of STAGE, or to one of them.

    STAGE is restorer, analyzer, motion, conditioner, backend, postprocessor, encoder or executor.
    """
    from .console import print_table
    from .inventory import open_registry, options_rows

    registry = open_registry()
    chosen = [registry.find(stage, name)] if name else list(registry.implementations(stage))
    if not chosen:
        click.echo(f"no {stage} is installed")
    for index, implementation in enumerate(chosen):
        click.echo(("\n" if index else "") + f"{stage} {implementation.name}: {implementation.summary}")
        rows = [[word.replace("``", "") for word in row] for row in options_rows(implementation.options)]
        if rows:
            print_table(("option", "type", "default", "bounds", "help"), rows)
        else:
            click.echo("no options")


@cli.command()
@click.pass_context
def doctor(context: click.Context, /) -> None:
    """Check that everything photomotion needs is here and works."""
    from .console import print_table
    from .doctor import examine

    checks = examine()
    print_table(("", "what", "found"), [["ok" if c.good else "BAD", c.name, c.found] for c in checks])
    bad = sum(not check.good for check in checks)
    click.echo(f"{bad} of {len(checks)} checks failed" if bad else f"all {len(checks)} checks passed")
    context.exit(1 if bad else 0)


def main() -> None:
    """Run the command line, and with it the process: what the installed script calls.

    Whoever catches its SystemExit and goes on ends with that code all the same; a program of one's own uses ``cli``.
    """
    # Whoever ends the process is to find nothing half written: unwind, as an exit does.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    # What imports make lives as long as the process: looking through it for garbage again and again is a fifth of a
    # second of nothing found.
    gc.set_threshold(100_000, 50, 100)
    ended: list[int] = []
    atexit.register(_vanish, ended)  # the first to be registered is the last to be called
    try:
        cli(prog_name="photomotion")
    except SystemExit as end:
        if isinstance(end.code, int):  # no words of a library, which Python prints
            ended.append(end.code)
        raise


def _vanish(ended: list[int]) -> None:
    """End the process at once with the code in ``ended``: what it holds need not be taken apart piece by piece.

    Without a code, or if what was printed cannot be delivered, Python ends in its own way, and says what is wrong.
    """
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        return
    if ended:
        os._exit(ended[0])
