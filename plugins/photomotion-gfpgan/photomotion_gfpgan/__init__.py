"""Restorers that redraw faces with a network, and hold it to the person in the scan."""
