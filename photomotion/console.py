"""What the command line says: sentences, tables and the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from .clip import Report
    from .data import Analysis, Cost, Face, Finding, Lighting, Photo, Restoration
    from .plugin import Event

__all__ = [
    "ProgressBar",
    "analysis_data",
    "describe_analysis",
    "describe_cost",
    "describe_film",
    "describe_finding",
    "describe_light",
    "print_table",
    "restoration_data",
]


_DOING = {"backend": "drawing", "encoder": "making the film"}


class ProgressBar:
    """Shows the events it is called with as one bar on stderr, gone afterwards, and notices as lines that stay.

    Where stderr is no terminal there are only the notices. It is what an Animator takes for ``progress``.

    Args:
        preview: a file that is replaced by a picture of the film whenever an event brings one.
    """

    def __init__(self, preview: Path | None = None) -> None:
        self._preview = preview
        self.shown = 0
        """How many previews were written."""
        self._say: Callable[[str], None] = partial(click.echo, err=True)
        self._show: Callable[[Event], None] = lambda event: None

    def __call__(self, event: Event) -> None:
        """Show an event.

        Raises:
            DestinationError: if a preview cannot be written.
        """
        if event.notice:
            self._say(event.message)
        else:
            self._show(event)
        if self._preview is not None and event.preview is not None:
            from .destinations import write_picture

            write_picture(self._preview, event.preview())
            self.shown += 1

    @contextmanager
    def of(self, label: str) -> Iterator[None]:
        """Show the bar, beginning with ``label``, a photo's name, for as long as the work goes on."""
        if not sys.stderr.isatty():
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(label, total=None)

            def show(event: Event) -> None:
                words = f"{label}: {event.message or _DOING.get(event.stage, event.stage)}"
                bar.update(task, description=words, completed=event.done, total=event.total)

            quiet = self._say, self._show
            self._say, self._show = partial(bar.console.print, markup=False, highlight=False), show
            try:
                yield
            finally:
                self._say, self._show = quiet


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table to stdout, as wide as the terminal; wide and unbroken if it goes into a file or a pipe."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 250, highlight=False)
    with console.capture() as capture:
        console.print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))


def analysis_data(photo: Photo, analysis: Analysis) -> dict[str, Any]:
    """What was found in a photo, as plain data for JSON; landmarks are px, angles degrees."""
    light = analysis.lighting
    return {
        "photo": photo.name,
        "width": photo.width,
        "height": photo.height,
        "gray": photo.gray,
        "sha256": photo.sha256,
        "faces": [_face_data(face) for face in analysis.faces],
        "person_share": round(float(analysis.matte.mean()), 4),
        "lighting": {
            "direction": [round(float(v), 4) for v in light.direction],
            "softness": round(float(light.softness), 3),
            "confidence": round(float(light.confidence), 3),
            "harmonics": [round(float(v), 4) for v in light.harmonics],
        },
        "expectation": analysis.suitability.expectation,
        "turn": analysis.suitability.turn,
        "cost": _cost_data(analysis.suitability.cost),
        "findings": [_finding_data(finding) for finding in analysis.suitability.findings],
    }


def _cost_data(cost: Cost | None) -> dict[str, float] | None:
    """Seconds and MB of a film of 5 seconds at 25 frames a second."""
    if cost is None:
        return None
    return {"seconds": round(cost.seconds(), 1), "frame_seconds": round(cost.frame, 4), "memory_mb": round(cost.memory)}


def _face_data(face: Face) -> dict[str, Any]:
    return {
        "box": [round(float(v), 1) for v in face.box],
        "yaw": round(float(face.pose.yaw), 2),
        "pitch": round(float(face.pose.pitch), 2),
        "roll": round(float(face.pose.roll), 2),
        "uncertainty": [round(float(v), 1) for v in face.pose.uncertainty],
        "visibility": {part: round(float(seen), 2) for part, seen in vars(face.visibility).items()},
        "eyes_open": [round(float(v), 3) for v in face.eyes_open],
        "mouth_open": round(float(face.mouth_open), 3),
        "eye_distance": round(face.eye_distance, 1),
        "confidence": round(float(face.confidence), 3),
        "landmarks": [[round(float(v), 2) for v in point] for point in face.landmarks],
    }


