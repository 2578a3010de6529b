"""The guard that keeps a recipe to the digits that it is given: it stops accidents, not attackers."""

from collections.abc import Iterator
from contextlib import contextmanager

from mnist_tutorial.errors import MNISTError

_looks: list[str] | None = None  # while MNIST is closed, what has been looked at


@contextmanager
def closed_mnist() -> Iterator[None]:
    """Refuse MNIST and its official labels to everyone in this process while the block runs.

    Raises
    ------
    MNISTError
        If the block has looked at them, even if it has caught the error.
    """
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
            raise MNISTError(_sentence(looks[0]))


def note_look(what: str) -> None:
    """Refuse to hand out digits or official labels while MNIST is closed, and note that it was tried.

    Parameters
    ----------
    what : str
        What was tried, as in ``"called load()"``.

    Raises
    ------
    MNISTError
        If MNIST is closed.
    """
    if _looks is not None:
        _looks.append(what)
        raise MNISTError(_sentence(what))


def _sentence(what: str) -> str:
    return f"the recipe looked at digits that it was not given: it {what}; expected it to take them from run.digits"
