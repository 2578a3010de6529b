"""Splits: stratified as scikit-learn does it, for any classes."""

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

import mnist_tutorial as mt


@pytest.mark.parametrize("dtype", [np.int8, np.int64])
@pytest.mark.parametrize("classes", [range(26), range(1, 63), [3, 7], [-1, 5], [4]], ids=str)
def test_any_classes_are_stratified_as_scikit_learn_does_it(classes, dtype):
    labels = np.repeat(np.array(classes, dtype), np.arange(len(classes)) + 40)
    np.random.default_rng(0).shuffle(labels)
    letters = mt.Split(np.zeros((len(labels), 28, 28), np.uint8), labels, np.arange(len(labels)))
    for n in (0, 1, 2, len(letters) // 7, len(letters) // 3, len(letters) - 1, len(letters)):
        rest, held = letters.hold_out(n, seed=n)
        assert (len(held), len(letters.take(n, seed=1))) == (n, n)
        assert sorted([*rest.index, *held.index]) == letters.index.tolist()
        assert (np.diff(held.index) > 0).all()
        for label in classes:
            assert abs((held.labels == label).sum() - (labels == label).sum() * n / len(letters)) < 1
    _, theirs = train_test_split(labels, test_size=len(labels) // 3, stratify=labels, random_state=0)
    ours = letters.take(len(labels) // 3, seed=0).labels
    assert np.abs([(ours == label).sum() - (theirs == label).sum() for label in classes]).max() <= 1


@pytest.mark.parametrize(
    ("images", "labels", "index", "words"),
    [
        (10, np.zeros(9, int), np.arange(10), r"labels: shape \(9,\)"),
        (10, np.zeros(10, int), np.arange(9), r"index: shape \(9,\)"),
        (10, np.zeros((10, 1), int), np.arange(10), r"labels: shape \(10, 1\)"),  # a column of a table
        (3, np.array(list("abc")), np.arange(3), "labels are of <U1; expected whole numbers"),
        (3, np.ones(3), np.arange(3), "labels are of float64; expected"),
    ],
)
def test_what_is_no_label_for_each_image_is_refused(images, labels, index, words):
    with pytest.raises(mt.MNISTError, match=words):
        mt.Split(np.zeros((images, 28, 28), np.uint8), labels, index)


def test_images_labels_and_positions_stay_together_and_the_seed_fixes_the_choice(mnist):
    taken = mnist.test.take(500, seed=3)
    np.testing.assert_array_equal(taken.images, mnist.test.images[taken.index])
    np.testing.assert_array_equal(taken.labels, mnist.test.labels[taken.index])
    again, other = mnist.test.take(500, seed=3), mnist.test.take(500, seed=4)
    assert taken.index.tolist() == again.index.tolist() != other.index.tolist()


def test_arrays_are_read_only_and_those_of_the_caller_stay_writable(sample):
    arrays = {"images": np.zeros((3, 28, 28), "u1"), "labels": np.arange(3), "index": np.arange(3)}
    for split in (mt.Split(**arrays), sample.test, sample.train.take(10, seed=0)):
        for name in arrays:
            with pytest.raises(ValueError, match="read-only"):
                getattr(split, name)[0] = 1
    arrays["labels"][0] = 7


@pytest.mark.parametrize("n", [-1, 4001])
def test_holding_out_more_digits_than_there_are_is_an_error(sample, n):
    with pytest.raises(mt.MNISTError, match="of 4,000 digits; expected 0 to 4,000"):
        sample.train.hold_out(n, seed=0)
