"""The data that travels between the stages: frozen, with shapes and units checked where it is made."""

from .conditioning import Conditioning, Frame, Guide, Mending, Restoration
from .face import Analysis, Face, Finding, Lighting, Pose, Suitability
from .motion import ARKIT, CHANNELS, POSE, FaceMotion, Motion, Timing
from .photo import Photo
from .words import describe

__all__ = [
    "ARKIT",
    "CHANNELS",
    "POSE",
    "Analysis",
    "Conditioning",
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
    "describe",
]
