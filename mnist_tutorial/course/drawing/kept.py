"""Kept drawings: the reader's digits, in a file that outlives the kernel."""

import json
import os
from importlib.resources import files
from pathlib import Path

import numpy as np

from mnist_tutorial.course.drawing.strokes import Strokes, are_strokes, picture
from mnist_tutorial.data import Split, atomic, cache_folder
from mnist_tutorial.data.cache import cache_lock
from mnist_tutorial.data.handwriting import prepare
from mnist_tutorial.errors import MNISTError

PROGRAM = "mnist-tutorial"
LARGEST_FILE = 50_000_000  # bytes; a digit has 1,000


def my_digits(centre: bool = True) -> Split:
    """Return the digits that you have drawn and kept with `draw`, as a small test set of your own.

    Parameters
    ----------
    centre : bool
        As in `prepare`.

    Returns
    -------
    Split
        In the order in which they were kept; `index` counts them. If there are none, twenty that come with the course,
        and a line that says so.

    Raises
    ------
    MNISTError
        If the file of kept digits cannot be read.

    Examples
    --------
    >>> mine = my_digits(centre=False)  # doctest: +SKIP
    You have not kept any digits yet (mt.draw() keeps them), so these are twenty that come with the course.
    """
    digits = kept()
    if not digits:
        print("You have not kept any digits yet (mt.draw() keeps them), so these are twenty that come with the course.")
        digits = json.loads(files("mnist_tutorial.course.drawing").joinpath("twenty.json").read_bytes())["digits"]
    images = [prepare(picture(digit["strokes"]), centre) for digit in digits]
    labels = np.array([digit["label"] for digit in digits], np.int64)
    return Split(np.array(images), labels, np.arange(len(labels)))


def kept() -> list[dict]:
    """Read the digits that were kept: for each, its ``label`` and its ``strokes``.

    Raises
    ------
    MNISTError
        If the file is damaged or not ours.
    """
    path = _path()
    if not os.path.lexists(path):
        return []
    problem = "no regular file"
    try:
        if path.is_file() and not path.is_symlink():  # to open anything else may take forever
            if path.stat().st_size > LARGEST_FILE:
                raise ValueError(f"{path.stat().st_size:,} bytes")
            content = json.loads(path.read_bytes())
            if isinstance(content, dict) and content.get("program") == PROGRAM:
                digits = content.get("digits")
                if isinstance(digits, list) and all(_is_digit(digit) for digit in digits):
                    return digits
            problem = "from another program"
    except (OSError, ValueError, RecursionError) as error:
        problem = f"damaged, {type(error).__name__}: {error!s:.100}"
    raise MNISTError(
        f"{path} does not hold drawings ({problem}); expected a file of mt.draw. Delete it or move it elsewhere, and "
        "run the cell again"
    )


def _is_digit(value):
    return (
        isinstance(value, dict)
        and type(value.get("label")) is int
        and 0 <= value["label"] <= 9
        and are_strokes(value.get("strokes"))
    )


def keep(label: int, strokes: Strokes) -> list[dict]:
    """Add a drawing to those that are kept, and return them all.

    Raises
    ------
    MNISTError
        If it is no drawing of a digit, or the file cannot be written, or is not ours.
    """
    digit = {"label": label, "strokes": strokes}
    if not strokes or not _is_digit(digit):
        raise MNISTError(f"the drawing cannot be kept as {label!r}; expected strokes from (0, 0) to (1, 1) and a digit")
    return _change(lambda digits: [*digits, digit])


def remove_last() -> list[dict]:
    """Remove the drawing that was kept last, and return the others.

    Raises
    ------
    MNISTError
        If the file cannot be written, or is not ours.
    """
    return _change(lambda digits: digits[:-1])


def _change(change):
    path = _path()
    with cache_lock(path.parent):  # another notebook may keep a digit at the same time
        digits = change(kept())
        try:
            with atomic(path) as part:
                part.write_text(json.dumps({"program": PROGRAM, "digits": digits}, separators=(",", ":")))
        except OSError as error:
            raise MNISTError(
                f"{path}: cannot be written ({error.strerror or error}). Free some space, or set MNIST_TUTORIAL_CACHE "
                "to another folder"
            ) from error
    return digits


def _path() -> Path:
    return cache_folder() / "checkpoints" / "drawings.json"
