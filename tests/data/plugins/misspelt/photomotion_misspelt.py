"""A plugin with one good hook and one misspelt."""

from photomotion.plugin import Implementation, Options, hookimpl


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


@hookimpl
def photomotion_restorers():
    return [Implementation(name="misspelt", summary="Fine.", options=Options, load=load)]


@hookimpl
def photomotion_backend():
    return [Implementation(name="misspelt", summary="Never asked.", options=Options, load=load)]
