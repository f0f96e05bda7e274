"""Which moments of the film a model makes, and how the moments between them come about."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from photomotion.data import Timing

__all__ = ["between", "key_rows"]

Picture = npt.NDArray[np.uint8]


def key_rows(timing: Timing, fps: float) -> list[int]:
    """The film's rows that a model of ``fps`` frames a second makes: the first, the last, and evenly between.

    Args:
        timing: of the film.
        fps: of the model. At or above the film's, every row is made.

    Returns:
        Rising row numbers, ``0 ... timing.frames - 1``. A loop has one more, ``timing.frames``, which is row 0 again:
        the model makes it, so that the film before leads to it, and nobody shows it.
    """
    loop = timing.loop and timing.frames > 1
    last = timing.frames if loop else timing.frames - 1
    stride = max(timing.fps / fps, 1.0)
    count = max(round(last / stride), 2 if loop else 1)
    return sorted({round(i * last / count) for i in range(count + 1)})


def between(first: Picture, second: Picture, part: float) -> Picture:
    """A picture ``part`` of the way from one to another along optical flow, blended from both sides.

    Dense inverse search flow (Kroeger et al., 2016) is taken both ways; each picture is moved toward the moment asked
    for, and the two are mixed by nearness in time.

    Args:
        first: uint8 (H, W, 3).
        second: uint8 (H, W, 3).
        part: 0 is ``first``, 1 is ``second``, exactly.
    """
    if part <= 0 or part >= 1:
        return first if part <= 0 else second
    grays = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (first, second)]
    if min(grays[0].shape) < SMALLEST:
        return np.asarray(cv2.addWeighted(first, 1 - part, second, part, 0), np.uint8)
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    forward = _moved(first, search.calc(grays[0], grays[1], None), part)
    backward = _moved(second, search.calc(grays[1], grays[0], None), 1 - part)
    return np.asarray(cv2.addWeighted(forward, 1 - part, backward, part, 0), np.uint8)


SMALLEST = 32
"""Below this many pixels a side the search has no patch to look for, and pictures are only blended."""


def _moved(picture: Picture, flow: npt.NDArray[np.float32], part: float) -> Picture:
    """The picture carried ``part`` of the way along its own flow (read backward, as the flow is smooth)."""
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
    flow = np.asarray(flow * np.float32(part), np.float32)
    moved = cv2.remap(picture, x - flow[..., 0], y - flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)
