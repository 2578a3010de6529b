import hashlib
import zlib

import numpy as np
import pytest

from mnist_tutorial import MNISTError
from mnist_tutorial.data.reference import Arrays, check_digests, digest, listing


def arrays_of(mnist):
    return Arrays(
        mnist.train.images, mnist.train.labels.astype("u1"), mnist.test.images, mnist.test.labels.astype("u1")
    )


def test_digest_is_that_of_the_bytes_in_c_order():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert digest(array.T) == hashlib.sha256(bytes([0, 3, 1, 4, 2, 5])).hexdigest()


def test_sorted_by_label_mnist_has_the_published_digests(mnist):
    # These two are of the data set as class folders list it, and stand nowhere in the package.
    order = np.argsort(mnist.train.labels, kind="stable")
    assert digest(mnist.train.images[order]) == "e821d91f595200a501bcfc1208c518241b18ac960b7356e6ad3653d03bec7239"
    order = np.argsort(mnist.test.labels, kind="stable")
    assert digest(mnist.test.images[order]) == "d2205d9f9186c0a19ce8ed205812f5312bc84b1a89a84e478cfdf230f8403fca"


@pytest.mark.parametrize("name", Arrays._fields)
def test_one_changed_bit_is_found_in_each_array(mnist, name):
    good = arrays_of(mnist)
    check_digests(good, "full", "here")
    changed = getattr(good, name).copy()
    changed.flat[changed.size // 2] ^= 1
    with pytest.raises(MNISTError, match=rf"here: {name} are not MNIST's: SHA-256 .*, expected .*; fetch them again"):
        check_digests(good._replace(**{name: changed}), "full", "here")


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_listing_is_that_of_mnist(part, mnist):
    split, known = getattr(mnist, part), listing("full", part)
    np.testing.assert_array_equal(known.labels, split.labels)
    np.testing.assert_array_equal(known.index, split.index)
    assert [zlib.crc32(image.tobytes()) for image in split.images] == known.checksums.tolist()


def test_a_number_counts_the_images_of_the_same_digit_before(mnist):
    known = listing("full", "test")
    for at in (0, 1, 17, 4711, 9999):
        assert known.numbers[at] == np.sum(mnist.test.labels[:at] == mnist.test.labels[at])


def test_no_two_digits_have_one_checksum():
    checksums = np.concatenate([listing("full", part).checksums for part in ("train", "test")])
    assert len(np.unique(checksums)) == 70_000


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_sample_keeps_the_numbers_of_the_training_set(part, sample, mnist):
    split, known = getattr(sample, part), listing("sample", part)
    np.testing.assert_array_equal(known.labels, split.labels)
    np.testing.assert_array_equal(mnist.train.images[known.index], split.images)
    np.testing.assert_array_equal(listing("full", "train").numbers[known.index], known.numbers)
    assert (known.numbers.min(), known.numbers.max()) == ((0, 399) if part == "train" else (400, 499))
