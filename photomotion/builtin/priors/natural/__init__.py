"""The motion prior ``natural``: blinks, gaze, head, breath and small expressions of a person who is looked at.

One module for each part of the body, all planned in seconds and sampled at the frames afterwards, so that a frame
rate changes how finely a motion is shown and not what happens:

- ``curves``, ``span``: minimum jerk, held steps, coloured noise; how long a film is and how it ends;
- ``person``, ``moods``, ``manner``: what stays the same in one person for a whole film, what a mood changes, and what
  may be asked for;
- ``company``: who stands beside whom, and when they look at each other;
- ``blinks``, ``breathing``, ``expressions``, ``acting``, ``gaze``, ``head``, ``bearing``, ``lids``: the parts, in the
  order in which they are planned (head, gaze and smiles are drawn to blinks; only a large shift of gaze brings one of
  its own);
- ``prior``: puts the channels together.
"""

from .manner import Manner
from .prior import NaturalPrior

__all__ = ["Manner", "NaturalPrior"]
