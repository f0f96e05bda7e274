"""A plugin that is in order."""

from photomotion.plugin import Implementation, Options, hookimpl


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


@hookimpl
def photomotion_backends():
    return [Implementation(name="ok", summary="Fine.", options=Options, load=load)]


@hookimpl
def photomotion_restorers():
    yield Implementation(name="ok", summary="Fine too.", options=Options, load=load)
