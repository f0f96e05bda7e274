"""The data that travels between the stages: frozen, with shapes and units checked where it is made."""

from .conditioning import Conditioning, Frame, Guide, Mending, Restoration
from .face import Analysis, Cost, Face, Finding, Lighting, Pose, Suitability, Visibility
from .motion import ARKIT, CHANNELS, POSE, FaceMotion, Motion, Timing
from .photo import Photo
from .words import describe

__all__ = [
    "ARKIT",
    "CHANNELS",
    "POSE",
    "Analysis",
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
