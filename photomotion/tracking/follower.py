"""Following one face through a film: found once, then looked for where it was a frame before."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from photomotion.builtin.analyzers.facemesh.detector import Detection, FaceDetector
from photomotion.builtin.analyzers.facemesh.iris import EyeModel
from photomotion.builtin.analyzers.facemesh.mesh import MeshModel
from photomotion.builtin.analyzers.facemesh.pose import measure_pose
from photomotion.builtin.analyzers.facemesh.region import Scales

from .anchors import Anchors
from .links import Link

__all__ = ["Follower", "Sight"]

Floats = npt.NDArray[np.float32]

PRESENT = 0.5
"""The mesh model's belief in a face below which it is lost."""
FOUND = 0.45
"""Detector's score times that belief, from which a face is taken up: the analyzer's own threshold."""
SOON, LATE = 0.2, 1.0
"""Seconds between two searches: at first, and when nobody has been seen for a while."""


class Sight(NamedTuple):
    """The face in one frame."""

    landmarks: Floats
    """float32 (478, 3), px, as in :class:`photomotion.data.Face`."""
    pose: tuple[float, float, float]
    """Yaw, pitch and roll, degrees."""
    links: tuple[Link, ...]
    """How the points of ``headframe.STEADY`` moved since earlier frames; rows count the frames that show the face."""


class Follower:
    """Keeps to one face.

    Args:
        face: which, counted from 1 at the largest, in the first frame that shows so many.
    """

    def __init__(self, face: int = 1) -> None:
        self._face = face
        self._detector, self._mesh, self._eyes = FaceDetector(), MeshModel(), EyeModel()
        self._anchors = Anchors()
        self._seen = 0
        self._points: Floats | None = None
        self._place: tuple[float, float, float] | None = None
        self._searched = -1e9
        self._lost = 0.0
        self.most = 0
        """The greatest number of faces that a search has found."""

    def look(self, pixels: npt.NDArray[np.uint8], time: float) -> Sight | None:
        """The face in the next frame, uint8 (H, W, 3), shown at ``time`` seconds; None if it is not seen."""
        scales = Scales(pixels)
        if self._points is not None:
            self._points, presence = self._mesh.follow(scales, self._points)
            if presence < PRESENT or not self._inside(scales):
                self._points, self._lost, self._searched = None, time, -1e9
                self._anchors = Anchors()
        if self._points is None:
            self._search(scales, time)
        if self._points is None:
            return None
        middle, size = self._points[:, :2].mean(axis=0), float(np.ptp(self._points[:, :2], axis=0).max())
        self._place = float(middle[0]), float(middle[1]), size
        pose = measure_pose(self._points, scales.width, scales.height)
        angles = pose.yaw, pose.pitch, pose.roll
        links = self._anchors.compare(self._seen, scales, self._points, angles)
        self._seen += 1
        return Sight(self._eyes.refine(scales, self._points), angles, links)

    def _inside(self, scales: Scales) -> bool:
        """Whether the middle of the mesh is still in the picture, and it is larger than a few pixels."""
        assert self._points is not None
        x, y = self._points[:, :2].mean(axis=0)
        size = float(np.ptp(self._points[:, :2], axis=0).max())
        return bool(0 <= x < scales.width and 0 <= y < scales.height and size > 16)

    def _search(self, scales: Scales, time: float) -> None:
        if time - self._searched < np.clip(0.2 * (time - self._lost), SOON, LATE):
            return
        self._searched = time
        found = []
        for detection in self._detector.find(scales):
            points, presence, _ = self._mesh.fit(scales, detection.region())
            if detection.score * presence >= FOUND:
                found.append((detection, points))
        self.most = max(self.most, len(found))
        if self._place is not None and found:
            detection, points = min(found, key=lambda one: self._distance(one[0]))
            # Another face at the far side of the picture is another person, unless nobody else has been seen for long.
            if self._distance(detection) < 1.5 or time - self._lost > 1.0:
                self._points = points
        elif len(found) >= self._face:
            found.sort(key=lambda one: -float(np.ptp(one[1][:, :2], axis=0).prod()))
            self._points = found[self._face - 1][1]

    def _distance(self, detection: Detection) -> float:
        """How far a detection is from where the face was last seen, in its size."""
        assert self._place is not None
        x, y, size = self._place
        middle = detection.box.mean(axis=0)
        return float(np.hypot(middle[0] - x, middle[1] - y)) / size
