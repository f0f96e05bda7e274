"""H.264 in MP4."""

from .encoder import Mp4Encoder, exact_rate

__all__ = ["Mp4Encoder", "exact_rate"]
