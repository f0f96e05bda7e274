"""The choice of all stages, checked as a whole before anything is loaded, and put into words for a recipe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .choices import Choice, check_needs, check_options, choose
from .errors import UsageError
from .registry import Registry

__all__ = ["Selection"]


class Selection:
    """One choice for each stage, and any number of post-processors.

    Args:
        registry: where names are looked up.
        wanted: a name or an object by stage; a conditioner that is None is what the backend prefers.
        postprocessors: names or objects, in order.
        options: by stage, as for :class:`~photomotion.Animator`.

    Raises:
        UnknownImplementation: for a name that is not installed.
        OptionsError: for options that are wrong, all of them at once.
        IncompatibleStages: if the backend needs what the conditioner does not give.
        UsageError: for an object that cannot be that stage.
    """

    def __init__(
        self,
        registry: Registry,
        wanted: Mapping[str, object],
        postprocessors: Sequence[object],
        options: Mapping[str, Mapping[str, Any]] | None,
    ) -> None:
        chosen = {key: choose(registry, key, value) for key, value in wanted.items() if key != "conditioner"}
        conditioner = wanted["conditioner"]
        if conditioner is None:
            offered = chosen["backend"].implementation
            conditioner = (offered.prefers if offered else None) or "image"
        chosen["conditioner"] = choose(registry, "conditioner", conditioner)
        processors = [choose(registry, "postprocessor", value) for value in postprocessors]
        check_needs(chosen["backend"], chosen["conditioner"])
        checked = check_options([*chosen.values(), *processors], options)
        self._stages = {choice.key: choice for choice in checked if choice.key != "postprocessor"}
        self.postprocessors = tuple(choice for choice in checked if choice.key == "postprocessor")

    def __getitem__(self, key: str) -> Choice:
        return self._stages[key]

    def __iter__(self) -> Iterator[Choice]:
        yield from self._stages.values()
        yield from self.postprocessors

    def imports(self) -> Iterator[str]:
        """What the stages that come after the photo is looked at say they will import."""
        for choice in self:
            if choice.implementation and choice.key not in ("restorer", "analyzer", "executor"):
                yield from choice.implementation.imports

    def described(self) -> dict[str, Any]:
        """Names and options as a Recipe's fields. An executor that is an object is left out: it is no part of the film.

        Raises:
            UsageError: if another stage is an object, which a recipe cannot name.
        """
        stages = {key: c for key, c in self._stages.items() if key != "executor" or c.implementation}
        for choice in [*stages.values(), *self.postprocessors]:
            if choice.implementation is None:
                raise UsageError(f"{choice.label} is an object, which a recipe cannot name; make it a plugin")
        said = {c.key: c.options.model_dump(mode="json", exclude_unset=True) for c in stages.values()}
        options = {key: values for key, values in said.items() if values}
        own = {c.name: c.options.model_dump(mode="json", exclude_unset=True) for c in self.postprocessors}
        if any(own.values()):
            options["postprocessors"] = own
        names = {key: choice.name for key, choice in stages.items()}
        return {**names, "postprocessors": tuple(c.name for c in self.postprocessors), "options": options}
