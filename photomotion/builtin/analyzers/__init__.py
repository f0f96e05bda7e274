"""Built-in face analyzers."""
