"""Built-in restorers."""
