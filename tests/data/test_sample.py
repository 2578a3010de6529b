import numpy as np

from mnist_tutorial.data.reference import listing
from mnist_tutorial.data.sample import read_sample


def test_each_image_is_the_official_one_at_its_position(mnist):
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
