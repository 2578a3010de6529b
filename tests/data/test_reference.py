"""What is known of MNIST beforehand is what MNIST has."""

import zlib

import numpy as np
import pytest

from mnist_tutorial import MNISTError
from mnist_tutorial.data.reference import Arrays, check_digests, digest, listing

# Of the data set as class folders list it; these stand nowhere in the package.
SORTED = {
    "train": "e821d91f595200a501bcfc1208c518241b18ac960b7356e6ad3653d03bec7239",
    "test": "d2205d9f9186c0a19ce8ed205812f5312bc84b1a89a84e478cfdf230f8403fca",
}


@pytest.mark.parametrize("name", Arrays._fields)
def test_one_changed_bit_is_found_in_each_array(mnist, name):
    train, test = mnist.train, mnist.test
    good = Arrays(train.images, train.labels.astype("u1"), test.images, test.labels.astype("u1"))
    check_digests(good, "full")
    changed = getattr(good, name).copy()
    changed.flat[changed.size // 2] ^= 1
    with pytest.raises(MNISTError, match=rf"{name} are not MNIST's: SHA-256 .*, expected .*; fetch them again"):
        check_digests(good._replace(**{name: changed}), "full")


@pytest.mark.parametrize("part", SORTED)
def test_the_listing_and_the_digests_are_those_of_mnist(part, mnist):
    split, known = getattr(mnist, part), listing("full", part)
    assert digest(split.images[np.argsort(split.labels, kind="stable")]) == SORTED[part]
    np.testing.assert_array_equal(known.labels, split.labels)
    np.testing.assert_array_equal(known.index, split.index)
    assert [zlib.crc32(image.tobytes()) for image in split.images] == known.checksums.tolist()
    for at in (0, 1, 17, 4711, 9999):
        assert known.numbers[at] == np.sum(split.labels[:at] == split.labels[at])
    assert len(np.unique(known.checksums)) == len(split)
