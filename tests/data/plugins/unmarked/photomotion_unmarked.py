"""A plugin that forgot the mark."""

from photomotion.plugin import Implementation, Options


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


def photomotion_backends():
    return [Implementation(name="unmarked", summary="Fine.", options=Options, load=load)]
