"""A plugin with an option of a type that pydantic cannot check."""

from photomotion.plugin import Implementation, Options, hookimpl


class Lamp:
    pass


class LampOptions(Options):
    lamp: Lamp | None = None


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


@hookimpl
def photomotion_backends():
    return [Implementation(name="options", summary="Fine.", options=LampOptions, load=load)]
