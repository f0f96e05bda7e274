"""The commands ``photomotion weights ...``: fetch the files of models, and look after them. Imports only click."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .errors import WeightsError
from .flags import json_option

if TYPE_CHECKING:
    from .weights import Catalogue, Repository, WeightFile

__all__ = ["weights"]

_accept = click.option("--accept-licence", is_flag=True, help="Accept licences that forbid or limit commercial use.")


@click.group()
def weights() -> None:
    """Fetch and look after the model files that plugins need."""


@weights.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the weights that the installed plugins know, and which of them are here."""
    catalogue = _catalogue()
    rows = [_row(catalogue, entry) for entry in catalogue.entries.values()]
    if as_json:
        data = {"folder": str(catalogue.folder), "weights": rows, "broken": list(catalogue.broken)}
        click.echo(json.dumps(data, indent=2))
        return
    from .console import print_table
    from .weights.manifest import format_size

    if rows:
        columns = ("name", "kind", "size", "state", "licence", "commercial")
        sized = [row | {"size": format_size(row["bytes"]) if "bytes" in row else ""} for row in rows]
        print_table([*columns[:-1], "commercial use"], [[row[column] for column in columns] for row in sized])
    else:
        click.echo("no installed plugin needs weights")
    for line in catalogue.broken:
        click.echo(f"broken: {line}")


@weights.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@_accept
@click.option(
    "--from", "source", metavar="SOURCE", help="Take them from this folder, file or mirror's address, and nowhere else."
)
def fetch(names: tuple[str, ...], accept_licence: bool, source: str | None) -> None:
    """Fetch weights, unless they are here; an interrupted download goes on where it was."""
    from .console import ProgressBar
    from .weights.fetching import check_licence, describe_licence
    from .weights.fetching import fetch as fetch_one

    catalogue = _catalogue()
    entries = [catalogue.find(name) for name in names]
    for entry in entries:
        click.echo(describe_licence(entry))
    for entry in entries:
        check_licence(entry, accept_licence=accept_licence)
    bar = ProgressBar()
    for name in names:
        with bar.of(name):
            path = fetch_one(catalogue, name, accept_licence=accept_licence, source=source, on_event=bar)
        click.echo(f"{name}: {path}")


@weights.command()
@click.pass_context
def verify(context: click.Context, /) -> None:
    """Read every weight file that is here in full, and say which are damaged."""
    from .weights import WeightFile

    catalogue = _catalogue()
    damaged = 0
    checked = [e for e in catalogue.entries.values() if isinstance(e, WeightFile) and catalogue.path(e).exists()]
    for entry in checked:
        fault = catalogue.fault(entry, thorough=True)
        damaged += bool(fault)
        how = "sha256 right" if entry.sha256 else "size right, sha256 as when it came"
        click.echo(f"{entry.name}: {f'{fault}; run {entry.cure!r}' if fault else how}")
    count = len(checked)
    click.echo(f"{count} file{'s' * (count != 1)} in {catalogue.folder}, {damaged} damaged")
    context.exit(WeightsError.exit_code if damaged else 0)


@weights.command()
@click.argument("name", required=False)
def path(name: str | None) -> None:
    """Print where weights are kept, or where NAME lies if it is whole."""
    catalogue = _catalogue()
    click.echo(catalogue.locate(name) if name else catalogue.folder)


@weights.command()
@click.argument("archive", type=click.Path(path_type=Path), metavar="OUT.tar")
@click.argument("names", nargs=-1, metavar="[NAME]...")
def bundle(archive: Path, names: tuple[str, ...]) -> None:
    """Put weights, or all that are here, into one tar for a machine without a network."""
    from .weights.bundle import bundle as write_bundle

    written = write_bundle(_catalogue(), archive, names)
    click.echo(f"{archive}: {', '.join(written)}")


@weights.command()
@click.argument("archive", type=click.Path(path_type=Path), metavar="IN.tar")
@_accept
def unbundle(archive: Path, accept_licence: bool) -> None:
    """Take the weights of a bundle, after checking all that is in it."""
    from .console import ProgressBar
    from .weights.bundle import unbundle as read_bundle

    catalogue, bar = _catalogue(), ProgressBar()
    with bar.of(archive.name):
        taken = read_bundle(catalogue, archive, accept_licence=accept_licence, on_event=bar)
    for entry in taken:
        click.echo(f"{entry.name}: {catalogue.path(entry)}")


def _catalogue() -> Catalogue:
    from .inventory import open_registry
    from .weights import Catalogue

    return Catalogue(open_registry().packages)


def _row(catalogue: Catalogue, entry: WeightFile | Repository) -> dict[str, Any]:
    """What is known of weights, and whether they are here, as plain data for JSON."""
    from .weights import WeightFile

    kind = "file" if isinstance(entry, WeightFile) else "repository"
    row: dict[str, Any] = {"name": entry.name, "kind": kind} | entry.model_dump(mode="json")
    try:
        row |= {"state": "here", "path": str(catalogue.locate(entry.name))}
    except WeightsError:
        damaged = isinstance(entry, WeightFile) and catalogue.path(entry).exists()
        row |= {"state": "damaged" if damaged else "missing", "path": None}
    return row
