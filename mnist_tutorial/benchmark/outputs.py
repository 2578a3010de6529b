"""Outputs: the files that a command may replace, since it wrote them."""

import os
from collections.abc import Iterable
from pathlib import Path

from mnist_tutorial.errors import MNISTError

MARK = "written by mnist_tutorial"  # near the beginning of each file that we write for people
HEAD = 2_000  # bytes


def check_replaceable(paths: Iterable[Path], force: bool = False) -> None:
    """Refuse to replace files that carry no mark of ours.

    Parameters
    ----------
    paths : iterable of Path
    force : bool
        Replace them all the same.

    Raises
    ------
    MNISTError
        For the first file that may be somebody's.
    """
    for path in paths:
        if force or not os.path.lexists(path):
            continue
        if path.is_file():
            with path.open("rb") as file:
                if MARK.encode() in file.read(HEAD):
                    continue
        raise MNISTError(
            f"{path} exists, and nothing in it says that this command wrote it; choose another place with --out, or "
            "replace it with --force"
        )
