import zlib

import numpy as np
import pytest

from mnist_tutorial.catalog import checksum, listing


@pytest.mark.parametrize("part", ["train", "test"])
def test_the_catalog_is_that_of_mnist(part, mnist):
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


def test_a_checksum_is_of_the_pixels_row_by_row(mnist):
    image = mnist.train.images[0]
    assert checksum(image.T) == zlib.crc32(image.T.tobytes()) != checksum(image)
