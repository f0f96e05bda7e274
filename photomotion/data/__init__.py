"""The data that travels between the stages: frozen, with shapes and units checked where it is made."""

from .conditioning import Conditioning, Frame, Guide, Mending, Restoration
from .face import Analysis, Cost, Face, Finding, Lighting, Pose, Suitability, Visibility
from .motion import ARKIT, CAMERA, CHANNELS, POSE, CameraMotion, FaceMotion, Motion, Timing
from .photo import Photo
from .words import describe

__all__ = [
    "ARKIT",
    "CAMERA",
    "CHANNELS",
    "POSE",
    "Analysis",
    "CameraMotion",
    "Conditioning",
    "Cost",
    "Face",
    "FaceMotion",
    "Finding",
    "Frame",
    "Guide",
    "Lighting",
    "Mending",
    "Motion",
    "Photo",
    "Pose",
    "Restoration",
    "Suitability",
    "Timing",
    "Visibility",
    "describe",
]
