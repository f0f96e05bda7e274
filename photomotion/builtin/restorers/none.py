"""The restorer that mends nothing."""

from __future__ import annotations

from photomotion.data import Photo, Restoration

__all__ = ["NoRestorer"]


class NoRestorer:
    """Returns the photo as it came."""

    def restore(self, photo: Photo) -> Restoration:
        """Return the very same photo, with no map of changes."""
        return Restoration(photo=photo)
