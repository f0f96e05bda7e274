"""A plugin whose dependency is missing."""

import no_such_package  # noqa: F401
