"""The catalog: label, number and checksum of each of the 70,000 digits, known before any of them is there."""

import zlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

COUNTS = {"train": 60_000, "test": 10_000}
SAMPLE_TRAIN, SAMPLE_ALL = 400, 500  # of each digit


class Listing(NamedTuple):
    """What is known of the digits of one part, in official order.

    Attributes
    ----------
    labels : ndarray of uint8, shape (N,)
        The digit that each image shows.
    numbers : ndarray of int64, shape (N,)
        How many images of the same digit come before it: the number in the name of its file, ``7_000123.png``.
    index : ndarray of int64, shape (N,)
        Its position in the official training or test set.
    checksums : ndarray of uint32, shape (N,)
        The CRC-32 of its 784 pixels. Enough to tell which image a file holds; that nobody has tampered with the
        data, only the digests of `digests` prove.
    """

    labels: np.ndarray
    numbers: np.ndarray
    index: np.ndarray
    checksums: np.ndarray


@cache
def listing(variant, part):
    """List the digits of one part of MNIST.

    Parameters
    ----------
    variant : {"full", "sample"}
        The sample is the first 500 of each digit of the training set: 400 for training, 100 for testing.
    part : {"train", "test"}

    Returns
    -------
    Listing

    Examples
    --------
    >>> listing("full", "train").labels[:10]
    array([5, 0, 4, 1, 9, 2, 1, 3, 1, 4], dtype=uint8)
    >>> listing("sample", "test").numbers.min()
    np.int64(400)
    """
    if variant == "full":
        return _official(part)
    train = _official("train")
    if part == "train":
        chosen = train.numbers < SAMPLE_TRAIN
    else:
        chosen = (train.numbers >= SAMPLE_TRAIN) & (train.numbers < SAMPLE_ALL)
    return Listing(*(column[chosen] for column in train))


def checksum(image):
    """Compute the checksum by which the catalog knows an image.

    Parameters
    ----------
    image : ndarray of uint8, shape (28, 28)

    Returns
    -------
    int
        CRC-32 of the pixels, row by row.
    """
    return zlib.crc32(np.ascontiguousarray(image))


@cache
def _official(part):
    # catalog.bin: the 70,000 labels, two of them a byte; then the 70,000 checksums, four bytes each, little-endian.
    data = (files("mnist_tutorial") / "catalog.bin").read_bytes()
    packed = np.frombuffer(data, np.uint8, sum(COUNTS.values()) // 2)
    labels = np.stack([packed >> 4, packed & 15], axis=1).ravel()
    checksums = np.frombuffer(data, "<u4", offset=len(packed))
    chosen = slice(COUNTS["train"]) if part == "train" else slice(COUNTS["train"], None)
    labels = labels[chosen]
    numbers = np.empty(len(labels), np.int64)
    for digit in range(10):
        where = np.flatnonzero(labels == digit)
        numbers[where] = np.arange(len(where))
    return Listing(labels, numbers, np.arange(len(labels)), checksums[chosen])
