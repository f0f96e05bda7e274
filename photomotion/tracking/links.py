"""Places that are guessed in every frame, set right by what is known exactly between some of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Link", "reconcile"]

Floats = npt.NDArray[np.float64]


class Link(NamedTuple):
    """A comparison of a frame with an earlier one."""

    anchor: int
    """Row of the earlier one."""
    moves: npt.NDArray[np.float32]
    """float32 (S, 2), px: how far each point has moved since there."""
    weight: float
    """How far that is to be believed, 0..1."""


def reconcile(places: Floats, links: Sequence[Sequence[Link]], hold: float) -> Floats:
    """The places that fit guesses and links best, by least squares.

    An error that comes and goes from frame to frame is averaged over all the frames that are compared with the same
    anchor. Frames that nothing is compared with hold only a place each and are put in at once, so that what is solved
    is as large as there are anchors.

    Args:
        places: (T, S, 2), guessed.
        links: of each row, to earlier ones.
        hold: how far a guess is believed, as the weight of a link.

    Returns:
        (T, S, 2).
    """
    guessed = places.reshape(len(places), -1)
    anchors = sorted({link.anchor for row in links for link in row})
    at = {row: k for k, row in enumerate(anchors)}
    table = hold * np.eye(len(anchors))
    right = hold * guessed[anchors]
    for row, own in enumerate(links):
        weights = np.array([link.weight for link in own])
        moves = np.array([link.moves.ravel() for link in own], np.float64).reshape(len(own), guessed.shape[1])
        ends = [at[link.anchor] for link in own]
        pulls = weights[:, None] * moves
        if row in at:
            here = at[row]
            table[here, here] += weights.sum()
            table[ends, ends] += weights
            table[here, ends] -= weights
            table[ends, here] -= weights
            right[here] += pulls.sum(axis=0)
            right[ends] -= pulls
        elif own:
            free = (hold * guessed[row] + pulls.sum(axis=0)) / (hold + weights.sum())
            table[ends, ends] += weights
            table[np.ix_(ends, ends)] -= np.outer(weights, weights) / (hold + weights.sum())
            right[ends] += weights[:, None] * free - pulls
    found = np.linalg.solve(table, right)
    out = guessed.copy()
    for row, own in enumerate(links):
        if row in at:
            out[row] = found[at[row]]
        elif own:
            total = hold + sum(link.weight for link in own)
            pulled = sum(link.weight * (found[at[link.anchor]] + link.moves.ravel()) for link in own)
            out[row] = (hold * guessed[row] + pulled) / total
    return out.reshape(places.shape)
