"""The motion prior that moves nothing."""

from __future__ import annotations

import numpy as np

from photomotion.data import POSE, Analysis, FaceMotion, Motion, Timing

__all__ = ["StillPrior"]


class StillPrior:
    """Keeps every face exactly as it is in the photo."""

    def plan(self, analysis: Analysis, timing: Timing, seed: int) -> Motion:
        """Return a motion whose pose channels are 0 in every frame; ``seed`` makes no difference."""
        rest = FaceMotion(channels=POSE, values=np.zeros((timing.frames, len(POSE)), np.float32))
        return Motion(fps=timing.fps, faces=(rest,) * len(analysis.faces))
