"""The motion prior ``natural``: blinks, gaze, head, breath and small expressions of a person who is looked at.

One module for each part of the body, all planned in seconds and sampled at the frames afterwards, so that a frame
rate changes how finely a motion is shown and not what happens:

- ``curves``: minimum jerk, held steps, coloured noise;
- ``person``: what stays the same in one person for a whole film;
- ``blinks``, ``breathing``, ``expressions``, ``head``, ``gaze``: the parts, in the order in which they are planned
  (head and gaze shifts are drawn to blinks and smiles, never the other way round);
- ``prior``: puts the channels together.
"""

from .prior import NaturalPrior

__all__ = ["NaturalPrior"]
