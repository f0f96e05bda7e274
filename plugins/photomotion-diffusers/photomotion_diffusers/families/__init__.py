"""Adapters: one small class for each family of image-to-video pipelines."""
