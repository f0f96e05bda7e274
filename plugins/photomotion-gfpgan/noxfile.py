"""``nox -s parity``: against the reference implementations, which need packages that the plugin itself does not."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.reuse_existing_virtualenvs = True


@nox.session(python="3.11")
def parity(session: nox.Session) -> None:
    """Same random weights, same picture as gfpgan 1.3.8 and basicsr 1.4.2."""
    session.install("torch==2.13.0", "torchvision==0.28.0")
    # basicsr's own build wants what it computes with to be there already.
    session.install("setuptools", "wheel", "cython", "numpy", "opencv-python-headless", "scipy", "scikit-image",
                    "pyyaml", "tqdm", "requests", "addict", "future", "lmdb", "yapf")  # fmt: skip
    session.install("--no-deps", "--no-build-isolation", "basicsr==1.4.2", "facexlib==0.3.0", "gfpgan==1.3.8")
    session.install("-e", "../..", "-e", ".[test]")
    session.run("pytest", "-s", "tests/test_parity.py", *session.posargs)