def _finding_data(finding: Finding) -> dict[str, Any]:
    return {
        "code": finding.code,
        "value": round(float(finding.value), 4),
        "message": finding.message,
        "action": finding.action,
        "face": finding.face,
    }


def restoration_data(restoration: Restoration) -> dict[str, Any]:
    """What a restorer did, as plain data for JSON; shares are of the whole picture."""
    maps = {name: getattr(restoration, name) for name in ("changed", "filled", "generated")}
    return {
        "photo": restoration.photo.name,
        "width": restoration.photo.width,
        "height": restoration.photo.height,
        **{name: 0.0 if values is None else round(float(values.mean()), 5) for name, values in maps.items()},
        "steps": [asdict(step) for step in restoration.steps],
    }


def describe_analysis(photo: Photo, analysis: Analysis) -> list[str]:
    """What was found in a photo, in lines for a person to read."""
    kind = "gray" if photo.gray else "colour"
    suitability = analysis.suitability
    lines = [f"{photo.name}: {photo.width} x {photo.height}, {kind}; expectation: {suitability.expectation}"]
    lines += _describe_faces(analysis)
    if analysis.faces and analysis.lighting.confidence > 0:
        lines.append(describe_light(analysis.lighting))
    lines += [describe_finding(finding) for finding in suitability.findings]
    if suitability.cost and analysis.faces:
        lines.append(describe_cost(suitability.cost))
    return lines


def describe_cost(cost: Cost) -> str:
    """What a film of usual length will take."""
    return (
        f"a film of 5 s takes about {max(1.0, cost.seconds()):.0f} s and {max(0.1, cost.memory / 1000):.1f} GB "
        "on a machine with two cores"
    )


def _describe_faces(analysis: Analysis) -> list[str]:
    """One line for each face."""
    if not analysis.faces:
        return ["no face was found"]
    return [
        f"face {number}: {face.box[2] - face.box[0]:.0f} x {face.box[3] - face.box[1]:.0f} px, "
        f"yaw {face.pose.yaw:+.0f}, pitch {face.pose.pitch:+.0f}, roll {face.pose.roll:+.0f} degrees, "
        f"eyes open {face.eyes_open[0]:.0%} and {face.eyes_open[1]:.0%}, mouth {face.mouth_open:.0%}, "
        f"certainty {face.confidence:.0%}"
        for number, face in enumerate(analysis.faces, 1)
    ]


def describe_light(light: Lighting) -> str:
    """Where the light comes from, in words: ``light: from the upper left, soft``."""
    x, y, _ = light.direction
    vertical = "upper" if y < -0.25 else "lower" if y > 0.25 else ""
    side = "left" if x < -0.25 else "right" if x > 0.25 else ""
    place = " ".join(word for word in (vertical, side) if word)
    where = {"": "the camera", "upper": "above", "lower": "below"}.get(place, f"the {place}")
    hardness = "soft" if light.softness > 0.6 else "hard" if light.softness < 0.3 else "rather soft"
    return f"light: from {where}, {hardness} (certainty {light.confidence:.0%})"


def describe_finding(finding: Finding) -> str:
    """A finding with what is done about it."""
    whose = "" if finding.face is None else f"face {finding.face + 1}: "
    action = f" -> {finding.action.rstrip('.')}" if finding.action else ""
    return f"{whose}{finding.message.rstrip('.')} ({finding.code} {finding.value:.3g}){action}"


def describe_film(report: Report, elapsed: float) -> str:
    """One line on a film: file, seconds, what was found in the photo, what was limited and why.

    Args:
        report: of a film that is saved.
        elapsed: seconds it took from the photo on.
    """
    found = f"{report.faces} face{'s' * (report.faces != 1)}"
    notes = [
        f"{finding.message.rstrip('.')} ({finding.action.rstrip('.')})" for finding in report.findings if finding.action
    ]
    mended = ", ".join(step.name for step in report.mended if step.strength)
    mended = f"mended: {mended}; " if mended else ""
    noted = f"noted: {'; '.join(dict.fromkeys(notes))}" if notes else "nothing had to be held back"
    return (
        f"{report.destination}: {report.seconds:.4g} s of film made in {elapsed:.1f} s; "
        f"found {found}, expectation {report.expectation}; {mended}{noted}"
    )
