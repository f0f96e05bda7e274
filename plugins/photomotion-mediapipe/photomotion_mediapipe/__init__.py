"""Faces found by MediaPipe itself, through either generation of its Python interface."""
