import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

import mnist_tutorial as mt


@given(n=st.integers(0, 4000), seed=st.integers(0, 5))
def test_hold_out_is_a_stratified_partition(sample, n, seed):
    rest, held = sample.train.hold_out(n, seed)
    assert len(held) == n
    assert sorted([*rest.index, *held.index]) == sample.train.index.tolist()
    assert (np.diff(held.index) > 0).all()
    share = 400 * n / 4000
    assert (np.abs(np.bincount(held.labels, minlength=10) - share) < 1).all()


def test_hold_out_takes_as_many_of_each_digit_as_scikit_learn_does(mnist):
    _, theirs = train_test_split(mnist.train.labels, test_size=5000, stratify=mnist.train.labels, random_state=0)
    _, ours = mnist.train.hold_out(5000, seed=0)
    assert np.abs(np.bincount(ours.labels) - np.bincount(theirs)).max() <= 1


def test_images_labels_and_positions_stay_together(mnist):
    taken = mnist.test.take(500, seed=3)
    np.testing.assert_array_equal(taken.images, mnist.test.images[taken.index])
    np.testing.assert_array_equal(taken.labels, mnist.test.labels[taken.index])


def test_the_seed_fixes_the_choice(sample):
    assert sample.train.take(100, 1).index.tolist() == sample.train.take(100, 1).index.tolist()
    assert sample.train.take(100, 1).index.tolist() != sample.train.take(100, 2).index.tolist()


def test_arrays_are_read_only_and_those_of_the_caller_stay_writable(sample):
    arrays = {"images": np.zeros((3, 28, 28), "u1"), "labels": np.arange(3), "index": np.arange(3)}
    for split in (mt.Split(**arrays), sample.test, sample.train.take(10, seed=0)):
        for name in arrays:
            with pytest.raises(ValueError, match="read-only"):
                getattr(split, name)[0] = 1
    for array in arrays.values():
        array[0] = 7


@pytest.mark.parametrize("n", [-1, 4001])
def test_holding_out_more_digits_than_there_are_is_an_error(sample, n):
    with pytest.raises(mt.MNISTError, match="of 4,000 digits; expected 0 to 4,000"):
        sample.train.hold_out(n, seed=0)
