"""The authors' only door: everything a plugin needs to import.

A plugin is a module named by an entry point of the group ``photomotion``. It has one function for each stage it
serves, marked with :data:`hookimpl`, that returns :class:`Implementation` descriptors. Nothing heavy is imported
until a descriptor's ``load`` is called::

    from photomotion.plugin import Implementation, Options, Runtime, hookimpl

    class GlowOptions(Options):
        strength: float = 0.3
        \"\"\"How much light spills over, 0..1.\"\"\"

    def load(options: GlowOptions, runtime: Runtime):
        from .glow import Glow            # the heavy import happens here
        return Glow(options.strength)

    @hookimpl
    def photomotion_postprocessors():
        return [Implementation(name="glow", summary="A soft glow.", options=GlowOptions, load=load)]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import pluggy
from pydantic import BaseModel, ConfigDict

from .stages import (
    Backend,
    Conditioner,
    Encoder,
    Executor,
    FaceAnalyzer,
    Job,
    MotionPrior,
    PostProcessor,
    Restorer,
    Worker,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "Backend",
    "Conditioner",
    "Encoder",
    "Event",
    "Executor",
    "FaceAnalyzer",
    "Implementation",
    "Job",
    "LicensePolicy",
    "MotionPrior",
    "Options",
    "PostProcessor",
    "Restorer",
    "Runtime",
    "Worker",
    "help_of",
    "hookimpl",
]

hookimpl = pluggy.HookimplMarker("photomotion")
"""Marks a plugin's function as its answer to one of the hooks in :mod:`photomotion.hookspecs`."""

LicensePolicy = Literal["any", "commercial"]
"""``"commercial"`` refuses weights whose licence does not allow commercial use without a condition."""

StageT_co = TypeVar("StageT_co", covariant=True)
OptionsT = TypeVar("OptionsT", bound="Options")


class Options(BaseModel):
    """Base of every implementation's options. The string under a field is its help."""

    # Pydantic would read all the help there is out of the source at every start; :func:`help_of` does when it is asked.
    # And what checks values is built when a plugin is taken in, and of the built-in ones for those chosen alone.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def help_of(options: type[Options]) -> dict[str, str]:
    """The help of each option that has one: its ``Field(description=...)``, or the string under it."""
    import ast
    import inspect
    from itertools import pairwise

    found: dict[str, str] = {}
    for kind in reversed(options.__mro__):
        if not issubclass(kind, Options) or kind is Options:
            continue
        try:
            source = inspect.getsource(kind)
        except (OSError, TypeError):  # made without a source, or installed without it
            continue
        if source[0].isspace():  # not dedented: a string in it may begin at the left margin
            source = f"if True:\n{source}"
        defined = next(node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef))
        for field, text in pairwise(defined.body):
            if (
                isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(text, ast.Expr)
                and isinstance(text.value, ast.Constant)
                and isinstance(text.value.value, str)
            ):
                found[field.target.id] = inspect.cleandoc(text.value.value)
    return found | {name: field.description for name, field in options.model_fields.items() if field.description}


@dataclass(frozen=True, kw_only=True)
class Event:
    """A sign of life from a stage that is at work."""

    stage: str
    """``"backend"``, ``"encoder"`` ..."""
    done: int = 0
    """Steps finished."""
    total: int | None = None
    """Steps in all, if known."""
    message: str = ""
    """A few words, if there is something to say."""
    notice: bool = False
    """Whether the words outlast the moment: they are then shown as a line of their own and kept in the report."""
    preview: Callable[[], npt.NDArray[np.uint8]] | None = None
    """One picture of the film as it stands, uint8 (H, W, 3), sRGB. Made when it is called, which takes a moment; to be
    called, if at all, before the listener returns."""


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """The only ambient facts an implementation may use."""

    device: str = "cpu"
    """``"cpu"``, ``"cuda"``, ``"cuda:1"``, ``"mps"``, or ``"auto"``: the implementation's own choice."""
    dtype: str = "auto"
    """``"float32"``, ``"float16"``, ``"bfloat16"``, or ``"auto"``."""
    weights: Callable[[str], Path]
    """Where a weight file named in ``Implementation.weights`` lies on disk. Raises WeightsError if it does not, is
    damaged, or ``license_policy`` refuses it."""
    license_policy: LicensePolicy = "any"
    """With ``"commercial"``, whoever takes weights from elsewhere than ``weights`` refuses those whose licence does not
    allow commercial use without a condition."""
    on_event: Callable[[Event], None] = lambda event: None
    """Call it to tell how far the work is."""


@dataclass(frozen=True, kw_only=True)
class Implementation(Generic[StageT_co, OptionsT]):
    """What a plugin offers for one stage: a name, what it can be told, and how to load it."""

    name: str
    """Lower-case letters, digits and dashes; unique within the stage."""
    summary: str
    """One sentence for a list."""
    options: type[OptionsT]
    """What users may set."""
    load: Callable[[OptionsT, Runtime], StageT_co]
    """Makes the stage. The one place where heavy imports happen."""
    imports: tuple[str, ...] = ()
    """Modules that take long to import, ``("torch", "diffusers")``. As soon as a photo comes in, they are imported in
    the background while earlier stages are busy; an import that fails there is left to ``load`` to try again."""
    weights: tuple[str, ...] = ()
    """Names of weight files it needs, from the manifest beside it."""
    gives: frozenset[str] = frozenset()
    """For a conditioner: what it adds to the conditioning."""
    needs: frozenset[str] = frozenset()
    """For a backend: what the conditioning must hold."""
    prefers: str | None = None
    """For a backend: the conditioner that is used when the user names none; ``None`` is ``"image"``."""
