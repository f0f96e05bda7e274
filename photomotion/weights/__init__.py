"""Model files: manifests, where they lie, whether they are whole, who may use them, and how they come here.

Importing this uses no network; :mod:`photomotion.weights.fetching` is the only way to it.
"""

from .catalogue import Catalogue, default_folder
from .manifest import Repository, WeightFile, read_manifest

__all__ = ["Catalogue", "Repository", "WeightFile", "default_folder", "read_manifest"]
