"""What is known of a photo before it moves: faces, matte, light, and what will be hard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .arrays import frozen

__all__ = ["Analysis", "Cost", "Face", "Finding", "Lighting", "Pose", "Suitability", "Visibility"]

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
    uncertainty: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """How far yaw, pitch and roll may be off, degrees, one standard deviation; 0 if the analyzer does not say."""


@dataclass(frozen=True, kw_only=True)
class Visibility:
    """How well each part of a face can be seen: 0 hidden, turned away or outside the photo ... 1 in full view.

    Left and right are the person's own.
    """

    left_eye: float = 1.0
    """The left eye with its lids."""
    right_eye: float = 1.0
    """The right eye with its lids."""
    forehead: float = 1.0
    """From brow to hairline; hats and fringes hide it."""
    left_cheek: float = 1.0
    """The left cheek."""
    right_cheek: float = 1.0
    """The right cheek."""
    mouth: float = 1.0
    """Lips and what is between them."""
    jaw: float = 1.0
    """Chin and jaw; a beard does not hide them."""


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
    visibility: Visibility = Visibility()
    """What of the face can be seen."""

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
    """0 one hard lamp ... 1 light from everywhere: the part of the light that has no direction."""
    confidence: float = 0.0
    """0..1, how much of the face's shading this light explains."""
    harmonics: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    """Nine coefficients: how brightly skin is lit by where it faces, 1 being the face's median.

    Skin with the unit normal (x, y, z), in the camera's frame, has the brightness ``c0 + c1 x + c2 y + c3 z + c4 xy +
    c5 yz + c6 (3 z^2 - 1) + c7 xz + c8 (x^2 - y^2)``: spherical harmonics of order 2 without their constants
    (Ramamoorthi and Hanrahan 2001, "An Efficient Representation for Irradiance Environment Maps").
    """


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
class Cost:
    """What a film will take through the built-in renderer and mp4, as measured on a machine with two cores."""

    start: float
    """Seconds before the first frame: imports, analysis and layers."""
    frame: float
    """Seconds for each frame."""
    memory: float
    """Greatest memory of the whole process, MB; the film's length makes no difference."""

    def seconds(self, frames: int = 125) -> float:
        """Expected seconds for a film of so many frames; 125 are 5 seconds at 25 frames a second."""
        return self.start + self.frame * frames


@dataclass(frozen=True, kw_only=True)
class Suitability:
    """What to expect of a film from this photo, known before any time is spent."""

    findings: tuple[Finding, ...] = ()
    """Worst first."""
    expectation: Literal["good", "fair", "poor"] = "good"
    """In one word."""
    turn: int = 0
    """Degrees, clockwise, by which the photo must be turned to stand upright: 0, 90, 180 or 270. 0 if in doubt."""
    cost: Cost | None = None
    """Expected time and memory of a film of this photo at its own size, or None if the analyzer does not say."""

    def of_face(self, index: int | None) -> frozenset[str]:
        """The codes found for one face, or for None those of the whole photo."""
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
