"""Diffusion backends for photomotion: image-to-video models steered by the planned motion."""
