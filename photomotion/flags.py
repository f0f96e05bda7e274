"""What several commands of ``photomotion`` can be told, and the recipe it makes. Imports only click."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .errors import OptionsError

if TYPE_CHECKING:
    from .animator import Animator
    from .console import ProgressBar
    from .recipe import Recipe

__all__ = [
    "compose",
    "crop_option",
    "fps_option",
    "json_option",
    "loop_option",
    "open_animator",
    "parse_settings",
    "photo_argument",
    "seconds_option",
    "seed_option",
    "stage_options",
]

CommandT = TypeVar("CommandT", bound=Callable[..., Any])

CALM = {
    "OPENBLAS_NUM_THREADS": "1",
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_WORKER": "0",
    "OPENCV_THREAD_POOL_ACTIVE_WAIT_MAIN": "0",
}
"""How NumPy and OpenCV are told, when they are loaded, not to spin."""

_STAGES = {
    "restorer": ("none", "Mends the photo."),
    "analyzer": ("facemesh", "Finds the people."),
    "motion": ("natural", "Plans how they move."),
    "conditioner": (None, "Prepares what guides the backend."),
    "backend": ("warp", "Makes the pictures."),
    "encoder": ("mp4", "Writes the film."),
}


photo_argument = click.argument("photo", type=click.Path(path_type=Path))
seconds_option = click.option("--seconds", type=float, default=5.0, show_default=True, help="How long it is.")
fps_option = click.option("--fps", type=float, default=25.0, show_default=True, help="Frames a second.")
seed_option = click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Another seed, another film of the same kind."
)
crop_option = click.option("--crop/--no-crop", default=False, help="Show head and shoulders only.")
loop_option = click.option(
    "--loop/--no-loop", default=False, help="Lead back to the beginning, to be shown over and over."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout.")


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


def compose(context: click.Context, recipe_file: Path | None, flags: Mapping[str, Any]) -> Recipe:
    """The recipe file, or the defaults, with what the command line says laid over it."""
    from .recipe import Recipe

    base = Recipe.load(recipe_file) if recipe_file else Recipe.model_validate({})
    given = parse_settings(flags["settings"])
    merged = {stage: dict(values) for stage, values in base.options.items()}
    for stage, values in given.items():
        table = merged.setdefault(stage, {})
        for key, value in values.items():
            own = table.get(key)
            table[key] = own | value if isinstance(own, dict) and isinstance(value, dict) else value
    explicit = {
        name: value
        for name, value in flags.items()
        if name != "settings" and context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    }
    return base.model_copy(update=explicit | {"options": merged})


@contextmanager
def _without_idle_threads() -> Iterator[None]:
    """What is imported within keeps no threads that spin while they wait, unless the environment says otherwise.

    NumPy and OpenCV each bring an OpenBLAS, whose threads begin by spinning for a tenth of a second, and our equations
    are tiny; OpenCV's own threads spin after every call, on a processor that Python or the encoder needs.
    """
    calm = {name: value for name, value in CALM.items() if name not in os.environ}
    os.environ.update(calm)
    try:
        yield
    finally:
        for name in calm:
            del os.environ[name]  # whatever a plugin brings along is not meant


def open_animator(recipe: Recipe, bar: ProgressBar) -> Animator:
    """The Animator of a recipe, told to show its progress."""
    with _without_idle_threads():
        import cv2  # noqa: F401  (photos are read with it: it is needed in any case, and only asks while it is loaded)

        from .animator import Animator

    return Animator.from_recipe(recipe, progress=bar)
