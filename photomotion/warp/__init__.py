"""The engine of the built-in renderer: one photo in layers, moved by a planned motion.

Read it in this order: ``geometry`` (a head's axes), ``grid`` (where motion is computed), ``head``, ``solids``, ``jaw``,
``brows``, ``smiles``, ``expressions`` and ``body`` (what moves), ``field`` (their sum) with ``folds`` and ``inverse``,
``groups``, ``margins`` and ``border`` (where it ends), ``camera``, ``eyes`` with ``lidlight`` and ``lidlines``,
``rims``, ``irises``, ``eyeballs``, ``lidways``, ``lidskin``, ``lashes``, ``eyelids`` and ``glasses`` (what is drawn
between and over the lids), ``lipline``, ``tint``, ``teeth`` and ``mouth`` (drawn between the lips), ``light`` and
``creases`` (shading that follows), ``layers``, ``lines`` and ``plate`` (people, and what is behind them), ``limbs``
(what is before them), ``grain`` and ``sampling`` (the print), ``areas``, ``laying``, ``looking`` and ``scene`` (all of
it put together), ``compiled`` (their inner loops in C, in the folder "native"). ``regions`` tells where in the picture
something moves, ``posing`` where the points of a face are at any moment, and how far away all is.
"""

from .posing import posed_depth, posed_landmarks, posed_points
from .regions import moving_regions
from .scene import Scene

__all__ = ["Scene", "moving_regions", "posed_depth", "posed_landmarks", "posed_points"]
