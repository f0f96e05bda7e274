"""A plugin with one good hook, and one that returns something else."""

from photomotion.plugin import Implementation, Options, hookimpl


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


@hookimpl
def photomotion_backends():
    return ["rubbish"]


@hookimpl
def photomotion_restorers():
    return [Implementation(name="rubbish", summary="Fine.", options=Options, load=load)]
