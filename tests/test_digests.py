import hashlib

import numpy as np
import pytest

from mnist_tutorial import MNISTError
from mnist_tutorial.digests import Arrays, digest, verify


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
    verify(good, "full", "here")
    changed = getattr(good, name).copy()
    changed.flat[changed.size // 2] ^= 1
    with pytest.raises(MNISTError, match=rf"here: {name} are not MNIST's: SHA-256 .*, expected .*; fetch them anew"):
        verify(good._replace(**{name: changed}), "full", "here")


def test_swapped_images_are_found(mnist):
    good = arrays_of(mnist)
    swapped = good.train_images.copy()
    swapped[[0, 1]] = swapped[[1, 0]]
    with pytest.raises(MNISTError, match="train_images"):
        verify(good._replace(train_images=swapped), "full", "here")
