"""Faces found by face-alignment: 68 points of the Face Alignment Network, and a mesh of 478 fitted to them."""
