"""A plugin whose hook raises while its answer is read."""

from photomotion.plugin import Implementation, Options, hookimpl


def load(options, runtime):
    raise AssertionError("nothing is loaded when plugins are listed")


@hookimpl
def photomotion_backends():
    yield Implementation(name="raises", summary="Fine.", options=Options, load=load)
    raise RuntimeError("the disk is on fire")
