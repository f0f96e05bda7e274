"""Implementations that need no torch, one folder a stage; registered through the same door as everyone else."""
