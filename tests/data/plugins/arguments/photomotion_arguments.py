"""A plugin whose hook wants an argument that no hook has."""

from photomotion.plugin import Implementation, Options, hookimpl


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


@hookimpl
def photomotion_backends(config):
    return [Implementation(name="arguments", summary="Fine.", options=Options, load=load)]
