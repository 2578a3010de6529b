import gzip
import logging
import shutil
import zipfile

import numpy as np
import pytest
from conftest import idx_bytes

from mnist_tutorial import MNISTError
from mnist_tutorial.mirrors import MIRRORS, Mirror, fetch, web_mirror


def failing(message):
    def download(folder):
        raise MNISTError(message)

    return Mirror(message, download)


def test_a_zip_is_fetched_from_an_address_and_nothing_is_left(mnist, idx_folder, serve, tmp_path):
    folder = tmp_path / "served"
    folder.mkdir()
    with zipfile.ZipFile(folder / "mnist.zip", "w") as archive:
        for file in idx_folder.iterdir():
            archive.write(file, f"MNIST/raw/{file.name}")
    url = serve(folder) + "mnist.zip"
    work = tmp_path / "work"
    work.mkdir()
    arrays, name, failures = fetch([web_mirror(url)], work)
    np.testing.assert_array_equal(arrays.train_images, mnist.train.images)
    assert name == url
    assert not failures
    assert not list(work.iterdir())


def test_a_folder_of_idx_files_is_fetched_from_an_address(mnist, idx_folder, serve, tmp_path):
    arrays, _, _ = fetch([web_mirror(serve(idx_folder))], tmp_path)
    np.testing.assert_array_equal(arrays.test_labels, mnist.test.labels)


def test_the_chain_goes_on_to_the_next_and_says_why(idx_folder, serve, tmp_path):
    (tmp_path / "empty").mkdir()
    chain = [
        failing("out of order"),
        web_mirror(serve(tmp_path / "empty") + "mnist.zip"),
        web_mirror("http://127.0.0.1:9/mnist.zip"),
        Mirror("disk", lambda folder: idx_folder),
    ]
    _, name, failures = fetch(chain, tmp_path)
    assert name == "disk"
    assert failures[0] == "out of order: out of order"
    assert failures[1].endswith("mnist.zip: HTTP 404 File not found")
    assert failures[2] == "http://127.0.0.1:9/mnist.zip: no connection"


def test_data_that_are_not_mnist_are_skipped_like_a_mirror_that_is_down(mnist, idx_folder, tmp_path):
    # Two images of the same digit change places: all counts are right, only the digest can tell.
    swapped = shutil.copytree(idx_folder, tmp_path / "swapped")
    images = mnist.test.images.copy()
    first, second = np.flatnonzero(mnist.test.labels == 7)[:2]
    images[[first, second]] = images[[second, first]]
    (swapped / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images), 1))
    _, name, failures = fetch([Mirror("swapped", lambda _: swapped), Mirror("good", lambda _: idx_folder)], tmp_path)
    assert name == "good"
    assert failures[0].startswith("swapped: swapped: test_images are not MNIST's: SHA-256")


def test_when_all_fail_the_error_has_a_line_for_each(tmp_path):
    with pytest.raises(MNISTError) as error:
        fetch([failing("first"), failing("second")], tmp_path)
    assert str(error.value).splitlines() == ["no mirror delivered MNIST:", "  first: first", "  second: second"]
    assert not list(tmp_path.iterdir())


def test_a_login_page_is_no_zip(serve, tmp_path):
    (tmp_path / "mnist.zip").write_text("<html>Welcome to the hotel</html>")
    with pytest.raises(MNISTError, match=r"neither a zip nor a tar archive.*<html>"):
        fetch([web_mirror(serve(tmp_path) + "mnist.zip")], tmp_path)


def test_without_a_network_all_built_in_mirrors_fail_at_once(no_network, tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    with pytest.raises(MNISTError) as error:
        fetch(MIRRORS, tmp_path)
    lines = str(error.value).splitlines()[1:]
    assert len(lines) == len(MIRRORS) == 4
    assert all(line.endswith("the proxy refuses") for line in lines[:3])
    assert lines[3].endswith("npm is not on the PATH")
