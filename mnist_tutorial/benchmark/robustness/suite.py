"""The suite: which corruptions it has, and the pinned digests of the digits that they make."""

import hashlib
import json
from importlib.resources import files

from mnist_tutorial.errors import MNISTError

_TEXT = (files(__package__) / "digests.json").read_text(encoding="utf-8")
_DIGESTS = json.loads(_TEXT)
NAMES = tuple(next(iter(_DIGESTS.values()))["corrupted"])  # of the corruptions
STRENGTHS = 5


def suite_digest() -> str:
    """Compute the SHA-256 of all pinned digests: the name of this edition of the suite."""
    return hashlib.sha256(_TEXT.encode()).hexdigest()


def pinned(clean: str) -> tuple[str, dict[str, list[str]]]:
    """Find the pinned digests of the sets that are made of some digits.

    Parameters
    ----------
    clean : str
        The SHA-256 of the clean images.

    Returns
    -------
    digits : str
        What these digits are called.
    digests : dict
        From the name of a corruption to the SHA-256 at each strength.

    Raises
    ------
    MNISTError
        If these are neither the test digits nor the held-out ones.
    """
    for digits, entry in _DIGESTS.items():
        if entry["images"] == clean:
            return digits, entry["corrupted"]
    raise MNISTError(
        f"these images have the SHA-256 {clean[:12]}...; expected all test digits of MNIST, or all digits of "
        "mnist.train.hold_out(len(mnist.train) // 12, seed=0), in official order"
    )
