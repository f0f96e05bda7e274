"""What is known of a photo before it moves: faces, matte, light, and what will be hard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .arrays import frozen

__all__ = ["Analysis", "Face", "Finding", "Lighting", "Pose", "Suitability"]

LANDMARKS = 478
"""Points of a face: MediaPipe's 468 mesh points, then 5 for each iris."""


@dataclass(frozen=True, kw_only=True)
class Pose:
    """How a head is turned, in degrees, as right-handed rotations in the camera's frame (x right, y down, z away).

    The matrix is ``Rz(roll) @ Ry(yaw) @ Rx(pitch)``; all three are 0 for a face that looks straight into the lens.
    """

    yaw: float = 0.0
    """Positive: the nose points to the left of the picture (to the person's own right)."""
    pitch: float = 0.0
    """Positive: the nose points down."""
    roll: float = 0.0
    """Positive: the head leans clockwise in the picture."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Face:
    """One face in a photo. Left and right are the person's own, as in ARKit's names.

    Raises:
        ValueError: if ``landmarks`` is not of shape (478, 3).
    """

    box: tuple[float, float, float, float]
    """x0, y0, x1, y1 of the box around the mesh, px."""
    landmarks: npt.NDArray[np.float32]
    """float32 (478, 3), px: x right, y down, z away from the camera on the same scale, 0 at the head's middle."""
    pose: Pose = Pose()
    """How the head is turned in the photo."""
    eyes_open: tuple[float, float] = (1.0, 1.0)
    """Left and right eye: 0 closed ... 1 wide open."""
    mouth_open: float = 0.0
    """0 closed ... 1 wide open."""
    confidence: float = 1.0
    """0..1, how sure the analyzer is that this is a face."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "landmarks", frozen(self.landmarks, np.float32, (LANDMARKS, 3), "Face.landmarks"))

    @property
    def eye_distance(self) -> float:
        """Distance between the outer eye corners, px: the yardstick for everything on a face."""
        return float(np.linalg.norm(self.landmarks[33, :2] - self.landmarks[263, :2]))


@dataclass(frozen=True, kw_only=True)
class Lighting:
    """Where the light on the largest face comes from."""

    direction: tuple[float, float, float] = (0.0, -0.5, -0.866)
    """Unit vector from the face toward the light, in the camera's frame (x right, y down, z away)."""
    softness: float = 1.0
    """0 one hard lamp ... 1 light from everywhere."""
    confidence: float = 0.0
    """0..1, how much of the face's shading this light explains."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing in the photo that matters for the film, and what is done about it."""

    code: str
    """Short and stable: ``"three-quarter"``, ``"eyes-closed"`` ..."""
    value: float
    """The measured number behind it."""
    message: str
    """One plain sentence for the person who brought the photo."""
    action: str = ""
    """What will be done about it, empty if nothing."""
    face: int | None = None
    """Index into ``Analysis.faces``, or None for the whole photo."""


@dataclass(frozen=True, kw_only=True)
class Suitability:
    """What to expect of a film from this photo, known before any time is spent."""

    findings: tuple[Finding, ...] = ()
    """Worst first."""
    expectation: Literal["good", "fair", "poor"] = "good"
    """In one word."""

    def of_face(self, index: int) -> frozenset[str]:
        """The codes found for one face."""
        return frozenset(f.code for f in self.findings if f.face == index)


@dataclass(frozen=True, eq=False, kw_only=True)
class Analysis:
    """Everything later stages may know of the photo.

    Raises:
        ValueError: if ``matte`` is not a float array of shape (H, W).
    """

    faces: tuple[Face, ...]
    """Largest first."""
    matte: npt.NDArray[np.float32]
    """float32 (H, W), 0 background ... 1 person, soft at the edge, at the photo's own resolution."""
    lighting: Lighting = Lighting()
    """Light on the largest face."""
    suitability: Suitability = Suitability()
    """What will be hard, and what is done about it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "matte", frozen(self.matte, np.float32, (None, None), "Analysis.matte"))
