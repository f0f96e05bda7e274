"""What this plugin offers. Imported whenever photomotion lists its plugins, so it imports nothing heavy."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from photomotion.plugin import Implementation, Options, PostProcessor, Runtime, hookimpl


class GlowOptions(Options):
    """Options of the post-processor ``glow``."""

    strength: float = Field(default=0.3, ge=0, le=1)
    """How much light spills over, 0..1."""


def load(options: GlowOptions, runtime: Runtime) -> PostProcessor:
    """Make the post-processor; heavy imports belong here."""
    from .glow import Glow

    return Glow(options.strength)


@hookimpl
def photomotion_postprocessors() -> list[Implementation[PostProcessor, Any]]:
    """Offer ``glow``."""
    return [Implementation(name="glow", summary="Lets the light spill over softly.", options=GlowOptions, load=load)]
