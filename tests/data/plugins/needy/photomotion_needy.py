"""A plugin whose backend needs a package that is missing."""

from photomotion.plugin import Implementation, Options, hookimpl


def load(options, runtime):
    import no_such_package

    return no_such_package.Backend()


@hookimpl
def photomotion_backends():
    return [Implementation(name="needy", summary="Needs a lot.", options=Options, load=load)]
