"""A plugin that takes a name already taken."""

from photomotion.plugin import Implementation, Options, hookimpl


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


@hookimpl
def photomotion_backends():
    return [
        Implementation(name="duplicate", summary="Fine.", options=Options, load=load),
        Implementation(name="warp", summary="Taken.", options=Options, load=load),
    ]
