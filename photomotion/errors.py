"""Every error that photomotion raises on purpose, in one tree.

::

    PhotomotionError                      exit code of the command line
    ├── UsageError                        2  something was asked for that cannot be
    │   ├── OptionsError                  2  an option is unknown or out of its range
    │   ├── UnknownImplementation         2  no installed plugin has that name
    │   ├── IncompatibleStages            2  one stage needs what another does not give
    │   ├── DestinationError              2  the film cannot be written there
    │   ├── RecipeError                   2  a recipe file cannot be used
    │   └── MotionError                   2  a motion file or array cannot be used
    ├── PhotoError                        3  the photo cannot be used
    │   ├── UnreadablePhoto               3  missing, empty, damaged, not a picture
    │   ├── PhotoTooLarge                 3  more pixels than the limit
    │   └── NoFaceFound                   3  nobody is in it
    ├── WeightsError                      4  model files are missing or damaged
    ├── PluginError                       1  a plugin is broken (raised in strict mode)
    └── StageError                        1  an implementation raised while it worked

A message says what happened, which stage, plugin or file it concerns, and what to do about it.
"""

from __future__ import annotations


class PhotomotionError(Exception):
    """Base of every error that photomotion raises on purpose."""

    exit_code: int = 1
    """What the command line returns to the shell."""


class UsageError(PhotomotionError):
    """Something was asked for that cannot be."""

    exit_code = 2


class OptionsError(UsageError):
    """An option is unknown, of the wrong type or out of its range; lists every fault of every stage."""


class UnknownImplementation(UsageError):
    """No installed plugin offers an implementation of that name for that stage."""


class IncompatibleStages(UsageError):
    """A backend needs something that the chosen conditioner does not give."""


class DestinationError(UsageError):
    """The film cannot be written to the place named."""


class RecipeError(UsageError):
    """A recipe file is missing, damaged or says something unknown."""


class MotionError(UsageError):
    """A motion file or array cannot be used."""


class PhotoError(PhotomotionError):
    """The photo cannot be used."""

    exit_code = 3


class UnreadablePhoto(PhotoError):
    """The photo is missing, empty, damaged or no picture at all."""


class PhotoTooLarge(PhotoError):
    """The photo has more pixels than photomotion agrees to decode."""


class NoFaceFound(PhotoError):
    """No face was found in the photo."""


class WeightsError(PhotomotionError):
    """A model file is missing, damaged or not licensed for this use."""

    exit_code = 4


class PluginError(PhotomotionError):
    """A plugin could not be taken in; only raised in strict mode, otherwise a warning."""


class StageError(PhotomotionError):
    """An implementation raised while it worked; the original exception is its ``__cause__``."""
