"""The guard that keeps a recipe away from the test digits: it stops accidents, not attackers."""

import os
import re
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mnist_tutorial.errors import MNISTError

# Our cache, our labels, the sample's file, the files that everyone shares, and those that `export` writes.
TEST_FILES = re.compile(
    r"(^|/)((t10k|mnist-v1|mnist_5k)[^/]*|mnist\.(npz|pkl\.gz)|data/reference\.bin|test/(\d/)?(\d_)?\d{1,9}\.png)$"
)
_looks: list[str] | None = None  # while the test set is closed, what has been looked at
_hooked = _peeking = False


@contextmanager
def closed_test_set() -> Iterator[None]:
    """Refuse the test digits and the official labels to everyone in this process while the block runs.

    Raises
    ------
    MNISTError
        If the block has looked at them, also if it has caught the error.
    """
    global _looks, _hooked
    if _looks is not None:  # closed already: a validation in the middle of a training
        yield
        return
    if not _hooked:
        sys.addaudithook(_audit)  # once and for all: Python cannot remove it
        _hooked = True
    _looks = looks = []
    try:
        yield
    finally:
        _looks = None
        if looks:
            raise MNISTError(_sentence(looks[0]))


def note_look(what: str) -> None:
    """Refuse to hand out test digits or official labels while the test set is closed, and note that it was tried.

    Parameters
    ----------
    what : str
        What was tried, as in ``"called load()"``.

    Raises
    ------
    MNISTError
        If the test set is closed.
    """
    if _looks is not None:
        _looks.append(what)
        raise MNISTError(_sentence(what))


def _sentence(what: str) -> str:
    return f"the recipe looked at the test set: it {what}; expected it to use only the digits that it is given"


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _looks is None or _peeking or event != "open":
        return
    path, _, flags = arguments
    if isinstance(path, (str, bytes, os.PathLike)) and not flags & os.O_WRONLY:
        path = Path(os.fsdecode(path))
        if _holds_test_digits(path):
            note_look(f"opened {path.name}")


def _holds_test_digits(path: Path) -> bool:
    global _peeking
    place = os.environ.get("MNIST_TUTORIAL_DATA", "")
    if TEST_FILES.search(path.as_posix()) or (path.name == Path(place).name and Path(place).expanduser().is_file()):
        return True
    if path.suffix == ".zip":
        _peeking = True  # to read its list of files, it is opened once more
        try:
            with suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(path) as archive:
                return any(map(TEST_FILES.search, archive.namelist()))
        finally:
            _peeking = False
    return False
