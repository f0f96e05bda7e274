"""Where a motion field would fold, it is smoothed: one layer cannot show one thing over another."""

from __future__ import annotations

import cv2
import numpy as np

from .geometry import Array, smoothstep

__all__ = ["TIGHT", "slopes", "squeeze", "unfold"]

TIGHT = (0.05, 0.3)
"""Areas, relative to the photo's, below which a field is smoothed: fully below the first, not at all above the second.
Turns of up to about 6 degrees stay above it, so they are not changed."""
STEPS = 6
"""Times that it is smoothed."""
WORST = (0.05, 0.15)
"""If the least area is still below the second then, it is smoothed more widely as often again, fully below the first.
"""


def squeeze(forward: Array, step: int) -> Array:
    """The area that is left of each cell: the Jacobian's determinant, below 0 where a field folds; float32.

    Args:
        forward: float32 (rows, columns, 2), displacement in px.
        step: px between nodes.
    """
    right_x, right_y, down_x, down_y = slopes(forward, step)
    return np.asarray((1 + right_x) * (1 + down_y) - down_x * right_y, np.float32)


def slopes(forward: Array, step: int) -> tuple[Array, Array, Array, Array]:
    """How much a field changes per px to the right, its x and its y, and downward; each float32 (rows, columns)."""
    across = np.array([[-0.5, 0.0, 0.5]], np.float32) / np.float32(step)
    right = cv2.filter2D(forward, -1, across, borderType=cv2.BORDER_REPLICATE)
    down = cv2.filter2D(forward, -1, across.T, borderType=cv2.BORDER_REPLICATE)
    right[:, [0, -1]] *= 2  # only one neighbour there
    down[[0, -1]] *= 2
    right_x, right_y, down_x, down_y = *cv2.split(right), *cv2.split(down)
    return right_x, right_y, down_x, down_y


def unfold(forward: Array, step: int) -> Array:
    """Smooth a field where it would fold, and only there; arguments as :func:`squeeze`.

    Below the chin and at the side of a nose, far turns bring things over each other that one layer cannot show. How
    much is smoothed grows from nothing: nothing jumps from frame to frame.
    """
    # No slope is greater than this: what it leaves of a cell may be known to be enough before it is worked out.
    steep = max(
        cv2.norm(forward[1:], forward[:-1], cv2.NORM_INF), cv2.norm(forward[:, 1:], forward[:, :-1], cv2.NORM_INF)
    )
    if 1 - 2 * steep / step > TIGHT[1] or (area := squeeze(forward, step)).min() > TIGHT[1]:
        return forward
    for _ in range(STEPS):
        tight = cv2.dilate(1 - smoothstep(area, *TIGHT), np.ones((3, 3), np.uint8))
        tight = cv2.GaussianBlur(tight, (0, 0), 1.0)[..., None]
        forward = forward + np.minimum(1.5 * tight, 1) * (cv2.blur(forward, (5, 5)) - forward)
        area = squeeze(forward, step)
    for _ in range(STEPS):
        least = np.full(1, area.min(), np.float32)
        if least > WORST[1]:
            break
        # Heads that turn against each other need more.
        tight = cv2.dilate(1 - smoothstep(area, *TIGHT), np.ones((5, 5), np.uint8))
        tight = np.minimum(1.5 * cv2.GaussianBlur(tight, (0, 0), 2.0), 1) * (1 - smoothstep(least, *WORST))
        forward = forward + tight[..., None] * (cv2.blur(forward, (9, 9)) - forward)
        area = squeeze(forward, step)
    return np.asarray(forward, np.float32)
