"""A plugin whose entry point has the name of another's."""

from photomotion.plugin import Implementation, Options, hookimpl


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


@hookimpl
def photomotion_encoders():
    return [Implementation(name="twin", summary="Fine.", options=Options, load=load)]
