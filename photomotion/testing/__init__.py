"""For plugin authors: contracts that a stage must keep, and a drawn portrait to try it on. Needs pytest.

A test of a plugin is a subclass, whose tests are inherited::

    from photomotion.testing.contracts import PostProcessorContract
    from photomotion_glow.plugin import photomotion_postprocessors

    class TestGlow(PostProcessorContract):
        implementation = photomotion_postprocessors()[0]

There is one contract for each stage in :mod:`photomotion.testing.contracts`; the drawn portrait, its analysis and
its motion are in :mod:`photomotion.testing.fakes`.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in ("base", "photo_contracts", "film_contracts")))
