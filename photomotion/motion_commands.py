"""The commands ``photomotion motion ...``: plan a motion, and look at one. Imports only click."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .flags import (
    compose,
    fps_option,
    loop_option,
    open_animator,
    photo_argument,
    seconds_option,
    seed_option,
    stage_options,
)

__all__ = ["motion"]


MOTIONS = (".json", ".npz", ".csv")
WRITTEN = "File to write: .json, .npz, or .csv for Live Link Face."


@click.group()
def motion() -> None:
    """Work with planned motions."""


@motion.command("plan")
@photo_argument
@seconds_option
@fps_option
@loop_option
@seed_option
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="M.json", help=WRITTEN)
@stage_options("restorer", "analyzer", "motion")
@click.pass_context
def plan(context: click.Context, /, photo: Path, output: Path, **flags: Any) -> None:
    """Plan how everybody in PHOTO moves, and write it into a file."""
    from .console import ProgressBar
    from .destinations import plan_file, write_whole

    destination = plan_file(photo, output, *MOTIONS)
    recipe = compose(context, None, flags)
    bar = ProgressBar()
    with open_animator(recipe, bar) as animator, bar.of(photo.name):
        planned = animator.plan(photo, seconds=recipe.seconds, fps=recipe.fps, loop=recipe.loop, seed=recipe.seed)
    write_whole(destination, planned.save)
    faces = len(planned.faces)
    click.echo(f"{output}: {planned.frames} frames at {planned.fps:g} fps for {faces} face{'s' * (faces != 1)}")


@motion.command("moves")
def moves() -> None:
    """List the named moves that a script can ask for."""
    from .builtin.moves import MOVES
    from .console import print_table

    rows = [(name, f"{move.seconds:.1f} s", move.summary) for name, move in MOVES.items()]
    print_table(("move", "takes", "what it is"), rows)


@motion.command("convert")
@click.argument("source", metavar="M", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="OUT", help=WRITTEN)
def convert(source: Path, output: Path) -> None:
    """Read a motion, .json, .npz or Live Link Face's .csv, and write it in another of these forms."""
    from .data import Motion
    from .destinations import plan_file, write_whole

    write_whole(plan_file(source, output, *MOTIONS), Motion.load(source).save)


@motion.command("track")
@click.argument("source", metavar="VIDEO", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="M.json", help=WRITTEN)
@click.option(
    "--face", type=click.IntRange(1), default=1, show_default=True, help="Whom to follow, counted from the largest."
)
@click.option("--start", type=click.FloatRange(0), default=0.0, show_default=True, help="Seconds into the video.")
@click.option("--seconds", type=float, metavar="S", help="How much of it.  [default: all, up to ten minutes]")
@click.option("--mirror", is_flag=True, help="Swap left and right.")
@click.option(
    "--preview",
    "beside",
    type=click.Path(path_type=Path),
    metavar="OUT.mp4",
    help="Also write the video beside a drawn face that does what was read.",
)
def track(
    source: Path, output: Path, face: int, start: float, seconds: float | None, mirror: bool, beside: Path | None
) -> None:
    """Follow a face through VIDEO, and write how it moves into a file."""
    from .console import ProgressBar
    from .destinations import plan_file, write_whole
    from .tracking import draw_preview
    from .tracking import track as follow

    destination = plan_file(source, output, *MOTIONS)
    if beside is not None:
        plan_file(source, beside, ".mp4")
    bar = ProgressBar()
    with bar.of(source.name):
        read = follow(source, face=face, start=start, seconds=seconds, mirror=mirror, progress=bar)
        write_whole(destination, read.save)
        if beside is not None:
            draw_preview(source, read, beside, start=start, progress=bar)
    click.echo(f"{output}: {read.frames} frames at {read.fps:g} fps; everything but the breath was read")


@motion.command("preview")
@click.argument("source", metavar="M", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="OUT.mp4", help="File to write."
)
def preview(source: Path, output: Path) -> None:
    """Show a motion on drawn faces, without any photo."""
    from .console import ProgressBar
    from .data import Motion
    from .destinations import refuse_stream
    from .stickface import draw_stickfaces

    refuse_stream(output)
    bar = ProgressBar()
    with bar.of(source.name):
        draw_stickfaces(Motion.load(source), output, name=source.name, progress=bar)


@motion.command("plot")
@click.argument("source", metavar="M", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, metavar="OUT.png", help="File to write."
)
@click.option("--face", type=click.IntRange(1), default=1, show_default=True, help="Whose channels are drawn.")
def plot(source: Path, output: Path, face: int) -> None:
    """Draw a motion: its channels, blinks and spectrum."""
    from .data import Motion
    from .destinations import plan_file, write_whole
    from .plotting import draw_plot

    destination = plan_file(source, output, ".png")
    write_whole(destination, draw_plot(Motion.load(source), face - 1))
