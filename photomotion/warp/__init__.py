"""The built-in renderer: one photo in layers, moved by a planned motion."""
