"""The guard that keeps a recipe away from the test digits while it trains."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mnist_tutorial.errors import MNISTError

TEST_FILES = ("mnist-v1", "mnist_5k", "t10k")  # what the names of files with test digits begin with
_active, _hooked = False, False


class _TestSetOpened(BaseException):
    """Not an Exception: `load` would take that for a damaged cache, and try the next source of the digits."""


@contextmanager
def test_set_closed() -> Iterator[None]:
    """Stop whoever opens a file with MNIST's test digits while the block runs.

    Raises
    ------
    MNISTError
        If the block opens one.
    """
    global _active, _hooked
    if not _hooked:
        sys.addaudithook(_audit)  # once and for all: Python cannot remove it
        _hooked = True
    _active = True
    try:
        yield
    except _TestSetOpened as opened:
        raise MNISTError(
            f"the recipe looked at the test set: it opened {opened} while training; expected it to use run.digits only"
        ) from None
    finally:
        _active = False


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _active and event == "open" and isinstance(arguments[0], (str, Path)):
        name = Path(arguments[0]).name
        if name.startswith(TEST_FILES):
            raise _TestSetOpened(name)
