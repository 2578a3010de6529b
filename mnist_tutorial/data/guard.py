"""The guard that keeps a recipe to the digits that it is given: it stops accidents, not attackers."""

from collections.abc import Iterator
from contextlib import contextmanager

from mnist_tutorial.errors import MNISTError

_looks: list[MNISTError] | None = None  # while MNIST is closed, the looks that were refused


@contextmanager
def closed_mnist() -> Iterator[None]:
    """Refuse MNIST and its official labels to this process in a block; at its end, raise MNISTError if it has tried."""
    global _looks
    if _looks is not None:  # closed already: a validation in the middle of a training
        yield
        return
    _looks = looks = []
    try:
        yield
    finally:
        _looks = None
        if looks:
            raise looks[0]  # even if the block has caught it


def note_look(what: str) -> None:
    """Raise MNISTError while MNIST is closed; `what` was tried, as in ``"called load()"``."""
    if _looks is not None:
        text = f"the recipe looked at digits that it was not given: it {what}; expected it to take them from run.digits"
        _looks.append(MNISTError(text))
        raise _looks[-1]
